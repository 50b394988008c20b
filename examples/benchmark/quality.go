package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/customer-personality/segmentation/segment"
)

// What a default fit may be above scikit-learn's ten restarts of the same seed: by
// qualityNear in qualityShare of the runs, by qualityFar in none.
const (
	qualityNear  = 1e-4
	qualityShare = 0.02
	qualityFar   = 1e-2
)

// size is a number of rows, columns and clusters, and of seeds.
type size struct{ n, d, k, seeds int }

// qualitySizes are those at which every shape is fitted.
func qualitySizes(quick bool) []size {
	if quick {
		return []size{{1000, 2, 5, 10}, {2000, 8, 20, 5}, {10_000, 3, 6, 10}, {10_000, 3, 20, 5}, {20_000, 3, 8, 5}, {20_000, 8, 8, 5}}
	}
	return []size{
		{1000, 2, 5, 60}, {1000, 1, 4, 60}, {2000, 8, 20, 20}, {5000, 64, 10, 20}, {5000, 3, 2, 20},
		{10_000, 3, 6, 60}, {10_000, 3, 20, 20}, {10_000, 3, 50, 20}, {10_000, 5, 100, 5},
		{20_000, 3, 8, 20}, {20_000, 8, 8, 20}, {20_000, 16, 32, 5},
		{100_000, 3, 8, 5}, {100_000, 32, 16, 3}, {200_000, 3, 8, 5}, {200_000, 8, 8, 3}, {1_000_000, 3, 5, 2},
	}
}

// qualityLine is a shape of data at one size.
type qualityLine struct {
	Shape  string  `json:"shape"`
	Rows   int     `json:"rows"`
	Cols   int     `json:"columns"`
	K      int     `json:"k"`
	Runs   int     `json:"runs"`
	Above  float64 `json:"share_above"` // of the runs, by more than qualityNear
	Worst  float64 `json:"worst"`       // excess
	Median float64 `json:"median"`      // excess
	Ours   float64 `json:"ours_s"`      // a fit, mean
	Theirs float64 `json:"peer_s"`      // ten restarts, mean
	Seed   uint64  `json:"seed"`        // of the worst
	excess []float64
}

// reference is what the peer answers of one run.
type reference struct {
	Inertia float64 `json:"inertia"`
	Seconds float64 `json:"seconds"`
}

// references are the peer's answers, kept in a file where it has a name, as they take most
// of the time and never change.
type references struct {
	path string
	of   map[string]reference
}

