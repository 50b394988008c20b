package segment

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func ones(n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = 1
	}
	return out
}

func TestTiers(t *testing.T) {
	for _, test := range []struct {
		name   string
		scores []float64
		sizes  []float64
		names  []string
		want   string // tiers by rank
		order  []int  // clusters by rank
	}{
		{"four", []float64{-1, 2, 0, 1}, ones(4), nil, "Platinum Gold Silver Bronze", []int{1, 3, 2, 0}},
		{"three", []float64{0, 1, 2}, ones(3), nil, "Platinum Gold Bronze", []int{2, 1, 0}},
		{"two", []float64{0, 1}, ones(2), nil, "Platinum Bronze", []int{1, 0}},
		{"one", []float64{0}, ones(1), nil, "Platinum", []int{0}},
		{"five, two close", []float64{5, 3, 2.9, 1, 0}, ones(5), nil, "Platinum Gold Gold Silver Bronze", []int{0, 1, 2, 3, 4}},
		// Unweighted, 2 would join 1; the ten thousand there weigh more.
		{"five, by size", []float64{5, 3.2, 2, 1, 0}, []float64{1, 1, 1, 1e4, 1e4}, nil, "Platinum Gold Gold Silver Bronze", []int{0, 1, 2, 3, 4}},
		{"equal scores", []float64{1, 1, 1, 1}, ones(4), nil, "Platinum Gold Silver Bronze", []int{0, 1, 2, 3}},
		{"own names", []float64{3, 2, 1}, ones(3), []string{"A", "B"}, "A B B", []int{0, 1, 2}},
		{"one name", []float64{3, 2, 1}, ones(3), []string{"all"}, "all all all", []int{0, 1, 2}},
	} {
		got, err := Tiers(test.scores, test.sizes, TierOptions{Names: test.names})
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		var names []string
		var order []int
		for i, tier := range got {
			names, order = append(names, tier.Name), append(order, tier.Cluster)
			if tier.Rank != i || tier.Score != test.scores[tier.Cluster] || tier.Size != test.sizes[tier.Cluster] {
				t.Errorf("%s: line %d is %+v", test.name, i, tier)
			}
		}
		if strings.Join(names, " ") != test.want || !slices.Equal(order, test.order) {
			t.Errorf("%s: %v of clusters %v, want %s of %v", test.name, names, order, test.want, test.order)
		}
	}
}

// TestTiersSplitIsTheBest tries every way of cutting.
func TestTiersSplitIsTheBest(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for range 200 {
		k := 5 + rng.IntN(5)
		scores, sizes := make([]float64, k), make([]float64, k)
		for i := range scores {
			scores[i], sizes[i] = rng.NormFloat64(), float64(1+rng.IntN(500))
		}
		got, err := Tiers(scores, sizes, TierOptions{})
		if err != nil {
			t.Fatal(err)
		}
		cost := func(cuts [5]int) (sum float64) {
			for r := range 4 {
				var w, mean float64
				for _, tier := range got[cuts[r]:cuts[r+1]] {
					w, mean = w+tier.Size, mean+tier.Size*tier.Score
				}
				for _, tier := range got[cuts[r]:cuts[r+1]] {
					sum += tier.Size * (tier.Score - mean/w) * (tier.Score - mean/w)
				}
			}
			return sum
		}
		least := math.Inf(1)
		for a := 1; a < k; a++ {
			for b := a + 1; b < k; b++ {
				for c := b + 1; c < k; c++ {
					least = min(least, cost([5]int{0, a, b, c, k}))
				}
			}
		}
		cuts, r := [5]int{4: k}, 0
		for i := 1; i < k; i++ {
			if got[i].Name != got[i-1].Name {
				r++
				cuts[r] = i
			}
		}
		if r != 3 || !closeTo(cost(cuts), least, 1e-12) {
			t.Fatalf("scores %v, sizes %v: cost %v in %d runs, the best is %v", scores, sizes, cost(cuts), r+1, least)
		}
	}
}

func TestTiersRefuses(t *testing.T) {
	for _, test := range []struct {
		scores, sizes []float64
		names         []string
		is            error
		says          string
	}{
		{nil, nil, nil, ErrEmpty, "no cluster"},
		{[]float64{1, 2}, ones(1), nil, ErrWidth, "1 sizes for 2 scores"},
		{[]float64{1, math.NaN()}, ones(2), nil, ErrNotFinite, "cluster 1 is NaN"},
		{[]float64{1, 2}, []float64{1, 0}, nil, ErrOption, "size of cluster 1 is 0"},
		{[]float64{1}, ones(1), []string{"A", "A"}, ErrOption, `name 1 is "A"`},
		{[]float64{1}, ones(1), []string{""}, ErrOption, `name 0 is ""`},
	} {
		_, err := Tiers(test.scores, test.sizes, TierOptions{Names: test.names})
		if !errors.Is(err, test.is) || !strings.Contains(err.Error(), test.says) {
			t.Errorf("error %v, want %v with %q", err, test.is, test.says)
		}
	}
}
