package report

import (
	"cmp"
	"math"
	"slices"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment/insight"
)

// Advice is what to do about a segment, and the figures that it follows from.
type Advice struct {
	Do      string
	Because string
	// Weight is how strongly the figures speak for it, on the scale of effect
	// sizes: 0.2 is small, 0.5 medium, 0.8 large.
	Weight float64
}

// The rules' thresholds.
const (
	small      = 0.2  // effect size from which on a difference counts (Cohen 1988)
	worthMore  = 1.5  // share of revenue by share of customers: worth guarding
	worthLess  = 0.5  // the same: to be served at low cost
	roomToGrow = 0.25 // income above spending, in standard deviations
	lift       = 1.25 // of a product's share in what a segment spends
	campaign   = 0.1  // least acceptance of a campaign worth repeating
	campaignUp = 1.5  // and by how much above everybody
	deaf       = 0.5  // acceptance by that of everybody: not worth the contact
	complaints = 2.0  // the same for complaints
	most       = 4    // pieces of advice for a segment
)

// Rules are the conditions of each kind of advice in words, in the order of advice.
var Rules = []string{
	"Keep: the share of the revenue is at least 1.5 times the share of the customers.",
	"Serve at low cost: it is at most half of it.",
	"Room to grow: income lies at least 0.25 standard deviations higher among everybody's incomes than spending does among everybody's spendings.",
	"The next step: the product on which the tier above spends most more, where that is at least twice as much.",
	"Turn visits into orders: visits of the web site are at least 0.2 standard deviations above everybody's, and purchases (web, catalogue and store) at least 0.2 below.",
	"Channel: the one whose purchases lie farthest above everybody's, by at least 0.2 standard deviations.",
	"Discounts: purchases at a discount lie at least 0.2 standard deviations above or below everybody's.",
	"Repeat a campaign: at least 10 % accepted it, and at least 1.5 times as many as of everybody. Spare the contact: no campaign reaches half of everybody's acceptance.",
	"Lead with a product: its share in what the segment spends is at least 1.25 times everybody's.",
	"Win back: the last purchase lies at least 0.2 standard deviations longer ago. Welcome: they have been customers at least 0.2 less long.",
	"Complaints: at least 2 %, and twice everybody's share.",
}

// figures are what the advice for one segment is drawn from.
type figures struct {
	group, all insight.Group
	better     *insight.Group // the tier above; nil for the best
	features.Subjects
	said []Advice
}

// say adds a piece of advice.
func (f *figures) say(weight float64, do, because string, args ...any) {
	f.said = append(f.said, Advice{do, printer.Sprintf(because, args...), weight})
}

func (f *figures) mean(column string) (group, all float64) {
	g, _ := f.group.Column(column)
	a, _ := f.all.Column(column)
	return g.Mean, a.Mean
}

// effect returns the difference from everybody in standard deviations; 0 where it is not known.
func (f *figures) effect(column string) float64 {
	s, ok := f.group.Column(column)
	if !ok || math.IsNaN(s.Difference) {
		return 0
	}
	return s.Difference
}

// rules are all but the first: what the segment's worth asks for.
var rules = []func(*figures){
	(*figures).grow, (*figures).step, (*figures).visits, (*figures).channel, (*figures).discounts, (*figures).campaigns, (*figures).product, (*figures).time, (*figures).complain,
}

// advice applies the rules: first what the segment's worth asks for, then the
// strongest of the others.
func (f *figures) advice() []Advice {
	f.worth()
	first := len(f.said)
	for _, rule := range rules {
		rule(f)
	}
	slices.SortStableFunc(f.said[first:], func(a, b Advice) int { return cmp.Compare(b.Weight, a.Weight) })
	return f.said[:min(most, len(f.said))]
}

func (f *figures) worth() {
	g := f.group
	ratio := g.RevenueShare / g.Share
	if !(ratio > 0) || g.Count == f.all.Count {
		return
	}
	do := printer.Sprintf("Keep them. Losing one costs %.1f times as much as losing an average customer: give them care before discounts.", ratio)
	if ratio <= worthLess {
		do = printer.Sprintf("Serve them at low cost. One brings %s of what an average customer does.", percent(ratio))
	}
	if ratio >= worthMore || ratio <= worthLess {
		f.say(math.Abs(math.Log2(ratio)), do, "%s of the customers, %s of the revenue; %s a head, and everybody %s.",
			percent(g.Share), percent(g.RevenueShare), number(g.Revenue/float64(g.Count), 1000), number(f.all.Revenue/float64(f.all.Count), 1000))
	}
}

func (f *figures) grow() {
	income, spent := f.effect(f.Income), f.effect(f.Revenue)
	if f.Income == "" || f.Revenue == "" || income-spent < roomToGrow {
		return
	}
	i, ia := f.mean(f.Income)
	s, sa := f.mean(f.Revenue)
	f.say(income-spent, "There is room to grow: they could spend more here than they do.",
		"Their income is %s of the average, their spending %s of it.", percent(i/ia), percent(s/sa))
}

