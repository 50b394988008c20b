//go:build (amd64 || arm64) && !purego

package engine

import (
	"runtime"

	"golang.org/x/sys/cpu"
)

// NEON is part of arm64.
var hasVector = runtime.GOARCH == "arm64" || cpu.X86.HasAVX2 && cpu.X86.HasFMA

// Processors with VBMI2 (Ice Lake, Zen 4 and later) keep their clock under AVX-512, or nearly.
var hasVector512 = cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VL && cpu.X86.HasAVX512VBMI2

// nearestVector computes label and squared distance of the nearest of k points; for few columns.
//
//go:noescape
func nearestVector(x *float64, blocks, blockStep, colStep, d int, c *float64, k int, labels *int32, dist *float64)

// nearestWideVector is nearestVector for many columns: a tile of 16 rows by 2 points stays in registers. k is even.
//
//go:noescape
func nearestWideVector(x *float64, blocks, blockStep, colStep, d int, c *float64, k int, labels *int32, dist *float64)

// nearestTwoVector computes label and squared distance of the nearest of k points, and the squared distance of the second-nearest.
//
//go:noescape
func nearestTwoVector(x *float64, blocks, blockStep, colStep, d int, c *float64, k int, labels *int32, dist, second *float64)

// potentialVector adds to the 16 lanes of pot what min(near, squared distance to c), times the weights where w is not nil, sums to.
//
//go:noescape
func potentialVector(x *float64, blocks, blockStep, colStep, d int, c, near, w *float64, pot *[16]float64)

// relaxVector is potentialVector and lowers near to the squared distance to c.
//
//go:noescape
func relaxVector(x *float64, blocks, blockStep, colStep, d int, c, near, w *float64, pot *[16]float64)

// momentsVector writes to sum, for each of the m ≤ 3 labels from first, the d high and then the d low parts of the sums of its rows.
//
//go:noescape
func momentsVector(x *float64, blocks, blockStep, colStep, d int, labels *int32, first, m int, high, low, sum *float64)

// moveVector takes the parts of the first values of a row of d, a multiple of 8, from the d high and d low parts of out, where it is not nil, and adds them to those of in.
//
//go:noescape
func moveVector(row *float64, columns, d int, high, low, out, in *float64)

// countVector counts how often each of three labels from first occurs, in eight lanes each.
//
//go:noescape
func countVector(labels *int32, blocks, first int, n *[24]int32)

// differVector sets bit i of bits[b] where label i of block b differs.
//
//go:noescape
func differVector(a, b *int32, blocks int, bits *uint16)

// widenVector copies labels as int, and takes the greatest distance, from 0, in eight lanes.
//
//go:noescape
func widenVector(labels *int32, dist *float64, blocks int, out *int, most *[8]float64)

// transposeVector turns blocks of 16 rows of d values into blocks of d columns of 16 values, and reports whether all values are finite.
//
//go:noescape
func transposeVector(x *float64, blocks, d int, out *float64) (finite bool)
