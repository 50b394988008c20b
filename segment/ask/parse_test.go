package ask

import (
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation/features"
)

func TestParse(t *testing.T) {
	g := sample(t).grammar(english)
	over := func(column string, op features.Op, v float64) features.Condition {
		return features.Condition{Column: column, Op: op, A: v}
	}
	for question, want := range map[string]Query{
		"what if income were 70000?":                  {Intent: WhatIf, Changes: []Assignment{{"income", 70000}}},
		"What if they had no children and earned 30k": {Intent: WhatIf, Changes: []Assignment{{"children", 0}, {"income", 30000}}},
		"who else is like this?":                      {Intent: Alike},
		"why?":                                        {Intent: Why},
		"what would have to change?":                  {Intent: Counterfactual},
		"help":                                        {Intent: Help},
		"Describe Gold":                               {Intent: Describe, Tiers: []string{"Gold"}},
		"what do Platinum customers buy?":             {Intent: ColumnGroup, ColumnGroup: "products", Tiers: []string{"Platinum"}},
		"compare Silver and Gold":                     {Intent: Compare, Tiers: []string{"Silver", "Gold"}},
		"average wine spending by education for Gold": {Intent: Figure, Measures: []string{"mnt_wines"}, Aggregate: features.Mean, AggregateNamed: true, By: []string{"education"}, Tiers: []string{"Gold"}},
		"average gold products of Gold":               {Intent: Figure, Measures: []string{"mnt_gold_prods"}, Aggregate: features.Mean, AggregateNamed: true, Tiers: []string{"Gold"}},
		"median age by tier":                          {Intent: Figure, Measures: []string{"age"}, Aggregate: features.Median, AggregateNamed: true, By: []string{"tier"}},
		"total spending of married customers with income over 50000": {Intent: Figure, Measures: []string{"spent"}, Aggregate: features.Sum, AggregateNamed: true, Filters: []features.Condition{{Column: "marital_status", Op: features.Is, Words: []string{"Married"}}, over("income", features.Over, 50000)}},
		"which tier spends most on meat?":                            {Intent: Figure, Measures: []string{"mnt_meat_products"}, By: []string{"tier"}, Rank: 1},
		"how many customers are older than 60":                       {Intent: Figure, Aggregate: features.Count, AggregateNamed: true, Filters: []features.Condition{over("age", features.Over, 60)}},
		"distribution of income":                                     {Intent: Distribution, Measures: []string{"income"}},
		"income against spending":                                    {Intent: Relation, Measures: []string{"income", "spent"}},
		"customers aged 40 to 60":                                    {Intent: Figure, Filters: []features.Condition{{Column: "age", Op: features.Between, A: 40, B: 60}}},
		"average income of customers between 40 and 60":              {Intent: Figure, Measures: []string{"income"}, Aggregate: features.Mean, AggregateNamed: true, Filters: []features.Condition{{Column: "age", Op: features.Between, A: 40, B: 60}}},
		"median income of customers with income between 40 and 60":   {Intent: Figure, Measures: []string{"income"}, Aggregate: features.Median, AggregateNamed: true, Filters: []features.Condition{{Column: "income", Op: features.Between, A: 40, B: 60}}},
		"average income of not married customers":                    {Intent: Figure, Measures: []string{"income"}, Aggregate: features.Mean, AggregateNamed: true, Filters: []features.Condition{{Column: "marital_status", Op: features.Not, Words: []string{"Married"}}}},
		"which tier has the most children?":                          {Intent: Figure, Measures: []string{"children"}, By: []string{"tier"}, Rank: 1},
		"who spends least?":                                          {Intent: Figure, Measures: []string{"spent"}, By: []string{"tier"}, Rank: -1},
		"average age of customers who accepted the last campaign":    {Intent: Figure, Measures: []string{"age"}, Aggregate: features.Mean, AggregateNamed: true, Filters: []features.Condition{over("response", features.Over, 0)}},
		"spending of single parents":                                 {Intent: Figure, Measures: []string{"spent"}, Filters: []features.Condition{{Column: "living_with", Op: features.Is, Words: []string{"Single"}}, over("is_parent", features.Over, 0)}},
		"customers in Gold with income under 50000":                  {Intent: Figure, Aggregate: features.Count, Tiers: []string{"Gold"}, Filters: []features.Condition{over("income", features.Under, 50000)}},
		"which age group has the most Gold customers?":               {Intent: Figure, Aggregate: features.Count, By: []string{"age_group"}, Tiers: []string{"Gold"}, Rank: 1},
		"customers by tier with income over 50000":                   {Intent: Figure, Aggregate: features.Count, By: []string{"tier"}, Filters: []features.Condition{over("income", features.Over, 50000)}},
		"how many customers are in each tier?":                       {Intent: Overview, Aggregate: features.Count, AggregateNamed: true, By: []string{"tier"}},
		"difference between Platinum and Gold":                       {Intent: Compare, Tiers: []string{"Platinum", "Gold"}},
		"how old are Silver customers?":                              {Intent: Figure, Measures: []string{"age"}, Tiers: []string{"Silver"}},
		"who are our best customers?":                                {Intent: Describe, Tiers: []string{"Platinum"}, Rank: 1},
		"how many customers per tier are over 60":                    {Intent: Figure, Aggregate: features.Count, AggregateNamed: true, By: []string{"tier"}, Filters: []features.Condition{over("age", features.Over, 60)}},
		"what if he had three kids":                                  {Intent: WhatIf, Changes: []Assignment{{"children", 3}}},
	} {
		t.Run(question, func(t *testing.T) {
			got, err := g.Parse(question)
			if err != nil {
				t.Errorf("%s: %v", question, err)
				return
			}
			if !want.AggregateNamed {
				got.AggregateNamed = false
			}
			if want.Aggregate == "" {
				got.Aggregate = "" // the default of the intent
			}
			for i := range got.Filters {
				if math.IsNaN(got.Filters[i].B) {
					got.Filters[i].B = 0
				}
			}
			got.Corrections = nil
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s is read as\n%+v, want\n%+v", question, got, want)
			}
		})
	}
}

