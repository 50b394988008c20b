package beam

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/features/parquet"
)

// blockRows is the number of rows of a block.
const blockRows = 4096

// ReadOptions change how files are read.
type ReadOptions struct {
	// Key is the column that names the rows, for Score; default none. In a Parquet file
	// it holds numbers.
	Key string

	// Comma parts the columns of a CSV file; default ','.
	Comma rune
}

// piece is a part of a file that is read by one worker.
type piece struct {
	File     string
	From, To int64 // of a CSV file: the bytes in which lines begin; else row groups
	Whole    bool  // the only part of its file
}

// ReadCSV returns the blocks of columns of all CSV files that the pattern names, in no
// order. Files on a disk are read in pieces of 64 MB, those elsewhere whole.
//
// Files have a header, in which columns are found without regard to case, blanks and
// underscores, and as many values in each line. Numbers are written as programs write
// them, with a decimal point; nothing, NA, NaN, null and none are missing. What is no
// number, and in a file of several pieces a line break within quotes, fails the job
// with file, line and column.
func ReadCSV(s beam.Scope, pattern string, columns []string, o ReadOptions) beam.PCollection {
	return read(s.Scope("Read CSV"), pattern, &csvPiecesFn{}, &readCSVFn{columns, o.Key, cmpComma(o.Comma)})
}

// ReadParquet returns the blocks of columns of all Parquet files that the pattern names,
// in no order. Each row group of a file on a disk may be read by another worker; files
// elsewhere are copied whole by the worker that reads them. Columns are read as by
// [parquet.Blocks].
func ReadParquet(s beam.Scope, pattern string, columns []string, o ReadOptions) beam.PCollection {
	return read(s.Scope("Read Parquet"), pattern, &parquetPiecesFn{}, &readParquetFn{columns, o.Key})
}

// read parts files into pieces, spreads them over the workers, and reads them.
func read(s beam.Scope, pattern string, pieces, reader any) beam.PCollection {
	filesystem.ValidateScheme(pattern)
	return beam.ParDo(s, reader, beam.Reshuffle(s, beam.ParDo(s, pieces, beam.Create(s, pattern))))
}

func cmpComma(c rune) int32 {
	if c == 0 {
		return ','
	}
	return c
}

// eachFile calls f for the files that a pattern names; there must be one.
func eachFile(ctx context.Context, pattern string, f func(fs filesystem.Interface, file string) error) error {
	fs, err := filesystem.New(ctx, pattern)
	if err != nil {
		return err
	}
	defer fs.Close()
	files, err := fs.List(ctx, pattern)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("beam: no file is named %s", pattern)
	}
	slices.Sort(files)
	for _, file := range files {
		if err := f(fs, file); err != nil {
			return err
		}
	}
	return nil
}

// pieceSize is about how many bytes of a CSV file a worker reads at once.
const pieceSize = 64 << 20

type csvPiecesFn struct{}

func (*csvPiecesFn) ProcessElement(ctx context.Context, pattern string, emit func(piece)) error {
	return eachFile(ctx, pattern, func(fs filesystem.Interface, file string) error {
		r, err := fs.OpenRead(ctx, file)
		if err != nil {
			return err
		}
		defer r.Close()
		seeker, ok := r.(io.Seeker)
		if !ok {
			emit(piece{File: file, To: math.MaxInt64, Whole: true})
			return nil
		}
		size, err := seeker.Seek(0, io.SeekEnd)
		if err != nil {
			return err
		}
		for from := int64(0); from == 0 || from < size; from += pieceSize {
			emit(piece{file, from, min(from+pieceSize, size), size <= pieceSize})
		}
		return nil
	})
}

type readCSVFn struct {
	Columns []string
	Key     string
	Comma   int32
}

func (f *readCSVFn) ProcessElement(ctx context.Context, p piece, emit func(Block)) error {
	fs, err := filesystem.New(ctx, p.File)
	if err != nil {
		return err
	}
	defer fs.Close()
	file, err := fs.OpenRead(ctx, p.File)
	if err != nil {
		return err
	}
	defer file.Close()
	r := f.reader(file)
	header, err := r.Read()
	if err != nil {
		return fmt.Errorf("beam: %s: the header: %w", p.File, err)
	}
	at, err := find(header, f.Columns, f.Key)
	if err != nil {
		return fmt.Errorf("beam: %s: %w", p.File, err)
	}
	base := int64(0)
	if p.From > 0 {
		if base, err = seekLine(file, p.From); err != nil {
			return err
		}
		r = f.reader(file)
		r.FieldsPerRecord = len(header)
	}
	return f.read(ctx, r, p, base, at, emit)
}

func (f *readCSVFn) reader(file io.Reader) *csv.Reader {
	r := csv.NewReader(bufio.NewReaderSize(file, 1<<18))
	r.Comma, r.ReuseRecord = f.Comma, true
	return r
}

// seekLine goes to the first line that begins at from or behind, and returns where.
func seekLine(file io.ReadCloser, from int64) (int64, error) {
	seeker, ok := file.(io.ReadSeeker)
	if !ok {
		return 0, errors.New("beam: the file could be read in pieces before, and cannot now")
	}
	if _, err := seeker.Seek(from-1, io.SeekStart); err != nil {
		return 0, err
	}
	line, err := bufio.NewReaderSize(file, 1<<12).ReadBytes('\n')
	if err != nil && err != io.EOF {
		return 0, err
	}
	return seeker.Seek(from-1+int64(len(line)), io.SeekStart)
}

