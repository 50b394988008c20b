package segment

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
)

// wire writes and reads numbers as bytes, little-endian. What is read past the end is 0
// and sets short.
type wire struct {
	data  []byte
	short bool
}

func (w *wire) putUint(v uint64)   { w.data = binary.LittleEndian.AppendUint64(w.data, v) }
func (w *wire) putInt(v int)       { w.putUint(uint64(v)) }
func (w *wire) putFloat(v float64) { w.putUint(math.Float64bits(v)) }

func (w *wire) putBytes(b []byte) {
	w.putInt(len(b))
	w.data = append(w.data, b...)
}

func (w *wire) putFloats(values []float64) {
	w.putInt(len(values))
	for _, v := range values {
		w.putFloat(v)
	}
}

func (w *wire) putBool(v bool) {
	if v {
		w.putInt(1)
		return
	}
	w.putInt(0)
}

func (w *wire) uint() uint64 {
	if len(w.data) < 8 {
		w.data, w.short = nil, true
		return 0
	}
	v := binary.LittleEndian.Uint64(w.data)
	w.data = w.data[8:]
	return v
}

func (w *wire) float() float64 { return math.Float64frombits(w.uint()) }
func (w *wire) bool() bool     { return w.count(1) == 1 }

// int reads a number from 0.
func (w *wire) int() int { return w.count(math.MaxInt) }

// count reads a number from 0 to most.
func (w *wire) count(most int) int {
	v := w.uint()
	if v > uint64(most) {
		w.data, w.short = nil, true
		return 0
	}
	return int(v)
}

// length reads the number of things that follow, of the given size at least.
func (w *wire) length(size int) int { return w.count(max(0, len(w.data)-8) / size) }

func (w *wire) bytes() []byte {
	n := w.length(1)
	b := w.data[:n]
	w.data = w.data[n:]
	return b
}

func (w *wire) floats() []float64 {
	n := w.length(8)
	if n == 0 {
		return nil
	}
	out := make([]float64, n)
	for i := range out {
		out[i] = w.float()
	}
	return out
}

const sealSize = 16 // bytes of the checksum

// seal puts the kind and version before what was written, and a checksum behind.
func (w *wire) seal(kind string) []byte {
	out := append([]byte(kind), w.data...)
	sum := sha256.Sum256(out)
	return append(out, sum[:sealSize]...)
}

// unseal returns what seal sealed.
func unseal(kind, what string, data []byte) (*wire, error) {
	version := len(kind) - 1
	end := len(data) - sealSize
	switch {
	case end < len(kind) || string(data[:version]) != kind[:version]:
		return nil, fmt.Errorf("%w: %d bytes are no %s", ErrSource, len(data), what)
	case data[version] != kind[version]:
		return nil, fmt.Errorf("%w: the %s is of version %c; this one reads %c", ErrSource, what, data[version], kind[version])
	}
	if sum := sha256.Sum256(data[:end]); !bytes.Equal(sum[:sealSize], data[end:]) {
		return nil, fmt.Errorf("%w: the checksum of the %s is wrong: it is truncated or altered", ErrSource, what)
	}
	return &wire{data: data[len(kind):end]}, nil
}

// done returns an error where what was read is not of the right length.
func (w *wire) done(what string) error {
	if w.short || len(w.data) > 0 {
		return fmt.Errorf("%w: the %s holds numbers that make no sense", ErrSource, what)
	}
	return nil
}
