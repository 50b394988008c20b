package segmentation_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"log"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
)

// A file of any size is trained on where it lies.
func ExampleOpenDataset() {
	ctx := context.Background()
	columns := []string{"Age", "Annual Income (k$)", "Spending Score (1-100)"}
	d, told, err := segmentation.OpenDataset(ctx, "testdata/any/mall.parquet", columns, segmentation.OpenOptions{})
	if err != nil {
		log.Fatal(err)
	}
	model, _, err := segment.TrainOn(ctx, d, segment.TrainOptions{Value: columns[1:2], K: 3})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(told), "remarks;", model.Rows(), "rows,", model.K(), "clusters")
	// Output: 0 remarks; 240 rows, 3 clusters
}

// The same customers in each form are the same rows in each pass, those of the table.
func TestOpenDataset(t *testing.T) {
	columns := []string{"Age", "Annual Income (k$)"}
	packed := filepath.Join(t.TempDir(), "mall.csv.gz")
	text, err := os.ReadFile(anyFile("mall.csv"))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(z.Close(), os.WriteFile(packed, b.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{anyFile("mall.csv"), anyFile("mall.jsonl"), anyFile("mall.parquet"), packed} {
		d, _, err := segmentation.OpenDataset(t.Context(), path, columns, segmentation.OpenOptions{})
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		s, err := segmentation.OpenFile(t.Context(), path, segmentation.OpenOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			e, err := d.Extent(t.Context(), nil)
			if err != nil || e.Rows != s.Table.Len() {
				t.Fatalf("%s: %d rows and %v; want %d", path, e.Rows, err, s.Table.Len())
			}
			for j, name := range columns {
				values := slices.DeleteFunc(slices.Clone(s.Table.Series(name).Numbers()), math.IsNaN)
				if e.Known[j] != len(values) || e.Least[j] != slices.Min(values) || e.Greatest[j] != slices.Max(values) {
					t.Errorf("%s: %s has %d values from %v to %v", path, name, e.Known[j], e.Least[j], e.Greatest[j])
				}
			}
		}
		m := segment.TrainOptions{Columns: columns, Value: columns[1:], K: 3}
		got, _, err := segment.TrainOn(t.Context(), d, m)
		if err != nil {
			t.Fatal(err)
		}
		x, err := s.Table.Matrix(t.Context(), columns...)
		if err != nil {
			t.Fatal(err)
		}
		want, err := segment.Train(t.Context(), x, m)
		if err != nil {
			t.Fatal(err)
		}
		if a, b := got.Inertia(), want.Model.Inertia(); math.Abs(a-b) > 1e-10*b || !slices.Equal(got.TierNames(), want.Model.TierNames()) {
			t.Errorf("%s: inertia %v; in memory %v", path, a, b)
		}
	}
}

func TestOpenDatasetRefuses(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	file := func(name, text string) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, c := range map[string]struct {
		ctx     context.Context
		path    string
		columns []string
		o       segmentation.OpenOptions
		err     error
	}{
		"no column":                {path: anyFile("mall.csv"), err: features.ErrOptions},
		"rows left out":            {path: anyFile("mall.csv"), columns: []string{"Age"}, o: segmentation.OpenOptions{Read: features.ReadOptions{Policy: features.Skip}}, err: features.ErrOptions},
		"a column of words":        {path: anyFile("mall.csv"), columns: []string{"Gender"}, err: features.ErrNotNumeric},
		"a column that is not":     {path: anyFile("mall.csv"), columns: []string{"Shoes"}, err: features.ErrUnknownColumn},
		"words in Parquet":         {path: anyFile("mall.parquet"), columns: []string{"Gender"}, err: features.ErrNotNumeric},
		"no column of Parquet":     {path: anyFile("mall.parquet"), columns: []string{"Shoes"}, err: features.ErrUnknownColumn},
		"no file":                  {path: anyFile("nothing.csv"), columns: []string{"Age"}, err: os.ErrNotExist},
		"ended":                    {ctx: ended, path: anyFile("mall.csv"), columns: []string{"Age"}, err: context.Canceled},
		"a row of another width":   {path: file("wide.csv", "a,b\n1,2\n3,4\n5,6,7,8\n"), columns: []string{"a"}, err: features.ErrLongRow},
		"a number beyond float64s": {path: file("far.csv", "a,b\n1,2\n3,4\n5,1e999\n"), columns: []string{"b"}, err: features.ErrNotNumeric},
	} {
		if c.ctx == nil {
			c.ctx = t.Context()
		}
		if d, _, err := segmentation.OpenDataset(c.ctx, c.path, c.columns, c.o); !errors.Is(err, c.err) || d != nil {
			t.Errorf("%s: %v and %v; want %v", name, d, err, c.err)
		}
	}
	path := file("rows.csv", "a,b\n1,2\n3,4\n5,6\n")
	d, _, err := segmentation.OpenDataset(t.Context(), path, []string{"a", "b"}, segmentation.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Extent(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("a,b\n1,2\n3,4\n5,7\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Ranks(t.Context(), nil, [][]int{{1}, {1}}); !errors.Is(err, segment.ErrSource) {
		t.Errorf("a file that has changed: %v; want ErrSource", err)
	}
}
