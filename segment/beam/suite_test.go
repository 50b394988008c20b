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
func saveRows(t *testing.T, file string, x *mat.Dense) {
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

// source is that of all columns of a Runner.
func source(t *testing.T, cols int, r *Runner) segment.Source {
	t.Helper()
	names := make([]string, cols)
	for j := range names {
		names[j] = fmt.Sprint("column ", j)
	}
	s, err := Dataset(names, r, segment.RetryOptions{Tries: 2, Limit: time.Second}).Source(nil)
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

func TestSource(t *testing.T) {
	var former []byte
	segmenttest.Source(t, func(t *testing.T, x *mat.Dense) segment.Source {
		r, _ := jobs(t, blocksFn{}, x)
		return source(t, width(x), r)
	}, segmenttest.Options{
		Rows: 5000, Limit: 10 * time.Second,
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
