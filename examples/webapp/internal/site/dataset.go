package site

import (
	"cmp"
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/examples/webapp/internal/gallery"
	"github.com/customer-personality/segmentation/examples/webapp/internal/snapshot"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/web"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/store"
)

// A dataset is customers with their models, which lie beside those of others. The
// one of the campaign schema has no id.
type dataset struct {
	keptData
	snapshot atomic.Pointer[snapshot.Snapshot]
	charted  cache[[]gallery.Item] // by region and tier
	tables   cache[[]byte]         // of the chart maker, by language
}

// keptData is a dataset as the database has it.
type keptData struct {
	ID        string              `db:"id"`
	Name      string              `db:"name"`
	Columns   asJSON[[]column]    `db:"columns"`
	Told      asJSON[[]string]    `db:"told"`
	Roles     asJSON[chosenRoles] `db:"roles"`
	AsOf      string              `db:"as_of"`
	Customers int                 `db:"customers"`
	CreatedAt int64               `db:"created_at"`
}

// A column is what was found in a column of a dataset.
type column struct {
	Name    string `json:"name"`
	Kind    string `json:"kind"`
	Unit    string `json:"unit,omitempty"`
	Why     string `json:"why"` // it is of that kind
	Missing int    `json:"missing"`
	Words   int    `json:"words,omitempty"` // that differ
	Least   string `json:"least,omitempty"`
	Most    string `json:"most,omitempty"`
	Reason  string `json:"reason"` // for its role
}

// chosenRoles are what the columns serve for.
type chosenRoles struct {
	features.RoleOptions
	Guessed bool // the columns of value, as no name told them
}

// asJSON is a value that is kept as JSON.
type asJSON[T any] struct{ V T }

// Value returns the JSON.
func (v asJSON[T]) Value() (driver.Value, error) {
	b, err := json.Marshal(v.V)
	return string(b), err
}

// Scan reads what Value returned.
func (v *asJSON[T]) Scan(kept any) error { return json.Unmarshal(fmt.Appendf(nil, "%s", kept), &v.V) }

// mostDatasets bounds the datasets that there are, those without a model too, and
// mostColumns the columns of one.
const (
	mostDatasets = 20
	mostColumns  = 300
)

// table is the name of the table of the customers, and model that of the models.
func (k keptData) table() string { return "webapp_data_" + k.ID }

func (k keptData) model() string {
	if k.ID == "" {
		return modelName
	}
	return k.table()
}

// Created is when the file was brought.
func (k keptData) Created() time.Time { return time.UnixMicro(k.CreatedAt) }

// day is the day on which things are counted.
func (k keptData) day() time.Time {
	day, _ := time.Parse(time.DateOnly, k.AsOf)
	return day
}

const selectDatasets = `select id, name, columns, told, roles, as_of, customers, created_at from webapp_datasets `

// datasets lists the datasets, the oldest first.
func (b *records) datasets(ctx context.Context) ([]keptData, error) {
	return list[keptData](ctx, b, selectDatasets+`order by created_at, id`)
}

var errManyDatasets = refuse(http.StatusConflict, "file", "data.many", mostDatasets)

// addDataset keeps a new dataset, unless there are too many.
func (b *records) addDataset(ctx context.Context, k keptData) error {
	return b.inTx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.NamedExecContext(ctx, `insert into webapp_datasets (id, name, columns, told, roles, as_of, customers, created_at) values (:id, :name, :columns, :told, :roles, :as_of, :customers, :created_at)`, k); err != nil {
			return err
		}
		var n int
		if err := tx.GetContext(ctx, &n, `select count(*) from webapp_datasets`); err != nil || n <= mostDatasets {
			return err
		}
		return errManyDatasets
	})
}

