package plots_test

import (
	"flag"
	"image"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "take what the examples draw as the pictures to compare with; look at each")

// check runs an example, which draws testdata/name.png, and compares that with
// testdata/name_golden.png, a picture that somebody has looked at.
func check(t *testing.T, example func(), name string) {
	t.Helper()
	drawn := filepath.Join("testdata", name+".png")
	golden := strings.TrimSuffix(drawn, ".png") + "_golden.png"
	os.Remove(drawn)
	example()
	if *update {
		b, err := os.ReadFile(drawn)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, want := decode(t, drawn), decode(t, golden)
	if got.Bounds() != want.Bounds() {
		t.Fatalf("%s is %v, %s is %v", drawn, got.Bounds(), golden, want.Bounds())
	}
	// Edges may fall a little differently where a processor fuses products
	// and sums: one pixel in a thousand may differ by more than a shade.
	other := 0
	b := got.Bounds()
	for i := 0; i < len(got.Pix); i += 4 {
		for c := i; c < i+4; c++ {
			if d := int(got.Pix[c]) - int(want.Pix[c]); d > 16 || d < -16 {
				other++
				break
			}
		}
	}
	if other*1000 > b.Dx()*b.Dy() {
		t.Errorf("%s differs from %s in %d of %d pixels; look at both", drawn, golden, other, b.Dx()*b.Dy())
	}
}

func decode(t *testing.T, path string) *image.RGBA {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := png.Decode(f)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	out := image.NewRGBA(m.Bounds())
	draw.Draw(out, m.Bounds(), m, m.Bounds().Min, draw.Src)
	return out
}

func TestPictures(t *testing.T) {
	for name, example := range map[string]func(){
		"elbow":         ExampleElbow,
		"sizes":         ExampleSizes,
		"selection":     ExampleSelection,
		"silhouette":    ExampleSilhouette,
		"scatter":       ExampleScatterMatrix,
		"biplot":        ExampleBiplot,
		"variance":      ExampleExplainedVariance,
		"heatmap":       ExampleHeatMap,
		"correlations":  ExampleCorrelations,
		"distributions": ExampleDistributions,
		"spending":      ExampleBarTable,
		"channels":      ExampleBarTable_shares,
		"campaigns":     ExampleDotPlot,
		"ages":          ExampleStackedBars,
		"icicle":        ExampleIcicle,
		"bars":          ExampleBars,
		"bars_lying":    ExampleBars_lying,
		"lines":         ExampleLines,
		"lines_panels":  ExampleLines_panels,
		"points":        ExampleScatter,
		"ellipse":       ExampleEllipse,
		"boxes":         ExampleBoxes,
		"densities":     ExampleDensitiesOf,
		"steps":         ExampleSteps,
		"shares":        ExampleShares,
		"waterfall":     ExampleWaterfall,
		"transition":    ExampleTransitionMatrix,
	} {
		t.Run(name, func(t *testing.T) { check(t, example, name) })
	}
}
