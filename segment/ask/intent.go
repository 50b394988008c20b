package ask

import (
	"slices"

	"github.com/customer-personality/segmentation/features"
)

// figureIntents decide in order what a question about many customers asks for.
// Each completes the query and returns true where it is that.
var figureIntents = []func(*parser, *Query) bool{
	asksDistribution, asksRelation, asksColumnGroup, asksComparison, asksCount, asksMeasure, asksDescription, asksOverview, asksGroups, asksRank,
}

// asksDistribution: the distribution of income.
func asksDistribution(p *parser, q *Query) bool {
	if !p.spread || len(q.Measures) == 0 {
		return false
	}
	q.Intent, q.Measures = Distribution, q.Measures[:1]
	return true
}

// asksRelation: income against spending.
func asksRelation(p *parser, q *Query) bool {
	if !p.relation || len(q.Measures) != 2 || q.AggregateNamed {
		return false
	}
	q.Intent = Relation
	return true
}

// asksColumnGroup: what do customers buy. Spending by product names a measure
// too.
func asksColumnGroup(p *parser, q *Query) bool {
	byProduct := p.group == "products" && slices.Equal(q.Measures, []string{p.subjects.Revenue})
	if !byProduct && (p.group == "" || len(q.Measures) > 0) {
		return false
	}
	q.Intent, q.ColumnGroup, q.Measures = ColumnGroup, p.group, nil
	return true
}

// asksComparison: Gold against Silver. Of some of their customers the columns
// of the model are compared.
func asksComparison(p *parser, q *Query) bool {
	if len(q.Measures) > 0 || !(p.compare && len(q.By) == 0 || len(q.Tiers) > 1 && !p.counts) {
		return false
	}
	q.Intent = Compare
	if len(q.Filters) > 0 {
		q.Intent, q.Measures, q.By = Figure, slices.Clone(p.customer), []string{"tier"}
	}
	return true
}

// asksCount: how many customers are older than 60, the share of Gold.
func asksCount(p *parser, q *Query) bool {
	conditions := len(q.Filters) + len(q.Tiers)
	share := q.AggregateNamed && q.Aggregate == features.Share && conditions+len(q.By) > 0
	if len(q.Measures) > 0 || !p.counts && !share {
		return false
	}
	q.Intent = Figure
	if conditions == 0 && q.Aggregate == features.Count && (len(q.By) == 0 && p.overview || byTier(q)) {
		q.Intent = Overview
	}
	return true
}

func byTier(q *Query) bool { return slices.Equal(q.By, []string{"tier"}) }

// asksMeasure: average income by tier.
func asksMeasure(_ *parser, q *Query) bool {
	if len(q.Measures) == 0 {
		return false
	}
	q.Intent = Figure
	if q.Aggregate == features.Count {
		q.Aggregate = features.Mean
	}
	return true
}

// asksDescription: Gold.
func asksDescription(_ *parser, q *Query) bool {
	if len(q.Tiers) != 1 || q.AggregateNamed || len(q.Filters)+len(q.By) > 0 {
		return false
	}
	q.Intent = Describe
	return true
}

// asksOverview: the tiers.
func asksOverview(p *parser, q *Query) bool {
	if len(q.Filters)+len(q.Tiers) > 0 || !(byTier(q) || p.overview || p.describe) {
		return false
	}
	q.Intent = Overview
	return true
}

// asksGroups: customers by education, married customers.
func asksGroups(_ *parser, q *Query) bool {
	if len(q.By)+len(q.Filters) == 0 {
		return false
	}
	q.Intent, q.Aggregate = Figure, features.Count
	return true
}

// asksRank: the best customers.
func asksRank(p *parser, q *Query) bool {
	tiers := p.tierNames
	switch {
	case q.Rank > 0:
		q.Intent, q.Tiers = Describe, tiers[:1]
	case q.Rank < 0:
		q.Intent, q.Tiers = Describe, tiers[len(tiers)-1:]
	}
	return q.Rank != 0
}
