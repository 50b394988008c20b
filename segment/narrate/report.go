package narrate

import (
	"strings"

	"github.com/customer-personality/segmentation/features"
)

// Report returns what was guessed of a file, what it lacks and which of its words
// are not known, as sentences.
func (l *Language) Report(r features.Report) []string {
	out := l.ids(r)
	if r.QuotedLines {
		out = append(out, l.T("report.quoted"))
	}
	if n := len(r.Preamble); n > 0 {
		out = append(out, l.Count("report.preamble", n, l.N(n), r.Preamble[0]))
	}
	for _, d := range r.Dates {
		if text := l.dates(d); text != "" {
			out = append(out, text)
		}
	}
	for _, m := range r.Missing {
		key := "report.empty"
		if m.Required {
			key = "report.lost"
		}
		name := l.Noun(m.Column)
		if m.Column == "dt_customer" {
			name = l.T("report.enrolment")
		}
		out = append(out, l.Count(key, m.Count, l.N(m.Count), name))
	}
	if r.NumberGuessed && r.Decimal == features.DecimalComma {
		out = append(out, l.T("report.guess.number", "58.138"))
	} else if r.NumberGuessed {
		out = append(out, l.T("report.guess.number", "58,138"))
	}
	unknown := r.MostUnknown(20)
	for _, u := range unknown {
		follows := "report.unknown.education"
		if u.Column == "marital_status" {
			follows = "report.unknown.marital"
		}
		out = append(out, l.Count("report.unknown", u.Count, l.N(u.Count), l.Noun(u.Column), u.Value)+" "+l.T(follows))
	}
	if more := len(r.Unknown) - len(unknown); more > 0 {
		out = append(out, l.Count("report.unknown.more", more, l.N(more)))
	}
	return out
}

// ids returns the sentences on where the ids of a file are from, and which of them repeat.
func (l *Language) ids(r features.Report) (out []string) {
	if r.IDColumn != "" {
		out = append(out, l.T("report.ids.column", r.IDColumn))
	}
	if r.Numbered {
		out = append(out, l.T("report.ids.none"))
	}
	if repeated := r.RepeatedIDs; repeated.Rows > 0 {
		var first []string
		for _, id := range repeated.First {
			first = append(first, l.T("report.ids.place", id.ID, l.N(id.Line)))
		}
		out = append(out, l.Count("report.ids.repeated", repeated.Rows, l.N(repeated.Rows), strings.Join(first, ", ")))
	}
	if n := r.RepeatedIDs.Unchecked; n > 0 {
		out = append(out, l.Count("report.ids.unchecked", n, l.N(n)))
	}
	return out
}

// dates returns the sentence on what the order of dates rests on where they do
// not fix it themselves.
func (l *Language) dates(d features.DateWriting) string {
	order := func(o features.DateOrder) string {
		return l.T([]string{"report.order.written", "report.order.day", "report.order.month", "report.order.year", "report.order.exchanged"}[o])
	}
	read := l.Count("report.dates", d.Open, l.N(d.Open), d.Example, order(d.Order))
	if d.Doubt || d.Basis == features.BySpan {
		read += " " + l.T("report.dates.span", l.N(d.Outside), l.D(d.From), l.D(d.To), order(d.Rival), l.N(d.RivalOutside))
	}
	switch {
	case d.Doubt:
		return read + " " + l.T("report.dates.doubt")
	case d.Basis == features.BySpan:
	case d.Basis == features.ByReach:
		read += " " + l.T("report.dates.reach", l.D(d.First), l.D(d.Last), order(d.Rival), l.D(d.RivalFirst), l.D(d.RivalLast))
	case d.Basis == features.BySignature:
		read += " " + l.T("report.dates.signature")
	case d.Basis == features.ByOthers:
		read += " " + l.T("report.dates.others")
	case d.Basis == features.ByGuess:
	default:
		return ""
	}
	if d.Guess {
		read += " " + l.T("report.guess.date")
	}
	return read
}
