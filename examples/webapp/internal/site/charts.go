package site

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/customer-personality/segmentation/examples/webapp/internal/gallery"
	"github.com/customer-personality/segmentation/examples/webapp/internal/snapshot"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/plots"
)

// gallery returns the charts of a tier, made once for each language region.
func (s *Site) gallery(ctx context.Context, w *snapshot.Snapshot, tier string, l *locale) ([]gallery.Item, error) {
	return s.charted.get(w, l.Tag()+"/"+tier, func() ([]gallery.Item, error) { return gallery.Make(context.WithoutCancel(ctx), w, tier, l) })
}

// galleryItem returns a chart of a tier by its name.
func (s *Site) galleryItem(r *http.Request, snap *snapshot.Snapshot, tier, name string) (gallery.Item, error) {
	items, err := s.gallery(r.Context(), snap, tier, s.locales.of(r))
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
	if text == "" || text == "all" {
		return "", nil
	}
	for _, t := range w.Tiers {
		if strings.EqualFold(t, text) {
			return t, nil
		}
	}
	return "", errNotFound
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

// Files are the forms in which the charts can be taken along.
func (chartsPage) Files() []string { return []string{"png", "svg", "pdf", "csv"} }

func (s *Site) charts(w http.ResponseWriter, r *http.Request, snap *snapshot.Snapshot) error {
	tier, err := findTier(snap, r.URL.Query().Get("tier"))
	if err != nil {
		return err
	}
	p := chartsPage{Tiers: snap.Tiers, Groups: snap.Profile.Tiers}
	// After a prediction the customer's own tier comes first.
	if id := lastResult(r); id != "" {
		// Without the database the page goes without the result.
		short, cancel := context.WithTimeout(r.Context(), time.Second)
		defer cancel()
		if c, err := s.records.conversation(short, id, kindResult); err == nil {
			customer := c.values()
			if len(customer) == len(features.TrainingColumns) {
				if prediction, err := snap.Model.Predict(customer); err == nil {
					p.Mine = prediction.Tier
					if !r.URL.Query().Has("tier") {
						tier = p.Mine
					}
					shown := tier
					if shown == "" {
						shown = p.Mine
					}
					p.Customer = figures(snap, shown, customer)
				}
			}
		}
	}
	p.Tier = tier
	if tier != "" {
		p.Query = "?" + url.Values{"tier": {tier}}.Encode()
		p.Group, _ = snap.Profile.Group(tier)
		p.Tiers = append([]string{tier}, slices.DeleteFunc(slices.Clone(p.Tiers), func(t string) bool { return t == tier })...)
		if p.Mine == "" || p.Mine != tier {
			p.Tiers = snap.Tiers
		}
	}
	if p.Items, err = s.gallery(r.Context(), snap, tier, s.locales.of(r)); err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, "charts", s.t(r, "charts.title"), p)
}

// chartFile returns a chart as SVG, PNG, PDF or CSV.
func (s *Site) chartFile(w http.ResponseWriter, r *http.Request, snap *snapshot.Snapshot) error {
	name, format, _ := strings.Cut(r.PathValue("file"), ".")
	tier, err := findTier(snap, r.URL.Query().Get("tier"))
	if err != nil {
		return err
	}
	item, err := s.galleryItem(r, snap, tier, name)
	if err != nil {
		return err
	}
	file := name
	if tier != "" {
		file += "-" + strings.ToLower(strings.Map(fileNameRune, tier))
	}
	var b bytes.Buffer
	switch format {
	case "csv":
		err = item.WriteCSV(&b)
	case "svg", "png", "pdf":
		err = item.Write(&b, plots.Format(format))
	default:
		return errNotFound
	}
	if err != nil {
		return err
	}
	s.noteInBackground(r, didChart, auditDetail{Note: file + "." + format})
	send(w, &b, file, format)
	return nil
}

var contentTypes = map[string]string{
	"csv": "text/csv; charset=utf-8", "svg": "image/svg+xml", "png": "image/png", "pdf": "application/pdf", "json": "application/json", "md": "text/markdown; charset=utf-8",
}

// send returns a file to download.
func send(w http.ResponseWriter, file io.Reader, name, format string) {
	w.Header().Set("Content-Type", contentTypes[format])
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s.%s"`, name, format))
	_, _ = io.Copy(w, file)
}

// fileNameRune keeps what may stand in the name of a file.
func fileNameRune(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
		return r
	}
	return '-'
}
