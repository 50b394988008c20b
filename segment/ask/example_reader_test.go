package ask_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment/ask"
)

// slang is a Reader of one word; a language model behind a server knows more.
type slang struct{}

func (slang) ReadQuestion(_ context.Context, r ask.Refusal) (ask.Reading, error) {
	gold := features.Condition{Column: "tier", Op: features.Is, Words: []string{"Gold"}}
	return ask.Reading{
		Query: ask.Query{Intent: ask.Figure, Aggregate: features.Mean, Measures: []string{"mnt_wines"}, Where: ask.Where{{gold}}},
		Words: map[string][]string{"vino": {"mnt_wines"}},
	}, nil
}

// A question that the grammar refuses is read otherwise, and the answer says so.
func ExampleReader() {
	a, _ := sampled()
	question := "average vino of Gold customers"
	q, err := a.Reread(context.Background(), question, english(), ask.Query{}, slang{})
	fmt.Println(q.Values().Encode(), err)
	for _, sentence := range a.Ask(context.Background(), question, english(), ask.Options{Read: q}).Text[:3] {
		fmt.Println(sentence)
	}
	// Output:
	// how=mean&kind=figure&note=ask.note.model&of=mnt_wines&where=tier%3Ais%3AGold <nil>
	// A language model read this question; the figures are counted here, as always. Check the reading.
	// I read “vino” as “wine spending”.
	// The average wine spending of Gold customers is 465.
}

// What a query leaves out of the question is refused.
func ExampleAnswerer_Reread() {
	a, _ := sampled()
	_, err := a.Reread(context.Background(), "average vino of Gold customers over 60", english(), ask.Query{}, slang{})
	fmt.Println(errors.Is(err, ask.ErrReading), err)
	// Output: true ask: the reading does not fit the question: it leaves out the number 60
}

func ExampleReading() {
	fmt.Println(ask.Reading{Words: map[string][]string{"vino": {"mnt_wines"}}}.Words)
	// Output: map[vino:[mnt_wines]]
}

// names prints what a Reader is told of.
type names struct{}

func (names) ReadQuestion(_ context.Context, r ask.Refusal) (ask.Reading, error) {
	fmt.Println(r.Question, r.Unknown, len(r.Columns))
	for _, c := range r.Columns[:3] {
		fmt.Printf("%s: %s, %v %v\n", c.Name, c.Noun, c.Kind, c.Words)
	}
	return ask.Reading{}, ask.ErrReading
}

// No more than names leaves: none of a customer's figures, and no word of few.
func ExampleRefusal() {
	a, _ := sampled()
	_, err := a.Reread(context.Background(), "average vino by education", english(), ask.Query{}, names{})
	fmt.Println(err)
	// Output:
	// average vino by education [vino] 38
	// tier: tier, category [Platinum Gold Silver Bronze]
	// tenure: time as a customer, integer []
	// age: age, integer []
	// ask: the reading does not fit the question
}

func ExampleNamedColumn() {
	fmt.Println(ask.NamedColumn{Name: "recency", Noun: "days since the last purchase", Kind: features.Integer, Unit: "days"}.Unit)
	// Output: days
}
