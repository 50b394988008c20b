package plots_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/customer-personality/segmentation/segment/plots"
)

// The corners are those of R, see testdata/golden/ellipse.R.
func TestEllipse(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "golden", "ellipse.json"))
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Points   [][2]float64
		Ellipses []struct {
			Level   float64
			Corners [][2]float64 // a quarter of a turn apart
		}
	}
	if err := json.Unmarshal(text, &golden); err != nil {
		t.Fatal(err)
	}
	for _, e := range golden.Ellipses {
		got := plots.Ellipse(append(golden.Points, [2]float64{math.NaN(), 1}, [2]float64{1, math.Inf(1)}), e.Level)
		if len(got) != 64 {
			t.Fatalf("%v: %d corners, want 64", e.Level, len(got))
		}
		for i, want := range e.Corners {
			for j := range want {
				if at := got[16*i][j]; math.Abs(at-want[j]) > 1e-9*math.Abs(want[j]) {
					t.Errorf("%v, corner %d: %v, R has %v", e.Level, 16*i, got[16*i], want)
				}
			}
		}
	}
	line := [][2]float64{{1, 2}, {2, 4}, {3, 6}, {4, 8}}
	for name, got := range map[string][][2]float64{
		"no points": plots.Ellipse(nil, 0.8), "two": plots.Ellipse(golden.Points[:2], 0.8), "a line": plots.Ellipse(line, 0.8), "one place": plots.Ellipse([][2]float64{{1, 1}, {1, 1}, {1, 1}}, 0.8),
		"none": plots.Ellipse(golden.Points, 0), "all": plots.Ellipse(golden.Points, 1), "no level": plots.Ellipse(golden.Points, math.NaN()),
	} {
		if got != nil {
			t.Errorf("%s: %v, want none", name, got)
		}
	}
}