// read emits the rows of a piece; base is where r began, at where the columns are.
func (f *readCSVFn) read(ctx context.Context, r *csv.Reader, p piece, base int64, at []int, emit func(Block)) error {
	d := len(f.Columns)
	var b Block
	flush := func() {
		if len(b.Rows) > 0 {
			emit(b)
		}
		b = Block{Rows: make([]float64, 0, blockRows*d)}
	}
	for flush(); base+r.InputOffset() < p.To; {
		begin := base + r.InputOffset()
		record, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("beam: %s, from byte %d on: %w", p.File, base, err)
		}
		for j, i := range at[:d] {
			v, err := number(record[i])
			if err != nil {
				return fmt.Errorf("beam: %s at byte %d: column %s: %w", p.File, begin, f.Columns[j], err)
			}
			b.Rows = append(b.Rows, v)
		}
		if len(at) > d {
			b.Keys = append(b.Keys, strings.Clone(record[at[d]]))
		}
		if !p.Whole && slices.ContainsFunc(record, func(s string) bool { return strings.IndexByte(s, '\n') >= 0 }) {
			return fmt.Errorf("beam: %s at byte %d: a line break within quotes; files of more than %d MB that are read in pieces must have none", p.File, begin, pieceSize>>20)
		}
		if len(b.Rows) == blockRows*d {
			if flush(); ctx.Err() != nil {
				return ctx.Err()
			}
		}
	}
	flush()
	return nil
}

// number returns the number of a text, NaN where it is missing.
func number(s string) (float64, error) {
	if s = strings.TrimSpace(s); s == "" {
		return math.NaN(), nil
	}
	v, err := strconv.ParseFloat(s, 64)
	if err == nil {
		return v, nil
	}
	switch strings.ToLower(s) {
	case "na", "n/a", "null", "none":
		return math.NaN(), nil
	}
	return 0, fmt.Errorf("%w: %.60q; want a number such as 58138.5", features.ErrValue, s)
}

// find returns where columns and key are in a header.
func find(header, columns []string, key string) ([]int, error) {
	if len(columns) == 0 {
		return nil, fmt.Errorf("%w: no column is named", features.ErrOptions)
	}
	series := make([]features.Series, len(header))
	for i, name := range header {
		if i == 0 {
			name = strings.TrimPrefix(name, "\ufeff")
		}
		series[i] = features.NumberSeries(features.Column{Name: name}, []float64{})
	}
	table, err := features.NewTable(time.Time{}, series...) // which finds names
	if err != nil {
		return nil, err
	}
	if key != "" {
		columns = append(slices.Clone(columns), key)
	}
	at := make([]int, len(columns))
	for j, name := range columns {
		found, err := table.Column(name)
		if err != nil {
			return nil, err
		}
		at[j] = slices.Index(table.ColumnNames(), found.Name())
	}
	return at, nil
}

// readerAt returns a file as one that can be read at any place, and its size; on a disk
// as it is, else as a copy.
func readerAt(ctx context.Context, fs filesystem.Interface, file string) (f *os.File, size int64, local bool, err error) {
	r, err := fs.OpenRead(ctx, file)
	if err != nil {
		return nil, 0, false, err
	}
	if f, local = r.(*os.File); !local {
		defer r.Close()
		if f, err = os.CreateTemp("", "segment-parquet-"); err != nil {
			return nil, 0, false, err
		}
		os.Remove(f.Name()) // once it is closed
		if _, err = io.Copy(f, r); err != nil {
			f.Close()
			return nil, 0, false, err
		}
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, 0, false, err
	}
	return f, info.Size(), local, nil
}

type parquetPiecesFn struct{}

func (*parquetPiecesFn) ProcessElement(ctx context.Context, pattern string, emit func(piece)) error {
	return eachFile(ctx, pattern, func(fs filesystem.Interface, file string) error {
		r, err := fs.OpenRead(ctx, file)
		if err != nil {
			return err
		}
		defer r.Close()
		f, ok := r.(*os.File)
		if !ok {
			emit(piece{File: file, To: -1, Whole: true})
			return nil
		}
		info, err := f.Stat()
		if err != nil {
			return err
		}
		groups, err := parquet.RowGroups(f, info.Size(), options(file))
		for i := range groups {
			emit(piece{file, int64(i), int64(i) + 1, len(groups) == 1})
		}
		return err
	})
}

func options(file string) parquet.Options {
	return parquet.Options{Table: features.TableOptions{Name: file}}
}

type readParquetFn struct {
	Columns []string
	Key     string
}

func (f *readParquetFn) ProcessElement(ctx context.Context, p piece, emit func(Block)) error {
	fs, err := filesystem.New(ctx, p.File)
	if err != nil {
		return err
	}
	defer fs.Close()
	file, size, _, err := readerAt(ctx, fs, p.File)
	if err != nil {
		return err
	}
	defer file.Close()
	columns := slices.Clone(f.Columns)
	if f.Key != "" {
		columns = append(columns, f.Key)
	}
	blocks := parquet.Blocks(ctx, file, size, columns, options(p.File))
	if !p.Whole {
		blocks = parquet.GroupBlocks(ctx, file, size, columns, int(p.From), options(p.File))
	}
	for rows, err := range blocks {
		if err != nil {
			return err
		}
		emit(f.block(rows))
	}
	return nil
}

// block returns the rows as a block of their own.
func (f *readParquetFn) block(rows []float64) Block {
	if f.Key == "" {
		return Block{Rows: slices.Clone(rows)}
	}
	d := len(f.Columns)
	b := Block{Rows: make([]float64, 0, len(rows)/(d+1)*d)}
	for ; len(rows) > 0; rows = rows[d+1:] {
		b.Rows = append(b.Rows, rows[:d]...)
		b.Keys = append(b.Keys, strconv.FormatFloat(rows[d], 'f', -1, 64))
	}
	return b
}
