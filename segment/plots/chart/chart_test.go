package chart

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"image/png"
	"io"
	"math"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/customer-personality/segmentation/segment/narrate"
	"github.com/customer-personality/segmentation/segment/plots"
)

func samples() []Chart {
	color := plots.Color{Light: "#123456", Dark: "#abcdef"}
	two := []Series{{Name: "a <b>", Color: color, Values: Numbers([]float64{1, -2, math.NaN()})}, {Name: "c", Color: color, Values: Numbers([]float64{3, 4, 5})}}
	categories := []string{"x & y", `"quoted"`, "=1+1"}
	var out []Chart
	for _, kind := range []Kind{Bar, Bars, Line, Lines, Heat} {
		out = append(out, Chart{Title: "T <i>", Kind: kind, Categories: categories, Series: two, X: Axis{Label: "x"}, Y: Axis{Label: "y", Percent: kind == Bar}, Mark: "x & y"})
	}
	parts := []Series{{Name: "a <b>", Values: Numbers([]float64{1, 2, math.NaN()})}, {Name: "c", Values: Numbers([]float64{3, 4, 5})}}
	for _, kind := range []Kind{Table, Dots, Stack, Shares} {
		out = append(out, Chart{Title: "T <i>", Kind: kind, Categories: categories, Series: parts, Y: Axis{Label: "y"}, Words: []string{"<b>"}, Cells: [][]string{{"1"}, {"2"}, {"<b>"}}})
	}
	return append(out,
		Chart{Title: "fall", Kind: Waterfall, Categories: []string{"a", "b", "c", "together"}, Series: []Series{{Values: Numbers([]float64{3, -5, 1, -1})}}},
		Chart{Title: "box", Kind: Box, Series: []Series{{Name: "a", Values: Numbers([]float64{1, 2, 3, 4, 5})}, {Name: "none", Values: Numbers([]float64{math.NaN(), math.NaN(), math.NaN(), math.NaN(), math.NaN()})}}, Mark: "2"},
		Chart{Title: "scatter", Kind: Scatter, Series: []Series{{Name: "a", Points: [][2]Number{{1, 2}, {3, 4}}}, {Name: "b"}}},
		Chart{Title: "density", Kind: Density, Categories: []string{"0–5", "5–9"}, Range: [2]Number{0, 9}, Series: []Series{{Name: "a", Values: Numbers([]float64{0.25, 0.75}), Curve: Numbers([]float64{0, 0.5, 1, 0.3}), Middle: 6}, {Name: "none", Values: Numbers([]float64{math.NaN(), math.NaN()}), Middle: Number(math.NaN())}}},
		Chart{Title: "silhouette", Kind: Silhouette, Series: []Series{{Name: "a", Curve: Numbers([]float64{0.5, 0.2, -0.1}), Middle: 0.2, Note: "3 customers"}, {Name: "b", Curve: Numbers([]float64{0.7}), Middle: 0.7}}},
		Chart{Title: "icicle", Kind: Icicle, X: Axis{Label: "one, two"}, Root: []Node{{Name: "all <b>", Value: 3, Count: 3, Children: []Node{{Name: "p", Value: 1, Count: 1}, {Name: "q", Value: 2, Count: 2}}}}},
	)
}

// Every kind gives SVG that is well-formed, holds no style and escapes all text.
func TestSVG(t *testing.T) {
	for _, c := range samples() {
		var file bytes.Buffer
		if err := c.Write(&file, plots.SVG); err != nil {
			t.Errorf("%s: %v", c.Kind, err)
		}
		for what, svg := range map[string]string{"page": c.SVG(), "file": strings.TrimPrefix(file.String(), "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")} {
			if !strings.HasPrefix(svg, "<svg") {
				t.Errorf("%s, %s: %q", c.Kind, what, svg)
				continue
			}
			decoder := xml.NewDecoder(strings.NewReader(svg))
			for {
				if _, err := decoder.Token(); err == io.EOF {
					break
				} else if err != nil {
					t.Errorf("%s, %s: %v", c.Kind, what, err)
					break
				}
			}
			for _, bad := range []string{"style=", "<b>", "<i>", "NaN", "Inf"} {
				if strings.Contains(svg, bad) {
					t.Errorf("%s, %s contains %q", c.Kind, what, bad)
				}
			}
			if got := strings.Contains(svg, "light-dark"); got != (what == "page") {
				t.Errorf("%s, %s: colours of both themes: %v", c.Kind, what, got)
			}
		}
	}
}

