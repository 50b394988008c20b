package beam

import (
	"context"
	"fmt"
	"reflect"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"github.com/customer-personality/segmentation/segment"
)

// What a worker has to know by name is registered here. Only exported fields travel.
func init() {
	beam.RegisterCoder(reflect.TypeFor[Block](), encodeBlock, decodeBlock)
	beam.RegisterCoder(reflect.TypeFor[part](), encodePart, decodePart)
	register.DoFn2x0[Block, func(part)](&addFn{})
	register.DoFn2x1[[]byte, func(part), error](&noneFn{})
	register.Combiner1[part](&mergeFn{})
	register.DoFn2x1[context.Context, part, error](&resultFn{})
	register.Emitter1[part]()
	register.Emitter1[Block]()
	beam.RegisterType(reflect.TypeFor[piece]())
	beam.RegisterType(reflect.TypeFor[Scored]())
	register.DoFn3x1[context.Context, string, func(piece), error](&csvPiecesFn{})
	register.DoFn3x1[context.Context, string, func(piece), error](&parquetPiecesFn{})
	register.DoFn3x1[context.Context, piece, func(Block), error](&readCSVFn{})
	register.DoFn3x1[context.Context, piece, func(Block), error](&readParquetFn{})
	register.DoFn3x1[context.Context, Block, func(Scored), error](&scoreFn{})
	register.DoFn3x1[context.Context, Scored, func(string), error](&writeFn{})
	register.DoFn2x1[context.Context, string, error](&publishFn{})
	register.Emitter1[piece]()
	register.Emitter1[Scored]()
	register.Emitter1[string]()
}

// part is the answer of a part of the rows: a tally or, where the rows are at fault, an
// outcome. It travels as bytes, which are read when they are needed.
type part struct {
	tally *segment.Tally
	fault *fault
	data  []byte
}

func encodePart(p part) []byte {
	if p.data != nil {
		return p.data
	}
	return p.result().encode()
}

func decodePart(data []byte) part { return part{data: data} }

// result returns what is to be written of the part.
func (p part) result() result {
	if p.fault != nil {
		return result{fault: p.fault}
	}
	data, err := p.tally.MarshalBinary()
	if err != nil {
		return result{fault: faultOf(err)}
	}
	return result{tally: data}
}

// read returns the part with its tally or fault.
func (p part) read(pass *segment.Pass) (part, error) {
	if p.data == nil {
		return p, nil
	}
	r, err := decodeResult(p.data)
	if err != nil || r.fault != nil {
		return part{fault: r.fault}, err
	}
	tally, err := segment.NewTally(pass)
	if err != nil {
		return part{}, err
	}
	return part{tally: tally}, tally.UnmarshalBinary(r.tally)
}

// newTally returns the tally of no rows for a pass as bytes.
func newTally(data []byte) (*segment.Pass, *segment.Tally, error) {
	var pass segment.Pass
	if err := pass.UnmarshalBinary(data); err != nil {
		return nil, nil, err
	}
	t, err := segment.NewTally(&pass)
	return &pass, t, err
}

// addFn adds the rows of a bundle up.
type addFn struct {
	Pass []byte

	pass *segment.Pass
	part part
}

func (f *addFn) StartBundle(emit func(part)) error {
	var err error
	if f.pass == nil {
		f.pass, f.part.tally, err = newTally(f.Pass)
	} else {
		f.part.tally, err = segment.NewTally(f.pass)
	}
	f.part.fault = nil
	return err
}

// ProcessElement keeps the first fault of the rows: as an answer it reaches the driver
// once, as an error it would make a runner try the same rows again.
func (f *addFn) ProcessElement(b Block, emit func(part)) {
	if f.part.fault != nil {
		return
	}
	if err := f.part.tally.Add(b.Rows); err != nil {
		f.part.fault = faultOf(err)
	}
}

func (f *addFn) FinishBundle(emit func(part)) { emit(f.part) }

// noneFn emits the answer of no rows.
type noneFn struct{ Pass []byte }

func (f *noneFn) ProcessElement(_ []byte, emit func(part)) error {
	_, t, err := newTally(f.Pass)
	if err == nil {
		emit(part{tally: t})
	}
	return err
}

// mergeFn merges answers.
type mergeFn struct {
	Pass []byte

	pass *segment.Pass
}

func (f *mergeFn) MergeAccumulators(a, b part) (part, error) {
	var err error
	if f.pass == nil {
		if f.pass, _, err = newTally(f.Pass); err != nil {
			return part{}, err
		}
	}
	if a, err = a.read(f.pass); err != nil {
		return part{}, err
	}
	if b, err = b.read(f.pass); err != nil {
		return part{}, err
	}
	if a.fault != nil || b.fault != nil {
		return part{fault: a.fault.first(b.fault)}, nil
	}
	return a, a.tally.Merge(b.tally)
}

// resultFn writes the answer of all rows.
type resultFn struct {
	Pass []byte
	Try  string
	File string
}

func (f *resultFn) ProcessElement(ctx context.Context, p part) error {
	var pass segment.Pass
	if err := pass.UnmarshalBinary(f.Pass); err != nil {
		return err
	}
	p, err := p.read(&pass)
	if err != nil {
		return err
	}
	if err := writeResult(ctx, f.File, f.Try, p.result()); err != nil {
		return fmt.Errorf("beam: writing the result of a pass: %w", err)
	}
	return nil
}
