// Package snapshot makes what pages and questions are about from a model and the
// customers it is applied to.
package snapshot

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/ask"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/store"
)

// A Snapshot is a model with the customers that it was applied to. It is
// immutable and safe for concurrent use.
type Snapshot struct {
	*ask.Answerer
	Customers *segmentation.Result
	Version   int // of the model in the database; 0 for none
}

// ErrNoCustomers means that there is nobody to apply a model to.
var ErrNoCustomers = errors.New("there are no customers")

// categories are the columns of words that a profile tells about.
var categories = []string{"living_with", "education_level", "age_group"}

// subjects are those of the campaign schema.
var subjects = ask.Subjects{Subjects: features.CampaignSubjects(), Words: features.CampaignWords(), Check: features.CheckValue}

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
	all := features.Engineer(customers, features.AsOf(model.AsOf()))
	result, err := segmentation.Score(ctx, model, all, segmentation.ScoreOptions{Limits: true})
	if errors.Is(err, features.ErrNoRows) {
		_, dropped := features.Clean(all, features.CleanOptionsOf(model.Limits()))
		return nil, fmt.Errorf("%w left: the limits of the model leave out all of the database: %s", ErrNoCustomers, dropped.Warning())
	}
	if err != nil {
		return nil, err
	}
	return Of(ctx, result, version)
}

// Of returns the Snapshot of customers who were trained on or scored.
func Of(ctx context.Context, result *segmentation.Result, version int) (*Snapshot, error) {
	model := result.Model
	merged, err := result.Merged()
	if err != nil {
		return nil, err
	}
	set, err := ask.Select(merged)
	if err != nil {
		return nil, err
	}
	profile, err := profileOf(ctx, set, result)
	if err != nil {
		return nil, err
	}
	explainer, err := insight.NewExplainer(model, insight.ExplainOptions{
		// Nobody can change an age or wait for years by will.
		Columns: []string{"spent", "children", "income"}, Integer: []string{"children"}, Rows: result.X, Transformed: result.Z,
	})
	if err != nil {
		return nil, err
	}
	return &Snapshot{ask.NewAnswerer(set, merged.Series("id").Words(), model, profile, explainer, subjects), result, version}, nil
}

// Results returns the tables that follow from the model. The encoded one is made
// for the caller: the snapshot, which stays, would keep it for nobody.
func (s *Snapshot) Results() (*store.Results, error) {
	encoded, err := s.Customers.Table.Encode(features.EncodeOptions{})
	if err != nil {
		return nil, err
	}
	return &store.Results{Table: s.Customers.Table, Encoded: encoded, Predictions: s.Customers.Predictions}, nil
}

// profileOf describes the tiers by the columns that questions are about.
func profileOf(ctx context.Context, set *features.Table, result *segmentation.Result) (*insight.Profile, error) {
	var names []string
	for _, c := range set.Columns() {
		if c.Kind.Numeric() || slices.Contains(categories, c.Name) {
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
	return insight.NewProfile(ctx, t, result.Labels(), tiers, insight.ProfileOptions{Revenue: "spent", Counted: features.Counted(subjects.Words)})
}