// A letter too few is forgiven, and told.
func TestParseForgives(t *testing.T) {
	q, err := sample(t).Parse("avrage incme by tier", english)
	if err != nil || q.Intent != Figure || !slices.Equal(q.Measures, []string{"income"}) || len(q.Corrections) != 2 || q.Corrections[1] != [2]string{"incme", "income"} {
		t.Errorf("it is read as %+v, %v", q, err)
	}
}

// What is not understood names its words, and is never something else.
func TestParseRefuses(t *testing.T) {
	for question, word := range map[string]string{"weather in Paris": "weather", "average shoe size by tier": "shoe", "what if shoe size were 40": "shoe", "income over": "number", "what if": "figure", "": "", "average": "", "how many customers earn more than 70.000?": "70.000 can be read in two ways", "what if income were 58.138": "58.138 can be read in two ways"} {
		t.Run(question, func(t *testing.T) {
			_, err := sample(t).Parse(question, english)
			var unclear *Unclear
			if !errors.As(err, &unclear) || !strings.Contains(unclear.Text(english), word) {
				t.Errorf("%q gives %v; it must be unclear and say %q", question, err, word)
			}
		})
	}
}

// FuzzParse: every text is read or refused as unclear, and what is read names
// only what there is: columns, tiers, values and numbers.
func FuzzParse(f *testing.F) {
	g := sample(f).grammar(english)
	for _, q := range []string{"average wine spending by education for Gold", "what if income were 70000 and they had no children?", "how many customers between 30 and 40 are Silver", "which tier spends least on fish", "compare", "income over", "> < = 5", "what if -1k children", "avrage incme"} {
		f.Add(q)
	}
	f.Fuzz(func(t *testing.T, question string) {
		q, err := g.Parse(question)
		if err != nil {
			var unclear *Unclear
			if !errors.As(err, &unclear) || unclear.Error() == "" {
				t.Fatalf("%q gives %v", question, err)
			}
			return
		}
		if q.Intent == "" || q.Rank < -1 || q.Rank > 1 || len(q.By) > 2 {
			t.Errorf("%q is read as %+v", question, q)
		}
		for _, m := range slices.Concat(q.Measures, q.By) {
			if g.set.Series(m).IsZero() {
				t.Errorf("%q names the column %q", question, m)
			}
		}
		for _, tier := range q.Tiers {
			if !slices.Contains(g.tierNames, tier) {
				t.Errorf("%q names the tier %q", question, tier)
			}
		}
		for _, a := range q.Changes {
			if !slices.Contains(features.TrainingColumns, a.Column) || features.CheckValue(a.Column, a.Value) != nil {
				t.Errorf("%q sets %+v", question, a)
			}
		}
		if _, err := g.set.Where(t.Context(), q.Filters...); err != nil {
			t.Errorf("%q has filters that cannot be used: %v", question, err)
		}
		// The same question is read in the same way.
		again, err := g.Parse(question)
		if err != nil || len(again.Filters) != len(q.Filters) || again.Intent != q.Intent || !slices.Equal(again.Measures, q.Measures) {
			t.Errorf("%q is read in two ways: %+v and %+v, %v", question, q, again, err)
		}
	})
}

// Numbers are read as the language writes them.
func TestAmount(t *testing.T) {
	for _, test := range []struct {
		text    string
		decimal features.DecimalMark
		want    float64
		ok      bool
	}{
		{"70000", '.', 70000, true}, {"70,000", '.', 70000, true}, {"70,000.5", '.', 70000.5, true}, {"70k", '.', 70000, true}, {"1.5m", '.', 1.5e6, true}, {"-3", '.', -3, true},
		{"70.000", ',', 70000, true}, {"70.000,5", ',', 70000.5, true}, {"1,5m", ',', 1.5e6, true},
		{"70,00", '.', 0, false}, {"70.00", ',', 0, false}, {"k", '.', 0, false}, {"", '.', 0, false}, {"NaN", '.', 0, false}, {"1e999", '.', 0, false},
	} {
		if v, ok := amount(test.text, test.decimal); ok != test.ok || ok && v != test.want {
			t.Errorf("%q with the decimal mark %c is %v, %v; want %v, %v", test.text, test.decimal, v, ok, test.want, test.ok)
		}
	}
}

// FuzzAmount: a number that is written out is finite and not negative where it
// has no minus.
func FuzzAmount(f *testing.F) {
	for _, s := range []string{"70000", "70k", "1.5m", "-3", "1e309", "70,000", "NaN", "Inf", "0x10", "k"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, ok := amount(s, '.')
		if ok && (math.IsNaN(v) || math.IsInf(v, 0)) {
			t.Errorf("%q is %v", s, v)
		}
	})
}
