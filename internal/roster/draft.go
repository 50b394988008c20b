package roster

import (
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/customer-personality/segmentation/internal/campaign"
	"github.com/customer-personality/segmentation/internal/snapshot"
	"github.com/customer-personality/segmentation/internal/web"
	"github.com/customer-personality/segmentation/segment/narrate"
)

// A Draft is a campaign list as its form describes it.
type Draft struct {
	Size    string // customers; empty for all who fit
	Holdout string // per cent
	Seed    string
	Rate    string // per cent who are thought to respond to the campaign
	Base    string // per cent who would without it; empty where that is not asked
	Columns []string
	Asked   bool // whether its figures are to be told
}

// ReadDraft reads a draft from an address, with defaults for what is not said.
func ReadDraft(w *snapshot.Snapshot, v url.Values) Draft {
	one := func(name, otherwise string) string {
		if !v.Has(name) {
			return otherwise
		}
		return web.CleanText(v.Get(name), 40)
	}
	d := Draft{Size: one("size", ""), Holdout: one("holdout", "10"), Seed: one("seed", "1"), Rate: one("rate", "5"), Base: one("base", ""), Asked: v.Has("size")}
	for _, name := range Columns(w) {
		if slices.Contains(v["columns"], name) {
			d.Columns = append(d.Columns, name)
		}
	}
	return d
}

// Choices are the columns that a list may have beside the id.
func (d Draft) Choices(w *snapshot.Snapshot, l *narrate.Language) []Choice {
	return choices(w, l, Columns(w), func(name string) bool { return slices.Contains(d.Columns, name) })
}

// Options returns how customers are to be drawn. Errors are [*Error].
func (d Draft) Options(readings func(string) []float64) (o campaign.Options, err error) {
	if d.Size != "" {
		n := readings(d.Size)
		if len(n) != 1 || n[0] != math.Trunc(n[0]) || n[0] < 1 || n[0] > math.MaxInt32 {
			return o, wrong("size", "segment.size.wrong", d.Size)
		}
		o.Size = int(n[0])
	}
	if d.Holdout != "" {
		if o.Holdout, err = percent("holdout", d.Holdout, campaign.MostHoldout, readings); err != nil {
			return o, err
		}
	}
	if o.Seed, err = strconv.ParseUint(strings.TrimSpace(d.Seed), 10, 53); err != nil {
		return o, wrong("seed", "segment.seed.wrong", d.Seed)
	}
	return o, nil
}

// percent reads a number of per cent, at most most.
func percent(field, text string, most float64, readings func(string) []float64) (float64, error) {
	v := readings(strings.TrimSpace(strings.TrimSuffix(text, "%")))
	if len(v) != 1 || !(v[0] >= 0 && v[0] <= most) {
		return 0, wrong(field, "segment.percent.wrong", text, most)
	}
	return v[0], nil
}

// An Effect is what a draft comes to, and what difference its hold-out group can show; shares
// are from 0 to 1.
type Effect struct {
	Campaign, Holdout int
	LeftOut           int     // rows without an id, or whose id came before
	Rate, Least       float64 // the share in the campaign, and the greatest one of the hold-out group that is told from it
	Shows             bool    // whether there is such a one
	Base              float64 // the share that the hold-out group is thought to have; 0 where none is asked
	Needed            int     // customers of the hold-out group to tell Base from Rate
	Enough            bool    // whether half of the customers would do
	Asked             bool    // whether Base is
}

// NeededShare is Needed as a share of the list.
func (e Effect) NeededShare() float64 { return float64(e.Needed) / float64(e.Campaign+e.Holdout) }

// EffectOf returns what a sample comes to. Errors are [*Error].
func (d Draft) EffectOf(s campaign.Sample, readings func(string) []float64) (e Effect, err error) {
	e = Effect{Campaign: len(s.Campaign), Holdout: len(s.Holdout), LeftOut: s.LeftOut, Asked: d.Base != ""}
	rate, err := percent("rate", d.Rate, 100, readings)
	if err != nil {
		return e, err
	}
	e.Rate = rate / 100
	e.Least, e.Shows = campaign.Detectable(e.Rate, e.Campaign, e.Holdout)
	e.Least = math.Floor(e.Least*1000) / 1000 // more than what is said would be told, not less
	if !e.Asked {
		return e, nil
	}
	base, err := percent("base", d.Base, 100, readings)
	if err != nil {
		return e, err
	}
	if base == rate {
		return e, wrong("base", "segment.base.same")
	}
	e.Base = base / 100
	e.Needed, e.Enough = campaign.HoldoutSize(e.Rate, e.Base, e.Campaign+e.Holdout)
	return e, nil
}
