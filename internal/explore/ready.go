package explore

import (
	"github.com/customer-personality/segmentation/internal/snapshot"
	"github.com/customer-personality/segmentation/segment/narrate"
)

// A Ready is a chart to start from: of one tier or, where that is empty, of all
// customers; what it is called; its [Spec] as a query.
type Ready struct{ Tier, Label, Query string }

// ReadyOf are charts to start from.
func ReadyOf(l *narrate.Language, w *snapshot.Snapshot) []Ready {
	if !w.Campaign {
		return readyOfColumns(l, w)
	}
	tiers := w.Tiers
	out := []Ready{
		{"", l.T("ready.spending"), Spec{Mark: "bar", X: "tier", Y: "spent", How: "mean", Color: "tier"}.Query()},
		{"", l.T("ready.income"), Spec{Mark: "point", X: "income", Y: "spent", How: "mean", Color: "tier"}.Query()},
		{"", l.T("ready.age"), Spec{Mark: "box", X: "tier", Y: "age", How: "mean"}.Query()},
		{"", l.T("ready.campaign"), Spec{Mark: "bar", X: "education_level", Y: "response", How: "mean", Color: "tier"}.Query()},
	}
	for _, t := range tiers {
		out = append(out,
			Ready{t, l.T("ready.wine"), Spec{Mark: "bar", X: "education_level", Y: "mnt_wines", How: "mean", Tier: t}.Query()},
			Ready{t, l.T("ready.tierage"), Spec{Mark: "histogram", X: "age", How: "mean", Tier: t}.Query()},
			Ready{t, l.T("ready.children"), Spec{Mark: "bar", X: "children", Y: "spent", How: "mean", Tier: t}.Query()},
		)
	}
	return out
}

// readyOfColumns are charts of the columns that there are.
func readyOfColumns(l *narrate.Language, w *snapshot.Snapshot) (out []Ready) {
	numbers := w.Subjects.Columns[:min(3, len(w.Subjects.Columns))]
	for _, name := range numbers {
		out = append(out,
			Ready{"", l.Capital(l.T("explore.by", l.T("how.mean", l.Noun(name)), l.Noun("tier"))), Spec{Mark: "bar", X: "tier", Y: name, How: "mean", Color: "tier"}.Query()},
			Ready{"", l.T("ask.q.spread", l.Noun(name)), Spec{Mark: "histogram", X: name, How: "mean"}.Query()},
		)
	}
	if len(numbers) > 1 {
		out = append(out, Ready{"", l.Capital(l.T("ask.q.against", l.Noun(numbers[0]), l.Noun(numbers[1]))), Spec{Mark: "point", X: numbers[0], Y: numbers[1], How: "mean", Color: "tier"}.Query()})
	}
	return out
}