// greatest returns the first column with the greatest score above one; nil for none.
func greatest(columns []features.Named, above float64, score func(column string) float64) (best *features.Named, most float64) {
	most = above
	for i, c := range columns {
		if v := score(c.Column); v > most {
			best, most = &columns[i], v
		}
	}
	return best, most
}

func (f *figures) step() {
	if f.better == nil {
		return
	}
	p, gap := greatest(f.Products, 0, func(column string) float64 {
		mine, _ := f.group.Column(column)
		theirs, _ := f.better.Column(column)
		if theirs.Mean < 2*mine.Mean {
			return 0
		}
		return theirs.Mean - mine.Mean
	})
	if p == nil {
		return
	}
	mine, _ := f.group.Column(p.Column)
	theirs, _ := f.better.Column(p.Column)
	all, _ := f.all.Column(p.Column)
	f.say(gap/all.SD*0.5, "The step up to "+f.better.Name+" leads over "+p.Name+".",
		"They spend %s on it, %s spends %s: the largest difference among the products.", number(mine.Mean, 1000), f.better.Name, number(theirs.Mean, 1000))
}

func (f *figures) visits() {
	up := f.effect(f.Visits)
	if up < small || len(f.Channels) == 0 {
		return
	}
	bought, everybody, down := 0.0, 0.0, math.Inf(-1)
	for _, c := range f.Channels {
		g, a := f.mean(c.Column)
		bought, everybody = bought+g, everybody+a
		down = max(down, f.effect(c.Column))
	}
	if down > -small {
		return
	}
	v, va := f.mean(f.Visits)
	f.say(up-down, "Turn visits into orders: make the offer on the web site, while they are there.",
		"They come to the web site %.1f times a month (everybody %.1f) and buy %.1f times in %s (everybody %.1f).", v, va, bought, f.Period, everybody)
}

func (f *figures) channel() {
	if c, e := greatest(f.Channels, math.Inf(-1), f.effect); e >= small {
		g, a := f.mean(c.Column)
		f.say(e, c.Do, "%.1f purchases there, and everybody %.1f.", g, a)
	}
}

func (f *figures) discounts() {
	e := f.effect(f.Discounts)
	g, a := f.mean(f.Discounts)
	do := "Use discounts here: they take them more often than others do."
	if e < 0 {
		do = "Save the discounts: they buy without them."
	}
	if e = math.Abs(e); e >= small {
		f.say(e, do, "%.1f purchases at a discount, and everybody %.1f.", g, a)
	}
}

func (f *figures) campaigns() {
	known := slices.DeleteFunc(slices.Clone(f.Offers), func(o features.Named) bool { _, a := f.mean(o.Column); return !(a > 0) })
	best, accepted := greatest(known, 0, func(column string) float64 {
		g, a := f.mean(column)
		if g < campaign || g < campaignUp*a {
			return 0
		}
		return g
	})
	if best != nil {
		_, a := f.mean(best.Column)
		f.say(f.effect(best.Column), "Repeat offers such as "+best.Name+".", "%s accepted it, and %s of everybody.", percent(accepted), percent(a))
		return
	}
	heard := func(o features.Named) bool { g, a := f.mean(o.Column); return g >= deaf*a }
	if len(known) == 0 || slices.ContainsFunc(known, heard) {
		return
	}
	top, everybody := 0.0, 0.0
	for _, o := range f.Offers {
		if g, a := f.mean(o.Column); g >= top {
			top, everybody = g, a
		}
	}
	f.say(0.4, "Spare the cost of contacting them for offers such as these campaigns.", "At most %s accepted one; of everybody, %s did.", percent(top), percent(everybody))
}

func (f *figures) product() {
	spent, everybody := f.mean(f.Revenue)
	if !(spent > 0 && everybody > 0) {
		return
	}
	p, up := greatest(f.Products, 0, func(column string) float64 {
		g, a := f.mean(column)
		return (g / spent) / (a / everybody)
	})
	if p == nil || up < lift {
		return
	}
	g, a := f.mean(p.Column)
	f.say(2*(math.Asin(math.Sqrt(g/spent))-math.Asin(math.Sqrt(a/everybody))), "Lead with "+p.Name+".",
		"%s of what they spend, and %s of what everybody does.", percent(g/spent), percent(a/everybody))
}

func (f *figures) time() {
	if e := f.effect(f.Recency); e >= small {
		g, a := f.mean(f.Recency)
		f.say(e, "Win them back before they are gone.", "The last purchase is %.0f days ago, and %.0f of everybody.", g, a)
	}
	if e := f.effect(f.Tenure); e <= -small {
		g, a := f.mean(f.Tenure)
		f.say(-e, "Welcome them: they are new.", "They have been customers for %.0f months, everybody for %.0f.", g, a)
	}
}

func (f *figures) complain() {
	if g, a := f.mean(f.Complaints); g >= 0.02 && g >= complaints*a {
		f.say(0.6, "Look into their complaints first.", "%s complained in the last %s, and %s of everybody.", percent(g), f.Period, percent(a))
	}
}
