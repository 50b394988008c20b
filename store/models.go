package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/jsonfloat"
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

// String returns what ParseVersion reads.
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

// MarshalJSON writes numbers that are not finite as null or, where that would be
// another one, as a string.
func (i ModelInfo) MarshalJSON() ([]byte, error) { return jsonfloat.Marshal(i) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (i *ModelInfo) UnmarshalJSON(data []byte) error { return jsonfloat.Unmarshal(data, i) }

// SaveOptions change how SaveModel works. The zero value works.
type SaveOptions struct {
	// Activate makes the version the active one in the same transaction, once it
	// has been tried; see [Store.Activate].
	Activate bool
	// Note is kept with the version, for people.
	Note string
	// Results, when not nil, replace the tables in the same transaction, so that
	// they never show another model than the active one. They need Activate.
	Results *Results
}

// ActivateOptions change how Activate and Rollback work. The zero value works.
type ActivateOptions struct {
	// Results, when not nil, is called with the model before it is activated. An
	// error keeps the version that is active now; results that are not nil
	// replace the tables in the same transaction.
	Results func(context.Context, *segment.Model) (*Results, error)
}

// SaveModel saves a model under the next version of its name. The database
// holds the bytes that [segment.Model.Write] writes. Programs that save at the
// same time get different versions.
//
// Errors: [ErrName] for an empty name, [ErrUnfit] where it is to be activated
// and cannot score the customers (it is then not saved either), [ErrNotMigrated],
// [ErrPrivilege], [ErrUnknownOutcome] where the connection was lost during the
// commit.
func (s *Store) SaveModel(ctx context.Context, name string, m *segment.Model, o SaveOptions) (ModelInfo, error) {
	if !s.ready(&ctx) {
		return ModelInfo{}, errNotOpen
	}
	op := fmt.Sprintf("saving the model %q", name)
	err := checkTexts(name, o.Note)
	switch {
	case name == "":
		err = fmt.Errorf("%w: the name is empty", ErrName)
	case m == nil:
		err = fmt.Errorf("%w: the model is nil", ErrOption)
	case o.Results != nil && !o.Activate:
		err = fmt.Errorf("%w: the tables show the active model, and this one is not to be activated", ErrOption)
	}
	if err != nil {
		return ModelInfo{}, s.fail(ctx, op, err)
	}
	var file bytes.Buffer
	if err := m.Write(&file); err != nil {
		return ModelInfo{}, s.fail(ctx, op, &sourceError{err})
	}
	sum, err := checksum(file.Bytes())
	if err != nil {
		return ModelInfo{}, s.fail(ctx, op, &sourceError{err})
	}
	p, err := s.place(ctx, name, o.Results)
	if err != nil {
		return ModelInfo{}, s.fail(ctx, op, err)
	}
	info := ModelInfo{
		Name: name, SavedAt: now(), Note: o.Note, Checksum: sum, Active: o.Activate,
		K: m.K(), Rows: m.Rows(), AsOf: m.AsOf(), Inertia: m.Inertia(), Silhouette: m.Silhouette(),
	}
	j := job{op: op, tables: append([]tableName{s.table(s.tables.Models), s.table(s.tables.Activations)}, s.written(p)...), again: true}
	err = s.write(ctx, j, func(t *tx) error {
		if o.Activate {
			if err := t.try(ctx, m, p); err != nil {
				return err
			}
		}
		if err := t.GetContext(ctx, &info.Version, t.Rebind("SELECT coalesce(max(version), 0) + 1 FROM "+s.table(s.tables.Models).String()+" WHERE name = ?"), name); err != nil {
			return err
		}
		var asOf any
		if !info.AsOf.IsZero() {
			asOf = info.AsOf.Format(time.DateOnly)
		}
		_, err := t.ExecContext(ctx, t.Rebind("INSERT INTO "+s.table(s.tables.Models).String()+
			" (name, version, saved_at, note, checksum, k, rows_trained, as_of, inertia, silhouette, file) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
			name, int64(info.Version), info.SavedAt.Format(timeLayout), info.Note, sum, info.K, info.Rows, asOf, info.Inertia, info.Silhouette, file.Bytes())
		if err != nil || !o.Activate {
			return err
		}
		if err := t.activate(ctx, name, info.Version); err != nil {
			return err
		}
		return t.saveResults(ctx, p)
	})
	if err != nil {
		return ModelInfo{}, err
	}
	return info, nil
}

// trialRows is how many customers a model is tried on before it is activated.
const trialRows = 1000

// try scores the first rows of the results, or of the unencoded table that a model of
// the name has; of a campaign the first customers.
func (t *tx) try(ctx context.Context, m *segment.Model, p placed) error {
	rows := p.Table
	if !p.named {
		unencoded := p.with("_unencoded")
		there, err := t.s.dialect.describe(ctx, t, unencoded)
		if err != nil {
			return err
		}
		if p.base == (tableName{}) || t.s.isOurs(unencoded) || len(there) == 0 {
			return t.tryCustomers(ctx, m)
		}
		if rows, err = t.s.readTable(ctx, t, unencoded, TableOptions{}, trialRows); err != nil {
			return err
		}
	}
	if rows.Len() == 0 {
		return nil
	}
	first := make([]int, min(trialRows, rows.Len()))
	for i := range first {
		first[i] = i
	}
	rows, err := rows.Rows(ctx, first)
	if err != nil {
		return err
	}
	x, err := m.Pipeline().Matrix(ctx, rows)
	if err == nil {
		_, err = m.PredictMatrix(ctx, x)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnfit, err)
	}
	return nil
}

// tryCustomers scores the first customers, and one without an income, which the
// schema allows.
func (t *tx) tryCustomers(ctx context.Context, m *segment.Model) error {
	choice, err := features.Select(m.Columns()...)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnfit, err)
	}
	asOf := features.AsOf(m.AsOf())
	var row []float64
	columns := names(features.Columns())
	_, err = eachRow(ctx, t, columns, func(r *rowReader) (bool, error) {
		var e features.Engineered
		if readCustomer(r, &e.Customer); r.err != nil {
			return false, r.err
		}
		if e.Validate() != nil { // left out of every result
			return true, nil
		}
		e = features.EngineerCustomer(e.Customer, asOf)
		row = choice.Values(row[:0], &e)
		if _, err := m.Predict(row); err != nil {
			return false, fmt.Errorf("%w, such as customer %v: %w", ErrUnfit, e.ID, err)
		}
		return true, nil
	}, fmt.Sprintf("SELECT %s FROM %s ORDER BY position LIMIT %d", quoteAll(columns), t.s.table(t.s.tables.Customers), trialRows))
	if err != nil {
		return err
	}
	row = row[:0]
	for j, r := range m.Ranges() {
		row = append(row, r.Min)
		if m.Columns()[j] == "income" {
			row[j] = math.NaN()
		}
	}
	if _, err := m.Predict(row); err != nil {
		return fmt.Errorf("%w, of whom some may have no income: %w", ErrUnfit, err)
	}
	return nil
}

