package plots_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/customer-personality/segmentation/segment/plots"
)

func sizes(t testing.TB) *plots.Figure {
	t.Helper()
	f, err := plots.Sizes(plots.Tiers(tiers...), []float64{412, 655, 530, 632}, []float64{562_400, 498_100, 180_300, 110_700}, "").Figure()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func write(t testing.TB, f *plots.Figure, format plots.Format, s plots.Style) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := f.Write(&b, format, s); err != nil {
		t.Fatalf("%s, %+v: %v", format, s, err)
	}
	return b.Bytes()
}

// wellFormed reads XML to its end.
func wellFormed(t testing.TB, svg []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(svg))
	for {
		_, err := d.Token()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatalf("the SVG is no XML: %v", err)
		}
	}
}

func TestFormats(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.png", "b.SVG", "c.pdf"} {
		path := filepath.Join(dir, name)
		if err := sizes(t).Save(path, plots.Style{}); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{"a.png": "\x89PNG", "b.SVG": "<?xml", "c.pdf": "%PDF"}[name]
		if !bytes.HasPrefix(b, []byte(want)) {
			t.Errorf("%s begins with %q", name, b[:8])
		}
	}
	c, err := png.DecodeConfig(bytes.NewReader(write(t, sizes(t), plots.PNG, plots.Style{Width: 12.7, Height: 2.54 * 4, DPI: 100})))
	if err != nil || c.Width != 500 || c.Height != 400 {
		t.Errorf("5×4 inches at 100 DPI are %d×%d dots (%v)", c.Width, c.Height, err)
	}
	wide, err := png.DecodeConfig(bytes.NewReader(write(t, sizes(t), plots.PNG, plots.Style{})))
	if err != nil || wide.Width != 1209 {
		t.Errorf("16 cm at 192 DPI are %d dots (%v), want 1209", wide.Width, err)
	}
}

func TestTransparent(t *testing.T) {
	for _, transparent := range []bool{false, true} {
		m, err := png.Decode(bytes.NewReader(write(t, sizes(t), plots.PNG, plots.Style{DPI: 48, Transparent: transparent, Theme: plots.Dark})))
		if err != nil {
			t.Fatal(err)
		}
		r, g, b, a := m.At(1, 1).RGBA()
		if transparent && a != 0 || !transparent && (a != 0xffff || r>>8 != 0x12 || g>>8 != 0x18 || b>>8 != 0x1F) {
			t.Errorf("transparent %v: the corner is %x %x %x %x", transparent, r, g, b, a)
		}
	}
}

func TestThemes(t *testing.T) {
	f := sizes(t)
	light := string(write(t, f, plots.SVG, plots.Style{}))
	dark := string(write(t, f, plots.SVG, plots.Style{Theme: plots.Dark}))
	auto := string(write(t, f, plots.SVG, plots.Style{Theme: plots.Auto}))
	gold := plots.TierColor("Gold")
	for name, c := range map[string]struct {
		svg       string
		has, lacs string
	}{
		"light": {light, gold.Light, gold.Dark},
		"dark":  {dark, gold.Dark, gold.Light},
		"auto":  {auto, "light-dark(" + gold.Light + "," + gold.Dark + ")", "\"" + gold.Light + "\""},
	} {
		wellFormed(t, []byte(c.svg))
		if !strings.Contains(c.svg, c.has) || strings.Contains(c.svg, c.lacs) {
			t.Errorf("%s must have %q and must not have %q", name, c.has, c.lacs)
		}
	}
}

// An svg element must be safe to put into a page, whatever the names are.
func TestSVGIsSafe(t *testing.T) {
	f, err := plots.Sizes([]plots.Group{{Name: `<script>alert("1")</script>`}, {Name: "a\x00b\xff & ' \""}},
		[]float64{1, 2}, []float64{3, 4}, "]]>\u2028").Figure()
	if err != nil {
		t.Fatal(err)
	}
	f.Title = `"><img src=x onerror=alert(1)>`
	svg, err := f.SVG(plots.Style{Theme: plots.Auto})
	if err != nil {
		t.Fatal(err)
	}
	wellFormed(t, []byte(svg))
	if strings.Contains(svg, "<script") || strings.Contains(svg, "<img") || !strings.HasPrefix(svg, "<svg ") {
		t.Errorf("markup came through: %.300s", svg)
	}
	for _, request := range []string{"href", "url(", "<style", "style="} {
		if strings.Contains(svg, request) {
			t.Errorf("the element has %q", request)
		}
	}
}

