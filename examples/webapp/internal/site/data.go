package site

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/numerals"
	"github.com/customer-personality/segmentation/internal/service"
	"github.com/customer-personality/segmentation/internal/web"
	"github.com/customer-personality/segmentation/store"
)

type dataPage struct {
	Sets        []listedSet
	Campaign    bool // whether there are customers of the campaign schema
	Chosen      string
	MaxUpload   int64
	UploadError string
}

// A listedSet is a dataset of the list.
type listedSet struct {
	*service.Dataset
	Trained bool
}

// data lists the datasets.
func (s *Site) data(r *request) error { return s.showData(r, http.StatusOK, "") }

func (s *Site) showData(r *request, status int, uploadError string) error {
	models, err := s.Store.ListModels(r.Context())
	if err != nil {
		return err
	}
	var sets []listedSet
	for _, d := range s.Listed() {
		sets = append(sets, listedSet{d, d.IsTrained(models)})
	}
	return s.show(r, status, "data", r.l.T("data.title"), dataPage{
		Sets: sets, Campaign: s.Snapshot.Load() != nil, Chosen: r.set.ID, MaxUpload: s.cfg.MaxUpload / 1e6, UploadError: uploadError,
	})
}

// A columnRow is a column of a dataset with what it can serve for.
type columnRow struct {
	service.Column
	Index  int
	Role   string // id, feature, describe or none
	Value  string // more or less, where it makes a customer valuable; else empty
	Least  string // value that stays; empty for no limit
	Most   string
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
func (c columnRow) From(l *locale) string { return readable(l, c.Column.Least) }

// To is the other end.
func (c columnRow) To(l *locale) string { return readable(l, c.Column.Most) }

// readable is the end of a range as the reader writes it.
func readable(l *locale, end string) string {
	if v, err := strconv.ParseFloat(end, 64); err == nil {
		return l.N(numerals.Shorter(v))
	}
	if day, err := time.Parse(time.DateOnly, end); err == nil {
		return l.D(day)
	}
	return end
}

// What a column serves for.
const (
	roleID       = "id"
	roleFeature  = "feature"
	roleDescribe = "describe"
	roleNone     = "none"
)

type columnsPage struct {
	Set     *service.Dataset
	Name    string
	K       string
	AsOf    string
	Rows    []columnRow
	Head    []string   // of the preview
	Preview [][]string // the first customers
	Errors  []string
	Status  service.TrainingStatus
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

// dataShow shows what was found in the columns of a dataset, and what they serve for.
func (s *Site) dataShow(r *request) error {
	if err := s.chosenSet(r); err != nil {
		return err
	}
	return s.showColumns(r, http.StatusOK, columnsPage{Name: r.set.Name, AsOf: r.set.AsOf, Rows: rowsOf(r.set.KeptData)})
}

// rowsOf returns the columns of a dataset with their roles.
func rowsOf(k service.KeptData) []columnRow {
	var out []columnRow
	roles := k.Roles.V
	for i, c := range k.Columns.V {
		kind, _ := features.KindOf(c.Kind)
		row := columnRow{Column: c, Index: i, Role: roleNone, Number: kind.Numeric(), Can: kind.Numeric() || kind == features.Category}
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
		row.Least, row.Most = limitText(roles.Least, c.Name), limitText(roles.Most, c.Name)
		out = append(out, row)
	}
	return out
}

// limitText is the limit of a column, empty where there is none.
func limitText(limits map[string]float64, column string) string {
	if v, ok := limits[column]; ok {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}

// previewRows is how many customers the page shows.
const previewRows = 6

func (s *Site) showColumns(r *request, status int, p columnsPage) error {
	models, err := s.Store.ListModels(r.Context())
	if err != nil {
		return err
	}
	p.Set, p.Trained = r.set, r.set.IsTrained(models)
	for t, err := range s.Store.TableBlocks(r.Context(), r.set.Table(), store.TableOptions{}) {
		if err != nil {
			return err
		}
		if !r.set.Day().IsZero() {
			if t, err = features.RFMAt(r.Context(), t, features.AsOf(r.set.Day())); err != nil {
				return err
			}
		}
		p.Head = t.ColumnNames()
		for i := range min(previewRows, t.Len()) {
			row := make([]string, len(p.Head))
			for j := range row {
				v := t.Value(j, i)
				if x, ok := v.(float64); ok {
					v = numerals.Shorter(x)
				}
				row[j] = service.TextOf(v)
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
		if now.State == service.StateRunning {
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
	if s.Signed != nil {
		return service.ErrUnsigned
	}
	p := columnsPage{Name: web.CleanText(r.PostForm.Get("name"), service.MaxTitle), K: web.CleanText(r.PostForm.Get("k"), 10), AsOf: cmp.Or(web.CleanText(r.PostForm.Get("as_of"), 10), r.set.AsOf), Rows: rowsOf(r.set.KeptData)}
	q := service.TrainRequest{Set: r.set, Name: p.Name, Activate: true, Note: service.NoteFirst, Roles: p.readRoles(r), Within: p.readLimits(r)}
	day, err := dayOf(p.AsOf)
	if err != nil {
		p.Errors = append(p.Errors, r.l.T("models.day"))
	}
	q.AsOf = day
	models, err := s.Store.ListModels(r.Context())
	if err != nil {
		return err
	}
	if r.set.IsTrained(models) {
		// The new model takes the place of the one in use.
		if err := r.who.Need(admin); err != nil {
			return err
		}
		q.Note = service.NoteBy + " " + r.by()
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
	if err := s.StartTraining(q, r.by()); err != nil && !errors.Is(err, service.ErrBusy) {
		return err
	} else if err != nil {
		p.Errors = append(p.Errors, r.l.T("models.done.busy"))
		return s.showColumns(r, http.StatusConflict, p)
	}
	if err := s.Records.Audit(r.Context(), r.by(), "training begun", service.AuditDetail{Note: p.Name}); err != nil {
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

// readLimits reads the least and greatest values that a form has for the columns of
// numbers, and says what is wrong with them.
func (p *columnsPage) readLimits(r *request) service.Limits {
	limits := service.Limits{Least: map[string]float64{}, Most: map[string]float64{}}
	for i := range p.Rows {
		c := &p.Rows[i]
		wrong := false
		for _, end := range []struct {
			key  string
			text *string
			of   map[string]float64
		}{{"least.", &c.Least, limits.Least}, {"most.", &c.Most, limits.Most}} {
			*end.text = web.CleanText(r.PostForm.Get(end.key+strconv.Itoa(i)), 30)
			if *end.text == "" {
				continue
			}
			v, err := strconv.ParseFloat(*end.text, 64)
			end.of[c.Name] = v
			wrong = wrong || err != nil || v-v != 0 || !c.Number
		}
		from, low := limits.Least[c.Name]
		to, high := limits.Most[c.Name]
		if wrong || low && high && from > to {
			c.Error = r.l.T("data.limits.wrong", c.Name)
			p.Errors = append(p.Errors, c.Error)
		}
	}
	return limits
}

// dataDrop deletes a dataset, with its models and all that was made of it.
func (s *Site) dataDrop(r *request) (string, error) {
	if err := s.chosenSet(r); err != nil {
		return "", err
	}
	if err := s.DropSet(context.WithoutCancel(r.Context()), r.set, r.by()); err != nil {
		return "", err
	}
	r.setData("")
	return "/data", nil
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
	if c, err := r.Cookie(dataCookie); err == nil && !r.api() && web.ValidID(c.Value) && s.Find(c.Value) != nil {
		return s.point(r, c.Value)
	}
	return s.point(r, "")
}

// point makes a request one about a dataset, "" for the default one, of which it has what
// is in memory.
func (s *Site) point(r *request, id string) error {
	d := s.Find(id)
	if d == nil {
		return errNotFound
	}
	r.set, r.snap, r.made = d, d.Snapshot.Load(), nil
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
	r.snap, err = s.Load(r.set)
	r.l = r.snap.Speaks(r.plain)
	return err
}

// switchData is the form of the header that chooses a dataset.
func (s *Site) switchData(r *request) (string, error) {
	id := r.PostFormValue("data")
	if s.Find(id) == nil {
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
	web.SetCookie(r.w, dataCookie, id, age, r.Secure)
}
