package plots

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
)

// Waterfall returns why a customer is in its segment and not in the next nearest:
// the steps are what each column adds to the difference d²(against) − d²(segment)
// of the squared distances to the two centres, above 0 where the column speaks for
// the segment, the largest first, with the customer's own value as their text.
func Waterfall(segment, against Group, columns []Step) Steps {
	if segment.Color == against.Color {
		segment.Color, against.Color = Color{}, Color{}
	}
	groups := resolve([]Group{segment, against})
	s := Steps{
		Heading: Heading{fmt.Sprintf("Why %s and not %s?", segment.Name, against.Name),
			"What each column adds to the difference of the squared distances to the two centres."},
		Legend: []Group{{"speaks for " + segment.Name, groups[0].Color}, {"for " + against.Name, groups[1].Color}},
		Steps:  slices.Clone(columns), Sum: Step{Name: "Sum", Color: ink},
	}
	for i, step := range s.Steps {
		s.Sum.Value += step.Value
		if s.Steps[i].Color = groups[0].Color; step.Value < 0 {
			s.Steps[i].Color = groups[1].Color
		}
	}
	slices.SortStableFunc(s.Steps, func(a, b Step) int { return cmp.Compare(math.Abs(b.Value), math.Abs(a.Value)) })
	return s
}

// WaterfallOf returns the steps of an explanation of a model, with its tiers and units.
func WaterfallOf(m *segment.Model, e *insight.Explanation) Steps {
	if m == nil || e == nil {
		return Steps{}
	}
	groups := clusterGroups(m)
	if e.Cluster < 0 || e.Cluster >= len(groups) || e.Next < 0 || e.Next >= len(groups) {
		return Steps{} // one cluster alone has no next; refused by Figure
	}
	var columns []Step
	for _, c := range e.Contributions {
		text := value(c.At)
		if unit := m.Unit(c.Column); unit != "" {
			text += " " + unit
		}
		if c.Imputed {
			text = "missing"
		}
		columns = append(columns, Step{Name: c.Column, Text: text, Value: c.Value})
	}
	return Waterfall(groups[e.Cluster], groups[e.Next], columns)
}

// Steps is a waterfall: each bar begins where the one before ended, and the
// last, their sum, begins at 0.
type Steps struct {
	Heading
	Steps []Step
	Sum   Step
	// Legend is what the colours mean; nil for none.
	Legend []Group
	// X is the axis of the values, by default in English figures with their sign.
	X Axis
}

// Step is a bar of a waterfall.
type Step struct {
	Name string
	// Text stands beside the name, such as the customer's own value.
	Text  string
	Value float64
	Color Color
}

// Figure returns the steps, 16 cm wide, the height by their number.
func (s Steps) Figure() (*Figure, error) {
	for _, step := range append(slices.Clone(s.Steps), s.Sum) {
		if err := cmp.Or(length("steps", len(s.Steps), "steps", len(s.Steps)), finite("step "+step.Name, step.Value)); err != nil {
			return nil, err
		}
	}
	s.X.Number = or(s.X.Number, signed)
	most := slices.MaxFunc(s.Steps, func(a, b Step) int { return cmp.Compare(math.Abs(a.Value), math.Abs(b.Value)) })
	return picture(s.Heading, min(60, 4.4+0.85*float64(len(s.Steps))), fmt.Sprintf("%s counts most, with %s of a sum of %s",
		most.Name, s.X.Number(most.Value), strings.TrimPrefix(s.X.Number(s.Sum.Value), "+")), s.draw), nil
}

func (s Steps) draw(p *pen, r rect) {
	lo, hi, at := min(0, s.Sum.Value), max(0, s.Sum.Value), 0.0
	names, values, label := 0.0, 0.0, 0.0
	for i, step := range append(slices.Clone(s.Steps), s.Sum) {
		if i < len(s.Steps) {
			at += step.Value
			lo, hi = min(lo, at), max(hi, at)
		}
		names, values = max(names, p.width(step.Name, strongText)), max(values, p.width(step.Text, labelText))
		label = max(label, p.width(s.X.Number(step.Value), labelText))
	}
	if hi == lo {
		hi = lo + 1
	}
	most := 0.36
	if values > 0 {
		values, most = min(values+12, r.w*0.27), 0.25
	}
	names = min(names+8, r.w*most)
	head := 12.0
	if s.Legend != nil {
		head += p.legend(r, s.Legend)
	}
	foot := 0.0
	if s.X.Label != "" {
		foot = 15
		p.text(p.fit(s.X.Label, tickText, r.w), r.right(), r.bottom(), tickText.at(right, bottom))
	}
	area := r.inset(names+values, head, 0, foot)
	x := scale{lo, hi, area.x + label + 8, area.right() - label - 8}
	h := area.h / float64(len(s.Steps)+1)
	thick := min(15, h*0.66)

	zero := x.at(0)
	p.line(rule, 0.8, zero, area.y-3, zero, area.bottom())
	p.text("0", zero, area.y-6, tickText.at(center, baseline))

	bar := func(row int, from, to float64, step Step, lettering lettering) {
		mid := area.y + h*(float64(row)+0.5)
		p.name(step.Name, lettering, r.x, mid, names-6, h)
		p.text(p.fit(step.Text, labelText, values-8), r.x+names+values-12, mid, labelText.in(soft).at(right, middle))
		x0, x1 := x.at(from), x.at(to)
		label, end, h := s.X.Number(step.Value), max(x0, x1)+4, left
		if to < from {
			end, h = min(x0, x1)-4, right
		}
		p.bar(step.Name+": "+label, step.Color, rect{min(x0, x1), mid - thick/2, max(math.Abs(x1-x0), 0.8), thick})
		p.plate(label, end, mid, lettering.at(h, middle))
	}
	at = 0
	for row, step := range s.Steps {
		// A thin line leads on to where the next bar begins.
		end := area.y + h*(float64(row)+1.5) + thick/2
		p.line(rule, 0.7, x.at(at+step.Value), area.y+h*(float64(row)+0.5)-thick/2, x.at(at+step.Value), end)
		bar(row, at, at+step.Value, step, labelText)
		at += step.Value
	}
	top := area.y + h*float64(len(s.Steps))
	p.line(rule, 0.8, r.x, top, r.right(), top)
	bar(len(s.Steps), 0, s.Sum.Value, s.Sum, strongText)
}
