package llm

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment/ask"
)

// A condition is a [features.Condition] as the model writes it.
type condition struct {
	Column     string   `json:"column"`
	Comparison string   `json:"comparison"`
	Words      []string `json:"words"`
	Number     float64  `json:"number"`
	Upper      float64  `json:"upper"`
}

// A where is the clauses of an [ask.Where].
type where [][]condition

// A word is what the model took an unknown word for.
type word struct {
	Word  string   `json:"word"`
	Means []string `json:"means"`
}

// A query is an [ask.Reading] as the model writes it.
type query struct {
	Kind     string   `json:"kind"` // none where there is no query
	Figure   string   `json:"figure"`
	Of       []string `json:"of"`
	Group    string   `json:"group"`
	By       []string `json:"by"`
	Where    where    `json:"where"`
	Whole    where    `json:"whole"`
	Versus   []where  `json:"versus"`
	AmountOf string   `json:"amount_of"`
	Rank     int      `json:"rank"`
	Number   float64  `json:"number"`
	Words    []word   `json:"words"`
}

const none = "none"

// decode reads what the model wrote: one query and nothing else.
func decode(text string) (ask.Reading, error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	var w query
	if err := d.Decode(&w); err != nil {
		return ask.Reading{}, fmt.Errorf("%w: it is no JSON of the schema", ErrAnswer)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return ask.Reading{}, fmt.Errorf("%w: something is behind it", ErrAnswer)
	}
	if w.Kind == none {
		return ask.Reading{}, ErrNone
	}
	q := ask.Query{
		Intent: ask.Intent(w.Kind), Aggregate: features.Aggregate(w.Figure), Measures: w.Of, ColumnGroup: w.Group, By: w.By,
		Where: w.Where.query(), Whole: w.Whole.query(), WholeOf: w.AmountOf, Rank: w.Rank, Number: w.Number,
	}
	for _, v := range w.Versus {
		q.Versus = append(q.Versus, v.query())
	}
	q, err := ask.ReadQuery(q.Values()) // which refuses what no address can have
	if err != nil {
		return ask.Reading{}, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	out := ask.Reading{Query: q, Words: map[string][]string{}}
	for _, s := range w.Words {
		name := strings.ToLower(strings.TrimSpace(s.Word))
		out.Words[name] = append(out.Words[name], s.Means...)
	}
	return out, nil
}

func (w where) query() (out ask.Where) {
	for _, clause := range w {
		var c ask.Clause
		for _, f := range clause {
			c = append(c, features.Condition{Column: f.Column, Op: features.Op(f.Comparison), Words: f.Words, A: f.Number, B: f.Upper})
		}
		if len(c) > 0 {
			out = append(out, c)
		}
	}
	return out
}

// written is the query of an ask.Query, as the model writes one.
func written(q ask.Query) *query {
	if q.IsZero() {
		return nil
	}
	of := func(w ask.Where) (out where) {
		for _, clause := range w {
			var c []condition
			for _, f := range clause {
				c = append(c, condition{f.Column, string(f.Op), f.Words, f.A, f.B})
			}
			out = append(out, c)
		}
		return out
	}
	out := &query{
		Kind: string(q.Intent), Figure: string(q.Aggregate), Of: q.Measures, Group: q.ColumnGroup, By: q.By, Where: of(q.Where), Whole: of(q.Whole), AmountOf: q.WholeOf, Rank: q.Rank, Number: q.Number,
	}
	for _, v := range q.Versus {
		out.Versus = append(out.Versus, of(v))
	}
	return out
}

// kinds are the queries that a model may write, as it is told of them.
var kinds = []struct {
	intent ask.Intent
	about  string
}{
	{ask.Figure, "one figure of the columns in of (none for count), by the columns in by"},
	{ask.Share, "which part of the customers in whole those in where are: where repeats the conditions of whole and adds its own; or, with amount_of, which part of the total of that column the column in of is"},
	{ask.Compare, "the customers in where beside those in each of versus, in the columns of of"},
	{ask.ColumnGroup, "the columns of a group beside each other"},
	{ask.Distribution, "how the one column in of is spread"},
	{ask.Relation, "how the two columns in of go together"},
	{ask.Names, "the number of customers with the most (rank 1) or the least (rank -1) in the one column of of"},
	{ask.Concentration, "how few customers make number per cent of the total of the column in of"},
	{ask.Describe, "what sets the customers in where apart"},
	{ask.Overview, "all tiers and their sizes"},
}

// comparisons are those of conditions.
var comparisons = []features.Op{features.Is, features.Not, features.Over, features.AtLeast, features.Under, features.AtMost, features.Between, ask.Missing, ask.Known, ask.Top, ask.Bottom, ask.TopPercent, ask.BottomPercent, ask.AboveMean, ask.BelowMean}

const instructions = `You turn a question about customers into one query, as JSON of the schema. You never answer it, and you do nothing else that the question asks of you.
Use the columns, words and groups that are listed and no others. Every condition and every number of the question is in the query, and nothing is in it that the question, or the last query that it goes on from, does not say. Of above mean and below mean words is the column of the group. Put no threshold of your own for a vague word.
where, whole and each of versus are lists of clauses that all hold; a clause is a list of conditions of which one holds. A clause of the top or bottom counts among those that the clauses before it hold for. words lists each of the unknown words with the columns, words, group, figure or kind of the query that it was taken for, or asks where it only asks.
If no query fits exactly, kind is none. Fields that are not needed are empty.
The kinds:
`

// object is one of JSON.
type object = map[string]any

// request is the body for a question: names and the question, and of no customer
// anything.
func (c *Client) request(r ask.Refusal) object {
	var system strings.Builder
	system.WriteString(instructions)
	for _, k := range kinds {
		fmt.Fprintf(&system, "%s: %s.\n", k.intent, k.about)
	}
	var columns []object
	for _, col := range r.Columns {
		one := object{"name": col.Name, "means": col.Noun, "kind": fmt.Sprint(col.Kind)}
		if col.Unit != "" {
			one["unit"] = col.Unit
		}
		if len(col.Words) > 0 {
			one["words"] = col.Words
		}
		columns = append(columns, one)
	}
	question := object{"question": r.Question, "language": r.Language, "unknown": r.Unknown, "columns": columns, "groups": r.Groups}
	if last := written(r.Last); last != nil {
		question["last"] = last
	}
	user, _ := json.Marshal(question) // of strings, which cannot fail
	return object{
		"model": c.options.Model, "temperature": 0, "stream": false,
		"messages":        []object{{"role": "system", "content": system.String()}, {"role": "user", "content": string(user)}},
		"response_format": object{"type": "json_schema", "json_schema": object{"name": "query", "strict": true, "schema": schema(r)}},
	}
}

// schema is that of a query with the names of a refusal.
func schema(r ask.Refusal) object {
	names := make([]string, len(r.Columns))
	for i, c := range r.Columns {
		names[i] = c.Name
	}
	intents := []string{none}
	for _, k := range kinds {
		intents = append(intents, string(k.intent))
	}
	figures := []features.Aggregate{""}
	for _, f := range append(features.Aggregates(), ask.StdDev, ask.Percentile) {
		if f != "" {
			figures = append(figures, f)
		}
	}
	text, number := object{"type": "string"}, object{"type": "number"}
	one := func(values any) object { return object{"type": "string", "enum": values} }
	list := func(of object) object { return object{"type": "array", "items": of} }
	strict := func(fields object) object {
		return object{"type": "object", "properties": fields, "required": slices.Sorted(maps.Keys(fields)), "additionalProperties": false}
	}
	clauses := list(list(strict(object{"column": one(names), "comparison": one(comparisons), "words": list(text), "number": number, "upper": number})))
	return strict(object{
		"kind": one(intents), "figure": one(figures), "of": list(one(names)), "by": list(one(names)),
		"group": one(append([]string{""}, slices.Sorted(maps.Keys(r.Groups))...)), "where": clauses, "whole": clauses, "versus": list(clauses),
		"amount_of": one(append([]string{""}, names...)), "rank": object{"type": "integer", "enum": []int{-1, 0, 1}}, "number": number,
		"words": list(strict(object{"word": text, "means": list(text)})),
	})
}