func openReferences(path string) (*references, error) {
	r := &references{path, map[string]reference{}}
	if path == "" {
		return r, nil
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	} else if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(data, &r.of); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

func (r *references) save() error {
	if r.path == "" {
		return nil
	}
	data, err := json.Marshal(r.of)
	if err != nil {
		return err
	}
	return os.WriteFile(r.path, data, 0o644)
}

// runQuality prints what quality finds.
func runQuality(ctx context.Context, folder, python, only, kept string, quick bool, progress func(string, ...any)) error {
	r, err := openReferences(kept)
	if err != nil {
		return err
	}
	p, err := startPeers(ctx, folder, python)
	if err != nil {
		return err
	}
	defer p.stop()
	lines, err := quality(ctx, p, only, quick, r, progress)
	if err != nil {
		return err
	}
	reportQuality(lines, p.versions)
	return nil
}

// quality compares the inertia of a default fit with that of ten restarts of scikit-learn,
// for each shape of data, size and seed, the rows being drawn anew for each seed.
func quality(ctx context.Context, p *peers, only string, quick bool, r *references, progress func(string, ...any)) (lines []qualityLine, err error) {
	for _, s := range shapes {
		if only != "" && !slices.Contains(strings.Split(only, ","), s.name) {
			continue
		}
		for _, at := range qualitySizes(quick) {
			l := qualityLine{Shape: s.name, Rows: at.n, Cols: at.d, K: at.k, Worst: math.Inf(-1)}
			for seed := range uint64(at.seeds) {
				if err := l.run(ctx, p, s, at, seed, r); err != nil {
					return nil, fmt.Errorf("%s, %d × %d, k %d, seed %d: %w", s.name, at.n, at.d, at.k, seed, err)
				}
			}
			l.sum()
			progress("%s", l)
			lines = append(lines, l)
			if err := r.save(); err != nil {
				return nil, err
			}
		}
	}
	return lines, nil
}

func (l *qualityLine) run(ctx context.Context, p *peers, s shape, at size, seed uint64, r *references) error {
	x := s.rows(random(seed), at.n, at.d, at.k)
	begin := processorTime()
	c, err := segment.KMeansPP{K: at.k, Seed: seed}.Fit(ctx, x)
	var few *segment.DistinctError
	if errors.As(err, &few) {
		return nil // nothing to compare: the peer warns and gives clusters twice
	} else if err != nil {
		return err
	}
	l.Ours += processorTime() - begin
	version, _, _ := strings.Cut(p.versions, ",") // that of scikit-learn
	key := fmt.Sprint(version, " ", s.name, at, seed)
	theirs, ok := r.of[key]
	if !ok {
		if err := p.load(x); err != nil {
			return err
		}
		a, err := p.ask(x, request{Peer: scikit, Job: "best", K: at.k, Threads: 1, Seed: seed})
		if err != nil {
			return err
		}
		theirs = reference{a.Inertia[0], a.Seconds}
		r.of[key] = theirs
	}
	l.Theirs += theirs.Seconds
	excess := 0.0
	if theirs.Inertia > 0 || c.Inertia() > 0 {
		excess = c.Inertia()/theirs.Inertia - 1
	}
	if l.excess = append(l.excess, excess); excess > l.Worst {
		l.Worst, l.Seed = excess, seed
	}
	return nil
}

// processorTime is what this process has taken, in seconds.
func processorTime() float64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// sum fills in what all runs say together.
func (l *qualityLine) sum() {
	if l.Runs = len(l.excess); l.Runs == 0 {
		return
	}
	above := 0
	for _, e := range l.excess {
		if e > qualityNear {
			above++
		}
	}
	n := float64(l.Runs)
	l.Above, l.Median = float64(above)/n, median(l.excess)
	l.Ours, l.Theirs = l.Ours/n, l.Theirs/n
}

func (l qualityLine) String() string {
	return fmt.Sprintf("| %s | %d × %d, k %d | %d | %.1f %% | %+.1e | %+.1e | %s | %s |",
		l.Shape, l.Rows, l.Cols, l.K, l.Runs, 100*l.Above, l.Worst, l.Median, seconds(l.Ours), seconds(l.Theirs))
}

// reportQuality prints a line for each shape and one for all, and reports whether the
// bounds hold.
func reportQuality(lines []qualityLine, versions string) {
	fmt.Printf("%s; %s; %s\n\n", machine(), versions, time.Now().Format(time.DateOnly))
	fmt.Println("| rows | size | runs | more than 1e-4 above | worst | median | ours, CPU | ten restarts, CPU |")
	fmt.Println("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
	groups := map[string]*qualityLine{}
	all := &qualityLine{Shape: "**all**", Worst: math.Inf(-1)}
	for _, l := range lines {
		g := groups[l.Shape]
		if g == nil {
			g = &qualityLine{Shape: l.Shape, Worst: math.Inf(-1)}
			groups[l.Shape] = g
		}
		for _, to := range []*qualityLine{g, all} {
			to.excess = append(to.excess, l.excess...)
			to.Worst = max(to.Worst, l.Worst)
			to.Ours, to.Theirs = to.Ours+l.Ours*float64(l.Runs), to.Theirs+l.Theirs*float64(l.Runs)
		}
	}
	for _, name := range append(slices.Sorted(maps.Keys(groups)), all.Shape) {
		g := groups[name]
		if g == nil {
			g = all
		}
		g.sum()
		fmt.Printf("| %s | all | %d | %.1f %% | %+.1e | %+.1e | %s | %s |\n", g.Shape, g.Runs, 100*g.Above, g.Worst, g.Median, seconds(g.Ours), seconds(g.Theirs))
	}
}
