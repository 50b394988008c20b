package site

import (
	"cmp"
	"context"
	"errors"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/examples/webapp/internal/snapshot"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/store"
)

type dataPage struct {
	Sets        []*dataset
	Campaign    bool // whether there are customers of the campaign schema
	Chosen      string
	MaxUpload   int64
	UploadError string
}

// data lists the datasets.
func (s *Site) data(r *request) error { return s.showData(r, http.StatusOK, "") }

func (s *Site) showData(r *request, status int, uploadError string) error {
	return s.show(r, status, "data", r.l.T("data.title"), dataPage{
		Sets: s.listed(), Campaign: s.snapshot.Load() != nil, Chosen: r.set.ID, MaxUpload: s.cfg.MaxUpload / 1e6, UploadError: uploadError,
	})
}

// A columnRow is a column of a dataset with what it can serve for.
type columnRow struct {
	column
	Index  int
	Role   string // id, feature, describe or none
	Value  string // more or less, where it makes a customer valuable; else empty
	Number bool
	Can    bool // whether it can be a feature
	Chosen bool // whether somebody chose the role
	Error  string
}

// Roles are those that can be chosen for a column.
func (c columnRow) Roles() []string {
	if !c.Can {
		return []string{roleNone, roleID}
	}
	return []string{roleFeature, roleDescribe, roleNone, roleID}
}

// From and To are the ends of the range.
func (c columnRow) From(l *locale) string { return readable(l, c.Least) }

// To is the other end.
func (c columnRow) To(l *locale) string { return readable(l, c.Most) }

// readable is the end of a range as the reader writes it.
func readable(l *locale, end string) string {
	if v, err := strconv.ParseFloat(end, 64); err == nil {
		return l.N(shorter(v))
	}
	if day, err := time.Parse(time.DateOnly, end); err == nil {
		return l.D(day)
	}
	return end
}

// shorter is a number to hundredths, or three digits of a small one.
func shorter(v float64) float64 {
	if a := math.Abs(v); a > 0 && a < 1 {
		p := math.Pow(10, 2-math.Floor(math.Log10(a)))
		return math.Round(v*p) / p
	}
	return math.Round(v*100) / 100
}

// What a column serves for.
const (
	roleID       = "id"
	roleFeature  = "feature"
	roleDescribe = "describe"
	roleNone     = "none"
)

type columnsPage struct {
	Set     *dataset
	Name    string
	K       string
	Rows    []columnRow
	Head    []string   // of the preview
	Preview [][]string // the first customers
	Errors  []string
	Status  trainingStatus
	Percent int
	Trained bool
}

// chosenSet makes the dataset of an address the one that the request is about, without
// loading it: one that cannot be loaded is trained anew, or deleted.
func (s *Site) chosenSet(r *request) error {
	id := r.PathValue("id")
	if id == "" {
		return errNotFound
	}
	return s.point(r, id)
}

// isTrained reports whether a model of a dataset is in use.
func (k keptData) isTrained(models []store.ModelInfo) bool {
	return slices.ContainsFunc(models, func(m store.ModelInfo) bool { return m.Active && m.Name == k.model() })
}

// dataShow shows what was found in the columns of a dataset, and what they serve for.
func (s *Site) dataShow(r *request) error {
	if err := s.chosenSet(r); err != nil {
		return err
	}
	return s.showColumns(r, http.StatusOK, columnsPage{Name: r.set.Name, Rows: r.set.rows()})
}

// rows are the columns of a dataset with their roles.
func (k keptData) rows() []columnRow {
	var out []columnRow
	roles := k.Roles.V
	for i, c := range k.Columns.V {
		kind, _ := features.KindOf(c.Kind)
		row := columnRow{column: c, Index: i, Role: roleNone, Number: kind.Numeric(), Can: kind.Numeric() || kind == features.Category}
		switch {
		case roles.ID == c.Name:
			row.Role = roleID
		case slices.Contains(roles.Features, c.Name):
			row.Role = roleFeature
		case slices.Contains(roles.Describe, c.Name):
			row.Role = roleDescribe
		}
		if slices.Contains(roles.Value, c.Name) {
			row.Value = "more"
		} else if slices.Contains(roles.Value, "-"+c.Name) {
			row.Value = "less"
		}
		out = append(out, row)
	}
	return out
}

