package beam

import (
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/segment"
)

// customers returns rows like customers in four groups, some without the first value.
func customers(n int) *mat.Dense {
	x := mat.NewDense(n, 3, nil)
	state := uint64(1)
	next := func() float64 {
		state = state*6364136223846793005 + 1442695040888963407
		return float64(state>>11) / (1 << 53)
	}
	for i := range n {
		g := float64(i % 4)
		x.SetRow(i, []float64{math.Round(20000 + 20000*g + 8000*next()), math.Round(100*g*g + 150*next()), math.Round(99 * next())})
		if i%83 == 7 {
			x.Set(i, 0, math.NaN())
		}
	}
	return x
}

var columns = []string{"income", "spent", "recency"}

func writeCustomers(t testing.TB, path string, x *mat.Dense) {
	t.Helper()
	var b strings.Builder
	b.WriteString("id,income,spent,recency\n")
	n, _ := x.Dims()
	for i := range n {
		fmt.Fprintf(&b, "c%d", i)
		for _, v := range x.RawRowView(i) {
			if b.WriteByte(','); v == v {
				fmt.Fprint(&b, v)
			}
		}
		b.WriteByte('\n')
	}
	writeFile(t, path, b.String())
}

func TestScore(t *testing.T) {
	x := customers(5000)
	m, err := segment.Train(t.Context(), x, segment.TrainOptions{Columns: columns, Value: columns[:2], K: 4})
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	path := filepath.Join(folder, "customers.csv")
	writeCustomers(t, path, x)
	out := filepath.Join(folder, "scores")
	p, s := beam.NewPipelineWithRoot()
	scored, err := Score(s, m.Model, ReadCSV(s, path, columns, ReadOptions{Key: "id"}))
	if err != nil {
		t.Fatal(err)
	}
	Write(s, out, scored)
	if err := (JobServer{Endpoint: server}).Submit(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	var want []string
	predictions, err := m.PredictMatrix(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range predictions {
		want = append(want, fmt.Sprintf("[c%d %d %s %v]", i, p.Cluster, p.Tier, p.Distance))
	}
	slices.Sort(want)
	if got := readScores(t, out); !slices.Equal(got, want) {
		t.Errorf("%d scores, want %d: %.3v, want %.3v", len(got), len(want), got[:3], want[:3])
	}
}

// readScores returns the lines of all files in order; each has a header.
func readScores(t *testing.T, folder string) []string {
	t.Helper()
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, file := range files {
		f, err := os.Open(filepath.Join(folder, file.Name()))
		if err != nil {
			t.Fatal(err)
		}
		lines, err := csv.NewReader(f).ReadAll()
		f.Close()
		if err != nil || !strings.HasPrefix(file.Name(), "part-") || fmt.Sprint(lines[0]) != "[key cluster tier distance]" {
			t.Fatalf("file %s: %v, %v", file.Name(), lines[0], err)
		}
		for _, line := range lines[1:] {
			out = append(out, fmt.Sprint(line))
		}
	}
	slices.Sort(out)
	return out
}

// TestScoreRefused: a row that the model refuses fails the job, and is told.
func TestScoreRefused(t *testing.T) {
	m, err := segment.Train(t.Context(), customers(500), segment.TrainOptions{Columns: columns, Value: columns[:2], K: 3})
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	path := filepath.Join(folder, "customers.csv")
	writeFile(t, path, "id,income,spent,recency\na,50000,100,3\nb,inf,100,3\n")
	p, s := beam.NewPipelineWithRoot()
	scored, err := Score(s, m.Model, ReadCSV(s, path, columns, ReadOptions{Key: "id"}))
	if err != nil {
		t.Fatal(err)
	}
	Write(s, folder+"/scores", scored)
	err = JobServer{Endpoint: server}.Submit(t.Context(), p)
	if err == nil || !strings.Contains(err.Error(), `the row of key "b"`) {
		t.Errorf("the error is %v", err)
	}
	if left, _ := filepath.Glob(folder + "/scores/part-*"); len(left) > 0 {
		t.Errorf("of a job that failed %v is left", left)
	}
}

// TestPublishTwice: a file is given its name by a try whose answer was lost, too.
func TestPublishTwice(t *testing.T) {
	folder := t.TempDir() + "/"
	writeFile(t, folder+".part-1.csv", "key\n")
	f := &publishFn{Folder: folder}
	for range 2 {
		if err := f.ProcessElement(t.Context(), "part-1.csv"); err != nil {
			t.Error(err)
		}
	}
	if err := f.ProcessElement(t.Context(), "part-2.csv"); err == nil {
		t.Error("a file that was never written is said to be there")
	}
}
