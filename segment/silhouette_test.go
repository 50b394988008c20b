package segment

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"
)

func TestSilhouettesEqualScikitLearn(t *testing.T) {
	for _, c := range readValidity(t).Cases {
		x := matrixOf(c.X)
		var labelings [][]int
		for _, l := range c.Labelings {
			labelings = append(labelings, l.Labels)
		}
		all, err := Silhouettes(t.Context(), x, labelings, SilhouetteOptions{})
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		for l, want := range c.Labelings {
			alone, err := Silhouette(t.Context(), x, want.Labels, SilhouetteOptions{})
			if err != nil {
				t.Errorf("%s, labeling %d: %v", c.Name, l, err)
				continue
			}
			for _, got := range []SilhouetteScores{alone, all[l]} {
				if !near(got.Mean, want.Mean, 1e-9) || !slices.Equal(got.Clusters, want.Clusters) ||
					!nearAll(got.PerRow, want.PerRow) || !nearAll(got.PerCluster, want.PerCluster) {
					t.Errorf("%s, labeling %d: mean %v, clusters %v: %v, rows %v; scikit-learn %v, %v: %v, %v", c.Name, l,
						got.Mean, got.Clusters, got.PerCluster, got.PerRow, want.Mean, want.Clusters, want.PerCluster, want.PerRow)
				}
			}
		}
	}
}

func nearAll(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(v, w float64) bool { return near(v, w, 1e-9) })
}

func TestSilhouetteErrors(t *testing.T) {
	for _, c := range badLabelings {
		if _, err := Silhouette(t.Context(), c.x, c.labels, SilhouetteOptions{}); !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one that is %v and says %q", c.name, err, c.is, c.want)
		}
	}
	_, err := Silhouettes(t.Context(), mat.NewDense(3, 1, nil), [][]int{{0, 1, 1}, {0, 0, 0}}, SilhouetteOptions{})
	if !errors.Is(err, ErrLabels) || !strings.Contains(err.Error(), "labeling 2 of 2") {
		t.Errorf("second labeling of one cluster: error %v does not name it", err)
	}
	if scores, err := Silhouettes(t.Context(), mat.NewDense(3, 1, nil), nil, SilhouetteOptions{}); err != nil || len(scores) != 0 {
		t.Errorf("no labelings: %v, error %v", scores, err)
	}
}

func TestSilhouetteSameBitsOnEveryMachine(t *testing.T) {
	x, labels := blobs(500, 4, 5, 3)
	before := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(before)
	want, err := Silhouette(t.Context(), x, labels, SilhouetteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, procs := range []int{2, 3, 8} {
		runtime.GOMAXPROCS(procs)
		got, err := Silhouette(t.Context(), x, labels, SilhouetteOptions{})
		if err != nil || got.Mean != want.Mean || !slices.Equal(got.PerRow, want.PerRow) || !slices.Equal(got.PerCluster, want.PerCluster) {
			t.Errorf("with %d processors the mean is %v (error %v), with one %v", procs, got.Mean, err, want.Mean)
		}
	}
}

func TestSilhouetteScale(t *testing.T) {
	for _, d := range []int{1, 2, 3, 6} {
		x, labels := blobs(150, d, 3, 5)
		want, err := Silhouette(t.Context(), x, labels, SilhouetteOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, unit := range []float64{1e-300, 1e-9, 1e9, 1e300} {
			var scaled mat.Dense
			scaled.Scale(unit, x)
			got, err := Silhouette(t.Context(), &scaled, labels, SilhouetteOptions{})
			if err != nil || !nearAll(got.PerRow, want.PerRow) {
				t.Errorf("%d columns in units of %v: mean %v (error %v), in 1 %v", d, unit, got.Mean, err, want.Mean)
			}
		}
	}
}

func TestSilhouetteCancel(t *testing.T) {
	x, labels := blobs(60000, 3, 4, 1) // some seconds of work
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := Silhouette(ctx, x, labels, SilhouetteOptions{})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want the one of the context", err)
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("it took %v to notice the end of the context", took)
	}
	if _, err := Silhouette(ctx, x, nil, SilhouetteOptions{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("with a context that has ended: error %v", err)
	}
}

// The n×n distances of 100,000 rows would take 80 GB; what is allocated has to
// grow with n alone. The memory is taken up at the start, so the context may end
// the work right after.
func TestSilhouetteMemory(t *testing.T) {
	x, _ := blobs(100000, 3, 5, 1)
	var labelings [][]int
	for k := 2; k <= 10; k++ {
		labelings = append(labelings, nearest(x, k))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
	defer cancel()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := Silhouettes(ctx, x, labelings, SilhouetteOptions{}); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 64<<20 {
		t.Errorf("100,000 rows and nine labelings allocate %d MiB, want at most 64", used>>20)
	} else {
		t.Logf("100,000 rows and nine labelings: %d MiB", used>>20)
	}
}

func BenchmarkSilhouettes(b *testing.B) {
	const n, d = 2229, 3
	x, _ := blobs(n, d, 6, 1)
	var nine [][]int
	for k := 2; k <= 10; k++ {
		nine = append(nine, nearest(x, k))
	}
	for _, c := range []struct {
		name      string
		labelings [][]int
	}{
		{"1", nine[3:4]},
		{"9", nine},
	} {
		b.Run("labelings="+c.name, func(b *testing.B) {
			b.SetBytes(8 * n * d)
			for b.Loop() {
				if _, err := Silhouettes(b.Context(), x, c.labelings, SilhouetteOptions{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n)*n*float64(b.N)/b.Elapsed().Seconds(), "distances/s")
		})
	}
}

func BenchmarkSilhouetteWide(b *testing.B) {
	const n, d = 1000, 40
	x, labels := blobs(n, d, 6, 1)
	b.SetBytes(8 * n * d)
	for b.Loop() {
		if _, err := Silhouette(b.Context(), x, labels, SilhouetteOptions{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)*n*float64(b.N)/b.Elapsed().Seconds(), "distances/s")
}

// nearest labels each row by the nearest of k rows, which makes clusters of the
// kind that k-means does.
func nearest(x *mat.Dense, k int) []int {
	n, _ := x.Dims()
	rng := rand.New(rand.NewPCG(uint64(k), 9))
	seeds := rng.Perm(n)[:k]
	labels := make([]int, n)
	for i := range labels {
		least := math.Inf(1)
		for c, s := range seeds {
			if d := distance(x.RawRowView(i), x.RawRowView(s)); d < least {
				least, labels[i] = d, c
			}
		}
	}
	return labels
}
