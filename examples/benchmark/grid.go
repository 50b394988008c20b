package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"
)

// What a fit has to reach over the grid, as ratios of the least times: at every
// point, and in the geometric mean of those of at most smallRows rows.
const (
	gridMust  = 1
	smallMust = 2
	smallRows = 20_000
)

// gridPoint is a default fit beside one of a peer with one initialisation, on rows
// of one shape.
type gridPoint struct {
	Shape  string  `json:"shape"`
	Rows   int     `json:"rows"`
	Cols   int     `json:"columns"`
	K      int     `json:"k"`
	Peer   string  `json:"peer"`
	Ours   float64 `json:"ours_min_s"`
	Theirs float64 `json:"peer_min_s"`
	Ratio  float64 `json:"min_ratio"`
	CPU    float64 `json:"processor_ratio"`
	Excess float64 `json:"inertia_excess"` // median over the seeds
}

// gridSizes are the rows, columns and clusters at which every shape is fitted. Those
// that would take a peer minutes are left out.
func gridSizes(quick bool) (out []size) {
	rows, of := []int{1000, 2000, 4000, 8000, 10_000, 20_000, 50_000, 100_000, 200_000, 1_000_000}, []size{{d: 2, k: 5}, {d: 3, k: 8}, {d: 8, k: 20}, {d: 32, k: 10}}
	if quick {
		rows, of = []int{1000, 4000, 8000, 10_000, 20_000, 100_000}, of[1:3]
	}
	for _, n := range rows {
		for _, s := range of {
			if n*s.d*s.k <= 40_000_000 {
				out = append(out, size{n, s.d, s.k, gridSeeds(n)})
			}
		}
	}
	return out
}

func gridSeeds(n int) int {
	switch {
	case n <= smallRows:
		return 7
	case n <= 200_000:
		return 3
	}
	return 2
}

// grid times a fit on all shapes at all sizes.
func grid(ctx context.Context, p *peers, only string, quick bool, progress func(string, ...any)) (out []gridPoint, err error) {
	for _, s := range shapes {
		if only != "" && !slices.Contains(strings.Split(only, ","), s.name) {
			continue
		}
		progress("R: %s", s.name)
		for _, at := range gridSizes(quick) {
			c := benchmark{"R", "", at.n, at.d, func(n, d int) *mat.Dense { return s.rows(random(dataSeed), n, d, at.k) },
				at.seeds, fit(at.k), request{Job: "fit", K: at.k}, false, []string{scikit, intel}}
			lines, err := c.run(ctx, p)
			if err != nil {
				return nil, fmt.Errorf("%s, %d × %d, k %d: %w", s.name, at.n, at.d, at.k, err)
			}
			for _, l := range lines {
				out = append(out, gridPoint{s.name, at.n, at.d, at.k, l.Peer, l.OursLeast, l.TheirsLeast, l.LeastRatio, l.ProcessorRatio, l.Excess})
			}
		}
	}
	return out, nil
}

// reportGrid prints a line for each shape and for all, and then the points at which
// ours is the slower or its inertia the higher.
func reportGrid(points []gridPoint) {
	fmt.Printf("\n| grid: rows | peer | points | least ratio | at | geometric mean, at most %d rows | geometric mean | points under %d× | points of a higher inertia | worst inertia excess |\n", smallRows, gridMust)
	fmt.Println("| --- | --- | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: |")
	for _, peer := range []string{scikit, intel, fastest} {
		for _, s := range append(slices.Clone(shapes), shape{name: ""}) {
			gridLine(s.name, peer, pointsOf(points, s.name, peer))
		}
	}
	fmt.Println("\n| grid: points that fall short | peer | ours | theirs | ratio | of processor time | inertia excess |")
	fmt.Println("| --- | --- | ---: | ---: | ---: | ---: | ---: |")
	for _, p := range points {
		if p.Peer != fastest && p.short() {
			fmt.Printf("| %s, %s | %s | %s | %s | %.2f× | %.2f× | %+.0e |\n", p.Shape, p.size(), p.Peer, seconds(p.Ours), seconds(p.Theirs), p.Ratio, p.CPU, p.Excess)
		}
	}
}

func (p gridPoint) size() string { return fmt.Sprintf("%d × %d, k %d", p.Rows, p.Cols, p.K) }

func (p gridPoint) short() bool { return p.Ratio < gridMust || p.Excess > sameInertia }

// pointsOf are those of a shape, or of all where it has no name, beside a peer.
func pointsOf(points []gridPoint, shape, peer string) (out []gridPoint) {
	for _, p := range points {
		if p.Peer == peer && (shape == "" || p.Shape == shape) {
			out = append(out, p)
		}
	}
	return out
}

func gridLine(name, peer string, points []gridPoint) {
	if len(points) == 0 {
		return
	}
	lowest, worst, under, higher := points[0], math.Inf(-1), 0, 0
	var small, all []float64
	for _, p := range points {
		if p.Ratio < lowest.Ratio {
			lowest = p
		}
		if worst = max(worst, p.Excess); p.Excess > sameInertia {
			higher++
		}
		if p.Ratio < gridMust {
			under++
		}
		if all = append(all, p.Ratio); p.Rows <= smallRows {
			small = append(small, p.Ratio)
		}
	}
	at, mean, must := lowest.size(), geometricMean(small), ""
	if name == "" {
		name, at = "**all**", lowest.Shape+", "+at
		must = fmt.Sprintf(" (must %d×: %s)", smallMust, map[bool]string{true: "yes", false: "no"}[mean > smallMust])
	}
	fmt.Printf("| %s | %s | %d | %.2f× | %s | %.2f×%s | %.2f× | %d | %d | %+.0e |\n", name, peer, len(points), lowest.Ratio, at, mean, must, geometricMean(all), under, higher, worst)
}

func geometricMean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += math.Log(x)
	}
	return math.Exp(sum / float64(len(v)))
}
