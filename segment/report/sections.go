package report

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"html/template"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment/plots"
)

// Page returns the page for a manager.
func (r *Report) Page(ctx context.Context) (*Page, error) {
	if !r.made() {
		return nil, errNoModel
	}
	p := r.Front()
	evidence, err := r.evidence(ctx)
	if err != nil {
		return nil, err
	}
	p.Sections = append(evidence, Section{
		ID: "doubts", Title: "What is doubtful",
		Blocks: []Block{{List: r.doubts()}, {Heading: "What was read", Text: r.reading()}},
	})
	return p, nil
}

// Front returns the page with the answer alone.
func (r *Report) Front() *Page {
	if !r.made() {
		return &Page{}
	}
	p := &Page{
		Kicker: "Customer segmentation",
		Title:  r.title(),
		Lead:   r.headline(),
	}
	if r.Source != "" {
		p.Facts = append(p.Facts, "data: "+filepath.Base(r.Source))
	}
	if day := r.Table.AsOf(); !day.IsZero() {
		p.Facts = append(p.Facts, "as of "+day.Format("2 January 2006"))
	}
	if r.Subjects.Period != "" {
		p.Facts = append(p.Facts, "amounts in the currency of the file, over "+r.Subjects.Period)
	}
	p.Facts = append(p.Facts, r.Facts...)
	groups := r.groups()
	for i, t := range r.Profile.Tiers {
		mean := ""
		if r.campaign || r.Subjects.Revenue != "" {
			mean = number(t.Revenue/float64(t.Count), 1000)
		}
		p.Cards = append(p.Cards, Card{
			Name: t.Name, Color: groups[i].Color, Customers: printer.Sprintf("%d", t.Count), Share: t.Share, Revenue: t.RevenueShare,
			Mean: mean, Marks: r.marks(t), Advice: r.Advice[t.Name],
		})
	}
	return p
}

// title returns the answer in a line.
func (r *Report) title() string {
	best := r.Profile.Tiers[0]
	if best.RevenueShare == best.RevenueShare && len(r.Profile.Tiers) > 1 {
		return printer.Sprintf("%s of the customers bring %s of the revenue", percent(best.Share), percent(best.RevenueShare))
	}
	return "Who the customers are"
}

// evidence returns what the answer rests on.
func (r *Report) evidence(ctx context.Context) ([]Section, error) {
	var failed error
	section := func(id, title, lead string, draw ...func() (*plots.Figure, error)) Section {
		s := Section{ID: id, Title: title, Lead: template.HTML("<p>" + template.HTMLEscapeString(lead) + "</p>")}
		for _, d := range draw {
			switch f, err := d(); {
			case errors.Is(err, plots.ErrInput): // of this data, all of one value say, there is no such picture
			case err != nil:
				failed = cmp.Or(failed, fmt.Errorf("a picture of the report: %w", err))
			case f != nil:
				s.Pictures = append(s.Pictures, f)
			}
		}
		return s
	}
	with := func(draw func(context.Context) (*plots.Figure, error)) func() (*plots.Figure, error) {
		return func() (*plots.Figure, error) { return draw(ctx) }
	}
	worth := section("worth", "Worth and character", "What each tier brings, and in what it differs from everybody.",
		plots.SizesOf(r.Profile).Figure, r.heatMap, with(r.distributions), with(r.household))
	if r.campaign || slices.ContainsFunc(slices.Collect(maps.Values(r.Advice)), func(a []Advice) bool { return len(a) > 0 }) {
		worth.Blocks = []Block{{Summary: "How the advice on the cards comes about", More: Rules}}
	}
	buying := section("buying", "What they buy, and where", "Spending and purchases of the last "+r.Subjects.Period+", by tier.",
		r.spending, r.channelsUsed, r.acceptance, r.ages)
	groups := section("groups", "The groups behind the tiers", "The tiers are names for groups that were found in the data, ranked by "+r.ranking()+" together. Where there are more groups than names, neighbours share one.",
		r.scatter, r.biplot, with(r.silhouette), plots.ExplainedVarianceOf(r.Model).Figure)
	head, rows := r.clusters()
	groups.Blocks = []Block{{Heading: "The groups in figures: means", Head: head, Rows: rows}}
	number := section("number", "How many groups?", "Each index answers a question of its own; where they disagree, the number is a choice.",
		plots.ElbowOfModel(r.Model).Figure, r.choice)
	number.Blocks = []Block{{List: r.choiceSentences()}}
	columns := section("columns", "What the groups are made of", "How the columns go together, and what each has to do with the difference between the groups.",
		with(r.correlations))
	columns.Blocks = r.dominance()
	if len(buying.Pictures) == 0 && !r.campaign {
		return []Section{worth, groups, number, columns}, failed
	}
	return []Section{worth, buying, groups, number, columns}, failed
}

// ranking returns the columns that make a customer valuable, as a sentence lists them.
func (r *Report) ranking() string {
	value := r.Model.Value()
	if r.campaign && len(value) == 0 {
		value = slices.Clone(features.ValueColumns) // of a model that does not remember them
	}
	for i, name := range value {
		value[i] = r.voice.Noun(name)
		if slices.Contains(r.Model.Less(), name) {
			value[i] += " (less is better)"
		}
	}
	return r.voice.And(value)
}

// reading returns how the customers were read and, of any table, what its columns
// serve for.
func (r *Report) reading() []string {
	said := r.Roles.String()
	switch {
	case r.Roles.Columns != nil:
	case r.Report.Rows == 0:
		return []string{"The customers come from a table, such as a database's, and not from a file: it is not known here how they were read."}
	default:
		said = r.Report.String()
	}
	return strings.Split(strings.TrimSpace(said), "\n")
}

func (r *Report) choiceSentences() []string {
	if r.Choice == nil {
		return []string{"No other number was tried."}
	}
	return r.voice.Selection(r.Choice)
}

func (r *Report) dominance() []Block {
	b := Block{Heading: "Share of the difference between the groups, by column", Head: []string{"Column", "Between groups", "Between customers"}}
	for _, c := range r.Dominance.Columns {
		b.Rows = append(b.Rows, []string{upper(r.voice.Noun(c.Column)), percent(c.Between), percent(c.Distance)})
	}
	if len(b.Rows) == 0 {
		return nil
	}
	return []Block{b}
}
