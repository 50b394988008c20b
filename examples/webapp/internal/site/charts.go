package site

import (
	"bytes"
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/customer-personality/segmentation/internal/gallery"
	"github.com/customer-personality/segmentation/internal/service"
	"github.com/customer-personality/segmentation/internal/snapshot"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/plots"
	"github.com/customer-personality/segmentation/segment/plots/chart"
)

// gallery returns the charts of a tier, made once for each language region.
func (s *Site) gallery(r *request, tier string) ([]gallery.Item, error) {
	return r.set.Charted.Get(r.snap, r.l.Tag()+"/"+tier, func() ([]gallery.Item, error) {
		return gallery.Make(context.WithoutCancel(r.Context()), r.snap, tier, r.l)
	})
}

// galleryItem returns a chart of a tier by its name.
func (s *Site) galleryItem(r *request, tier, name string) (gallery.Item, error) {
	items, err := s.gallery(r, tier)
	if err != nil {
		return gallery.Item{}, err
	}
	i := slices.IndexFunc(items, func(i gallery.Item) bool { return i.Name == name })
	if i < 0 {
		return gallery.Item{}, errNotFound
	}
	return items[i], nil
}

// findTier returns the tier that an address asks for, as it is written in the
// model; empty for all.
func findTier(w *snapshot.Snapshot, text string) (string, error) {
	tier, ok := w.FindTier(text)
	if !ok {
		return "", errNotFound
	}
	return tier, nil
}

type chartsPage struct {
	Tier     string
	Tiers    []string
	Items    []gallery.Item
	Customer []customerFigure
	Mine     string
	Query    string // for the addresses of the files
	Group    insight.Group
	Groups   []insight.Group
}

// Brings reports whether it is known what the tier brings.
func (p chartsPage) Brings() bool { return p.Group.RevenueShare == p.Group.RevenueShare }

// Files are the forms in which the charts can be taken along.
func (chartsPage) Files() []string { return []string{"png", "svg", "pdf", "csv"} }

func (s *Site) charts(r *request) error {
	tier, err := findTier(r.snap, r.URL.Query().Get("tier"))
	if err != nil {
		return err
	}
	p := chartsPage{Query: r.here(), Tiers: r.snap.Tiers, Groups: r.snap.Profile.Tiers}
	// After a prediction the customer's own tier comes first.
	if customer := s.lastCustomer(r); customer != nil {
		if prediction, err := r.snap.Model.Predict(customer); err == nil {
			p.Mine = prediction.Tier
			if !r.URL.Query().Has("tier") {
				tier = p.Mine
			}
			p.Customer = r.figures(cmp.Or(tier, p.Mine), customer)
		}
	}
	p.Tier = tier
	if tier != "" {
		p.Query += "&" + url.Values{"tier": {tier}}.Encode()
		p.Group, _ = r.snap.Profile.Group(tier)
		if p.Mine == tier {
			p.Tiers = append([]string{tier}, slices.DeleteFunc(slices.Clone(p.Tiers), func(t string) bool { return t == tier })...)
		}
	}
	if p.Items, err = s.gallery(r, tier); err != nil {
		return err
	}
	return s.show(r, http.StatusOK, "charts", r.l.T("charts.title"), p)
}

// lastCustomer returns the figures of the reader's last result, nil where there is
// none or the database does not answer soon: the page goes without it.
func (s *Site) lastCustomer(r *request) []float64 {
	short, cancel := context.WithTimeout(r.Context(), time.Second)
	defer cancel()
	c, err := r.records(s).Conversation(short, r.lastResult(), service.KindResult)
	if err != nil || c.Dataset != r.set.ID {
		return nil
	}
	return c.Row(r.snap)
}

// chartFile returns a chart as SVG, PNG, PDF or CSV.
func (s *Site) chartFile(r *request) error {
	name, format, _ := strings.Cut(r.PathValue("file"), ".")
	tier, err := findTier(r.snap, r.URL.Query().Get("tier"))
	if err != nil {
		return err
	}
	item, err := s.galleryItem(r, tier, name)
	if err != nil {
		return err
	}
	if tier != "" {
		name += "-" + strings.ToLower(strings.Map(fileNameRune, tier))
	}
	b, err := drawn(item.Chart, format, chartsPage{}.Files())
	if err != nil {
		return err
	}
	s.noteInBackground(r, didChart, service.AuditDetail{Note: name + "." + format})
	return r.send(b, name, format)
}

// report returns the report on all customers as PDF.
func (s *Site) report(r *request) error {
	_ = http.NewResponseController(r.w).SetWriteDeadline(time.Now().Add(10 * time.Minute))
	file, err := s.Report(r.Context(), r.set, r.snap)
	if err != nil {
		return err
	}
	s.noteInBackground(r, didReport, service.AuditDetail{Version: r.snap.Version})
	return r.send(bytes.NewReader(file), "report", "pdf")
}

// drawn returns a chart as a file in one of some formats.
func drawn(c *chart.Chart, format string, formats []string) (*bytes.Buffer, error) {
	var b bytes.Buffer
	switch {
	case !slices.Contains(formats, format):
		return nil, errNotFound
	case format == "csv":
		return &b, c.WriteCSV(&b)
	}
	return &b, c.Write(&b, plots.Format(format))
}

// fileNameRune keeps what may stand in the name of a file.
func fileNameRune(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
		return r
	}
	return '-'
}
