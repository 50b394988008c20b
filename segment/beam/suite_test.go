package beam

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/segmenttest"
)

func init() {
	register.DoFn3x1[context.Context, string, func(Block), error](&blocksFn{})
}

// blocksFn emits the rows of a file that saveRows wrote, or does what is wrong with it.
type blocksFn struct {
	Fault  string
	Marker string // a file that is there once the fault has happened; "" for ever
}

func (f *blocksFn) ProcessElement(ctx context.Context, file string, emit func(Block)) error {
	if f.Fault != "" && (f.Marker == "" || !exists(f.Marker)) {
		if f.Marker != "" {
			if err := os.WriteFile(f.Marker, nil, 0o600); err != nil {
				return err
			}
		}
		switch f.Fault {
		case "fail":
			return errors.New("this part fails")
		case "panic":
			panic("this part panics")
		case "kill":
			_ = os.WriteFile(f.Marker, fmt.Append(nil, os.Getpid()), 0o600)
			p, err := os.FindProcess(os.Getpid())
			if err != nil {
				return err
			}
			return p.Kill()
		case "hang":
			<-ctx.Done()
			return ctx.Err()
		}
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	b, err := decodeBlock(data[1:])
	if err != nil {
		return err
	}
	width := int(data[0])
	for ; len(b.Rows) > 0; b.Rows = b.Rows[min(100*width, len(b.Rows)):] {
		emit(Block{Rows: b.Rows[:min(100*width, len(b.Rows))]})
	}
	return nil
}

// saveRows writes a matrix, which may be nil, to a file.
func saveRows(t testing.TB, file string, x *mat.Dense) {
	t.Helper()
	data := []byte{1, 0}
	if x != nil && !x.IsEmpty() {
		data = append([]byte{byte(x.RawMatrix().Cols)}, encodeBlock(Block{Rows: mat.DenseCopyOf(x).RawMatrix().Data})...)
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// jobs is a Runner of rows in parts, each in a branch of its own, so that there is a
// bundle for each.
func jobs(t *testing.T, fn blocksFn, parts ...*mat.Dense) (*Runner, []string) {
	t.Helper()
	folder := t.TempDir()
	var files []string
	for i, x := range parts {
		files = append(files, filepath.Join(folder, fmt.Sprint("rows-", i)))
		saveRows(t, files[i], x)
	}
	return &Runner{
		Temp:   folder,
		Submit: JobServer{Endpoint: server}.Submit,
		Rows: func(s beam.Scope) beam.PCollection {
			var branches []beam.PCollection
			for _, file := range files {
				branches = append(branches, beam.ParDo(s, &fn, beam.Create(s, file)))
			}
			return beam.Flatten(s, branches...)
		},
	}, files
}

// tries are those of a pass in the suite.
var tries = segment.RetryOptions{Tries: 2, Limit: time.Second}

// source is that of all columns of a Runner.
func source(t *testing.T, cols int, r *Runner) segment.Source {
	t.Helper()
	names := make([]string, cols)
	for j := range names {
		names[j] = fmt.Sprint("column ", j)
	}
	s, err := Dataset(names, r, tries).Source(nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func width(x *mat.Dense) int {
	if x == nil || x.IsEmpty() {
		return 2
	}
	return x.RawMatrix().Cols
}

// faulty makes a Source of rows in two parts, the first with a fault.
func faulty(fault string, once bool) func(*testing.T, *mat.Dense) segment.Source {
	return func(t *testing.T, x *mat.Dense) segment.Source {
		fn := blocksFn{Fault: fault}
		if once {
			fn.Marker = filepath.Join(t.TempDir(), "happened")
		}
		n, d := x.Dims()
		r, _ := jobs(t, fn, x.Slice(0, n/2, 0, d).(*mat.Dense), x.Slice(n/2, n, 0, d).(*mat.Dense))
		return source(t, d, r)
	}
}

// spoiled makes a Source whose results change after their job has ended.
func spoiled(spoil func(pass int, file string) error) func(*testing.T, *mat.Dense) segment.Source {
	return func(t *testing.T, x *mat.Dense) segment.Source {
		r, _ := jobs(t, blocksFn{}, x)
		submit, passes := r.Submit, 0
		r.Submit = func(ctx context.Context, p *beam.Pipeline) error {
			if err := submit(ctx, p); err != nil {
				return err
			}
			passes++
			files, err := filepath.Glob(r.Temp + "/segment-pass-*")
			if err != nil || len(files) != 1 {
				return fmt.Errorf("results %v, %w", files, err)
			}
			return spoil(passes, files[0])
		}
		return source(t, width(x), r)
	}
}

// changed makes a Source whose rows are others after two passes.
func changed(change func(x *mat.Dense) *mat.Dense) func(*testing.T, *mat.Dense) segment.Source {
	return func(t *testing.T, x *mat.Dense) segment.Source {
		r, files := jobs(t, blocksFn{}, x)
		submit := r.Submit
		var passes atomic.Int64
		r.Submit = func(ctx context.Context, p *beam.Pipeline) error {
			if passes.Add(1) == 3 {
				saveRows(t, files[0], change(mat.DenseCopyOf(x)))
			}
			return submit(ctx, p)
		}
		return source(t, width(x), r)
	}
}

// TestSuite: data sets of a Runner, and their sources.
func TestSuite(t *testing.T) {
	var former []byte
	segmenttest.Dataset(t, func(t *testing.T, columns []string, x *mat.Dense) segment.Dataset {
		r, _ := jobs(t, blocksFn{}, x)
		return Dataset(columns, r, tries)
	}, segmenttest.Options{
		Rows: 5000, Limit: 10 * time.Second,
		Skip: map[string]string{"goroutines": "what starts workers in this process stays for 5 s after a job that was cancelled, or Prism would panic"},
		Parts: func(t *testing.T, parts []*mat.Dense) segment.Source {
			r, _ := jobs(t, blocksFn{}, parts...)
			return source(t, width(parts[slices.IndexFunc(parts, func(x *mat.Dense) bool { return x != nil })]), r)
		},
		Faults: map[segmenttest.Fault]func(*testing.T, *mat.Dense) segment.Source{
			segmenttest.FailOnce:   faulty("fail", true),
			segmenttest.FailAlways: faulty("panic", false),
			segmenttest.HangOnce:   faulty("hang", true),
			segmenttest.HangAlways: faulty("hang", false),
			segmenttest.CutOnce: spoiled(func(pass int, file string) error {
				if pass == 2 {
					return os.Truncate(file, 100)
				}
				return nil
			}),
			segmenttest.Late: spoiled(func(pass int, file string) error {
				late := former
				var err error
				if former, err = os.ReadFile(file); err != nil || pass == 1 {
					return err
				}
				return os.WriteFile(file, late, 0o600)
			}),
			segmenttest.OtherVersion: spoiled(func(_ int, file string) error {
				try := file[len(file)-len(rand.Text()):]
				data, err := os.ReadFile(file)
				if err != nil {
					return err
				}
				r, err := unseal(data, try)
				if err != nil {
					return err
				}
				r.tally[4]++
				return os.WriteFile(file, r.seal(try), 0o600)
			}),
			segmenttest.Twice: func(t *testing.T, x *mat.Dense) segment.Source {
				r, _ := jobs(t, blocksFn{}, x)
				submit := r.Submit
				r.Submit = func(ctx context.Context, p *beam.Pipeline) error {
					return errors.Join(submit(ctx, p), submit(ctx, p))
				}
				return source(t, width(x), r)
			},
			segmenttest.LoseRow: changed(func(x *mat.Dense) *mat.Dense { return x.Slice(1, x.RawMatrix().Rows, 0, 3).(*mat.Dense) }),
			segmenttest.AddRow: changed(func(x *mat.Dense) *mat.Dense {
				return mat.NewDense(x.RawMatrix().Rows+1, 3, append(slices.Clone(x.RawMatrix().Data), x.RawRowView(0)...))
			}),
			segmenttest.ChangeRow: changed(func(x *mat.Dense) *mat.Dense {
				x.SetRow(5, slices.Clone(x.RawRowView(6)))
				return x
			}),
		},
	})
}

// TestWorkerKilled: a worker in a process of its own is killed, which Prism does not
// notice; the pass ends by its limit, and the next try has the same bits.
func TestWorkerKilled(t *testing.T) {
	x := customers(3000)
	marker := filepath.Join(t.TempDir(), "killed")
	r, _ := jobs(t, blocksFn{Fault: "kill", Marker: marker}, x.Slice(0, 10, 0, 3).(*mat.Dense), x.Slice(10, 3000, 0, 3).(*mat.Dense))
	r.Submit = JobServer{Endpoint: server, Environment: Process}.Submit
	pass := &segment.Pass{Columns: columns, Extent: true}
	limited, cancel := context.WithTimeout(t.Context(), 6*time.Second)
	defer cancel()
	if _, err := r.Run(limited, pass); err == nil {
		t.Error("a pass is answered whose worker was killed")
	}
	if pid, err := os.ReadFile(marker); err != nil || string(pid) == fmt.Sprint(os.Getpid()) {
		t.Fatalf("no other process was killed: %q, %v", pid, err)
	}
	got, err := r.Run(t.Context(), pass)
	if err != nil {
		t.Fatal(err)
	}
	want, err := (&segment.Local{Cols: 3, Blocks: func(yield func([]float64, error) bool) { yield(x.RawMatrix().Data, nil) }}).Run(t.Context(), pass)
	if err != nil {
		t.Fatal(err)
	}
	if got.Digest() != want.Digest() || fmt.Sprint(got.Extent()) != fmt.Sprint(want.Extent()) {
		t.Errorf("%v, want %v", got.Extent(), want.Extent())
	}
}

// TestNoResult: a job is done, and nothing is in the folder.
func TestNoResult(t *testing.T) {
	r, _ := jobs(t, blocksFn{}, customers(10))
	r.Submit = func(context.Context, *beam.Pipeline) error { return nil }
	if _, err := r.Run(t.Context(), &segment.Pass{Columns: columns, Extent: true}); !errors.Is(err, ErrNoResult) {
		t.Errorf("the error is %v, want ErrNoResult", err)
	}
	if _, err := (&Runner{}).Run(t.Context(), nil); !errors.Is(err, segment.ErrOption) {
		t.Errorf("of a Runner without Rows the error is %v, want segment.ErrOption", err)
	}
	r.Temp = "hdfs://host/folder"
	if _, err := r.Run(t.Context(), &segment.Pass{Columns: columns, Extent: true}); !errors.Is(err, segment.ErrOption) {
		t.Errorf("of a file system that is not imported the error is %v, want segment.ErrOption", err)
	}
}

// TestTrain trains on a CSV file and a stream of the same rows: the same to the bit.
func TestTrain(t *testing.T) {
	x := customers(4000)
	path := filepath.Join(t.TempDir(), "customers.csv")
	writeCustomers(t, path, x)
	r := &Runner{Temp: t.TempDir(), Submit: JobServer{Endpoint: server}.Submit, Rows: func(s beam.Scope) beam.PCollection {
		return ReadCSV(s, path, columns, ReadOptions{})
	}}
	o := segment.TrainOptions{Columns: columns, Value: columns[:2]}
	got, _, err := segment.TrainOn(t.Context(), Dataset(columns, r, segment.RetryOptions{}), o)
	if err != nil {
		t.Fatal(err)
	}
	local := &segment.Local{Cols: 3, Blocks: func(yield func([]float64, error) bool) { yield(x.RawMatrix().Data, nil) }}
	want, _, err := segment.TrainOn(t.Context(), segment.Distribute(columns, local), o)
	if err != nil {
		t.Fatal(err)
	}
	a, err := got.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	b, err := want.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	if string(a) != string(b) {
		t.Errorf("the models differ:\n%s\n%s", a, b)
	}
}
