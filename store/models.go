package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/customer-personality/segmentation/segment"
)

// A Version is the number of a model among those of its name, from 1, or one
// of the constants below.
type Version int

const (
	// Active stands for the version that Activate or Rollback chose.
	Active Version = 0
	// Latest stands for the version that was saved last.
	Latest Version = -1
)

// ParseVersion reads "active", "latest", or a number from 1.
func ParseVersion(text string) (Version, error) {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "active":
		return Active, nil
	case "latest":
		return Latest, nil
	}
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%w: the version is %.40q; want active, latest or a number from 1", ErrOption, text)
	}
	return Version(n), nil
}

// String is what ParseVersion reads.
func (v Version) String() string {
	switch v {
	case Active:
		return "active"
	case Latest:
		return "latest"
	}
	return strconv.Itoa(int(v))
}

// ModelInfo is what a database knows of a model beside the model itself.
type ModelInfo struct {
	Name       string    `json:"name"`
	Version    Version   `json:"version"`
	Active     bool      `json:"active"`
	SavedAt    time.Time `json:"saved_at"` // UTC, to the microsecond
	Note       string    `json:"note"`
	Checksum   string    `json:"checksum"` // that in the model file
	K          int       `json:"k"`        // number of clusters
	Rows       int       `json:"rows"`     // of training
	AsOf       time.Time `json:"as_of"`    // day of ages and tenure; zero for none
	Inertia    float64   `json:"inertia"`
	Silhouette float64   `json:"silhouette"`
}

// SaveOptions change how SaveModel works. The zero value works.
type SaveOptions struct {
	// Activate makes the version the active one in the same transaction.
	Activate bool
	// Note is kept with the version, for people.
	Note string
}