// setDataset changes the name and the roles of a dataset.
func setDataset(ctx context.Context, on sqlx.ExtContext, k keptData) error {
	return found(execute(ctx, on, `update webapp_datasets set name = ?, roles = ?, columns = ?, told = ?, customers = ? where id = ?`, k.Name, k.Roles, k.Columns, k.Told, k.Customers, k.ID))
}

// dropDataset removes a dataset with all that was made of it.
func (b *records) dropDataset(ctx context.Context, k keptData) error {
	return b.store.Drop(ctx, k.table(), func(ctx context.Context, tx *sqlx.Tx) error {
		if err := found(execute(ctx, tx, `delete from webapp_datasets where id = ?`, k.ID)); err != nil {
			return err
		}
		if _, err := dropConversations(ctx, tx, `dataset = ?`, k.ID); err != nil {
			return err
		}
		_, err := execute(ctx, tx, `delete from webapp_charts where dataset = ?`, k.ID)
		return err
	})
}

// find returns the dataset of an id; the default one for "".
func (s *Site) find(id string) *dataset {
	if id == "" {
		return &s.dataset
	}
	s.setsLock.Lock()
	defer s.setsLock.Unlock()
	i := slices.IndexFunc(s.sets, func(d *dataset) bool { return d.ID == id })
	if i < 0 {
		return nil
	}
	return s.sets[i]
}

// listed returns the datasets beside the default one.
func (s *Site) listed() []*dataset {
	s.setsLock.Lock()
	defer s.setsLock.Unlock()
	return slices.Clone(s.sets)
}

// readDatasets brings the list of datasets up to date: other programs may have
// changed them. What is in memory of one stays, unless another model is in use or its
// customers are others.
func (s *Site) readDatasets(ctx context.Context) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	all, err := s.records.datasets(ctx)
	if err != nil {
		return err
	}
	models, err := s.store.ListModels(ctx)
	if err != nil {
		return err
	}
	s.setsLock.Lock()
	defer s.setsLock.Unlock()
	var sets []*dataset
	for _, k := range all {
		d := &dataset{keptData: k}
		if i := slices.IndexFunc(s.sets, func(d *dataset) bool { return d.ID == k.ID }); i >= 0 {
			old := s.sets[i]
			snap := old.snapshot.Load()
			switch {
			case snap != nil && (old.Customers != k.Customers || !slices.ContainsFunc(models, func(m store.ModelInfo) bool {
				return m.Active && m.Name == k.model() && int(m.Version) == snap.Version
			})): // is read anew
			case reflect.DeepEqual(old.keptData, k):
				d = old
			default:
				d.snapshot.Store(snap)
			}
		}
		sets = append(sets, d)
	}
	s.sets = sets
	return nil
}

// rolesOf returns the roles of the columns of a table that a model was trained with.
func rolesOf(t *features.Table, m *segment.Model) (features.Roles, error) {
	o := features.RoleOptions{ID: cmp.Or(m.ID(), "-"), Features: m.Columns(), Value: []string{}, Describe: orEmpty(m.Describe())}
	for _, name := range m.Value() {
		o.Value = append(o.Value, map[bool]string{true: "-"}[slices.Contains(m.Less(), name)]+name)
	}
	return features.InferRoles(t, o)
}

// loadFor is how long the customers of a dataset may take to be read, also where who
// asked for them has gone meanwhile.
const loadFor = time.Minute

// load returns the customers of a dataset with its active model, read once.
func (s *Site) load(d *dataset) (*snapshot.Snapshot, error) {
	if snap := d.snapshot.Load(); snap != nil || d.ID == "" {
		return snap, nil
	}
	s.changing.Lock()
	defer s.changing.Unlock()
	if d = s.find(d.ID); d == nil { // another may have taken its place
		return nil, errNotFound
	}
	if snap := d.snapshot.Load(); snap != nil {
		return snap, nil
	}
	ctx, cancel := context.WithTimeoutCause(s.ctx, loadFor, errDown)
	defer cancel()
	model, info, err := s.store.LoadModel(ctx, d.model(), store.Active)
	if errors.Is(err, store.ErrNoActive) || errors.Is(err, store.ErrNoModel) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if s.checkReleased(model) != nil {
		return nil, errUnsigned
	}
	snap, err := s.applied(ctx, d, model, int(info.Version))
	if err == nil {
		s.keepSnapshot(d, snap)
	}
	return snap, err
}

