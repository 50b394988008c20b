package beam

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/features/parquet"
)

func init() {
	register.DoFn1x1[Block, error](&gatherFn{})
}

// gatherFn writes each block to a file.
type gatherFn struct{ Folder string }

func (f *gatherFn) ProcessElement(b Block) error {
	return os.WriteFile(filepath.Join(f.Folder, rand.Text()), encodeBlock(b), 0o600)
}

// gather returns the rows of a collection as text, in order of text.
func gather(t *testing.T, cols int, rows func(beam.Scope) beam.PCollection) ([]string, error) {
	t.Helper()
	folder := t.TempDir()
	p, s := beam.NewPipelineWithRoot()
	beam.ParDo0(s, &gatherFn{folder}, rows(s))
	if err := (JobServer{Endpoint: server}).Submit(t.Context(), p); err != nil {
		return nil, err
	}
	var out []string
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(filepath.Join(folder, file.Name()))
		if err != nil {
			t.Fatal(err)
		}
		b, err := decodeBlock(data)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(b.Rows)/cols; i++ {
			row := fmt.Sprint(b.Rows[i*cols : (i+1)*cols])
			if len(b.Keys) > 0 {
				row = b.Keys[i] + row
			}
			out = append(out, row)
		}
	}
	slices.Sort(out)
	return out, nil
}

func writeFile(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestReadCSV(t *testing.T) {
	folder := t.TempDir()
	writeFile(t, filepath.Join(folder, "a.csv"), "\ufeffId,Income,Note,Total spent\n1,58138.5,\"a, b\",7\n2,,\"two\nlines\",NA\n3, -1e3 ,,null")
	writeFile(t, filepath.Join(folder, "b.csv"), "total_spent,id,income,note\r\n9,4,5,x\r\n")
	got, err := gather(t, 2, func(s beam.Scope) beam.PCollection {
		return ReadCSV(s, folder+"/*.csv", []string{"income", "TotalSpent"}, ReadOptions{Key: "id"})
	})
	want := []string{"1[58138.5 7]", "2[NaN NaN]", "3[-1000 NaN]", "4[5 9]"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
}

func TestReadCSVErrors(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"word":    {"a,b\n1,2\n1,two\n", `c.csv at byte 8: column b: features: unreadable value: "two"`},
		"ragged":  {"a,b\n1,2\n1\n", "wrong number of fields"},
		"quotes":  {"a,b\n1,\"2\n", `extraneous or missing " in quoted-field`},
		"column":  {"a,c\n1,2\n", `there is no column "b"`},
		"nothing": {"", "the header: EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "c.csv")
			writeFile(t, path, c.text)
			_, err := gather(t, 2, func(s beam.Scope) beam.PCollection {
				return ReadCSV(s, path, []string{"a", "b"}, ReadOptions{})
			})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v, and does not say %q", err, c.want)
			}
		})
	}
	if _, err := gather(t, 1, func(s beam.Scope) beam.PCollection {
		return ReadCSV(s, filepath.Join(t.TempDir(), "*.csv"), []string{"a"}, ReadOptions{})
	}); err == nil || !strings.Contains(err.Error(), "no file is named") {
		t.Errorf("the error of no file is %v", err)
	}
}

// TestPieces reads a file in pieces of all sizes: each row is read once, wherever it is
// cut.
func TestPieces(t *testing.T) {
	text := "x,y\n"
	for i := range 40 {
		text += fmt.Sprintf("%d,%d\n", i*i*i, i)
	}
	for _, end := range []string{"", "\n\n"} {
		path := filepath.Join(t.TempDir(), "c.csv")
		writeFile(t, path, strings.TrimSuffix(text, "\n")+end)
		size := int64(len(text) - 1 + len(end))
		for step := int64(1); step <= size; step++ {
			seen := map[float64]int{}
			f := &readCSVFn{Columns: []string{"y", "x"}, Comma: ','}
			for from := int64(0); from < size; from += step {
				err := f.ProcessElement(t.Context(), piece{File: path, From: from, To: min(from+step, size)}, func(b Block) {
					for ; len(b.Rows) > 0; b.Rows = b.Rows[2:] {
						if y := b.Rows[0]; b.Rows[1] != y*y*y {
							t.Fatalf("the row %v", b.Rows[:2])
						}
						seen[b.Rows[0]]++
					}
				})
				if err != nil {
					t.Fatalf("pieces of %d bytes, from %d: %v", step, from, err)
				}
			}
			for i := range 40 {
				if seen[float64(i)] != 1 {
					t.Fatalf("pieces of %d bytes: row %d is read %d times", step, i, seen[float64(i)])
				}
			}
		}
	}
}

// TestPiecesQuoted: a row over two lines may not be cut.
func TestPiecesQuoted(t *testing.T) {
	text := "x,y\n1,2\n\"3\n4,5\n6\",7\n8,9\n"
	path := filepath.Join(t.TempDir(), "c.csv")
	writeFile(t, path, text)
	f := &readCSVFn{Columns: []string{"y"}, Comma: ','}
	for cut := int64(1); cut < int64(len(text)); cut++ {
		failed := false
		for _, p := range []piece{{File: path, To: cut}, {File: path, From: cut, To: int64(len(text))}} {
			failed = f.ProcessElement(t.Context(), p, func(Block) {}) != nil || failed
		}
		if !failed {
			t.Errorf("cut at %d, no piece is refused", cut)
		}
	}
}

func TestReadParquet(t *testing.T) {
	folder := t.TempDir()
	var want []string
	for i, size := range []int{3, 1000} {
		ids, values := make([]float64, 5), make([]float64, 5)
		for r := range ids {
			ids[r], values[r] = float64(10*i+r), float64(r)/4
		}
		values[2] = math.NaN()
		for r := range ids {
			want = append(want, fmt.Sprintf("%v[%v]", ids[r], values[r]))
		}
		table, err := features.NewTable(time.Time{},
			features.NumberSeries(features.Column{Name: "id"}, ids), features.NumberSeries(features.Column{Name: "value"}, values))
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := parquet.Write(context.Background(), &b, table, parquet.WriteOptions{RowGroupRows: size}); err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(folder, fmt.Sprint(i, ".parquet")), b.String())
	}
	got, err := gather(t, 1, func(s beam.Scope) beam.PCollection {
		return ReadParquet(s, folder+"/*.parquet", []string{"value"}, ReadOptions{Key: "id"})
	})
	slices.Sort(want)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
	if _, err := gather(t, 1, func(s beam.Scope) beam.PCollection {
		return ReadParquet(s, folder+"/*.parquet", []string{"income"}, ReadOptions{})
	}); err == nil || !strings.Contains(err.Error(), "income") {
		t.Errorf("the error of a column that is not there is %v", err)
	}
}

func TestBlockCoder(t *testing.T) {
	for _, b := range []Block{{}, {Rows: []float64{1, math.NaN(), math.Inf(-1)}}, {Rows: []float64{1, 2}, Keys: []string{"", "ä"}}} {
		data := encodeBlock(b)
		got, err := decodeBlock(data)
		if err != nil || !slices.Equal(got.Keys, b.Keys) || fmt.Sprint(got.Rows) != fmt.Sprint(b.Rows) {
			t.Errorf("%v becomes %v, %v", b, got, err)
		}
		if len(b.Rows) > 0 {
			if _, err := decodeBlock(data[:8]); err == nil {
				t.Errorf("%v can be cut", b)
			}
		}
	}
}