// SaveModel saves a model under the next version of its name. The database
// holds the bytes that [segment.Model.Write] writes. Programs that save at the
// same time get different versions.
//
// Errors: [ErrName] for an empty name, [ErrNotMigrated], [ErrPrivilege],
// [ErrUnknownOutcome] where the connection was lost during the commit.
func (s *Store) SaveModel(ctx context.Context, name string, m *segment.Model, o SaveOptions) (ModelInfo, error) {
	op := fmt.Sprintf("saving the model %q", name)
	if name == "" {
		return ModelInfo{}, s.fail(ctx, op, fmt.Errorf("%w: the name is empty", ErrName))
	}
	if err := checkTexts(name, o.Note); err != nil {
		return ModelInfo{}, s.fail(ctx, op, err)
	}
	if m == nil {
		return ModelInfo{}, s.fail(ctx, op, fmt.Errorf("%w: the model is nil", ErrOption))
	}
	var file bytes.Buffer
	if err := m.Write(&file); err != nil {
		return ModelInfo{}, s.fail(ctx, op, &sourceError{err})
	}
	sum, err := checksum(file.Bytes())
	if err != nil {
		return ModelInfo{}, s.fail(ctx, op, &sourceError{err})
	}
	info := ModelInfo{
		Name: name, SavedAt: now(), Note: o.Note, Checksum: sum, Active: o.Activate,
		K: m.K(), Rows: m.Rows(), AsOf: m.AsOf(), Inertia: m.Inertia(), Silhouette: m.Silhouette(),
	}
	j := job{op: op, tables: []string{s.tables.Models, s.tables.Activations}, again: true}
	err = s.write(ctx, j, func(t *tx) error {
		if err := t.GetContext(ctx, &info.Version, t.Rebind("SELECT coalesce(max(version), 0) + 1 FROM "+quote(s.tables.Models)+" WHERE name = ?"), name); err != nil {
			return err
		}
		var asOf any
		if !info.AsOf.IsZero() {
			asOf = info.AsOf.Format(time.DateOnly)
		}
		_, err := t.ExecContext(ctx, t.Rebind("INSERT INTO "+quote(s.tables.Models)+
			" (name, version, saved_at, note, checksum, k, rows_trained, as_of, inertia, silhouette, file) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
			name, int64(info.Version), info.SavedAt.Format(timeLayout), info.Note, sum, info.K, info.Rows, asOf, info.Inertia, info.Silhouette, file.Bytes())
		if err != nil || !o.Activate {
			return err
		}
		return t.activate(ctx, name, info.Version)
	})
	if err != nil {
		return ModelInfo{}, err
	}
	return info, nil
}

// checksum is the one that a model file carries.
func checksum(file []byte) (string, error) {
	var head struct {
		Checksum string `json:"checksum"`
	}
	err := json.Unmarshal(file, &head)
	return head.Checksum, err
}

// now is the time to the microsecond, which both databases keep.
func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// checkTexts refuses texts that no database keeps.
func checkTexts(texts ...string) error {
	w := place{columns: []string{"text"}}
	for _, text := range texts {
		if w.text(text); w.err != nil {
			return fmt.Errorf("%w: %.40q; want text in UTF-8 without zero bytes", ErrValue, text)
		}
	}
	return nil
}

// LoadModel loads a version of a model, checks it as [segment.Read] does, and
// checks that the database's checksum is the file's.
//
// Errors: [ErrNoModel], which names the versions that there are; [ErrNoActive];
// those of segment.Read, such as [segment.ErrAltered].
func (s *Store) LoadModel(ctx context.Context, name string, v Version) (*segment.Model, ModelInfo, error) {
	op := fmt.Sprintf("loading the model %q, version %s", name, v)
	var info ModelInfo
	var file []byte
	err := s.retry(ctx, func() (bool, error) {
		var err error
		info, file, err = s.loadModel(ctx, name, v)
		return true, err
	})
	if err != nil {
		return nil, ModelInfo{}, s.failTable(ctx, op, s.tables.Models, err)
	}
	m, err := segment.Read(bytes.NewReader(file))
	if err != nil {
		return nil, ModelInfo{}, fmt.Errorf("store: %s: %w", op, err)
	}
	if sum, err := checksum(file); err != nil || sum != info.Checksum {
		return nil, ModelInfo{}, fmt.Errorf("store: %s: %w: the table says %s, the file %s", op, segment.ErrAltered, info.Checksum, sum)
	}
	return m, info, nil
}

func (s *Store) loadModel(ctx context.Context, name string, v Version) (ModelInfo, []byte, error) {
	if err := checkTexts(name); err != nil {
		return ModelInfo{}, nil, err
	}
	where, args := "m.name = ?", []any{name}
	switch {
	case v == Active:
		where += " AND m.version = a.version"
	case v == Latest:
		where += " AND m.version = (SELECT max(version) FROM " + quote(s.tables.Models) + " WHERE name = m.name)"
	case v > 0:
		where += " AND m.version = ?"
		args = append(args, int64(v))
	default:
		return ModelInfo{}, nil, fmt.Errorf("%w: version %d; want Active, Latest or a number from 1", ErrOption, int(v))
	}
	var info ModelInfo
	var file []byte
	n, err := eachRow(ctx, s.db, append(infoColumns, "file"), func(r *rowReader) (bool, error) {
		info = readInfo(r)
		file, _ = r.next().([]byte)
		return false, r.err
	}, s.infoQuery("m.file", where), args...)
	if err != nil || n > 0 {
		return info, file, err
	}
	// Nothing: say what there is instead.
	list, err := s.listModels(ctx)
	if err != nil {
		return info, nil, err
	}
	var versions, others []string
	for _, i := range list {
		if i.Name == name {
			versions = append(versions, i.Version.String())
		} else if len(others) == 0 || others[len(others)-1] != strconv.Quote(i.Name) {
			others = append(others, strconv.Quote(i.Name))
		}
	}
	switch {
	case len(versions) > 0 && v == Active:
		return info, nil, fmt.Errorf("%w: there are the versions %s; activate one of them", ErrNoActive, strings.Join(versions, ", "))
	case len(versions) > 0:
		return info, nil, fmt.Errorf("%w: there are the versions %s", ErrNoModel, strings.Join(versions, ", "))
	case len(others) > 0:
		return info, nil, fmt.Errorf("%w: there are models named %s", ErrNoModel, strings.Join(others, ", "))
	}
	return info, nil, fmt.Errorf("%w: there are no models yet; train and save one first", ErrNoModel)
}

var infoColumns = []string{"name", "version", "active", "saved_at", "note", "checksum", "k", "rows_trained", "as_of", "inertia", "silhouette"}

// infoQuery selects infoColumns of the models m, with the active version as
// a.version, and an extra column.
func (s *Store) infoQuery(extra, where string) string {
	if extra != "" {
		extra = ", " + extra
	}
	return s.db.Rebind(fmt.Sprintf(`SELECT m.name, m.version, CASE WHEN m.version = a.version THEN 1 ELSE 0 END, m.saved_at, m.note, m.checksum,
			m.k, m.rows_trained, m.as_of, m.inertia, m.silhouette%s
		FROM %s AS m LEFT JOIN (
			SELECT name, version FROM %[3]s
			WHERE position IN (SELECT max(position) FROM %[3]s WHERE NOT undone GROUP BY name)
		) AS a ON a.name = m.name
		WHERE %s ORDER BY m.name, m.version`, extra, quote(s.tables.Models), quote(s.tables.Activations), where))
}

func readInfo(r *rowReader) ModelInfo {
	i := ModelInfo{Name: strings.Clone(r.Text()), Version: Version(r.Int()), Active: r.Int() == 1, SavedAt: r.Time(), Note: r.Text(), Checksum: r.Text(), K: int(r.Int()), Rows: int(r.Int())}
	if r.at < len(r.values) && r.values[r.at] == nil {
		r.next()
	} else {
		i.AsOf = r.Day()
	}
	i.Inertia, i.Silhouette = r.Float(), r.Float()
	return i
}

// ListModels lists every version of every model, by name and version.
func (s *Store) ListModels(ctx context.Context) ([]ModelInfo, error) {
	var list []ModelInfo
	err := s.retry(ctx, func() (bool, error) {
		var err error
		list, err = s.listModels(ctx)
		return true, err
	})
	return list, s.failTable(ctx, "listing the models", s.tables.Models, err)
}

func (s *Store) listModels(ctx context.Context) ([]ModelInfo, error) {
	list := []ModelInfo{}
	_, err := eachRow(ctx, s.db, infoColumns, func(r *rowReader) (bool, error) {
		list = append(list, readInfo(r))
		return true, r.err
	}, s.infoQuery("", "1 = 1"))
	return list, err
}

// Activate makes a version of a model the active one. It may be active
// already. With Active it does nothing but check, with Latest it takes the
// version that was saved last.
//
// Errors: [ErrNoModel], [ErrNoActive].
func (s *Store) Activate(ctx context.Context, name string, v Version) error {
	op := fmt.Sprintf("activating version %s of the model %q", v, name)
	_, info, err := s.LoadModel(ctx, name, v)
	if err != nil {
		return s.fail(ctx, op, err)
	}
	j := job{op: op, tables: []string{s.tables.Activations}, again: true, idempotent: true}
	return s.write(ctx, j, func(t *tx) error { return t.activate(ctx, name, info.Version) })
}

// activate adds a line to the activations, unless the version is active.
func (t *tx) activate(ctx context.Context, name string, v Version) error {
	_, active, err := t.active(ctx, name)
	if err != nil || active == v {
		return err
	}
	_, err = t.ExecContext(ctx, t.Rebind("INSERT INTO "+quote(t.s.tables.Activations)+" (name, version, activated_at, undone) VALUES (?, ?, ?, ?)"),
		name, int64(v), now().Format(timeLayout), false)
	return err
}

// active gives the line that makes a version active, and the version; zeros
// where there is none.
func (t *tx) active(ctx context.Context, name string) (position int64, v Version, err error) {
	_, err = eachRow(ctx, t, []string{"position", "version"}, func(r *rowReader) (bool, error) {
		position, v = r.Int(), Version(r.Int())
		return false, r.err
	}, t.Rebind("SELECT position, version FROM "+quote(t.s.tables.Activations)+" WHERE name = ? AND NOT undone ORDER BY position DESC LIMIT 1"), name)
	return position, v, err
}

// Rollback takes the last activation back, so that the version that was active
// before is active again, and gives that version. The table of activations
// keeps the line as undone.
//
// Errors: [ErrNoActive] where no version was active before; then nothing
// changes.
func (s *Store) Rollback(ctx context.Context, name string) (Version, error) {
	op := fmt.Sprintf("rolling the model %q back", name)
	if err := checkTexts(name); err != nil {
		return 0, s.fail(ctx, op, err)
	}
	var v Version
	j := job{op: op, tables: []string{s.tables.Activations}, again: true}
	err := s.write(ctx, j, func(t *tx) error {
		position, _, err := t.active(ctx, name)
		if err != nil {
			return err
		}
		if _, err := t.ExecContext(ctx, t.Rebind("UPDATE "+quote(s.tables.Activations)+" SET undone = ? WHERE position = ?"), true, position); err != nil {
			return err
		}
		if _, v, err = t.active(ctx, name); err == nil && v == 0 {
			return fmt.Errorf("%w: no version was active before", ErrNoActive)
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	return v, nil
}