// previewRows is how many customers the page shows.
const previewRows = 6

func (s *Site) showColumns(r *request, status int, p columnsPage) error {
	models, err := s.store.ListModels(r.Context())
	if err != nil {
		return err
	}
	p.Set, p.Trained = r.set, r.set.isTrained(models)
	for t, err := range s.store.TableBlocks(r.Context(), r.set.table(), store.TableOptions{}) {
		if err != nil {
			return err
		}
		p.Head = t.ColumnNames()
		for i := range min(previewRows, t.Len()) {
			row := make([]string, len(p.Head))
			for j := range row {
				v := t.Value(j, i)
				if x, ok := v.(float64); ok {
					v = shorter(x)
				}
				row[j] = textOf(v)
			}
			p.Preview = append(p.Preview, row)
		}
		break
	}
	if now := s.trainingStatus(r.l); now.Dataset == r.set.ID {
		p.Status = now
		if now.Total > 0 {
			p.Percent = 100 * now.Done / now.Total
		}
		if now.State == stateRunning {
			r.w.Header().Set("Refresh", "2")
		}
	}
	return s.show(r, status, "columns", r.l.T("data.titled", r.set.Name), p)
}

// dataTrain trains a model on a dataset, with the roles of a form.
func (s *Site) dataTrain(r *request) error {
	if err := s.chosenSet(r); err != nil {
		return err
	}
	if s.signed != nil {
		return errUnsigned
	}
	p := columnsPage{Name: cleanText(r.PostForm.Get("name"), mostTitle), K: cleanText(r.PostForm.Get("k"), 10), Rows: r.set.rows()}
	roles := p.readRoles(r)
	q := trainRequest{set: r.set, name: p.Name, Activate: true, Note: noteFirst, AsOf: r.set.day(), roles: roles}
	models, err := s.store.ListModels(r.Context())
	if err != nil {
		return err
	}
	if r.set.isTrained(models) {
		q.Note = noteBy + " " + r.by()
	}
	if p.Name == "" {
		p.Errors = append(p.Errors, r.l.T("data.unnamed"))
	}
	if p.K != "" {
		n, err := strconv.Atoi(p.K)
		if err != nil || n < 0 || n > 50 {
			p.Errors = append(p.Errors, r.l.T("models.k"))
		}
		q.K = n
	}
	if len(p.Errors) > 0 {
		return s.showColumns(r, http.StatusUnprocessableEntity, p)
	}
	if err := s.startTraining(q, r.by()); err != nil && !errors.Is(err, errBusy) {
		return err
	} else if err != nil {
		p.Errors = append(p.Errors, r.l.T("models.done.busy"))
		return s.showColumns(r, http.StatusConflict, p)
	}
	if err := s.records.audit(r.Context(), r.by(), "training begun", auditDetail{Note: p.Name}); err != nil {
		return err
	}
	r.setData(r.set.ID)
	return r.redirect("/data/" + r.set.ID)
}

