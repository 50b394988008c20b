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
}

func (f figures) mean(column string) (group, all float64) {
	g, _ := f.group.Column(column)
	a, _ := f.all.Column(column)
	return g.Mean, a.Mean
}

// effect returns the difference from everybody in standard deviations; 0 where it is not known.
func (f figures) effect(column string) float64 {
	s, ok := f.group.Column(column)
	if !ok || math.IsNaN(s.Difference) {
		return 0
	}
	return s.Difference
}

// advice applies the rules: first what the segment's worth asks for, then the
// strongest of the others.
func (f figures) advice() []Advice {
	rest := slices.Concat(f.grow(), f.step(), f.visits(), f.channel(), f.discounts(), f.campaigns(), f.product(), f.time(), f.complaints())
	slices.SortStableFunc(rest, func(a, b Advice) int { return cmp.Compare(b.Weight, a.Weight) })
	all := slices.Concat(f.worth(), rest)
	return all[:min(most, len(all))]
}

func (f figures) worth() []Advice {
	g := f.group
	ratio := g.RevenueShare / g.Share
	if !(ratio > 0) || g.Count == f.all.Count {
		return nil
	}
	because := printer.Sprintf("%s of the customers, %s of the revenue; %s a head, and everybody %s.",
		percent(g.Share), percent(g.RevenueShare), number(g.Revenue/float64(g.Count), 1000), number(f.all.Revenue/float64(f.all.Count), 1000))
	switch {
	case ratio >= worthMore:
		return []Advice{{"Keep them. Losing one costs " + printer.Sprintf("%.1f", ratio) + " times as much as losing an average customer: give them care before discounts.", because, math.Log2(ratio)}}
	case ratio <= worthLess:
		return []Advice{{printer.Sprintf("Serve them at low cost. One brings %s of what an average customer does.", percent(ratio)), because, -math.Log2(ratio)}}
	}
	return nil
}

func (f figures) grow() []Advice {
	income, spent := f.effect(f.Income), f.effect(f.Revenue)
	if income-spent < roomToGrow {
		return nil
	}
	i, ia := f.mean(f.Income)
	s, sa := f.mean(f.Revenue)
	return []Advice{{"There is room to grow: they could spend more here than they do.",
		printer.Sprintf("Their income is %s of the average, their spending %s of it.", percent(i/ia), percent(s/sa)), income - spent}}
}

func (f figures) step() []Advice {
	if f.better == nil {
		return nil
	}
	best, gap := -1, 0.0
	for i, p := range f.Products {
		mine, _ := f.group.Column(p.Column)
		theirs, _ := f.better.Column(p.Column)
		if d := theirs.Mean - mine.Mean; d > gap && theirs.Mean >= 2*mine.Mean {
			best, gap = i, d
		}
	}
	if best < 0 {
		return nil
	}
	p := f.Products[best]
	mine, _ := f.group.Column(p.Column)
	theirs, _ := f.better.Column(p.Column)
	all, _ := f.all.Column(p.Column)
	return []Advice{{"The step up to " + f.better.Name + " leads over " + p.Name + ".",
		printer.Sprintf("They spend %s on it, %s spends %s: the largest difference among the products.", number(mine.Mean, 1000), f.better.Name, number(theirs.Mean, 1000)), gap / all.SD * 0.5}}
}

func (f figures) visits() []Advice {
	up := f.effect(f.Visits)
	if up < small || len(f.Channels) == 0 {
		return nil
	}
	bought, everybody, down := 0.0, 0.0, math.Inf(-1)
	for _, c := range f.Channels {
		g, a := f.mean(c.Column)
		bought, everybody = bought+g, everybody+a
		down = max(down, f.effect(c.Column))
	}
	if down > -small {
		return nil
	}
	v, va := f.mean(f.Visits)
	return []Advice{{"Turn visits into orders: make the offer on the web site, while they are there.",
		printer.Sprintf("They come to the web site %.1f times a month (everybody %.1f) and buy %.1f times in %s (everybody %.1f).", v, va, bought, f.Period, everybody), up - down}}
}

