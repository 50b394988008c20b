package site

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/customer-personality/segmentation/internal/customerform"
	"github.com/customer-personality/segmentation/internal/numerals"
	"github.com/customer-personality/segmentation/internal/service"
)

func (s *Site) home(r *request) error {
	return s.showHome(r, http.StatusOK, r.URL.Query(), nil)
}

type tierSize struct {
	Name           string
	Count          int
	Share, Revenue float64
	Sentence       string
}

func (r *request) tierSizes() []tierSize {
	var out []tierSize
	for _, g := range r.snap.Profile.Tiers {
		t := tierSize{Name: g.Name, Count: g.Count, Share: g.Share, Revenue: g.RevenueShare}
		if len(g.Statements) > 0 {
			t.Sentence = r.voice().Statement(g.Statements[0])
		}
		out = append(out, t)
	}
	return out
}

func (s *Site) showHome(r *request, status int, values url.Values, errs map[string]string) error {
	fields, first := r.form().Filled(values, errs, r.numerals()), ""
	if at := slices.IndexFunc(fields, func(f customerform.Field) bool { return f.Error != "" }); at >= 0 {
		first = fields[at].Name // which has the focus
	}
	return s.show(r, status, "home", r.l.T("home.title"), map[string]any{
		"Fields": fields, "First": first, "Errors": len(errs), "UploadError": errs["file"], "Campaign": r.snap.Campaign,
		"Tiers": r.tierSizes(), "Customers": r.snap.Set.Len(), "MaxUpload": s.cfg.MaxUpload / 1e6, "Name": r.set.Name,
	})
}

// here is a query that names the dataset, also the default one, so that a form is about
// the one that it was shown for, whichever was chosen since.
func (r *request) here() string {
	return "?data=" + r.set.ID
}

// numerals are those of the reader.
func (r *request) numerals() numerals.Numerals { return numerals.Of(r.accepts) }

// form is that of a customer of the request's dataset.
func (r *request) form() *customerform.Form {
	if r.made == nil {
		r.made = customerform.Of(r.snap, r.l)
	}
	return r.made
}

// checkForm says what is wrong with each field of the form, as the form would show it
// when it comes back.
func (s *Site) checkForm(r *request) (map[string]string, error) {
	form, says := r.form(), map[string]string{}
	_, errs := form.Read(r.PostForm, r.numerals())
	for _, f := range form.Filled(r.PostForm, errs, r.numerals()) {
		var b strings.Builder
		if err := s.pages["home"].ExecuteTemplate(&b, "says", f); err != nil {
			return nil, err
		}
		says[f.Name] = b.String()
	}
	return says, nil
}

func (s *Site) predictForm(r *request) error {
	values, errs := r.form().Read(r.PostForm, r.numerals())
	if len(errs) > 0 {
		return s.showHome(r, http.StatusUnprocessableEntity, r.PostForm, errs)
	}
	var id string
	err := s.withSnapshot(r, func() error {
		customer, err := r.snap.Row(values)
		if err != nil {
			return err
		}
		e, err := r.snap.Explainer.Explain(r.Context(), customer)
		if err != nil {
			return err
		}
		s.Counts.Predictions.WithLabelValues(e.Tier).Inc()
		reply, err := service.Answer(r.snap.Result(e, customer, r.l))
		if err != nil {
			return err
		}
		c := service.Conversation{Title: e.Tier, Kind: service.KindResult, Dataset: r.set.ID, ModelVersion: r.snap.Version, AskedBy: r.by(), Messages: []service.Message{reply}}
		if err := c.SetCustomer(r.snap, customer, values); err != nil {
			return err
		}
		id, err = r.records(s).AddConversation(r.Context(), c)
		return err
	})
	if err != nil {
		return err
	}
	r.setLastResult(id)
	return r.redirect("/result/" + id)
}
