// Package snapshot makes what pages and questions are about from a model and the
// customers it is applied to.
package snapshot

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/ask"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/narrate"
	"github.com/customer-personality/segmentation/store"
)

// A Snapshot is a model with the customers that it was applied to. It is
// immutable and safe for concurrent use.
type Snapshot struct {
	*ask.Answerer
	Customers *segmentation.Result
	Version   int  // of the model in the database; 0 for none
	Campaign  bool // whether the customers are of the campaign schema

	typical sync.Map // of a column to its Typical, where it was asked for
}

// ErrNoCustomers means that there is nobody to apply a model to.
var ErrNoCustomers = errors.New("there are no customers")

// categories are the columns of words that a profile of the campaign schema tells
// about.
var categories = []string{"living_with", "education_level", "age_group"}

// campaign are the subjects of the campaign schema.
var campaign = ask.Subjects{Subjects: features.CampaignSubjects(), Words: features.CampaignWords(), Check: features.CheckValue}

// New applies a model to customers as they come out of the database, as of the
// model's own day. Those that cleaning drops, by the limits that the model was trained
// with, are left out.
func New(ctx context.Context, model *segment.Model, version int, customers []features.Customer) (*Snapshot, error) {
	if !slices.Equal(model.Columns(), features.TrainingColumns) {
		return nil, fmt.Errorf("the model takes the columns %v, and this program has %v", model.Columns(), features.TrainingColumns)
	}
	if len(customers) == 0 {
		return nil, fmt.Errorf("%w in the database: ingest a campaign file first", ErrNoCustomers)
	}
	all, err := features.Engineer(ctx, customers, features.AsOf(model.AsOf()))
	if err != nil {
		return nil, err
	}
	result, err := segmentation.Score(ctx, model, all, segmentation.ScoreOptions{Limits: true})
	if errors.Is(err, features.ErrNoRows) {
		_, dropped, err := features.Clean(ctx, all, features.CleanOptionsOf(model.Limits()))
		if err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("%w left: the limits of the model leave out all of the database: %s", ErrNoCustomers, dropped.Warning())
	}
	if err != nil {
		return nil, err
	}
	return Of(ctx, result, version)
}

// Of returns the Snapshot of customers of the campaign schema who were trained on
// or scored.
func Of(ctx context.Context, result *segmentation.Result, version int) (*Snapshot, error) {
	// Nobody can change an age or wait for years by will, and children are no advice.
	s := Snapshot{Customers: result, Version: version, Campaign: true}
	return s.with(ctx, campaign, ask.Select, categories, nil, []string{"spent", "income"})
}

// OfTable returns the Snapshot of customers of any kind who were trained on or
// scored, whose columns serve for what the roles say. Those that serve for nothing are
// told nothing of, but for who asks.
func OfTable(ctx context.Context, result *segmentation.Result, version int, roles features.Roles) (*Snapshot, error) {
	s := Snapshot{Customers: result, Version: version}
	var words, untold, value []string
	for _, c := range result.Table.Columns() {
		switch {
		case !slices.Contains(roles.Features, c.Name) && !slices.Contains(roles.Describe, c.Name):
			untold = append(untold, c.Name)
		case c.Kind == features.Category:
			words = append(words, c.Name)
		}
	}
	for _, v := range roles.Value {
		value = append(value, v.Column)
	}
	subjects, err := features.SubjectsOf(ctx, result.Table, roles)
	if err != nil {
		return nil, err
	}
	about := ask.Subjects{Subjects: subjects, Words: features.WordsOf(result.Table.Columns())}
	return s.with(ctx, about, ask.SelectAny, words, untold, value)
}

// with makes what questions are about: a selection of the columns, the words that
// the profile tells about, the columns that it does not, and those of which a change is
// looked for.
func (s *Snapshot) with(ctx context.Context, about ask.Subjects, columns func(*features.Table) (*features.Table, error), words, untold, change []string) (*Snapshot, error) {
	model := s.Customers.Model
	merged, err := s.Customers.Merged(ctx)
	if err != nil {
		return nil, err
	}
	about.Dates = merged
	set, err := columns(merged)
	if err != nil {
		return nil, err
	}
	profile, err := profileOf(ctx, set, s.Customers, words, untold, insight.ProfileOptions{Revenue: about.Revenue, Counted: features.Counted(about.Words)})
	if err != nil {
		return nil, err
	}
	o := insight.ExplainOptions{Columns: change, Rows: s.Customers.X, Transformed: s.Customers.Z}
	for _, name := range model.Columns() {
		if set.Series(name).Kind() == features.Integer && (name == "children" || !s.Campaign) {
			o.Integer = append(o.Integer, name)
		}
	}
	explainer, err := insight.NewExplainer(ctx, model, o)
	if err != nil {
		return nil, err
	}
	s.Answerer = ask.NewAnswerer(set, s.Customers.IDs(), model, profile, explainer, about)
	return s, nil
}

