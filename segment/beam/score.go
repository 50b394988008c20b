package beam

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem"
	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/segment"
)

// Scored is where a row belongs.
type Scored struct {
	Key      string  `beam:"key" json:"key"`           // of the row; empty where blocks have none
	Cluster  int     `beam:"cluster" json:"cluster"`   // by rank, 0 the most valuable
	Tier     string  `beam:"tier" json:"tier"`         //
	Distance float64 `beam:"distance" json:"distance"` // from the centroid, behind the pipeline
}

// Score returns a collection of Scored with an element for each of the rows, a
// collection of Block whose columns are those of the model. A row that the model refuses
// (see [segment.Model.Predict]) fails the job with the key, or else the values, of the
// row.
//
// Errors: those of marshalling the model.
func Score(s beam.Scope, m *segment.Model, rows beam.PCollection) (beam.PCollection, error) {
	data, err := json.Marshal(m)
	if err != nil {
		return beam.PCollection{}, err
	}
	return beam.ParDo(s.Scope("Score"), &scoreFn{Model: data}, rows), nil
}

type scoreFn struct {
	Model []byte

	model  *segment.Model
	placed []segment.Prediction
}

func (f *scoreFn) Setup() error {
	f.model = new(segment.Model)
	return json.Unmarshal(f.Model, f.model)
}

func (f *scoreFn) ProcessElement(ctx context.Context, b Block, emit func(Scored)) error {
	d := len(f.model.Columns())
	n := len(b.Rows) / d
	if len(b.Rows)%d != 0 || len(b.Keys) != 0 && len(b.Keys) != n {
		return fmt.Errorf("%w: a block of %d values and %d keys, for a model of %d columns", segment.ErrWidth, len(b.Rows), len(b.Keys), d)
	}
	if n == 0 {
		return nil
	}
	if cap(f.placed) < n {
		f.placed = make([]segment.Prediction, n)
	}
	placed := f.placed[:n]
	if err := f.model.PredictInto(ctx, placed, mat.NewDense(n, d, b.Rows)); err != nil {
		return f.explain(b, d, err)
	}
	for i, p := range placed {
		out := Scored{Cluster: p.Cluster, Tier: p.Tier, Distance: p.Distance}
		if len(b.Keys) > 0 {
			out.Key = b.Keys[i]
		}
		emit(out)
	}
	return nil
}

// explain returns err with the row that the model refuses.
func (f *scoreFn) explain(b Block, d int, err error) error {
	for i := range len(b.Rows) / d {
		row := b.Rows[i*d : i*d+d]
		if _, why := f.model.Predict(row); why != nil {
			if len(b.Keys) > 0 {
				return fmt.Errorf("beam: the row of key %q: %w", b.Keys[i], why)
			}
			return fmt.Errorf("beam: the row %v: %w", row, why)
		}
	}
	return err
}

// Write writes a collection of Scored as CSV files with the columns key, cluster, tier
// and distance, one for each bundle, named part-….csv in the folder, in no order. A file
// has this name once its rows are final: of a bundle that a runner has to run again,
// what begins with a point is left, and nothing is written twice. The folder should be
// empty before.
func Write(s beam.Scope, folder string, scored beam.PCollection) {
	filesystem.ValidateScheme(folder)
	s = s.Scope("Write CSV")
	names := beam.ParDo(s, &writeFn{Folder: strings.TrimSuffix(folder, "/") + "/"}, scored)
	beam.ParDo0(s, &publishFn{Folder: strings.TrimSuffix(folder, "/") + "/"}, beam.Reshuffle(s, names))
}

// writeFn writes the rows of a bundle to a file with a name that begins with a point,
// and emits what follows.
type writeFn struct {
	Folder string

	name   string
	fs     filesystem.Interface
	file   io.WriteCloser
	buffer *bufio.Writer
	csv    *csv.Writer
}

func (f *writeFn) StartBundle(emit func(string)) { f.name = "" }

func (f *writeFn) ProcessElement(ctx context.Context, row Scored, emit func(string)) error {
	if f.name == "" {
		if err := f.open(ctx); err != nil {
			return err
		}
	}
	return f.csv.Write([]string{row.Key, strconv.Itoa(row.Cluster), row.Tier, strconv.FormatFloat(row.Distance, 'g', -1, 64)})
}

func (f *writeFn) open(ctx context.Context) (err error) {
	if f.fs, err = filesystem.New(ctx, f.Folder); err != nil {
		return err
	}
	f.name = "part-" + rand.Text() + ".csv"
	if f.file, err = f.fs.OpenWrite(ctx, f.Folder+"."+f.name); err != nil {
		return err
	}
	f.buffer = bufio.NewWriterSize(f.file, 1<<18)
	f.csv = csv.NewWriter(f.buffer)
	return f.csv.Write([]string{"key", "cluster", "tier", "distance"})
}

func (f *writeFn) FinishBundle(emit func(string)) error {
	if f.name == "" {
		return nil
	}
	defer f.fs.Close()
	f.csv.Flush()
	if err := f.csv.Error(); err != nil {
		return err
	}
	if err := f.buffer.Flush(); err != nil {
		return err
	}
	if err := f.file.Close(); err != nil {
		return err
	}
	emit(f.name)
	return nil
}

// publishFn gives files their names.
type publishFn struct{ Folder string }

func (f *publishFn) ProcessElement(ctx context.Context, name string) error {
	fs, err := filesystem.New(ctx, f.Folder)
	if err != nil {
		return err
	}
	defer fs.Close()
	if err := filesystem.Rename(ctx, fs, f.Folder+"."+name, f.Folder+name); err != nil {
		// A try before this one may have done it.
		if _, missing := fs.Size(ctx, f.Folder+name); missing != nil {
			return err
		}
	}
	return nil
}
