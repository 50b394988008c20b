package service

import (
	"cmp"
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/gallery"
	"github.com/customer-personality/segmentation/internal/snapshot"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/store"
)

// A Dataset is customers with their models, which lie beside those of others. The
// one of the campaign schema has no id.
type Dataset struct {
	KeptData
	Snapshot atomic.Pointer[snapshot.Snapshot]
	Charted  Cache[*gallery.Page] // by region and tier
	Tables   Cache[[]byte]        // of the chart maker, by language
}

// KeptData is a dataset as the database has it.
type KeptData struct {
	ID        string              `db:"id"`
	Name      string              `db:"name"`
	Columns   asJSON[[]Column]    `db:"columns"`
	Told      asJSON[[]string]    `db:"told"`
	Roles     asJSON[chosenRoles] `db:"roles"`
	AsOf      string              `db:"as_of"`
	Customers int                 `db:"customers"`
	CreatedAt int64               `db:"created_at"`
}

// A Column is what was found in a column of a dataset.
type Column struct {
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
	Limits
	Guessed bool // the columns of value, as no name told them
}

// Limits are the least and greatest values, by column, of the customers that a model is
// trained on; those without a value stay.
type Limits struct {
	Least map[string]float64 `json:",omitempty"`
	Most  map[string]float64 `json:",omitempty"`
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

// MaxDatasets bounds the datasets that there are, those without a model too, and
// mostColumns the columns of one.
const (
	MaxDatasets = 20
	mostColumns = 300
)

// Table is the name of the table of the customers.
func (k KeptData) Table() string { return "webapp_data_" + k.ID }

// Model is the name of the models.
func (k KeptData) Model() string {
	if k.ID == "" {
		return ModelName
	}
	return k.Table()
}

// Created is when the file was brought.
func (k KeptData) Created() time.Time { return time.UnixMicro(k.CreatedAt) }

// Day is the day on which things are counted.
func (k KeptData) Day() time.Time {
	day, _ := time.Parse(time.DateOnly, k.AsOf)
	return day
}

// OfOrders is whether the customers were counted from orders.
func (k KeptData) OfOrders() bool { return k.recency() != nil }

// Ahead is whether some bought after the day.
func (k KeptData) Ahead() bool { return k.OfOrders() && strings.HasPrefix(k.recency().Least, "-") }

// recency is the column of the days since the last purchase; nil where there is none.
func (k KeptData) recency() *Column {
	want := features.RFMColumns("")
	for i, c := range k.Columns.V {
		if c.Name == want[1].Name && c.Unit == want[1].Unit && slices.ContainsFunc(k.Columns.V, func(c Column) bool { return c.Name == want[6].Name && c.Unit == want[6].Unit }) {
			return &k.Columns.V[i]
		}
	}
	return nil
}

// DayMatters is whether something depends on the day: customers that were counted from
// orders, or any other that have a day.
func (k KeptData) DayMatters() bool {
	return k.AsOf != "" || slices.ContainsFunc(k.Columns.V, func(c Column) bool { return c.Kind == features.Date.String() })
}

const selectDatasets = `select id, name, columns, told, roles, as_of, customers, created_at from webapp_datasets `

// datasets lists the datasets, the oldest first.
func (b *Records) datasets(ctx context.Context) ([]KeptData, error) {
	return list[KeptData](ctx, b, selectDatasets+`order by created_at, id`)
}

// addDataset keeps a new dataset, unless there are too many.
func (b *Records) addDataset(ctx context.Context, k KeptData) error {
	return b.inTx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.NamedExecContext(ctx, `insert into webapp_datasets (id, name, columns, told, roles, as_of, customers, created_at) values (:id, :name, :columns, :told, :roles, :as_of, :customers, :created_at)`, k); err != nil {
			return err
		}
		var n int
		if err := tx.GetContext(ctx, &n, `select count(*) from webapp_datasets`); err != nil || n <= MaxDatasets {
			return err
		}
		return ErrManyDatasets
	})
}

// setDataset changes what is chosen for a dataset, and what its columns have.
func setDataset(ctx context.Context, on sqlx.ExtContext, k KeptData) error {
	return found(execute(ctx, on, `update webapp_datasets set name = ?, roles = ?, columns = ?, told = ?, as_of = ?, customers = ? where id = ?`, k.Name, k.Roles, k.Columns, k.Told, k.AsOf, k.Customers, k.ID))
}