// Every kind gives a picture that has something on it beside its heading.
func TestPNG(t *testing.T) {
	for _, c := range samples() {
		c.Reading = "What it shows."
		var b bytes.Buffer
		if err := c.Write(&b, plots.PNG); err != nil {
			t.Errorf("%s: %v", c.Kind, err)
			continue
		}
		picture, err := png.Decode(&b)
		if err != nil {
			t.Errorf("%s: %v", c.Kind, err)
			continue
		}
		size := picture.Bounds().Size()
		if size.X != 1209 {
			t.Errorf("%s is %d pixels wide, want 1209", c.Kind, size.X)
		}
		inked := 0
		for y := 140; y < size.Y; y++ {
			for x := range size.X {
				if r, g, b, _ := picture.At(x, y).RGBA(); r+g+b < 3*0xe000 {
					inked++
				}
			}
		}
		if inked < 500 {
			t.Errorf("%s has %d pixels that are not the ground", c.Kind, inked)
		}
	}
	if err := (&Chart{Kind: "pie"}).Write(io.Discard, plots.PNG); err == nil {
		t.Error("a kind that does not exist is drawn")
	}
}

func TestCheckRefuses(t *testing.T) {
	for _, c := range []Chart{{}, {Kind: "pie"}, {Kind: Bar}, {Kind: Bar, Categories: []string{"a"}, Series: []Series{{}}}, {Kind: Box}, {Kind: Box, Series: []Series{{Values: Numbers([]float64{1})}}}, {Kind: Scatter}, {Kind: Icicle}} {
		if err := c.Check(); err == nil {
			t.Errorf("%+v is taken", c)
		}
		if svg := c.SVG(); svg != "" {
			t.Errorf("%+v is drawn", c)
		}
	}
}

func TestJSON(t *testing.T) {
	for _, c := range samples() {
		b, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		var back Chart
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatal(err)
		}
		again, err := json.Marshal(back)
		if err != nil || !bytes.Equal(b, again) {
			t.Errorf("%s becomes %s", b, again)
		}
	}
}

func TestCSV(t *testing.T) {
	c := samples()[0]
	var b bytes.Buffer
	if err := c.WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	want := "x,a <b>,c\nx & y,1,3\n\"\"\"quoted\"\"\",-2,4\n'=1+1,,5\n"
	if b.String() != want {
		t.Errorf("the CSV is %q, want %q", b.String(), want)
	}
}

// FuzzChart reads charts as the database and browsers have them: what passes
// the check can be drawn, as a picture too, and be a table.
func FuzzChart(f *testing.F) {
	for _, c := range samples() {
		b, err := json.Marshal(c)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var c Chart
		if json.Unmarshal(data, &c) != nil {
			return
		}
		c.Table(nil)
		if c.Check() != nil || len(data) > 4000 {
			return
		}
		svg := c.SVG()
		if svg == "" {
			return // refused by package plots
		}
		if err := xml.Unmarshal([]byte(svg), new(struct{})); err != nil {
			t.Errorf("%s gives SVG that cannot be read: %v", data, err)
		}
		for _, bad := range []string{"NaN", "Inf"} {
			if strings.Contains(svg, `="`+bad) {
				t.Errorf("%s gives SVG with %s", data, bad)
			}
		}
	})
}

// Numbers are as the reader writes them.
func TestIn(t *testing.T) {
	c := &Chart{Title: "t", Kind: Bars, Categories: []string{"a"}, Series: []Series{{Values: Numbers([]float64{12.5})}}}
	all, err := narrate.Read(fstest.MapFS{"de.json": {Data: []byte("{}")}})
	if err != nil {
		t.Fatal(err)
	}
	if svg := c.In(all.For("de")).SVG(); !strings.Contains(svg, "12,5") || strings.Contains(svg, ">12.5<") {
		t.Errorf("the chart is %s", svg)
	}
	if svg := c.SVG(); !strings.Contains(svg, ">12.5<") {
		t.Errorf("the chart itself is changed: %s", svg)
	}
}
