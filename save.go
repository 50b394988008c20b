package segmentation

import (
	"cmp"
	"context"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/store"
)

// save saves the raw table, then model and tables, and makes the model the active
// one.
func (r *Result) save(ctx context.Context, raw *features.Table, o TrainOptions) error {
	campaign := engineered(r.Table)
	if campaign {
		_, err := o.Store.SaveCustomers(ctx, func(yield func(features.Customer, error) bool) {
			for c := range raw.Customers() {
				if !yield(*c, nil) {
					return
				}
			}
		})
		if err != nil {
			return err
		}
	}
	// Made only now, when the raw table of a campaign is needed no more.
	results, err := r.Results(ctx)
	if err != nil {
		return err
	}
	if !campaign {
		results.Raw = raw
	}
	_, err = o.Store.SaveModel(ctx, cmp.Or(o.Name, ModelName), r.Model, store.SaveOptions{Activate: true, Note: o.Note, Results: results})
	return err
}
