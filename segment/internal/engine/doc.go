// Package engine holds the inner loops of k-means. It checks nothing that
// package segment has checked already, allocates nothing inside an iteration,
// and gives the same bits whatever the workers and the processor.
//
// A fit is an initial set of centroids and Lloyd's iteration on a source of
// count, sum and inertia per cluster: the rows in blocks of 16 (points.go,
// kernels), or a k-d tree over them where rows and centroids are many and
// columns few (tree.go); where columns are many, bounds on distances spare the
// rows that cannot change (bounds.go). Sums are exact (exact.go), so that
// neither the order of the rows nor the way they are gathered shows in a
// result. Seeding is greedy k-means++ (seed.go).
//
// Where no number of restarts is given, tries are made on coarse cells of the
// rows, or on a sample of them (fit.go), and improved by swaps, breathing and
// single moves (improve.go); the best is run on all rows, and the tail of slow
// iterations is shortened (accelerate.go). As a cell is cut where two clusters
// meet, what a try is worth is judged by how far the cells reach over the
// borders. Every result is a fixed point of Lloyd's iteration on all rows.
//
// The kernels (AVX2 with FMA in kernels_amd64.s, which asm generates, NEON in
// kernels_arm64.s, which neon generates, and Go elsewhere) give the same bits; the
// build tag purego and SEGMENTATION_PUREGO=1 choose those in Go. Those in NEON
// were tested under emulation alone, and their speed has not been measured.
package engine
