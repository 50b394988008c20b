package ask

import (
	"slices"

	"github.com/customer-personality/segmentation/features"
)

// decide completes the query of a question about many customers by the first of
// these kinds that it is, and returns false where it is none.
func (p *parser) decide() bool {
	q, measures := &p.query, len(p.query.Measures)
	conditions := len(q.Filters) + len(q.Tiers)
	byTier := slices.Equal(q.By, []string{"tier"})
	share := q.AggregateNamed && q.Aggregate == features.Share && conditions+len(q.By) > 0
	byProduct := p.group == "products" && slices.Equal(q.Measures, []string{p.subjects.Revenue})
	switch {
	case p.spread && measures > 0: // the distribution of income
		q.Intent, q.Measures = Distribution, q.Measures[:1]
	case p.relation && measures == 2 && !q.AggregateNamed: // income against spending
		q.Intent = Relation
	case byProduct || p.group != "" && measures == 0: // what do customers buy; spending by product names a measure too
		q.Intent, q.ColumnGroup, q.Measures = ColumnGroup, p.group, nil
	case measures == 0 && (p.compare && len(q.By) == 0 || len(q.Tiers) > 1 && !p.counts): // Gold against Silver
		q.Intent = Compare
		if len(q.Filters) > 0 { // of some of their customers the columns of the model are compared
			q.Intent, q.Measures, q.By = Figure, slices.Clone(p.customer), []string{"tier"}
		}
	case measures == 0 && (p.counts || share): // how many customers are older than 60, the share of Gold
		q.Intent = Figure
		if conditions == 0 && q.Aggregate == features.Count && (len(q.By) == 0 && p.overview || byTier) {
			q.Intent = Overview
		}
	case measures > 0: // average income by tier
		q.Intent = Figure
		if q.Aggregate == features.Count {
			q.Aggregate = features.Mean
		}
	case len(q.Tiers) == 1 && !q.AggregateNamed && len(q.Filters)+len(q.By) == 0: // Gold
		q.Intent = Describe
	case conditions == 0 && (byTier || p.overview || p.describe): // the tiers
		q.Intent = Overview
	case len(q.By)+len(q.Filters) > 0: // customers by education, married customers
		q.Intent, q.Aggregate = Figure, features.Count
	case q.Rank > 0: // the best customers
		q.Intent, q.Tiers = Describe, p.tierNames[:1]
	case q.Rank < 0:
		q.Intent, q.Tiers = Describe, p.tierNames[len(p.tierNames)-1:]
	default:
		return false
	}
	return true
}