// dropDataset removes a dataset with all that was made of it.
func (b *Records) dropDataset(ctx context.Context, k KeptData) error {
	return b.store.Drop(ctx, k.Table(), func(ctx context.Context, tx *sqlx.Tx) error {
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

// Find returns the dataset of an id; the default one for "".
func (s *Service) Find(id string) *Dataset {
	if id == "" {
		return &s.Dataset
	}
	s.setsLock.Lock()
	defer s.setsLock.Unlock()
	i := slices.IndexFunc(s.sets, func(d *Dataset) bool { return d.ID == id })
	if i < 0 {
		return nil
	}
	return s.sets[i]
}

// Listed returns the datasets beside the default one.
func (s *Service) Listed() []*Dataset {
	s.setsLock.Lock()
	defer s.setsLock.Unlock()
	return slices.Clone(s.sets)
}

// ReadDatasets brings the list of datasets up to date: other programs may have
// changed them. What is in memory of one stays, unless another model is in use or its
// customers are others.
func (s *Service) ReadDatasets(ctx context.Context) error {
	s.Changing.Lock()
	defer s.Changing.Unlock()
	all, err := s.Records.datasets(ctx)
	if err != nil {
		return err
	}
	models, err := s.Store.ListModels(ctx)
	if err != nil {
		return err
	}
	s.setsLock.Lock()
	defer s.setsLock.Unlock()
	var sets []*Dataset
	for _, k := range all {
		d := &Dataset{KeptData: k}
		if i := slices.IndexFunc(s.sets, func(d *Dataset) bool { return d.ID == k.ID }); i >= 0 {
			old := s.sets[i]
			snap := old.Snapshot.Load()
			switch {
			case snap != nil && (old.Customers != k.Customers || !slices.ContainsFunc(models, func(m store.ModelInfo) bool {
				return m.Active && m.Name == k.Model() && int(m.Version) == snap.Version
			})): // is read anew
			case reflect.DeepEqual(old.KeptData, k):
				d = old
			default:
				d.Snapshot.Store(snap)
			}
		}
		sets = append(sets, d)
	}
	s.sets = sets
	return nil
}

// rolesOf returns the roles of the columns of a table that a model was trained with.
func rolesOf(ctx context.Context, t *features.Table, m *segment.Model) (features.Roles, error) {
	o := features.RoleOptions{ID: cmp.Or(m.ID(), "-"), Features: m.Columns(), Value: []string{}, Describe: append([]string{}, m.Describe()...)}
	for _, name := range m.Value() {
		o.Value = append(o.Value, map[bool]string{true: "-"}[slices.Contains(m.Less(), name)]+name)
	}
	return features.InferRoles(ctx, t, o)
}

// loadFor is how long the customers of a dataset may take to be read, also where who
// asked for them has gone meanwhile.
const loadFor = time.Minute

// Load returns the customers of a dataset with its active model, read once.
func (s *Service) Load(d *Dataset) (*snapshot.Snapshot, error) {
	if snap := d.Snapshot.Load(); snap != nil || d.ID == "" {
		return snap, nil
	}
	s.Changing.Lock()
	defer s.Changing.Unlock()
	if d = s.Find(d.ID); d == nil { // another may have taken its place
		return nil, ErrNoSuch
	}
	if snap := d.Snapshot.Load(); snap != nil {
		return snap, nil
	}
	ctx, cancel := context.WithTimeoutCause(s.ctx, loadFor, ErrDown)
	defer cancel()
	model, info, err := s.Store.LoadModel(ctx, d.Model(), store.Active)
	if errors.Is(err, store.ErrNoActive) || errors.Is(err, store.ErrNoModel) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if s.CheckReleased(model) != nil {
		return nil, ErrUnsigned
	}
	snap, err := s.applied(ctx, d, model, int(info.Version))
	if err == nil {
		s.keepSnapshot(d, snap)
	}
	return snap, err
}

// ReadSet reads the customers of a dataset as they are counted on a day.
func (s *Service) ReadSet(ctx context.Context, k KeptData, day time.Time) (*features.Table, error) {
	t, err := s.Store.ReadTable(ctx, k.Table(), store.TableOptions{})
	if err != nil || day.IsZero() {
		return t, err
	}
	return features.RFMAt(ctx, t, features.AsOf(day))
}

// applied applies a model to the customers of a dataset, on the model's own day.
func (s *Service) applied(ctx context.Context, d *Dataset, model *segment.Model, version int) (*snapshot.Snapshot, error) {
	day := d.Day()
	if own := model.AsOf(); !own.IsZero() {
		day = own
	}
	t, err := s.ReadSet(ctx, d.KeptData, day)
	if err != nil {
		return nil, err
	}
	if t.Len() == 0 {
		return nil, snapshot.ErrNoCustomers
	}
	roles, err := rolesOf(ctx, t, model)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", store.ErrUnfit, err)
	}
	result, err := segmentation.Score(ctx, model, t, segmentation.ScoreOptions{Limits: true})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", store.ErrUnfit, err)
	}
	return snapshot.OfTable(ctx, result, version, roles)
}

// mostLoaded bounds the datasets, beside the default one, that are in memory.
const mostLoaded = 4

// keepSnapshot puts a snapshot of a dataset to use, and lets go of that of another
// one where too many are in memory.
func (s *Service) keepSnapshot(d *Dataset, snap *snapshot.Snapshot) {
	s.setsLock.Lock()
	defer s.setsLock.Unlock()
	d.Snapshot.Store(snap)
	for _, now := range s.sets { // which may have taken the place of d
		if now.ID == d.ID {
			now.Snapshot.Store(snap)
		}
	}
	s.loaded = append(slices.DeleteFunc(s.loaded, func(id string) bool { return id == d.ID }), d.ID)
	for len(s.loaded) > mostLoaded {
		for _, other := range s.sets {
			if other.ID == s.loaded[0] {
				other.Snapshot.Store(nil)
				other.Charted.clear()
				other.Tables.clear()
			}
		}
		s.loaded = s.loaded[1:]
	}
}

// IsTrained reports whether a model of a dataset is in use.
func (k KeptData) IsTrained(models []store.ModelInfo) bool {
	return slices.ContainsFunc(models, func(m store.ModelInfo) bool { return m.Active && m.Name == k.Model() })
}

// DropSet deletes a dataset, with its models and all that was made of it.
func (s *Service) DropSet(ctx context.Context, d *Dataset, by string) error {
	s.forgetLock.Lock()
	defer s.forgetLock.Unlock()
	s.Changing.Lock()
	defer s.Changing.Unlock()
	s.Forgets.Add(1)
	return s.dropSet(ctx, d, by, didDropData)
}

// dropSet is DropSet, whose locks are held.
func (s *Service) dropSet(ctx context.Context, d *Dataset, by, did string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, time.Minute, ErrDown)
	defer cancel()
	if err := s.Records.dropDataset(ctx, d.KeptData); err != nil {
		return err
	}
	s.removeSet(d)
	s.Uploads.Drop(func(j *UploadJob) bool { return cmp.Or(j.Now().Dataset, j.Now().Of) == d.ID })
	s.Unscrubbed.Store(true)
	return s.Records.Audit(ctx, by, did, AuditDetail{Count: d.Customers, Note: d.Name})
}

