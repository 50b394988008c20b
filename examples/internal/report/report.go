// Package report makes a page of a training run that a manager can read: the
// answer first (who the customers are, what they are worth, what to do), then
// the evidence, then what is doubtful in the data. Its Page is also what the
// notebook is written with.
package report

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/examples/internal/program"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
)

// Run is a training run, as far as a report needs it.
type Run struct {
	Source  string           // where the customers come from: "campaign.csv"
	Read    features.Report  // of reading them
	Dropped features.Dropped // by cleaning
	Table   *features.Table  // the customers that the model was trained on
	Model   *segment.Model   // trained on columns of the table

	// Choice says how the numbers of clusters are compared. Where it has no
	// range, that of the training is taken.
	Choice insight.SelectionOptions
}

// Report is what there is to tell of a run.
type Report struct {
	Run
	Profile   *insight.Profile
	Choice    *insight.Selection // nil where there is nothing to choose from
	Dominance insight.Dominance
	Advice    map[string][]Advice // by tier
	// Borderline is the share of customers whose second-nearest centre is
	// hardly farther than the nearest: see segment.BorderlineBelow.
	Borderline float64

	table       insight.Table
	x, z        *mat.Dense // before and behind the pipeline
	predictions []segment.Prediction
}

// New computes a report.
func New(ctx context.Context, run Run) (*Report, error) {
	r := &Report{Run: run}
	var err error
	if r.table, err = Table(run.Table); err != nil {
		return nil, err
	}
	if r.Profile, err = insight.ProfileOf(ctx, run.Model, r.table, insight.ProfileOptions{Statements: 12}); err != nil {
		return nil, err
	}
	if r.x, err = run.Table.Matrix(run.Model.Columns()...); err != nil {
		return nil, err
	}
	if r.z, err = run.Model.Pipeline().Transform(ctx, r.x); err != nil {
		return nil, err
	}
	if r.predictions, err = run.Model.PredictMatrix(ctx, r.x); err != nil {
		return nil, err
	}
	near := 0
	for _, p := range r.predictions {
		if second := p.Distance + p.Margin; p.Margin/second < insight.BorderlineBelow {
			near++
		}
	}
	r.Borderline = float64(near) / float64(len(r.predictions))
	if r.Dominance, err = insight.DominanceOf(run.Model); err != nil && !errors.Is(err, segment.ErrNotLinear) {
		return nil, err
	}
	o := run.Choice
	if sweep := run.Model.Sweep(); o.MinK == 0 && o.MaxK == 0 && len(sweep) > 0 {
		o.MinK, o.MaxK = sweep[0].K, sweep[len(sweep)-1].K
	}
	if o.Seed == 0 {
		o.Seed = run.Model.Seed()
	}
	if o.MinK != o.MaxK || o.MinK == 0 {
		r.Choice, err = insight.SelectK(ctx, r.z, o)
		if err != nil && !errors.Is(err, segment.ErrTooFew) {
			return nil, err
		}
	}
	r.Advice = map[string][]Advice{}
	for i, tier := range r.Profile.Tiers {
		f := figures{group: tier, all: r.Profile.Overall}
		if i > 0 {
			f.better = &r.Profile.Tiers[i-1]
		}
		r.Advice[tier.Name] = f.advice()
	}
	return r, nil
}

// Marks are what sets a segment apart, the strongest first: of the products,
// channels and campaigns one each, so that they do not say the same thrice.
func Marks(g insight.Group) []string {
	var out []string
	told := map[string]bool{}
	for _, s := range g.Statements {
		kind := s.Column
		switch {
		case strings.HasPrefix(kind, "mnt_"):
			kind = "product"
		case strings.HasPrefix(kind, "num_") && strings.HasSuffix(kind, "_purchases") && kind != "num_deals_purchases":
			kind = "channel"
		case strings.HasPrefix(kind, "accepted_") || kind == "response":
			kind = "campaign"
		case kind == "age_group":
			kind = "age"
		}
		if !told[kind] && len(out) < most {
			told[kind] = true
			out = append(out, s.Sentence)
		}
	}
	return out
}

// ProfileColumns are the numeric columns that tell something of a segment.
var ProfileColumns = []string{
	"age", "income", "spent", "tenure", "children", "recency",
	"mnt_wines", "mnt_fruits", "mnt_meat_products", "mnt_fish_products", "mnt_sweet_products", "mnt_gold_prods",
	"num_web_purchases", "num_catalog_purchases", "num_store_purchases", "num_deals_purchases", "num_web_visits_month",
	"accepted_cmp1", "accepted_cmp2", "accepted_cmp3", "accepted_cmp4", "accepted_cmp5", "response", "complain",
}

// ProfileCategories are the columns of words that do.
var ProfileCategories = []string{"age_group", "education_level", "living_with"}

// Table gives the customers as segment profiles them.
func Table(t *features.Table) (insight.Table, error) {
	x, err := t.Matrix(ProfileColumns...)
	if err != nil {
		return insight.Table{}, err
	}
	out := insight.Table{Columns: slices.Clone(ProfileColumns), X: x, Revenue: "spent"}
	for _, name := range ProfileCategories {
		words, err := t.Words(name)
		if err != nil {
			return insight.Table{}, err
		}
		out.Categories = append(out.Categories, insight.Category{Name: name, Values: words})
	}
	return out, nil
}