// applied applies a model to the customers of a dataset.
func (s *Site) applied(ctx context.Context, d *dataset, model *segment.Model, version int) (*snapshot.Snapshot, error) {
	t, err := s.store.ReadTable(ctx, d.table(), store.TableOptions{Read: features.TableOptions{AsOf: features.AsOf(d.day())}})
	if err != nil {
		return nil, err
	}
	if t.Len() == 0 {
		return nil, snapshot.ErrNoCustomers
	}
	roles, err := rolesOf(t, model)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", store.ErrUnfit, err)
	}
	result, err := segmentation.Score(ctx, model, t, segmentation.ScoreOptions{})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", store.ErrUnfit, err)
	}
	return snapshot.OfTable(ctx, result, version, roles)
}

// mostLoaded bounds the datasets, beside the default one, that are in memory.
const mostLoaded = 4

// keepSnapshot puts a snapshot of a dataset to use, and lets go of that of another
// one where too many are in memory.
func (s *Site) keepSnapshot(d *dataset, snap *snapshot.Snapshot) {
	s.setsLock.Lock()
	defer s.setsLock.Unlock()
	d.snapshot.Store(snap)
	for _, now := range s.sets { // which may have taken the place of d
		if now.ID == d.ID {
			now.snapshot.Store(snap)
		}
	}
	s.loaded = append(slices.DeleteFunc(s.loaded, func(id string) bool { return id == d.ID }), d.ID)
	for len(s.loaded) > mostLoaded {
		for _, other := range s.sets {
			if other.ID == s.loaded[0] {
				other.snapshot.Store(nil)
				other.charted.clear()
				other.tables.clear()
			}
		}
		s.loaded = s.loaded[1:]
	}
}

// dataCookie holds the id of the dataset that a reader has chosen.
const dataCookie = "data"

// choose sets the dataset that a request is about, without loading it: that of its
// query, also the default one, else, but for programs, the one that its reader has
// chosen.
func (s *Site) choose(r *request) error {
	if q := r.URL.Query(); q.Has("data") {
		return s.point(r, q.Get("data"))
	}
	if c, err := r.Cookie(dataCookie); err == nil && !r.api() && web.ValidID(c.Value) && s.find(c.Value) != nil {
		return s.point(r, c.Value)
	}
	return s.point(r, "")
}

// point makes a request one about a dataset, "" for the default one, of which it has what
// is in memory.
func (s *Site) point(r *request, id string) error {
	d := s.find(id)
	if d == nil {
		return errNotFound
	}
	r.set, r.snap = d, d.snapshot.Load()
	r.l = r.snap.Speaks(r.plain)
	return nil
}

// turnTo makes a request one about a dataset, which is loaded.
func (s *Site) turnTo(r *request, id string) error {
	if err := s.point(r, id); err != nil {
		return err
	}
	return s.loadOf(r)
}

// loadOf loads the dataset of a request.
func (s *Site) loadOf(r *request) (err error) {
	r.snap, err = s.load(r.set)
	r.l = r.snap.Speaks(r.plain)
	return err
}

// switchData is the form of the header that chooses a dataset.
func (s *Site) switchData(r *request) (string, error) {
	id := r.PostFormValue("data")
	if s.find(id) == nil {
		return "", errNotFound
	}
	r.setData(id)
	return "/", nil
}

func (r *request) setData(id string) {
	age := 86400 * 365
	if id == "" {
		age = -1
	}
	http.SetCookie(r.w, &http.Cookie{Name: dataCookie, Value: id, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: r.Secure, MaxAge: age})
}
