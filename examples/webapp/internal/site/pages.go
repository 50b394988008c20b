package site

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/customer-personality/segmentation/internal/customerform"
	"github.com/customer-personality/segmentation/internal/gallery"
	"github.com/customer-personality/segmentation/internal/web"
	"github.com/customer-personality/segmentation/segment/narrate"
	"github.com/customer-personality/segmentation/segment/plots/chart"
)

func readPages() (map[string]*template.Template, error) {
	names, err := fs.Glob(pageFiles, "pages/*.html")
	if err != nil {
		return nil, err
	}
	shared := []string{"pages/layout.html", "pages/parts.html"}
	out := map[string]*template.Template{}
	for _, name := range names {
		if slices.Contains(shared, name) {
			continue
		}
		t, err := template.New("layout.html").Funcs(template.FuncMap{
			"svg":  func(s string) template.HTML { return template.HTML(s) }, // #nosec: drawn by us, with all text escaped
			"json": func(v any) (template.JS, error) { b, err := json.Marshal(v); return template.JS(b), err },
			"dict": dict,
		}).ParseFS(pageFiles, append(shared, name)...)
		if err != nil {
			return nil, err
		}
		out[strings.TrimSuffix(path.Base(name), ".html")] = t
	}
	return out, nil
}

// dict makes a map for a part of a page, of names and values in turn.
func dict(pairs ...any) map[string]any {
	m := map[string]any{}
	for pair := range slices.Chunk(pairs, 2) {
		m[pair[0].(string)] = pair[1]
	}
	return m
}

// page is what a template gets.
type page struct {
	*locale
	// Languages are those that there are, with the address of the page in each.
	Languages []pageIn

	Title   string
	Nav     string
	Mine    string // the address of the reader's last result
	User    string
	Bundled bool
	Tiers   []string
	// FellBack says that the active model could not be used.
	FellBack string
	assets   web.Assets
	voice    narrate.Voice
	Sets     []customerform.Choice // the datasets, where there are several
	Own      string                // the id of the one that the page is about, empty for the default one
	Data     any
}

// Locale is the language of the reader.
func (p page) Locale() *locale { return p.locale }

// Kind says what a column holds.
func (p page) Kind(kind string) string {
	if key := "kind." + strings.ReplaceAll(kind, " ", "-"); p.Has(key) {
		return p.T(key)
	}
	return kind
}

// Asset is the address of a file that goes with the pages.
func (p page) Asset(name string) string { return p.assets.Address(name) }

// TierClass is the class that colours a tier: by rank, or by name where all have
// those of the usual four.
func (p page) TierClass(tier string) string {
	names := p.Tiers
	if usual := []string{"Platinum", "Gold", "Silver", "Bronze"}; !slices.ContainsFunc(names, func(t string) bool { return !slices.Contains(usual, t) }) {
		names = usual
	}
	return fmt.Sprintf("tier-%d", slices.Index(names, tier))
}

// Amount writes the value of a column, an amount with its currency.
func (p page) Amount(column string, v float64) string {
	if unit := p.Unit(column); unit != "" && slices.Contains(customerform.Amounts, column) {
		return p.T("number.unit", p.N(v), unit)
	}
	return p.N(v)
}

// Draw is a chart as svg elements, for a wide and for a narrow screen, with numbers as
// the reader writes them.
func (p page) Draw(c *chart.Chart) string {
	c = c.In(p.locale)
	return c.SVG() + c.SVGOf(gallery.Narrow)
}

// Table is a chart as a table of readable numbers.
func (p page) Table(c *chart.Chart) map[string]any {
	head, rows := tableOf(c, p.locale)
	shown := rows[:min(mostShown, len(rows))]
	return map[string]any{"Head": head, "Rows": shown, "Cut": len(rows) - len(shown)}
}

// mostShown bounds the rows of a table beside a chart.
const mostShown = 60

// tableOf returns a chart as a table, with numbers as the reader writes them.
func tableOf(c *chart.Chart, l *locale) (head []string, rows [][]string) {
	return c.Table(func(v float64, percent bool) string {
		if percent {
			return l.P(v)
		}
		return l.N(v)
	})
}

// choices are the datasets to choose from; none where there is one alone.
func (s *Site) choices(r *request) []customerform.Choice {
	sets := s.Listed()
	if len(sets) == 0 {
		return nil
	}
	out := []customerform.Choice{{Label: r.plain.T("data.default"), Chosen: r.set.ID == ""}}
	for _, d := range sets {
		out = append(out, customerform.Choice{Value: d.ID, Label: d.Name, Chosen: r.set.ID == d.ID})
	}
	return out
}

// show writes a page.
func (s *Site) show(r *request, status int, name, title string, data any) error {
	p := page{locale: r.l, Title: title, Nav: name, User: r.User, Bundled: s.bundled, assets: s.assets, Data: data}
	if r.snap != nil {
		p.Tiers, p.voice = r.snap.Tiers, r.voice()
	}
	p.Sets, p.Own = s.choices(r), r.set.ID
	if f := s.FellBack.Load(); f != nil {
		p.FellBack = r.l.T("models.fallback", f.Bad, f.Good, f.Reason)
	}
	if id := r.lastResult(); id != "" && r.snap != nil {
		p.Mine = "/result/" + id
	}
	p.Languages = s.languages(r)
	var b bytes.Buffer
	if err := s.pages[name].Execute(&b, p); err != nil {
		return fmt.Errorf("page %s: %w", name, err)
	}
	r.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	r.w.Header().Set("Content-Language", r.l.Lang)
	r.w.Header().Add("Vary", varies)
	r.w.WriteHeader(status)
	_, _ = b.WriteTo(r.w)
	return nil
}