// Headline is the answer in a few sentences.
func (r *Report) Headline() []string {
	tiers := r.Profile.Tiers
	out := []string{printer.Sprintf("%s fall into %s, which make %s.",
		counted(r.Profile.Overall.Count, "customer"), counted(r.Model.K(), "group"), counted(len(tiers), "tier"))}
	bring := func(g insight.Group) string {
		return printer.Sprintf("%s is %s of the customers and brings %s of the revenue", g.Name, percent(g.Share), percent(g.RevenueShare))
	}
	if best := tiers[0]; best.RevenueShare == best.RevenueShare {
		out = append(out, bring(best)+".")
		if last := tiers[len(tiers)-1]; len(tiers) > 1 {
			out = append(out, bring(last)+".")
		}
	}
	return out
}

// Doubts are what a reader should know before he trusts the answer: sentences.
func (r *Report) Doubts() []string {
	var out []string
	say := func(format string, args ...any) { out = append(out, printer.Sprintf(format, args...)) }
	for _, w := range append(slices.Clone(r.Read.Warnings()), r.Model.Warnings()...) {
		say("%s.", upper(strings.TrimRight(w, ".")))
	}
	for _, w := range program.Doubts(r.Table) {
		say("%s.", w)
	}
	if n := r.Dropped.Total(); n > 0 {
		say("%s", r.Dropped.String())
	}
	if len(r.Read.Absent) > 0 {
		say("The file has no %s: what follows from these columns is left out.", join(r.Read.Absent, "and"))
	}
	if ignored := r.Read.Ignored; len(ignored) > 0 {
		if more := len(ignored) - 20; more > 0 {
			ignored = append(ignored[:20:20], fmt.Sprintf("%d more", more))
		}
		say("Columns of the file that nobody here knows were ignored: %s.", join(ignored, "and"))
	}
	for _, s := range r.Profile.Overall.Numeric {
		if s.Missing > 0 {
			say("The %s of %s is missing; it was taken as the median, which says nothing of them.", noun(s.Column), counted(s.Missing, "customer"))
		}
	}
	if w := r.Dominance.Warning; w != "" {
		say("%s", w)
	}
	if r.Model.K() > 1 {
		say("%s of the customers stand near a border: for them the second-nearest group is less than a ninth farther than their own, so that a small change may move them.", percent(r.Borderline))
		switch s := r.Model.Silhouette(); {
		case s < 0.25:
			say("The mean silhouette is %.2f: there is hardly any gap between the groups. They are a useful cut through a continuous crowd, not tribes that exist by themselves.", s)
		case s < 0.5:
			say("The mean silhouette is %.2f: the groups overlap. Treat the tier of a customer as a likelihood.", s)
		}
	}
	if r.Choice != nil {
		if p, ok := r.Choice.Point(r.Model.K()); ok {
			weak := 0
			for _, s := range p.Stability {
				if s.Jaccard < insight.StableFrom {
					weak++
				}
			}
			if weak > 0 {
				say("%s of %d did not come back reliably when the customers were drawn anew (mean Jaccard similarity below %.2f).", upper(counted(weak, "group")), r.Model.K(), insight.StableFrom)
			}
		}
		if r.Choice.K != r.Model.K() {
			say("The number of groups was set to %d; the figures would have chosen %d.", r.Model.K(), r.Choice.K)
		}
	}
	say("All this describes one file on one day. That a segment differs in something does not tell that changing it would change the customer: try each measure on a part of the segment first, and compare.")
	return out
}

// clusters gives the rows of a table on the clusters of the tiers that have
// several.
func (r *Report) clusters() (head []string, rows [][]string) {
	head = []string{"Group", "Tier", "Customers"}
	for _, name := range r.Model.Columns() {
		title := upper(noun(name))
		if unit := r.Model.Unit(name); unit != "" {
			title += " (" + unit + ")"
		}
		head = append(head, title)
	}
	for c, tier := range r.Model.Tiers() {
		row := []string{fmt.Sprint(c), tier.Name, printer.Sprintf("%d", int(tier.Size))}
		for j, m := range r.Model.Means()[c] {
			row = append(row, number(m, r.Model.Ranges()[j].Max-r.Model.Ranges()[j].Min))
		}
		rows = append(rows, row)
	}
	return head, rows
}

// order is the tiers' place by name.
func (r *Report) order() map[string]int {
	at := map[string]int{}
	for i, t := range r.Profile.Tiers {
		at[t.Name] = i
	}
	return at
}

// strongest are the columns in the order of how far the tiers differ in them.
func (r *Report) strongest(columns []string) []string {
	spread := func(name string) float64 {
		lo, hi := math.Inf(1), math.Inf(-1)
		for _, g := range r.Profile.Tiers {
			if s, ok := g.Column(name); ok && s.Difference == s.Difference {
				lo, hi = min(lo, s.Difference), max(hi, s.Difference)
			}
		}
		return hi - lo
	}
	out := slices.Clone(columns)
	slices.SortStableFunc(out, func(a, b string) int { return cmp.Compare(spread(b), spread(a)) })
	return out
}
