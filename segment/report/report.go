// Package report writes a page on a training run that a manager can read: the
// answer first (who the customers are, what they are worth, what to do), then
// the evidence, then what is doubtful in the data. A [Page] can hold other
// content as well: prose, code, tables, pictures.
package report

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/narrate"
)

// Options are what a report shows beside a result. The zero value works.
type Options struct {
	Source string // where the customers come from: "campaign.csv"

	// Facts stand below the answer, behind the source and the day: the version of
	// the model, say. None needed.
	Facts []string

	// Choice is how the numbers of clusters are compared. Where it has no range,
	// that of the training is taken, as are its clusterings where they are of the
	// same seed.
	Choice insight.SelectionOptions

	// Subjects are what the columns of the table are about; default: those of the
	// campaign schema and, for another table, what its roles and names tell (see
	// [features.SubjectsOf]).
	Subjects *features.Subjects
}

// Report is the results of a run as the page shows them.
type Report struct {
	*segmentation.Result
	Source    string
	Facts     []string
	Subjects  features.Subjects
	Profile   *insight.Profile
	Choice    *insight.Selection // nil where there is nothing to choose from
	Dominance insight.Dominance
	Advice    map[string][]Advice // by tier
	// Borderline is the share of customers whose second-nearest centre is
	// hardly farther than the nearest: see insight.BorderlineBelow.
	Borderline float64

	campaign bool // whether the table is one of the campaign schema
	voice    narrate.Voice
}

var errNoModel = fmt.Errorf("report: there is no result of Train: %w", segment.ErrNotModel)

// New computes a report.
func New(ctx context.Context, of *segmentation.Result, o Options) (*Report, error) {
	if of == nil || of.Model.K() == 0 {
		return nil, errNoModel
	}
	r := &Report{Result: of, Source: o.Source, Facts: o.Facts}
	if err := r.speak(ctx, o.Subjects); err != nil {
		return nil, err
	}
	table, err := r.Table.Select(slices.Concat(r.Subjects.Columns, r.Subjects.Categories)...)
	if err != nil {
		return nil, err
	}
	tiers := make([]string, r.Model.K())
	near := 0
	for _, p := range r.Predictions {
		if second := p.Distance + p.Margin; p.Margin/second < insight.BorderlineBelow {
			near++
		}
	}
	for i := range tiers {
		tiers[i] = r.Model.Tier(i)
	}
	r.Borderline = float64(near) / float64(len(r.Predictions))
	if r.Profile, err = insight.NewProfile(ctx, table, r.Labels(), tiers, insight.ProfileOptions{
		Statements: 12, Revenue: r.Subjects.Revenue, Counted: features.Counted(r.voice.Words),
	}); err != nil {
		return nil, err
	}
	if r.Dominance, err = insight.DominanceOf(r.Model); err != nil && !errors.Is(err, segment.ErrNotLinear) {
		return nil, err
	}
	choice := o.Choice
	if sweep := r.Model.Sweep(); choice.MinK == 0 && choice.MaxK == 0 && len(sweep) > 0 {
		choice.MinK, choice.MaxK = sweep[0].K, sweep[len(sweep)-1].K
	}
	if choice.Seed == 0 {
		choice.Seed = r.Model.Seed()
	}
	if choice.Sweep == nil && choice.Seed == r.Model.Seed() {
		choice.Sweep = r.SweepResult
	}
	if choice.MinK != choice.MaxK || choice.MinK == 0 {
		r.Choice, err = insight.SelectK(ctx, r.Z, choice)
		if err != nil && !errors.Is(err, segment.ErrTooFew) {
			return nil, err
		}
	}
	r.Advice = map[string][]Advice{}
	for i, tier := range r.Profile.Tiers {
		f := &figures{group: tier, all: r.Profile.Overall, Subjects: r.Subjects}
		if i > 0 {
			f.better = &r.Profile.Tiers[i-1]
		}
		r.Advice[tier.Name] = f.advice()
	}
	return r, nil
}

// speak sets what the columns are about and how they are spoken of.
func (r *Report) speak(ctx context.Context, subjects *features.Subjects) error {
	campaign := features.CampaignSubjects()
	_, err := r.Table.Select(slices.Concat(campaign.Columns, campaign.Categories)...)
	r.campaign = err == nil && r.Roles.Columns == nil
	r.Subjects, r.voice = campaign, voice
	if !r.campaign {
		r.voice = narrate.English(features.WordsOf(r.Table.Columns())).For(r.Model)
		if r.Subjects, err = features.SubjectsOf(ctx, r.Table, r.roles()); err != nil {
			return err
		}
	}
	if subjects != nil {
		r.Subjects = *subjects
	}
	return nil
}

// roles returns what the columns of the table serve for: as the training had them, or
// as the model remembers them.
func (r *Report) roles() features.Roles {
	if r.Roles.Columns != nil {
		return r.Roles
	}
	roles := features.Roles{ID: r.Model.ID(), Features: r.Model.Columns(), Describe: r.Model.Describe()}
	for _, name := range r.Model.Value() {
		roles.Value = append(roles.Value, features.Value{Column: name, Less: slices.Contains(r.Model.Less(), name)})
	}
	return roles
}

