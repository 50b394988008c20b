package main

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strconv"

	"github.com/customer-personality/segmentation/segment"
)

//go:embed large.py
var largeScript string

const largeRows, largeColumns = 100_000_000, 3

// larger compares fits of a column file that is larger than the memory that
// they may use: ours is exact unless it says mini-batch, and goes through the
// file until centroids rest; scikit-learn's MiniBatchKMeans sees every row once.
//
// Like wholeProgram it has to run while this program is small.
func larger(ctx context.Context, folder, python string, progress func(string, ...any)) ([]line, error) {
	file := filepath.Join(folder, "rows.f64")
	if err := writeColumns(file); err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	var out []line
	for _, c := range []struct {
		name, job, peerJob, text string
	}{
		{"L", "fit", "fit", "fit, k 4"},
		{"L-mini", "mini", "fit", "mini-batch, k 4"},
		{"L-sweep", "sweep", "sweep", "sweep k = 2…10"},
	} {
		progress("%s: %d × %d from a file, %s", c.name, largeRows, largeColumns, c.text)
		ours, memory, err := largeJob(ctx, folder, runtime.NumCPU(), self, "stream", c.job, file)
		if err != nil {
			return nil, err
		}
		l := line{Case: c.name, Peer: online, Memory: memory}
		least := math.Inf(1)
		for _, threads := range []int{2, 1} {
			theirs, memory, err := largeJob(ctx, folder, threads, python, "-c", largeScript, c.peerJob, file, strconv.Itoa(largeRows), strconv.Itoa(largeColumns))
			if err != nil {
				return nil, err
			}
			if theirs.Seconds < least {
				least, l.PeerMemory = theirs.Seconds, memory
				l.Excess = worstMedian([][]float64{excesses(ours.Inertia, theirs.Inertia)})
			}
		}
		l.compare(timingOf([]float64{ours.Seconds}), timingOf([]float64{least}))
		l.text = fmt.Sprintf("%d × %d from a file, %s; memory %d MB and %d MB", largeRows, largeColumns, c.text, l.Memory/1e6, l.PeerMemory/1e6)
		progress("%s: %s, %s", c.name, seconds(l.Ours), l.text)
		out = append(out, l)
	}
	return out, nil
}

// largeJob runs a program that prints an answer.
func largeJob(ctx context.Context, folder string, threads int, name string, args ...string) (a answer, memory int64, err error) {
	out, _, memory, err := measure(ctx, folder, threads, name, args...)
	if err == nil {
		err = json.Unmarshal(out, &a)
	}
	return a, memory, err
}

// stream is our part, in a program of its own.
func stream(ctx context.Context, job, path string, w io.Writer) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	rows := &segment.Stream{Cols: largeColumns, Blocks: segment.ColumnFile(file, largeRows, largeColumns)}
	if job == "mini" {
		rows.MiniBatch = 10_000
	}
	e, inertia, err := timed(func() ([]float64, error) {
		if job == "sweep" {
			r, err := segment.Sweep{Seed: 1}.FitStream(ctx, rows)
			return inertias(r.Points()), err
		}
		c, err := segment.KMeansPP{K: 4, Seed: 1}.FitStream(ctx, rows)
		return []float64{c.Inertia()}, err
	})
	if err != nil {
		return err
	}
	return json.NewEncoder(w).Encode(answer{Seconds: e.seconds, Processor: e.processor, Inertia: inertia})
}

// writeColumns writes rows as blobs(4) draws them, column after column.
func writeColumns(path string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	columns := make([]*bufio.Writer, largeColumns)
	for j := range columns {
		columns[j] = bufio.NewWriterSize(io.NewOffsetWriter(file, int64(j)*largeRows*8), 1<<20)
	}
	rng := random(dataSeed)
	var centres [4 * largeColumns]float64
	for i := range centres {
		centres[i] = 2 * rng.NormFloat64()
	}
	var value [8]byte
	for range largeRows {
		c := centres[rng.IntN(4)*largeColumns:]
		for j, w := range columns {
			binary.LittleEndian.PutUint64(value[:], math.Float64bits(c[j]+rng.NormFloat64()))
			if _, err := w.Write(value[:]); err != nil {
				return err
			}
		}
	}
	for _, w := range columns {
		if err := w.Flush(); err != nil {
			return err
		}
	}
	return file.Close()
}
