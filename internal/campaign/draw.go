// Package campaign draws whom a campaign is sent to, beside a hold-out group who do not
// get it, so that its effect can be measured.
package campaign

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/customer-personality/segmentation/internal/cause"
)

// What cannot be drawn.
var (
	ErrEmpty   = errors.New("there are no customers to draw from")
	ErrSize    = errors.New("there are fewer customers than are to be drawn")
	ErrHoldout = errors.New("the hold-out group would be nobody, or more than half")
)

// MostHoldout is the greatest hold-out group, in per cent.
const MostHoldout = 50

// Options say how customers are drawn. The zero value takes all of them, with nobody
// held out.
type Options struct {
	Size    int     // how many are drawn; default all
	Holdout float64 // per cent of them who are held out, at most MostHoldout
	Seed    uint64  // the same one draws the same customers
	// Strata are the groups of customers, by position, of which each gives its share to
	// the hold-out group; default one group.
	Strata []int
}

// A Sample is the customers who were drawn, by their positions, ascending.
type Sample struct {
	Campaign, Holdout []int
	// LeftOut counts the customers who have no id, or one that had come before.
	LeftOut int
}

// Draw draws customers by their ids, each at most once. Every id has a random number of
// its own, made of the seed and the id, and those with the least ones are drawn: the
// order of the customers does not matter, and who comes or goes changes nothing for the
// others (permanent random numbers: Ohlsson 1995, Coordination of samples using permanent
// random numbers, in Business Survey Methods, Wiley, ch. 9,
// doi:10.1002/9781118150504.ch9). The hold-out group is drawn by further numbers;
// Holdout per cent of Size, rounded, are shared out among the strata in proportion to
// those drawn of each, by largest remainders.
//
// Errors: [ErrEmpty] without ids, [ErrSize] for a Size below 0 or above the number of different ids, [ErrHoldout]
// for a share of customers that is nobody or above MostHoldout, that of ctx.
func Draw(ctx context.Context, ids []string, o Options) (s Sample, err error) {
	all, err := different(ctx, ids)
	if err != nil {
		return s, err
	}
	s.LeftOut = len(ids) - len(all)
	if len(all) == 0 {
		return s, ErrEmpty
	}
	size := cmp.Or(o.Size, len(all))
	if size < 0 || size > len(all) {
		return s, fmt.Errorf("%w: %d of %d", ErrSize, o.Size, len(all))
	}
	held := int(math.Round(float64(size) * o.Holdout / 100))
	if !(o.Holdout >= 0 && o.Holdout <= MostHoldout) || o.Holdout > 0 && held == 0 {
		return s, fmt.Errorf("%w: %g %% of %d", ErrHoldout, o.Holdout, size)
	}
	if all, err = least(ctx, ids, all, size, "sample", o.Seed); err != nil {
		return s, err
	}
	strata := map[int][]int{}
	for _, i := range all {
		at := 0
		if i < len(o.Strata) {
			at = o.Strata[i]
		}
		strata[at] = append(strata[at], i)
	}
	for at, n := range shares(strata, held, size) {
		out, err := least(ctx, ids, strata[at], n, "hold-out", o.Seed)
		if err != nil {
			return s, err
		}
		s.Holdout = append(s.Holdout, out...)
	}
	slices.Sort(s.Holdout)
	for _, i := range all {
		if _, out := slices.BinarySearch(s.Holdout, i); !out {
			s.Campaign = append(s.Campaign, i)
		}
	}
	return s, nil
}

// different returns the positions of ids at which each comes first, but of the empty one.
func different(ctx context.Context, ids []string) ([]int, error) {
	seen := make(map[string]bool, len(ids))
	out := make([]int, 0, len(ids))
	for i, id := range ids {
		if i%4096 == 0 {
			if err := cause.Of(ctx); err != nil {
				return nil, err
			}
		}
		if id != "" && !seen[id] {
			seen[id] = true
			out = append(out, i)
		}
	}
	return out, nil
}

// least returns the n positions whose ids have the least random numbers, ascending.
func least(ctx context.Context, ids []string, of []int, n int, purpose string, seed uint64) ([]int, error) {
	if n == len(of) {
		return of, nil
	}
	type numbered struct {
		number uint64
		at     int
	}
	list := make([]numbered, len(of))
	for k, i := range of {
		if k%4096 == 0 {
			if err := cause.Of(ctx); err != nil {
				return nil, err
			}
		}
		sum := sha256.Sum256(fmt.Appendf(nil, "%s %d %s", purpose, seed, ids[i]))
		list[k] = numbered{binary.BigEndian.Uint64(sum[:]), i}
	}
	slices.SortFunc(list, func(a, b numbered) int {
		return cmp.Or(cmp.Compare(a.number, b.number), cmp.Compare(ids[a.at], ids[b.at]))
	})
	out := make([]int, n)
	for k := range out {
		out[k] = list[k].at
	}
	slices.Sort(out)
	return out, nil
}

// shares parts n among strata of size members in all, in proportion to their members, by
// largest remainders.
func shares(strata map[int][]int, n, size int) map[int]int {
	type rest struct{ remainder, at int }
	out, rests := map[int]int{}, []rest{}
	left := n
	for at, members := range strata {
		out[at] = len(members) * n / size
		left -= out[at]
		rests = append(rests, rest{len(members) * n % size, at})
	}
	slices.SortFunc(rests, func(a, b rest) int {
		return cmp.Or(cmp.Compare(b.remainder, a.remainder), cmp.Compare(a.at, b.at))
	})
	for _, r := range rests[:left] {
		out[r.at]++
	}
	return out
}