func TestBareAndNarrow(t *testing.T) {
	height := func(s plots.Style) int {
		s.DPI = 72
		c, err := png.DecodeConfig(bytes.NewReader(write(t, sizes(t), plots.PNG, s)))
		if err != nil {
			t.Fatal(err)
		}
		return c.Height
	}
	whole, bare, narrow := height(plots.Style{}), height(plots.Style{Bare: true}), height(plots.Style{Width: 8})
	if bare >= whole {
		t.Errorf("without title %d points high, with it %d", bare, whole)
	}
	if narrow <= whole {
		t.Errorf("%d points high in 8 cm, where the title needs another line, and %d in 16 cm", narrow, whole)
	}
	svg, err := sizes(t).SVG(plots.Style{Bare: true})
	if err != nil || strings.Contains(svg, ">Segments: share") || !strings.Contains(svg, `aria-label="Segments: share`) {
		t.Errorf("a bare figure has its title for screen readers only (%v)", err)
	}
}

func TestStyleErrors(t *testing.T) {
	f := sizes(t)
	for name, c := range map[string]struct {
		format plots.Format
		style  plots.Style
	}{
		"unknown format": {"gif", plots.Style{}},
		"no format":      {"", plots.Style{}},
		"auto as png":    {plots.PNG, plots.Style{Theme: plots.Auto}},
		"auto as pdf":    {plots.PDF, plots.Style{Theme: plots.Auto}},
		"unknown theme":  {plots.SVG, plots.Style{Theme: 7}},
		"too narrow":     {plots.SVG, plots.Style{Width: 1}},
		"negative":       {plots.SVG, plots.Style{Height: -3}},
		"NaN":            {plots.SVG, plots.Style{Width: math.NaN()}},
		"infinite":       {plots.SVG, plots.Style{Height: math.Inf(1)}},
		"few dots":       {plots.PNG, plots.Style{DPI: 1}},
		"NaN dots":       {plots.PNG, plots.Style{DPI: math.NaN()}},
		"too large":      {plots.PNG, plots.Style{Width: 200, Height: 200}},
		"too many dots":  {plots.PNG, plots.Style{DPI: 600, Width: 150, Height: 150}},
	} {
		if err := f.Write(io.Discard, c.format, c.style); !errors.Is(err, plots.ErrStyle) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var none *plots.Figure
	if _, err := none.SVG(plots.Style{}); !errors.Is(err, plots.ErrStyle) {
		t.Errorf("a nil figure: %v", err)
	}
	if err := (&plots.Figure{}).Save("x.png", plots.Style{}); !errors.Is(err, plots.ErrStyle) {
		t.Errorf("an empty figure: %v", err)
	}
	if err := f.Save(filepath.Join(t.TempDir(), "no", "such.png"), plots.Style{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder that is not there: %v", err)
	}
	f.Width = 0
	if err := f.Write(io.Discard, plots.SVG, plots.Style{}); !errors.Is(err, plots.ErrStyle) {
		t.Errorf("a figure whose width was taken away: %v", err)
	}
}

// Many goroutines may write one figure, and get the same bytes.
func TestConcurrentWrites(t *testing.T) {
	f := sizes(t)
	for _, format := range []plots.Format{plots.PNG, plots.SVG} {
		want := write(t, f, format, plots.Style{DPI: 72})
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				var b bytes.Buffer
				if err := f.Write(&b, format, plots.Style{DPI: 72}); err != nil || !bytes.Equal(b.Bytes(), want) {
					t.Errorf("%s: other bytes in another goroutine (%v)", format, err)
				}
			})
		}
		wg.Wait()
	}
}

func TestThemeNames(t *testing.T) {
	for theme, want := range map[plots.Theme]string{plots.Light: "light", plots.Dark: "dark", plots.Auto: "auto", 9: "Theme(9)"} {
		if theme.String() != want {
			t.Errorf("%d is %q", int(theme), theme)
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	f := sizes(b)
	for _, format := range []plots.Format{plots.PNG, plots.SVG, plots.PDF} {
		b.Run(string(format), func(b *testing.B) {
			b.SetBytes(int64(len(write(b, f, format, plots.Style{}))))
			for b.Loop() {
				write(b, f, format, plots.Style{})
			}
		})
	}
}
