// Package snapshot makes what pages and questions are about from a model and the
// customers it is applied to.
package snapshot

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/examples/webapp/internal/ask"
	"github.com/customer-personality/segmentation/examples/webapp/internal/data"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
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
	set, err := data.New(result.Table, result.Predictions, model.TierNames())
	if err != nil {
		return nil, err
	}
	profile, err := profileOf(ctx, set, model)
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
	return &Snapshot{ask.NewAnswerer(set, model, profile, explainer), result, version}, nil
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

// profileOf describes the tiers by all columns of the set.
func profileOf(ctx context.Context, set *data.Set, model *segment.Model) (*insight.Profile, error) {
	t := insight.Table{Revenue: "spent"}
	var columns []*data.Column
	for _, c := range set.Columns() {
		switch {
		case c.Numeric():
			t.Columns = append(t.Columns, c.Name)
			columns = append(columns, c)
		case slices.Contains(categories, c.Name):
			words := insight.Category{Name: c.Name, Values: make([]string, set.Len())}
			for i := range words.Values {
				words.Values[i] = c.Level(i)
			}
			t.Categories = append(t.Categories, words)
		}
	}
	x := mat.NewDense(set.Len(), len(columns), nil)
	for j, c := range columns {
		x.SetCol(j, c.Numbers)
	}
	t.X = x
	tiers := make([]string, model.K())
	for i := range tiers {
		tiers[i] = model.Tier(i)
	}
	return insight.NewProfile(ctx, t, set.Clusters, tiers, insight.ProfileOptions{Counted: features.Counted(features.CampaignWords())})
}