// Speaks returns a language as it speaks of the columns.
func (s *Snapshot) Speaks(l *narrate.Language) *narrate.Language {
	if s == nil || s.Campaign {
		return l
	}
	return l.About(s.Customers.Table.Columns())
}

// FindTier returns the tier of a name, as it is written in the model, empty for "" and
// "all"; false where the model has none of that name.
func (s *Snapshot) FindTier(name string) (tier string, ok bool) {
	if name == "" || name == "all" {
		return "", true
	}
	i := slices.IndexFunc(s.Tiers, func(t string) bool { return strings.EqualFold(t, name) })
	if i < 0 {
		return "", false
	}
	return s.Tiers[i], true
}

// Tiering is a hash of what the tiers are: their names in order, the columns that the segments are
// made of, and those that rank them, each with its direction. Models of one Tiering mean the
// same by the name of a tier, though others may be in it.
func (s *Snapshot) Tiering() string {
	sum := sha256.New()
	for _, list := range [][]string{s.Tiers, s.Model.Columns(), s.Model.Value(), s.Model.Less()} {
		_, _ = fmt.Fprintf(sum, "%q\n", list) // into memory
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// Complete reports whether no customer lacks a value in a column.
func (s *Snapshot) Complete(column string) bool {
	g := s.Profile.Overall
	if n, ok := g.Column(column); ok {
		return n.Missing == 0
	}
	i := slices.IndexFunc(g.Categories, func(c insight.CategorySummary) bool { return c.Column == column })
	return i < 0 || g.Categories[i].Missing == 0
}

// Typical is the range of the middle nine tenths of a column of numbers, and its median, in
// round numbers; 0 where it has none.
type Typical struct{ Low, Median, High float64 }

// Typical returns that of a column. It is sorted once.
func (s *Snapshot) Typical(column string) Typical {
	if t, ok := s.typical.Load(column); ok {
		return t.(Typical)
	}
	var t Typical
	if g := s.Set.Series(column); g.Kind().Numeric() {
		t = typicalOf(g.Numbers())
	}
	s.typical.Store(column, t)
	return t
}

func typicalOf(values []float64) Typical {
	sorted := slices.DeleteFunc(slices.Clone(values), func(v float64) bool { return v != v })
	if len(sorted) == 0 {
		return Typical{}
	}
	slices.Sort(sorted)
	at := func(q float64) float64 {
		v := sorted[int(q*float64(len(sorted)-1))]
		if v < 100 {
			return math.Round(v)
		}
		p := math.Pow(10, math.Floor(math.Log10(v))-1)
		return math.Round(v/p) * p
	}
	return Typical{at(0.05), at(0.5), at(0.95)}
}

// ValueAt returns the value in a column of a row: a word, a number, nil where it is
// missing.
func (s *Snapshot) ValueAt(column string, row int) any {
	c := s.Customers.Table.Series(column)
	switch {
	case c.Missing(row):
		return nil
	case c.Kind().Numeric():
		return c.Number(row)
	}
	return c.Word(row)
}

// Row returns the values of a customer, by column, in the order of the model. The
// error is that of [preprocess.FittedPipeline.Row].
func (s *Snapshot) Row(values map[string]any) ([]float64, error) {
	return s.Model.Pipeline().Row(values)
}

// Results returns the tables that follow from the model. The encoded one is made
// for the caller: the snapshot, which stays, would keep it for nobody.
func (s *Snapshot) Results(ctx context.Context) (*store.Results, error) {
	encode := s.Customers.Table.EncodeAll
	if s.Campaign {
		encode = s.Customers.Table.Encode
	}
	encoded, err := encode(ctx, features.EncodeOptions{})
	if err != nil {
		return nil, err
	}
	results := &store.Results{Table: s.Customers.Table, Encoded: encoded, Predictions: s.Customers.Predictions}
	if !s.Campaign { // which may have columns named as those of the score
		results.Merged, err = s.Customers.Merged(ctx)
	}
	return results, err
}

// profileOf describes the tiers by the numbers that questions are about, but for some
// that are not told of, and some columns of words.
func profileOf(ctx context.Context, set *features.Table, result *segmentation.Result, words, untold []string, o insight.ProfileOptions) (*insight.Profile, error) {
	var names []string
	for _, c := range set.Columns() {
		if c.Kind.Numeric() && (c.Name == o.Revenue || !slices.Contains(untold, c.Name)) || slices.Contains(words, c.Name) {
			names = append(names, c.Name)
		}
	}
	t, err := set.Select(names...)
	if err != nil {
		return nil, err
	}
	tiers := make([]string, result.Model.K())
	for i := range tiers {
		tiers[i] = result.Model.Tier(i)
	}
	return insight.NewProfile(ctx, t, result.Labels(), tiers, o)
}