// made reports whether r is from New; otherwise it is empty.
func (r *Report) made() bool {
	return r != nil && r.Result != nil && r.Profile != nil && len(r.Profile.Tiers) > 0
}

// marks returns what sets a segment apart, the strongest first: of products,
// channels and offers one each, so that they do not repeat each other.
func (r *Report) marks(g insight.Group) []string {
	subject := maps.Clone(r.Subjects.Same)
	for i, list := range [][]features.Named{r.Subjects.Products, r.Subjects.Channels, r.Subjects.Offers} {
		for _, c := range list {
			subject[c.Column] = fmt.Sprint(i)
		}
	}
	var out []string
	told := map[string]bool{}
	for _, s := range g.Statements {
		about := cmp.Or(subject[s.Column], s.Column)
		if !told[about] && len(out) < most {
			told[about] = true
			out = append(out, r.voice.Statement(s))
		}
	}
	return out
}

// headline returns the answer in a few sentences.
func (r *Report) headline() []string {
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

// doubts returns what limits the answer, as sentences.
func (r *Report) doubts() []string {
	var out []string
	say := func(format string, args ...any) { out = append(out, printer.Sprintf(format, args...)) }
	for _, w := range append(slices.Concat(r.Report.Warnings(), r.Told), r.voice.ModelWarnings(r.Model)...) {
		say("%s.", upper(strings.TrimRight(w, ".")))
	}
	for _, w := range segmentation.WarningSentences(r.Result.Doubts, r.Table.AsOf()) {
		say("%s.", w)
	}
	if n := r.Dropped.Total(); n > 0 {
		say("%s", r.Dropped.String())
	}
	if len(r.Report.Absent) > 0 {
		say("The file has no %s: what follows from these columns is left out.", voice.And(r.Report.Absent))
	}
	if ignored := r.Report.Ignored; len(ignored) > 0 {
		if more := len(ignored) - 20; more > 0 {
			ignored = append(ignored[:20:20], fmt.Sprintf("%d more", more))
		}
		say("Columns of the file that nobody here knows were ignored: %s.", voice.And(ignored))
	}
	for _, s := range r.Profile.Overall.Numeric {
		if s.Missing > 0 && slices.Contains(r.Model.Columns(), s.Column) {
			say("The %s of %s is missing; it was taken as the median, which says nothing of them.", r.voice.Noun(s.Column), counted(s.Missing, "customer"))
		}
	}
	for _, s := range r.Profile.Overall.Categories {
		if s.Missing > 0 && slices.Contains(r.Model.Columns(), s.Column) {
			say("The %s of %s is missing; it was taken as the most frequent one, which says nothing of them.", r.voice.Noun(s.Column), counted(s.Missing, "customer"))
		}
	}
	if w := r.voice.Dominance(r.Dominance); w != "" {
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

// clusters returns a table of the clusters: tier, size and means.
func (r *Report) clusters() (head []string, rows [][]string) {
	head = []string{"Group", "Tier", "Customers"}
	for _, name := range r.Model.Columns() {
		title := upper(r.voice.Noun(name))
		if unit := r.Model.Unit(name); unit != "" && !strings.Contains(r.voice.Noun(name), unit) {
			title += " (" + unit + ")"
		}
		head = append(head, title)
	}
	for c, tier := range r.Model.Tiers() {
		row := []string{fmt.Sprint(c), tier.Name, printer.Sprintf("%d", int(tier.Size))}
		for j, m := range r.Model.Means()[c] {
			if word, share, ok := r.mostly(r.Model.Columns()[j], c); ok {
				row = append(row, word+" "+percent(share))
				continue
			}
			row = append(row, number(m, r.Model.Ranges()[j].Max-r.Model.Ranges()[j].Min))
		}
		rows = append(rows, row)
	}
	return head, rows
}

// mostly returns the most frequent word of a column in a cluster, and its share; ok is
// false for a column of numbers.
func (r *Report) mostly(column string, cluster int) (word string, share float64, ok bool) {
	for _, c := range r.Model.Categorical() {
		if c.Column != column {
			continue
		}
		best, all := 0, 0
		for i, n := range c.Counts[cluster] {
			if all += n; n > c.Counts[cluster][best] {
				best = i
			}
		}
		return c.Word(c.Values[best]), float64(c.Counts[cluster][best]) / float64(max(all, 1)), true
	}
	return "", 0, false
}

// rest returns the columns that tell neither of purchases nor of answers.
func (r *Report) rest() []string {
	return slices.DeleteFunc(slices.Clone(r.Subjects.Columns), func(name string) bool {
		return name == r.Subjects.Complaints || slices.ContainsFunc(slices.Concat(r.Subjects.Products, r.Subjects.Offers), func(c features.Named) bool { return c.Column == name })
	})
}

// strongest returns the columns in the order of how far the tiers differ in them.
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
