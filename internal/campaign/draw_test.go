package campaign

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"
)

func idsOf(n int) (ids []string) {
	for i := range n {
		ids = append(ids, fmt.Sprintf("%05d", i))
	}
	return ids
}

func draw(t *testing.T, ids []string, o Options) Sample {
	t.Helper()
	s, err := Draw(t.Context(), ids, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// names are the ids at positions.
func names(ids []string, at []int) (out []string) {
	for _, i := range at {
		out = append(out, ids[i])
	}
	slices.Sort(out)
	return out
}

// Whoever is drawn is in one group alone; each stratum gives its share.
func TestDraw(t *testing.T) {
	ids := idsOf(1000)
	strata := make([]int, len(ids))
	for i := range strata {
		strata[i] = min(i/600, 1) + i/900 // of 600, 300 and 100
	}
	for _, o := range []Options{{}, {Size: 10}, {Size: 400, Holdout: 5, Seed: 7}, {Holdout: 10, Strata: strata}, {Size: 333, Holdout: 33.3, Strata: strata}, {Holdout: 50}} {
		s := draw(t, ids, o)
		size := o.Size
		if size == 0 {
			size = len(ids)
		}
		all := slices.Concat(s.Campaign, s.Holdout)
		slices.Sort(all)
		if len(all) != size || len(slices.Compact(slices.Clone(all))) != size || !slices.IsSorted(s.Campaign) || !slices.IsSorted(s.Holdout) {
			t.Errorf("%+v: %d and %d are drawn", o, len(s.Campaign), len(s.Holdout))
		}
		if want := int(math.Round(float64(size) * o.Holdout / 100)); len(s.Holdout) != want {
			t.Errorf("%+v: %d are held out, want %d", o, len(s.Holdout), want)
		}
		of, out := map[int]int{}, map[int]int{}
		for _, i := range all {
			of[strata[i]]++
		}
		for _, i := range s.Holdout {
			out[strata[i]]++
		}
		for at, n := range of {
			if share := float64(n*len(s.Holdout)) / float64(size); o.Strata != nil && math.Abs(float64(out[at])-share) >= 1 {
				t.Errorf("%+v: of stratum %d %d are held out, and its share is %.1f", o, at, out[at], share)
			}
		}
	}
}

// The same seed draws the same customers, in whatever order and whoever else has gone;
// another seed draws others.
func TestDrawIsReproducible(t *testing.T) {
	ids := idsOf(2000)
	o := Options{Size: 200, Holdout: 20, Seed: 42}
	first := draw(t, ids, o)
	turned := slices.Clone(ids)
	slices.Reverse(turned)
	again := draw(t, turned, o)
	if !slices.Equal(names(ids, first.Campaign), names(turned, again.Campaign)) || !slices.Equal(names(ids, first.Holdout), names(turned, again.Holdout)) {
		t.Error("the order of the customers matters")
	}
	rest := slices.Delete(slices.Clone(ids), first.Campaign[0], first.Campaign[0]+1)
	fewer := draw(t, rest, Options{Size: 199, Seed: 42})
	want := names(ids, append(first.Campaign[1:], first.Holdout...))
	if !slices.Equal(names(rest, fewer.Campaign), want) {
		t.Error("a customer who has gone changes who else is drawn")
	}
	o.Seed++
	other := draw(t, ids, o)
	if slices.Equal(names(ids, other.Campaign), names(ids, again.Campaign)) {
		t.Error("another seed draws the same customers")
	}
	// Those of the hashes of "sample 1 00000" and so on by hashlib of Python.
	if got := names(ids, draw(t, ids, Options{Size: 3, Seed: 1}).Campaign); !slices.Equal(got, []string{"00010", "01262", "01931"}) {
		t.Errorf("the seed 1 draws %v", got)
	}
}

// Every customer is drawn as often as every other: the counts over many seeds are within
// what chance does.
func TestDrawIsFair(t *testing.T) {
	ids := idsOf(50)
	drawn, held := make([]float64, len(ids)), make([]float64, len(ids))
	const seeds = 2000
	for seed := range seeds {
		s := draw(t, ids, Options{Size: 20, Holdout: 50, Seed: uint64(seed)})
		for _, i := range s.Campaign {
			drawn[i]++
		}
		for _, i := range s.Holdout {
			drawn[i]++
			held[i]++
		}
	}
	for _, c := range []struct {
		counts []float64
		p      float64
	}{{drawn, 0.4}, {held, 0.2}} {
		chi := 0.0
		for _, n := range c.counts {
			chi += (n - c.p*seeds) * (n - c.p*seeds) / (seeds * c.p * (1 - c.p))
		}
		// About 49 degrees of freedom: 49 ± 4 deviations of √98.
		if chi < 49-4*math.Sqrt(98) || chi > 49+4*math.Sqrt(98) {
			t.Errorf("the counts of who is drawn with %v are spread by %.1f", c.p, chi)
		}
	}
}

// An id that comes twice is one customer, and who has none is nobody.
func TestDrawRepeated(t *testing.T) {
	ids := append(append(idsOf(10), "", ""), idsOf(4)...)
	if s := draw(t, ids, Options{}); s.LeftOut != 6 || len(s.Campaign) != 10 {
		t.Errorf("it is %+v", s)
	}
	if _, err := Draw(t.Context(), ids, Options{Size: 11}); !errors.Is(err, ErrSize) {
		t.Error(err)
	}
}

func TestDrawRefuses(t *testing.T) {
	ids := idsOf(10)
	for _, c := range []struct {
		o    Options
		want error
	}{{Options{Size: 11}, ErrSize}, {Options{Size: -1}, ErrSize}, {Options{Holdout: -1}, ErrHoldout}, {Options{Holdout: 51}, ErrHoldout}, {Options{Holdout: 4}, ErrHoldout}, {Options{Holdout: math.NaN()}, ErrHoldout}} {
		if _, err := Draw(t.Context(), ids, c.o); !errors.Is(err, c.want) {
			t.Errorf("%+v: %v", c.o, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Draw(ctx, ids, Options{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := Draw(t.Context(), nil, Options{}); !errors.Is(err, ErrEmpty) {
		t.Error(err)
	}
}