func (f figures) channel() []Advice {
	if len(f.Channels) == 0 {
		return nil
	}
	best := 0
	for i, c := range f.Channels {
		if f.effect(c.Column) > f.effect(f.Channels[best].Column) {
			best = i
		}
	}
	c := f.Channels[best]
	e := f.effect(c.Column)
	if e < small {
		return nil
	}
	g, a := f.mean(c.Column)
	return []Advice{{c.Do, printer.Sprintf("%.1f purchases there, and everybody %.1f.", g, a), e}}
}

func (f figures) discounts() []Advice {
	e := f.effect(f.Discounts)
	g, a := f.mean(f.Discounts)
	because := printer.Sprintf("%.1f purchases at a discount, and everybody %.1f.", g, a)
	switch {
	case e >= small:
		return []Advice{{"Use discounts here: they take them more often than others do.", because, e}}
	case e <= -small:
		return []Advice{{"Save the discounts: they buy without them.", because, -e}}
	}
	return nil
}

func (f figures) campaigns() []Advice {
	best, known, heard := -1, 0, 0
	for i, o := range f.Offers {
		g, a := f.mean(o.Column)
		if !(a > 0) {
			continue
		}
		known++
		if g >= deaf*a {
			heard++
		}
		b := 0.0
		if best >= 0 {
			b, _ = f.mean(f.Offers[best].Column)
		}
		if g >= campaign && g >= campaignUp*a && g > b {
			best = i
		}
	}
	switch {
	case best >= 0:
		o := f.Offers[best]
		g, a := f.mean(o.Column)
		return []Advice{{"Repeat offers such as " + o.Name + ".", printer.Sprintf("%s accepted it, and %s of everybody.", percent(g), percent(a)), f.effect(o.Column)}}
	case known > 0 && heard == 0:
		top, everybody := 0.0, 0.0
		for _, o := range f.Offers {
			if g, a := f.mean(o.Column); g >= top {
				top, everybody = g, a
			}
		}
		return []Advice{{"Spare the cost of contacting them for offers such as these campaigns.",
			printer.Sprintf("At most %s accepted one; of everybody, %s did.", percent(top), percent(everybody)), 0.4}}
	}
	return nil
}

func (f figures) product() []Advice {
	spent, everybody := f.mean(f.Revenue)
	if !(spent > 0 && everybody > 0) {
		return nil
	}
	best, up := -1, lift
	for i, p := range f.Products {
		g, a := f.mean(p.Column)
		if r := (g / spent) / (a / everybody); r >= up {
			best, up = i, r
		}
	}
	if best < 0 {
		return nil
	}
	p := f.Products[best]
	g, a := f.mean(p.Column)
	return []Advice{{"Lead with " + p.Name + ".", printer.Sprintf("%s of what they spend, and %s of what everybody does.", percent(g/spent), percent(a/everybody)),
		2 * (math.Asin(math.Sqrt(g/spent)) - math.Asin(math.Sqrt(a/everybody)))}}
}

func (f figures) time() []Advice {
	var out []Advice
	if e := f.effect(f.Recency); e >= small {
		g, a := f.mean(f.Recency)
		out = append(out, Advice{"Win them back before they are gone.", printer.Sprintf("The last purchase is %.0f days ago, and %.0f of everybody.", g, a), e})
	}
	if e := f.effect(f.Tenure); e <= -small {
		g, a := f.mean(f.Tenure)
		out = append(out, Advice{"Welcome them: they are new.", printer.Sprintf("They have been customers for %.0f months, everybody for %.0f.", g, a), -e})
	}
	return out
}

func (f figures) complaints() []Advice {
	g, a := f.mean(f.Complaints)
	if !(g >= 0.02 && g >= complaints*a) {
		return nil
	}
	return []Advice{{"Look into their complaints first.", printer.Sprintf("%s complained in the last %s, and %s of everybody.", percent(g), f.Period, percent(a)), 0.6}}
}
