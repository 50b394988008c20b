package ask

import (
	"encoding/json"
	"errors"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
)

// Every part of a query survives an address, with the signs that part conditions in
// names and words.
func TestQueryValues(t *testing.T) {
	odd := features.Condition{Column: "a:b|c;d %", Op: features.Not, Words: []string{"x;y", "z|:+"}}
	for name, q := range map[string]Query{
		"figure":  {Intent: Figure, Aggregate: Percentile, Measures: []string{"in come"}, By: []string{"tier", "age"}, Number: 90, Rank: -1, Where: Where{{odd, {Column: "income", Op: Missing}}, {{Column: "n", Op: features.Between, A: -1.5, B: 1e300}}}},
		"share":   {Intent: Share, Measures: []string{"wine"}, WholeOf: "spent", Whole: Where{{{Column: "n", Op: TopPercent, A: 20}}}, Notes: []string{"ask.note.why"}},
		"own":     {Intent: Figure, Aggregate: features.Count, Where: Where{{{Column: "in come", Op: AboveMean, Words: []string{"tier"}}}, {{Column: "day", Op: features.Between, A: 20130101, B: 20131231}}}},
		"compare": {Intent: Compare, Versus: []Where{nil, {{odd}}}},
		"what if": {Intent: WhatIf, Changes: []Assignment{{"a=b+c", 3, false, false}, {"Annual Income (k$)", -5e20, true, true}}},
		"toward":  {Intent: Counterfactual, Toward: "Platinum"},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := url.ParseQuery(q.Values().Encode())
			if err != nil {
				t.Fatal(err)
			}
			if got, err := ReadQuery(v); err != nil || !reflect.DeepEqual(got, q) {
				t.Errorf("it is read back as %+v, want %+v: %v", got, q, err)
			}
			b, err := json.Marshal(Answer{Query: q})
			var a Answer
			if err = errors.Join(err, json.Unmarshal(b, &a)); err != nil || !reflect.DeepEqual(a.Query, q) {
				t.Errorf("as JSON it is %s: %v", b, err)
			}
		})
	}
}

// What an address asks that there is not is refused, and nothing panics.
func TestQueryRefuses(t *testing.T) {
	w := sample(t)
	for _, text := range []string{
		"kind=nothing", "kind=figure", "kind=figure&how=mean", "kind=figure&how=mean&of=education", "kind=figure&how=pie&of=income", "kind=figure&how=percentile&of=income", "kind=figure&how=mean&of=income&by=shoes",
		"kind=figure&how=mean&of=income&by=tier&by=education&by=age", "kind=figure&how=count&where=tier:is:Tin", "kind=figure&how=count&where=tier:over:3", "kind=figure&how=count&where=income:is:Married", "kind=figure&how=count&where=income",
		"kind=figure&how=count&where=income:top:-1", "kind=figure&how=count&where=income:top+percent:200", "kind=names&of=income&n=0&rank=1", "kind=names&of=income&n=10", "kind=names&of=income&n=NaN&rank=1", "kind=names&of=income&n=10&rank=7",
		"kind=share&part=spent&of=income", "kind=share&by=tier&by=age", "kind=relation&of=income", "kind=concentration&of=spent&n=0", "kind=column+group", "kind=column+group&group=shoes", "kind=compare&where=tier:is:Gold", "kind=what+if", "kind=what+if&set=shoes=1", "kind=what+if&set=income",
		"kind=change&to=Tin", "kind=figure&how=count&where=age:between:1",
	} {
		v, err := url.ParseQuery(text)
		if err != nil {
			t.Fatal(err)
		}
		q, err := ReadQuery(v)
		if err == nil {
			_, err = w.Answer(ctx, q, english, Options{Customer: customer})
		}
		if !errors.Is(err, segment.ErrOption) {
			t.Errorf("%s gives %v, want ErrOption", text, err)
		}
	}
}

// Taking a condition away asks of more customers, and every choice can be asked.
func TestChips(t *testing.T) {
	w := sample(t)
	for _, question := range []string{"average income of married Gold customers with children", "share of Gold by education", "top 5 customers in Gold", "distribution of income", "what do Gold customers buy", "compare Gold and Silver on wine", "how many customers are over 60"} {
		q, err := w.Parse(question, english, Query{})
		if err != nil {
			t.Fatal(question, err)
		}
		chips := w.Chips(q, english)
		if len(chips.Fields)+len(chips.Among) == 0 {
			t.Errorf("%q has no chips", question)
		}
		for _, field := range chips.Fields {
			chosen := 0
			for _, choice := range field.Choices {
				v := url.Values{}
				for name, values := range chips.Kept {
					v[name] = values
				}
				for _, other := range chips.Fields {
					for _, c := range other.Choices {
						if c.Chosen && other.Name != field.Name {
							v.Add(other.Name, c.Value)
						}
					}
				}
				v.Add(field.Name, choice.Value)
				again, err := ReadQuery(v)
				if err == nil {
					_, err = w.Answer(ctx, again, english, Options{})
				}
				var unclear *Unclear
				if err != nil && !errors.As(err, &unclear) {
					t.Errorf("%q with %s %s gives %v", question, field.Name, choice.Value, err)
				}
				if choice.Chosen {
					if chosen++; sorted(again) != sorted(q) && len(q.Notes) == 0 {
						t.Errorf("%q unchanged is %s, want %s", question, text(again), text(q))
					}
				}
			}
			if chosen != 1 {
				t.Errorf("%q has %d choices of %s, want 1", question, chosen, field.Name)
			}
		}
		for _, chip := range chips.Among {
			if _, err := w.Answer(ctx, chip.Without, english, Options{}); err != nil || len(chip.Without.Where) != len(q.Where)-1 {
				t.Errorf("%q without %s is %s: %v", question, chip.Label, text(chip.Without), err)
			}
		}
	}
}

// sorted returns the text of a query with its conditions in an order of their own.
func sorted(q Query) string {
	q.Where = slices.SortedFunc(slices.Values(q.Where), func(a, b Clause) int { return strings.Compare(Where{a}.String(), Where{b}.String()) })
	return text(q)
}