// checksum returns the one that a model file carries.
func checksum(file []byte) (string, error) {
	var head struct {
		Checksum string `json:"checksum"`
	}
	err := json.Unmarshal(file, &head)
	return head.Checksum, err
}

// now returns the time to the microsecond, which both databases store.
func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// LoadModel loads a version of a model, checks it as [segment.Read] does, and
// checks that the database's checksum is the file's.
//
// Errors: [ErrNoModel], which names the versions that there are; [ErrNoActive];
// those of segment.Read, such as [segment.ErrAltered].
func (s *Store) LoadModel(ctx context.Context, name string, v Version) (*segment.Model, ModelInfo, error) {
	op := fmt.Sprintf("loading the model %q, version %s", name, v)
	var file []byte
	info, err := read(ctx, s, op, orZero(s).tables.Models, func(ctx context.Context, _ tableName) (info ModelInfo, err error) {
		info, file, err = s.loadModel(ctx, name, v)
		return info, err
	})
	if err != nil {
		return nil, ModelInfo{}, err
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
		where += " AND m.version = (SELECT max(version) FROM " + s.table(s.tables.Models).String() + " WHERE name = m.name)"
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
		return true, r.err
	}, s.infoQuery("m.file", where), args...)
	if err != nil || n > 0 {
		return info, file, err
	}
	// No such version: the error names those that there are.
	list, err := s.listModels(ctx, tableName{})
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
		WHERE %s ORDER BY m.name, m.version`, extra, s.table(s.tables.Models).String(), s.table(s.tables.Activations).String(), where))
}

func readInfo(r *rowReader) ModelInfo {
	i := ModelInfo{
		Name: strings.Clone(r.Text()), Version: Version(r.Int()), Active: r.Int() == 1, SavedAt: r.Time(),
		Note: r.Text(), Checksum: r.Text(), K: int(r.Int()), Rows: int(r.Int()),
	}
	if r.at < len(r.values) && r.values[r.at] == nil {
		r.next()
	} else {
		i.AsOf = r.Day()
	}
	i.Inertia, i.Silhouette = r.Float(false), r.Float(false)
	return i
}

// ListModels lists every version of every model, by name and version.
func (s *Store) ListModels(ctx context.Context) ([]ModelInfo, error) {
	return read(ctx, s, "listing the models", orZero(s).tables.Models, s.listModels)
}

func (s *Store) listModels(ctx context.Context, _ tableName) ([]ModelInfo, error) {
	return readAll(ctx, s.db, infoColumns, readInfo, s.infoQuery("", "1 = 1"))
}

// Activate activates a version of a model, once it has been tried in the same
// transaction: it must score the first 1,000 customers of the raw table, and
// one without an income, or the first 1,000 rows of the table that it was trained on
// where that is none of the campaign (see [Results]). It may be active already: then
// only the results are new.
//
// Errors: [ErrNoModel], [ErrNoActive], [ErrUnfit] where the version cannot score
// the customers, that of o.Results; the version that was active stays so.
func (s *Store) Activate(ctx context.Context, name string, v Version, o ActivateOptions) error {
	if !s.ready(&ctx) {
		return errNotOpen
	}
	op := fmt.Sprintf("activating version %s of the model %q", v, name)
	m, info, err := s.LoadModel(ctx, name, v)
	if err != nil {
		return s.fail(ctx, op, err)
	}
	return s.use(ctx, op, name, m, o, true, func(t *tx) error { return t.activate(ctx, name, info.Version) })
}

// use tries a model, makes its results, and commits them with what change does.
func (s *Store) use(ctx context.Context, op, name string, m *segment.Model, o ActivateOptions, idempotent bool, change func(*tx) error) error {
	var results *Results
	if o.Results != nil {
		var err error
		if results, err = o.Results(ctx, m); err != nil {
			return s.fail(ctx, op, &sourceError{err})
		}
	}
	p, err := s.place(ctx, name, results)
	if err != nil {
		return s.fail(ctx, op, err)
	}
	j := job{op: op, tables: append([]tableName{s.table(s.tables.Activations)}, s.written(p)...), again: true, idempotent: idempotent}
	return s.write(ctx, j, func(t *tx) error {
		if err := t.try(ctx, m, p); err != nil {
			return err
		}
		if err := change(t); err != nil {
			return err
		}
		return t.saveResults(ctx, p)
	})
}

// activate adds a line to the activations, unless the version is active.
func (t *tx) activate(ctx context.Context, name string, v Version) error {
	active, err := t.active(ctx, name)
	if err != nil || active.Version == v {
		return err
	}
	_, err = t.ExecContext(ctx, t.Rebind("INSERT INTO "+t.s.table(t.s.tables.Activations).String()+" (name, version, activated_at, undone) VALUES (?, ?, ?, ?)"),
		name, int64(v), now().Format(timeLayout), false)
	return err
}

// An activation is a line that makes a version active.
type activation struct {
	Position int64
	Version  Version
}

// active returns the activation that holds, zero where there is none.
func (t *tx) active(ctx context.Context, name string) (activation, error) {
	a, _, err := scalar[activation](ctx, t, t.Rebind("SELECT position, version FROM "+t.s.table(t.s.tables.Activations).String()+" WHERE name = ? AND NOT undone ORDER BY position DESC LIMIT 1"), name)
	return a, err
}

// Rollback undoes the last activation, which the table of activations keeps as
// undone, and returns the version that was active before and is again, once it has
// been tried as by [Store.Activate].
//
// Errors: [ErrNoActive] where no version was active before, [ErrUnfit], that of
// o.Results; then nothing changes.
func (s *Store) Rollback(ctx context.Context, name string, o ActivateOptions) (Version, error) {
	if !s.ready(&ctx) {
		return 0, errNotOpen
	}
	op := fmt.Sprintf("rolling the model %q back", name)
	if err := checkTexts(name); err != nil {
		return 0, s.fail(ctx, op, err)
	}
	before, err := s.activeBefore(ctx, op, name)
	if err == nil && before == 0 {
		err = s.fail(ctx, op, fmt.Errorf("%w: no version was active before", ErrNoActive))
	}
	if err != nil {
		return 0, err
	}
	m, _, err := s.LoadModel(ctx, name, before)
	if err != nil {
		return 0, s.fail(ctx, op, err)
	}
	err = s.use(ctx, op, name, m, o, false, func(t *tx) error {
		last, err := t.active(ctx, name)
		if err != nil {
			return err
		}
		if _, err := t.ExecContext(ctx, t.Rebind("UPDATE "+s.table(s.tables.Activations).String()+" SET undone = ? WHERE position = ?"), true, last.Position); err != nil {
			return err
		}
		active, err := t.active(ctx, name)
		if err == nil && active.Version != before {
			return fmt.Errorf("%w: another program activated a version meanwhile", ErrNoActive)
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	return before, nil
}

// CanRollBack reports whether a version of the model was active before the one
// that is, so that [Store.Rollback] has something to go back to.
func (s *Store) CanRollBack(ctx context.Context, name string) (bool, error) {
	before, err := s.activeBefore(ctx, fmt.Sprintf("looking up the activations of the model %q", name), name)
	return before != 0, err
}

// activeBefore returns the version that was active before the one that is, 0 for
// none.
func (s *Store) activeBefore(ctx context.Context, op, name string) (Version, error) {
	return read(ctx, s, op, orZero(s).tables.Activations, func(ctx context.Context, table tableName) (Version, error) {
		before, _, err := scalar[Version](ctx, s.db, s.db.Rebind("SELECT version FROM "+table.String()+" WHERE name = ? AND NOT undone ORDER BY position DESC LIMIT 1 OFFSET 1"), name)
		return before, err
	})
}