// readRoles reads the roles that a form has for the columns, and says what is wrong
// with them.
func (p *columnsPage) readRoles(r *request) (roles features.RoleOptions) {
	roles = features.RoleOptions{ID: "-", Features: []string{}, Value: []string{}, Describe: []string{}}
	ids := 0
	for i := range p.Rows {
		c := &p.Rows[i]
		c.Role, c.Value = r.PostForm.Get("role."+strconv.Itoa(i)), r.PostForm.Get("value."+strconv.Itoa(i))
		if !slices.Contains(c.Roles(), c.Role) {
			c.Role = roleNone
			c.Error = r.l.T("data.norole", c.Name)
		}
		switch c.Role {
		case roleID:
			roles.ID = c.Name
			ids++
		case roleFeature:
			roles.Features = append(roles.Features, c.Name)
		case roleDescribe:
			roles.Describe = append(roles.Describe, c.Name)
		}
		switch {
		case c.Value == "":
		case c.Role != roleFeature || !c.Number || c.Value != "more" && c.Value != "less":
			c.Error = r.l.T("data.novalue", c.Name)
		default:
			roles.Value = append(roles.Value, map[bool]string{true: "-"}[c.Value == "less"]+c.Name)
		}
		if c.Error != "" {
			p.Errors = append(p.Errors, c.Error)
		}
	}
	for key, wrong := range map[string]bool{"data.ids": ids > 1, "data.few": len(roles.Features) < 2, "data.worthless": len(roles.Value) == 0} {
		if wrong {
			p.Errors = append(p.Errors, r.l.T(key))
		}
	}
	slices.Sort(p.Errors)
	return roles
}

// dataDrop deletes a dataset, with its models and all that was made of it.
func (s *Site) dataDrop(r *request) (string, error) {
	if err := s.chosenSet(r); err != nil {
		return "", err
	}
	if err := s.dropSet(context.WithoutCancel(r.Context()), r.set, r.by()); err != nil {
		return "", err
	}
	r.setData("")
	return "/data", nil
}

func (s *Site) dropSet(ctx context.Context, d *dataset, by string) error {
	s.forgetLock.Lock()
	defer s.forgetLock.Unlock()
	s.changing.Lock()
	defer s.changing.Unlock()
	ctx, cancel := context.WithTimeoutCause(ctx, time.Minute, errDown)
	defer cancel()
	if err := s.records.dropDataset(ctx, d.keptData); err != nil {
		return err
	}
	s.removeSet(d)
	s.forgets.Add(1)
	s.unscrubbed.Store(true)
	return s.records.audit(ctx, by, didDropData, auditDetail{Count: d.Customers, Note: d.Name})
}

// fitSet trains on the customers of a dataset, with the roles of a request, and
// applies the model to them.
func (s *Site) fitSet(ctx context.Context, q trainRequest, o segmentation.TrainOptions) (a applied, trained *segmentation.Result, err error) {
	t, err := s.store.ReadTable(ctx, q.set.table(), store.TableOptions{})
	if err != nil {
		return a, nil, err
	}
	roles, err := features.InferRoles(t, q.roles)
	if err != nil {
		return a, nil, err
	}
	o.Roles = &roles
	if trained, err = segmentation.Train(ctx, t, o); err == nil {
		a.Snapshot, err = snapshot.OfTable(ctx, trained, 0, roles)
	}
	return a, trained, err
}

// useSet puts a new model of a dataset to use, and keeps the name and the roles that
// it was trained with.
func (s *Site) useSet(ctx context.Context, q trainRequest, snap *snapshot.Snapshot) error {
	d := s.find(q.set.ID)
	if d == nil {
		return errNotFound
	}
	k := d.keptData
	k.Name, k.Roles = cmp.Or(q.name, k.Name), asJSON[chosenRoles]{chosenRoles{RoleOptions: q.roles}}
	if err := setDataset(ctx, s.records.db, k); err != nil {
		return err
	}
	s.replace(k, snap)
	return nil
}

// replace puts a dataset in the place of the one of its id, and its snapshot to use.
func (s *Site) replace(k keptData, snap *snapshot.Snapshot) {
	d := &dataset{keptData: k}
	s.setsLock.Lock()
	if i := slices.IndexFunc(s.sets, func(other *dataset) bool { return other.ID == k.ID }); i >= 0 {
		s.sets[i] = d
	}
	s.setsLock.Unlock()
	if snap != nil {
		s.keepSnapshot(d, snap)
	}
}
