// Package engine holds the inner loops of k-means. It leaves the checks of its
// arguments to package segment, allocates nothing inside an iteration, and returns
// the same bits whatever the workers and the processor.
//
// A fit is an initial set of centroids and Lloyd's iteration (lloyd.go) on a source
// of the sufficient statistics: count, sum and inertia per cluster. A source is the
// rows in blocks of 16 (scan.go, kernels.go), or, where rows and centroids are many
// and columns few, a k-d tree over them (tree.go), through which the centroids are
// filtered (filter.go); where columns are many, bounds on distances spare a scan the
// rows that cannot change (bounds.go). Sums are exact (exact.go), so that neither
// the order of the rows nor the way they are gathered shows in a result. Seeding is
// greedy k-means++ (seed.go).
//
// Where no number of restarts is given, a local search (search.go) runs on coarse
// cells of the rows (cells.go), or on a sample of them: by random swaps (swap.go)
// where clusters are few, by breathing (breathing.go) and exchanges of clusters
// (exchange.go) where they are many, then by single moves (hartigan.go); the best
// solution is iterated on all rows, with momentum that shortens the tail of slow
// iterations (accelerate.go). Swaps and exchanges are tried as long as the removal of
// a centroid may cost less than another gains, so that the search is short where
// clusters lie apart. As a cell is cut where two clusters meet, the inertia on cells
// is corrected by how far they reach over the borders (localsearch.go), and as what
// is best on a sample need not be on the rows, some swaps are tried on these, or on a
// finer sample. On one column the best clusters are found without a search (line.go).
// Every result is a fixed point of Lloyd's iteration on all rows.
//
// Cells and samples do not stand for rows that lie far from most: such rows are
// taken singly, or drawn by how much they add to the inertia (coreset.go). Where
// they make up much of it, or exchanges of up to 64 clusters are about even, the
// search is made two or three times.
//
// # Cost
//
// Of n rows, d columns and k centroids, on one core of an Intel Xeon (Sapphire
// Rapids, AVX-512) of 2026, by go test -bench Step; GODEBUG=cpu.avx512f=off shows
// those in AVX2, which take 1.1 to 2 times as long:
//
//   - A step of a scan takes 0.07 to 0.1 ns for each row, centroid and column, and
//     no less than 1.3 ns for each row of 3 columns where the rows do not fit in
//     the cache: 0.12 ms for 100,000×3 and k = 4, 43 ms for 100,000×64 and
//     k = 100. Rows that are not laid out in tiles take 0.8 ns more for 3 columns:
//     2.1 ms instead of 1.3 for 1,000,000×3 and k = 4, 3.5 instead of 2.5 for
//     k = 10. To lay them out takes 5 ns a row and memory for all.
//   - With bounds a step takes as much at worst, and a tenth where clusters lie
//     apart: 4.5 ms for 100,000×64, k = 100. They need k² distances between
//     centroids and are used from 9 columns and 8 centroids on, while k² is at
//     most 4n.
//   - The tree takes 100 to 160 ns for each row of 3 columns to build, once for
//     all k and restarts. A step then takes what the borders between clusters
//     cost, and not what the rows do: for 1,000,000×2 and k = 4 0.13 ms instead
//     of 1.0, for 1,000,000×3 0.43 ms instead of 2.1; where k = 10 cuts four
//     clusters to pieces, 1.7 ms instead of 3.5. From 5 columns on it gains
//     little and takes 230 ns a row and more to build. So it is built up to 4
//     columns, where there are 6 centroids to be fitted or more. From 8,192 rows
//     on it yields the coarse cells for the search, from 131,072 on the steps go
//     by it too.
//   - Seeding takes k passes of 2+⌊ln k⌋ distances for each row.
//   - The search costs no more than some steps on all rows: it runs on 4,096 rows
//     or on about 2,500 cells for k up to 12, with up to 12k swaps of nine
//     iterations, as most are given up early; beyond on 8,000 cells, with breathing
//     and exchanges, 200 over k in vain. On an AMD EPYC (Zen 5) of 2026 that is half
//     of the time of a sweep k = 2 to 10 over 100,000×3; of one over 2,200×3 swaps
//     alone are 84 %. To see whether a sample stands for all rows takes eight
//     distances a row. Where it does not, or few cells hold much of the inertia,
//     the search takes two to four times as long.
//
// The memory is a label for each row, and a distance where a sample is compared with
// all rows. Up to 2²⁰ values, for seeds on all rows, with weights, in a tree and
// after 16 passes the rows are there once more: less memory that is new saves more
// than the passes cost. For 1,000,000×3, 24 MB, a fit for k = 4 has a peak of 16 MB
// beyond the rows, a sweep over k = 2 to 10 one of 89 MB, as the tree is half of it.
//
// The kernels (AVX2 with FMA and AVX-512 in kernels_amd64.s, NEON in
// kernels_arm64.s, all written by _generate, Go elsewhere) return the same bits;
// the build tag purego and SEGMENTATION_PUREGO=1 choose those in Go,
// GODEBUG=cpu.avx512f=off those in AVX2. On an Intel Xeon (Sapphire Rapids)
// those in AVX-512 find the nearest of few columns in 0.56 to 0.6 of the time
// of AVX2, of 32 and 64 columns in 0.7, the nearest two in 0.35 to 0.57, and sum
// in 0.5 (BenchmarkKernels). From 8 columns on a row moves between sums in 0.2 to 0.5
// of the time of Go, on an AMD EPYC (Zen 5). Those in NEON were tested under emulation alone;
// their speed is unmeasured until the workflow's machine of arm64, which prints
// that benchmark, has run.
package engine
