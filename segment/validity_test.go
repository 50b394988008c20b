package segment

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// validityFile holds the figures of scikit-learn; see
// testdata/golden/validity.py.
type validityFile struct {
	Cases []struct {
		Name      string
		X         [][]float64
		Labelings []struct {
			Labels           []int
			PerRow           []float64 `json:"per_row"`
			Mean             float64
			Clusters         []int
			PerCluster       []float64 `json:"per_cluster"`
			CalinskiHarabasz float64   `json:"calinski_harabasz"`
			DaviesBouldin    float64   `json:"davies_bouldin"`
		}
	}
	AdjustedRand []struct {
		Name  string
		A, B  []int
		Score float64
	} `json:"adjusted_rand"`
}

func readValidity(t *testing.T) validityFile {
	t.Helper()
	b, err := os.ReadFile("testdata/golden/validity.json")
	if err != nil {
		t.Fatal(err)
	}
	var file validityFile
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Cases) < 15 || len(file.AdjustedRand) < 10 {
		t.Fatalf("validity.json holds %d cases and %d pairs of labelings, expected more", len(file.Cases), len(file.AdjustedRand))
	}
	return file
}

func matrixOf(rows [][]float64) *mat.Dense {
	return mat.NewDense(len(rows), len(rows[0]), slices.Concat(rows...))
}

func TestIndicesEqualScikitLearn(t *testing.T) {
	for _, c := range readValidity(t).Cases {
		x := matrixOf(c.X)
		for l, want := range c.Labelings {
			ch, err := CalinskiHarabasz(t.Context(), x, want.Labels)
			if err != nil || math.Abs(ch-want.CalinskiHarabasz) > 1e-9*want.CalinskiHarabasz {
				t.Errorf("%s, labeling %d: Calinski-Harabasz %v (error %v), scikit-learn %v", c.Name, l, ch, err, want.CalinskiHarabasz)
			}
			db, err := DaviesBouldin(t.Context(), x, want.Labels)
			if err != nil || math.Abs(db-want.DaviesBouldin) > 1e-9*want.DaviesBouldin {
				t.Errorf("%s, labeling %d: Davies-Bouldin %v (error %v), scikit-learn %v", c.Name, l, db, err, want.DaviesBouldin)
			}
		}
	}
}

func TestAdjustedRandEqualsScikitLearn(t *testing.T) {
	for _, c := range readValidity(t).AdjustedRand {
		for _, swapped := range []bool{false, true} {
			a, b := c.A, c.B
			if swapped {
				a, b = b, a
			}
			if got, err := AdjustedRand(t.Context(), a, b); err != nil || math.Abs(got-c.Score) > 1e-12 {
				t.Errorf("%s (swapped %v): %v (error %v), scikit-learn %v", c.Name, swapped, got, err, c.Score)
			}
		}
	}
}

func TestAdjustedRandErrors(t *testing.T) {
	if _, err := AdjustedRand(t.Context(), []int{1, 2}, []int{1}); !errors.Is(err, ErrWidth) {
		t.Errorf("different lengths: error %v is not ErrWidth", err)
	}
	if _, err := AdjustedRand(t.Context(), nil, nil); !errors.Is(err, ErrEmpty) {
		t.Errorf("no labels: error %v is not ErrEmpty", err)
	}
}

// badLabelings are refused by every index that sees the rows.
var badLabelings = []struct {
	name   string
	x      mat.Matrix
	labels []int
	is     error
	want   string
}{
	{"nil matrix", nil, []int{0, 1}, ErrEmpty, "0×0"},
	{"empty matrix", &mat.Dense{}, nil, ErrEmpty, "0×0"},
	{"too few labels", mat.NewDense(3, 1, nil), []int{0, 1}, ErrWidth, "2 labels for 3 rows"},
	{"too many labels", mat.NewDense(3, 1, nil), []int{0, 1, 1, 1}, ErrWidth, "4 labels for 3 rows"},
	{"negative label", mat.NewDense(4, 1, nil), []int{0, 1, -1, 1}, ErrLabels, "row 2 has label -1"},
	{"one cluster", mat.NewDense(3, 1, nil), []int{5, 5, 5}, ErrLabels, "clusters: 1, rows: 3"},
	{"a cluster per row", mat.NewDense(3, 1, nil), []int{0, 1, 2}, ErrLabels, "clusters: 3, rows: 3"},
	{"NaN", mat.NewDense(3, 2, []float64{0, 0, 0, math.NaN(), 0, 0}), []int{0, 1, 1}, ErrNotFinite, "row 1, column 1"},
	{"infinity", mat.NewDense(3, 2, []float64{0, 0, 0, 0, math.Inf(-1), 0}), []int{0, 1, 1}, ErrNotFinite, "row 2, column 0"},
}

func TestIndexErrors(t *testing.T) {
	for _, c := range badLabelings {
		_, ch := CalinskiHarabasz(t.Context(), c.x, c.labels)
		_, db := DaviesBouldin(t.Context(), c.x, c.labels)
		for _, err := range []error{ch, db} {
			if !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: error %v, want one that is %v and says %q", c.name, err, c.is, c.want)
			}
		}
	}
}

// Neither the unit of the data, however large or small, nor the order of the
// rows, nor the names of the clusters change an index.
func TestIndexLaws(t *testing.T) {
	x, labels := blobs(200, 3, 4, 11)
	ch, err := CalinskiHarabasz(t.Context(), x, labels)
	if err != nil {
		t.Fatal(err)
	}
	db, err := DaviesBouldin(t.Context(), x, labels)
	if err != nil {
		t.Fatal(err)
	}
	check := func(name string, x mat.Matrix, labels []int) {
		t.Helper()
		if got, err := CalinskiHarabasz(t.Context(), x, labels); err != nil || !near(got, ch, 1e-12) {
			t.Errorf("%s: Calinski-Harabasz %v (error %v), before %v", name, got, err, ch)
		}
		if got, err := DaviesBouldin(t.Context(), x, labels); err != nil || !near(got, db, 1e-12) {
			t.Errorf("%s: Davies-Bouldin %v (error %v), before %v", name, got, err, db)
		}
	}
	for _, unit := range []float64{1e-300, 1e-9, 1e9, 1e300} {
		var scaled mat.Dense
		scaled.Scale(unit, x)
		check("another unit", &scaled, labels)
	}
	renamed := slices.Clone(labels)
	for i := range renamed {
		renamed[i] = 1000 - 3*renamed[i]
	}
	check("renamed", x, renamed)
	reversed := mat.NewDense(200, 3, nil)
	for i := range 200 {
		reversed.SetRow(199-i, x.RawRowView(i))
	}
	slices.Reverse(renamed)
	check("reversed", reversed, renamed)
	check("as a transposed view", mat.DenseCopyOf(x.T()).T(), labels)
}

// TestGapStandardError: by hand, of two reference sets.
func TestGapStandardError(t *testing.T) {
	got := gaps([]*Clustering{{k: 1, inertia: 1}}, [][]float64{{1}, {3}})[0]
	// The deviation of 1 and 3 is √2, and √2·√(1+1/2) = √3.
	if got.Expected != 2 || got.LogW != 0 || got.Gap != 2 || math.Abs(got.SE-math.Sqrt(3)) > 1e-15 {
		t.Errorf("%+v", got)
	}
}
