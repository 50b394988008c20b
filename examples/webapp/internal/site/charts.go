package site

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/customer-personality/segmentation/examples/webapp/internal/gallery"
	"github.com/customer-personality/segmentation/examples/webapp/internal/world"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/plots"
)

// A shelf keeps the charts of one world: they are the same until there is
// another model.
type shelf struct {
	mu    sync.Mutex
	world *world.World
	items map[string][]gallery.Item
}

// gallery gives the charts of a tier, made once for each language region.
func (s *Site) gallery(ctx context.Context, w *world.World, tier string, l *locale) ([]gallery.Item, error) {
	return s.shelf.get(ctx, w, tier, l)
}

func (s *shelf) get(ctx context.Context, w *world.World, tier string, l *locale) ([]gallery.Item, error) {
	key := l.Tag() + "/" + tier
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.world != w || len(s.items) > 100 {
		s.world, s.items = w, map[string][]gallery.Item{}
	}
	if items, ok := s.items[key]; ok {
		return items, nil
	}
	items, err := gallery.Make(context.WithoutCancel(ctx), w, tier, l)
	if err == nil {
		s.items[key] = items
	}
	return items, err
}

func (s *shelf) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.world, s.items = nil, nil
}

// tierOf gives the tier that an address asks for, as it is written in the
// model; empty for all.
func tierOf(w *world.World, text string) (string, error) {
	if text == "" || text == "all" {
		return "", nil
	}
	for _, t := range w.Set.Tiers {
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
	Customer []figure
	Mine     string
	Query    string // for the addresses of the files
	Group    insight.Group
	Groups   []insight.Group
}

// Files are the forms in which the charts can be taken along.
func (chartsPage) Files() []string { return []string{"png", "svg", "pdf", "csv"} }

func (s *Site) charts(w http.ResponseWriter, r *http.Request, world *world.World) {
	tier, err := tierOf(world, r.URL.Query().Get("tier"))
	if err != nil {
		s.fail(w, r, http.StatusNotFound, err)
		return
	}
	p := chartsPage{Tiers: world.Set.Tiers, Groups: world.Profile.Tiers}
	// After a prediction the customer's own tier comes first.
	if id := lastResult(r); id != "" {
		// Without the database the page goes without the result.
		short, cancel := context.WithTimeout(r.Context(), time.Second)
		defer cancel()
		if c, err := s.book.conversation(short, id); err == nil && c.Kind == kindResult {
			customer := c.values()
			if len(customer) == len(features.TrainingColumns) {
				if prediction, err := world.Model.Predict(customer); err == nil {
					p.Mine = prediction.Tier
					if !r.URL.Query().Has("tier") {
						tier = p.Mine
					}
					shown := tier
					if shown == "" {
						shown = p.Mine
					}
					p.Customer = figures(world, shown, customer)
				}
			}
		}
	}
	p.Tier = tier
	if tier != "" {
		p.Query = "?" + url.Values{"tier": {tier}}.Encode()
		p.Group, _ = world.Profile.Group(tier)
		p.Tiers = append([]string{tier}, slices.DeleteFunc(slices.Clone(p.Tiers), func(t string) bool { return t == tier })...)
		if p.Mine == "" || p.Mine != tier {
			p.Tiers = world.Set.Tiers
		}
	}
	if p.Items, err = s.gallery(r.Context(), world, tier, s.locales.of(r)); err != nil {
		s.fail(w, r, http.StatusInternalServerError, err)
		return
	}
	s.show(w, r, http.StatusOK, "charts", "charts.title", p)
}

// chartFile gives a chart as SVG, PNG, PDF or CSV.
func (s *Site) chartFile(w http.ResponseWriter, r *http.Request, world *world.World) {
	name, format, _ := strings.Cut(r.PathValue("file"), ".")
	tier, err := tierOf(world, r.URL.Query().Get("tier"))
	if err != nil {
		s.fail(w, r, http.StatusNotFound, err)
		return
	}
	items, err := s.gallery(r.Context(), world, tier, s.locales.of(r))
	if err != nil {
		s.fail(w, r, http.StatusInternalServerError, err)
		return
	}
	i := slices.IndexFunc(items, func(i gallery.Item) bool { return i.Name == name })
	if i < 0 {
		s.fail(w, r, http.StatusNotFound, errNotFound)
		return
	}
	file := name
	if tier != "" {
		file += "-" + strings.ToLower(strings.Map(safeRune, tier))
	}
	var b bytes.Buffer
	item := items[i]
	switch format {
	case "csv":
		err = item.WriteCSV(&b)
	case "svg", "png", "pdf":
		err = item.Write(&b, plots.Format(format))
	default:
		s.fail(w, r, http.StatusNotFound, errNotFound)
		return
	}
	if err != nil {
		s.fail(w, r, http.StatusInternalServerError, err)
		return
	}
	s.noteLater(r, didChart, detail{Note: file + "." + format})
	send(w, &b, file, format)
}

var contentTypes = map[string]string{"csv": "text/csv; charset=utf-8", "svg": "image/svg+xml", "png": "image/png", "pdf": "application/pdf"}

// send gives a file to download.
func send(w http.ResponseWriter, b *bytes.Buffer, name, format string) {
	w.Header().Set("Content-Type", contentTypes[format])
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s.%s"`, name, format))
	_, _ = b.WriteTo(w)
}

// safeRune keeps what may stand in the name of a file.
func safeRune(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
		return r
	}
	return '-'
}