// UntrainedFor is how long customers are kept of whom no model is made.
const UntrainedFor = 24 * time.Hour

// ExpiresAt is when a dataset is deleted unless a model of it is made first.
func (k KeptData) ExpiresAt() time.Time { return k.Created().Add(UntrainedFor) }

// ExpireSets deletes the datasets that were brought long ago and never trained on. One
// that is trained on now stays, and nobody is forgotten meanwhile.
func (s *Service) ExpireSets(ctx context.Context, now time.Time) error {
	old := slices.DeleteFunc(s.Listed(), func(d *Dataset) bool { return now.Before(d.ExpiresAt()) })
	if len(old) == 0 {
		return nil
	}
	s.forgetLock.Lock()
	defer s.forgetLock.Unlock()
	s.Changing.Lock()
	defer s.Changing.Unlock()
	models, err := s.Store.ListModels(ctx)
	if err != nil {
		return err
	}
	for _, d := range old {
		training := s.Trainer.Now()
		if training.State == StateRunning && training.Dataset == d.ID || slices.ContainsFunc(models, func(m store.ModelInfo) bool { return m.Name == d.Model() }) {
			continue
		}
		if err := s.dropSet(ctx, d, AppUser, didExpireData); err != nil && !errors.Is(err, ErrNoSuch) {
			return err
		}
	}
	return nil
}

// fitSet trains on the customers of a dataset, with the roles of a request, and
// applies the model to them.
func (s *Service) fitSet(ctx context.Context, q TrainRequest, o segmentation.TrainOptions) (a applied, trained *segmentation.Result, err error) {
	t, err := s.ReadSet(ctx, q.Set.KeptData, q.AsOf)
	if err != nil {
		return a, nil, err
	}
	roles, err := features.InferRoles(ctx, t, q.Roles)
	if err != nil {
		return a, nil, err
	}
	o.Roles, o.Model.Least, o.Model.Limits = &roles, q.Within.Least, q.Within.Most
	if trained, err = segmentation.Train(ctx, t, o); err == nil {
		a.Snapshot, err = snapshot.OfTable(ctx, trained, 0, roles)
	}
	return a, trained, err
}

// useSet puts a new model of a dataset to use, and keeps the name, the day, the roles and
// the limits that it was trained with.
func (s *Service) useSet(ctx context.Context, q TrainRequest, snap *snapshot.Snapshot) error {
	d := s.Find(q.Set.ID)
	if d == nil {
		return ErrNoSuch
	}
	k := d.KeptData
	if !q.AsOf.IsZero() && !q.AsOf.Equal(k.Day()) {
		t, err := s.ReadSet(ctx, k, q.AsOf)
		if err != nil {
			return err
		}
		k = k.counted(t)
	}
	k.Name, k.Roles = cmp.Or(q.Name, k.Name), asJSON[chosenRoles]{chosenRoles{RoleOptions: q.Roles, Limits: q.Within}}
	if err := setDataset(ctx, s.Records.DB, k); err != nil {
		return err
	}
	s.replace(k, snap)
	return nil
}

// replace puts a dataset in the place of the one of its id, and its snapshot to use.
func (s *Service) replace(k KeptData, snap *snapshot.Snapshot) {
	d := &Dataset{KeptData: k}
	s.setsLock.Lock()
	if i := slices.IndexFunc(s.sets, func(other *Dataset) bool { return other.ID == k.ID }); i >= 0 {
		s.sets[i] = d
	}
	s.setsLock.Unlock()
	if snap != nil {
		s.keepSnapshot(d, snap)
	}
}
