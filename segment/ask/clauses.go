package ask

import (
	"slices"
)

// A clauseOrder is where the verbs of a language stand, by [Questions]: in German at the
// end of a clause that depends on another, and of one with an auxiliary verb. That of
// English is nil. The parser reads verbs before what they are of, as English has them.
type clauseOrder struct {
	relatives, auxiliaries, participles map[string]bool

	objects map[string]string
	things  map[string]bool
}

func newClauseOrder(q *Questions, in *inflection) *clauseOrder {
	if q.Relatives == "" {
		return nil
	}
	stems := func(list string) map[string]bool {
		out := map[string]bool{}
		for w := range set(list) {
			out[in.stem(w)] = true
		}
		return out
	}
	return &clauseOrder{relatives: set(q.Relatives), auxiliaries: stems(q.Auxiliaries), participles: stems(q.Participles), objects: q.Objects, things: stems(q.Things)}
}

// arrange returns tokens in the order in which the parser reads them, without what only
// holds them together.
func (o *clauseOrder) arrange(in []token) []token {
	if o == nil {
		return in
	}
	t := o.articles(in)
	t = o.dependent(t)
	t = o.brackets(t)
	t = o.conditional(t)
	t = o.subjects(t)
	t = o.placed(t)
	out := t[:0]
	for i, x := range t {
		next := tokenAt(t, i+1)
		_, column := next.as(kColumn)
		_, bundle := next.as(kBundle)
		if x.does("on", "of", "in") && tokenAt(t, i-1).does("accept") && (column || bundle) { // reacted on
			continue
		}
		if x.does("comma") && (next.does("and", "or", "but", "nor") || i == 0 || next.text == "" || next.does("what if")) {
			continue
		}
		if m, ok := x.as(kVerb); ok && len(x.meanings) == 1 { // visit the website
			if c, same := next.as(kColumn); same && c.name == m.name {
				continue
			}
		}
		out = append(out, x)
	}
	return out
}

func tokenAt(t []token, i int) token {
	if i < 0 || i >= len(t) {
		return token{}
	}
	return t[i]
}

// verb tells whether a token is a verb of a clause.
func (o *clauseOrder) verb(t token) bool {
	_, verb := t.as(kVerb)
	return verb && !t.does("old") || o.participles[t.text] || o.auxiliaries[t.text] || t.does("have", "be", "accept", "buy", "use", "reject", "come", "rise", "fall", "perform")
}

// articles tells apart what is written alike: the article and the pronoun of a clause,
// and the article and the number one. Other words that only hold a question together
// are left out.
func (o *clauseOrder) articles(in []token) []token {
	out := make([]token, 0, len(in))
	for i, t := range in {
		last, next := tokenAt(out, len(out)-1), tokenAt(in, i+1)
		if m, number := t.as(kNumber); number && t.does("filler") {
			_, compared := last.as(kCompare)
			if _, another := tokenAt(in, i+2).as(kNumber); compared || next.does("or") && another {
				t.meanings = []meaning{m}
				out = append(out, t)
			}
			continue
		}
		if o.relatives[t.text] {
			switch {
			case last.does("compare") && (next.does("with", "versus")):
				t.meanings = []meaning{{kind: kWord, name: "rel"}, {kind: kWord, name: "pronoun"}}
				out = append(out, t)
				continue
			case i > 0 && i == len(in)-1: // how many are these
				t.meanings = []meaning{{kind: kWord, name: "pronoun"}}
				out = append(out, t)
				continue
			case o.opens(last) && o.closes(in[i+1:]):
				t.meanings = []meaning{{kind: kWord, name: "rel"}}
				if last.does("comma") {
					out = out[:len(out)-1]
				}
				out = append(out, t)
				continue
			}
		}
		if len(t.meanings) == 1 && t.does("filler") {
			if _, column := last.as(kColumn); column && o.relatives[t.text] && next.does("people", "person") { // the spending of the customers
				t.meanings = []meaning{{kind: kWord, name: "of"}}
				out = append(out, t)
			}
			continue
		}
		out = append(out, t)
	}
	return out
}

// opens tells whether a clause on customers may begin behind a token.
func (o *clauseOrder) opens(last token) bool {
	_, condition := last.as(kCondition)
	return last.does("comma", "people", "person") || condition
}

// closes tells whether tokens begin with a clause that a verb ends.
func (o *clauseOrder) closes(t []token) bool { return o.clauseEnd(t, 0) >= 0 }

// clauseEnd returns the place of the verb that ends the clause which begins at a place,
// −1 for none: a clause does not end with a participle.
func (o *clauseOrder) clauseEnd(t []token, from int) int {
	for i := from; i < len(t); i++ {
		next := tokenAt(t, i+1)
		switch {
		case t[i].does("comma") && !slices.ContainsFunc(t[from:i], o.verb) && i > from:
			continue
		case t[i].does("comma"):
			return -1
		case !o.verb(t[i]) || o.participles[t[i].text]:
		case next.text == "" || next.does("comma", "and", "or", "but", "than") || o.verb(next) && !o.participles[next.text]:
			return i
		}
	}
	return -1
}

// dependent moves the verbs of clauses on customers to their beginnings.
func (o *clauseOrder) dependent(t []token) []token {
	for i := 0; i < len(t); i++ {
		if !t[i].does("rel") || t[i].does("pronoun") || !o.relatives[t[i].text] {
			continue
		}
		from := i + 1
		for {
			end := o.clauseEnd(t, from)
			if end < 0 {
				break
			}
			for o.verb(tokenAt(t, end+1)) && o.participles[t[end].text] {
				end++
			}
			t, end = o.front(t, from, end)
			next := tokenAt(t, end+1)
			if next.does("and", "or", "but") && o.clauseEnd(t, end+2) >= 0 || next.does("comma") && tokenAt(t, end+2).does("but") {
				from = end + 2
				continue
			}
			if next.does("comma") && o.listed(t, end+2) {
				from = end + 2
				continue
			}
			if next.does("comma") && !tokenAt(t, end+2).does("and", "or") {
				t = slices.Delete(t, end+1, end+2)
			}
			break
		}
	}
	return t
}

// listed tells whether another part of a list of clauses begins at a place: one that ends
// with a verb before and.
func (o *clauseOrder) listed(t []token, from int) bool {
	end := o.clauseEnd(t, from)
	return end > from && !o.verb(t[from]) && tokenAt(t, end+1).does("and", "or", "comma")
}

// front moves the verbs that end a clause to its beginning, a denial before them; of an
// auxiliary and another verb only the other. It returns the new end of the clause.
func (o *clauseOrder) front(t []token, from, end int) ([]token, int) {
	at := end
	for at > from && o.verb(t[at-1]) {
		at--
	}
	group := slices.Clone(t[at : end+1])
	if len(group) > 1 {
		group = slices.DeleteFunc(group, func(v token) bool { return o.auxiliaries[v.text] && !o.participles[v.text] })
		group = group[:min(1, len(group))]
	}
	if at > from && t[at-1].does("not") {
		at--
		group = slices.Insert(group, 0, t[at])
	}
	out := slices.Concat(t[:from], group, t[from:at], t[end+1:])
	return out, end + len(out) - len(t)
}

// brackets puts the participle that ends a clause in the place of its auxiliary verb.
func (o *clauseOrder) brackets(t []token) []token {
	for j := 1; j < len(t); j++ {
		next := tokenAt(t, j+1)
		if !o.participles[t[j].text] || !(next.text == "" || next.does("comma", "and", "or", "but", "than", "for", "on")) {
			continue
		}
		i := j - 1
		for i >= 0 && !o.verb(t[i]) {
			i--
		}
		if i < 0 || !o.auxiliaries[t[i].text] {
			continue
		}
		group := []token{t[j]}
		rest := t[i+1 : j]
		if n := len(rest); n > 0 && rest[n-1].does("not") {
			group, rest = []token{rest[n-1], t[j]}, rest[:n-1]
		}
		subject := 0
		if i == 0 { // have Gold customers accepted
			subject = 1 + slices.IndexFunc(rest, func(x token) bool { return x.does("people", "person") })
		}
		t = slices.Concat(t[:i], rest[:subject], group, rest[subject:], t[j+1:])
	}
	return t
}

// placed puts other words in their places: denials, ago, what money is spent on, and
// verbs that ask whether one thing goes with another.
func (o *clauseOrder) placed(t []token) []token {
	spends := slices.ContainsFunc(t, func(x token) bool { _, verb := x.as(kVerb); return verb && !x.does("old") })
	relates := slices.ContainsFunc(t, func(x token) bool { return x.does("relate") })
	for i := 0; i < len(t); i++ {
		last, next := tokenAt(t, i-1), tokenAt(t, i+1)
		_, column := last.as(kColumn)
		_, condition := last.as(kCondition)
		switch {
		case t[i].does("not") && (column || condition) && (next.text == "" || next.does("comma", "but", "and", "or")): // campaign 3 not, but 5
			t[i-1], t[i] = t[i], t[i-1]
		case t[i].does("but") && o.verb(last): // they spend, but less
			t[i-1], t[i] = t[i], t[i-1]
		case t[i].does("ago"): // before the number
			for j := i + 1; j < len(t) && j < i+3; j++ {
				if _, number := t[j].as(kNumber); number && t[j].unit != "" {
					ago := t[i]
					t = slices.Insert(slices.Delete(t, i, i+1), j, ago)
					break
				}
			}
		case o.things[t[i].text] && last.does("and", "or") && i > 2 && t[i-3].does("without"): // without children and partner
			t[i-1].meanings = []meaning{{kind: kWord, name: "and"}}
			t = slices.Insert(t, i, t[i-3])
		case spends && last.does("on") && o.objects[t[i].text] != "":
			t[i].meanings = []meaning{{kind: kColumn, name: o.objects[t[i].text]}}
		case t[i].does("rise", "fall") && i == 0:
			if _, column := next.as(kColumn); column {
				t[0], t[1] = t[1], t[0]
			}
		case t[i].does("have") && (i == 0 && relates || last.does("share") && slices.ContainsFunc(t[i:], func(x token) bool { return x.does("in") && x.does("of") })):
			t = slices.Delete(t, i, i+1)
			i--
		}
	}
	return t
}

// subjects moves a verb of an amount behind the customers with the most or the least:
// how much the best customer spends.
func (o *clauseOrder) subjects(t []token) []token {
	for i := range t {
		_, verb := t[i].as(kVerb)
		_, most := tokenAt(t, i+1).as(kMost)
		if verb && most && tokenAt(t, i+2).does("people", "person") {
			t[i], t[i+1], t[i+2] = t[i+1], t[i+2], t[i]
		}
	}
	return t
}

// conditional moves the verb of what if behind these words: what if income rose by.
func (o *clauseOrder) conditional(t []token) []token {
	changes := func(x token) bool { return x.does("rise", "fall") }
	at := slices.IndexFunc(t, changes)
	if len(t) > 0 && t[0].does("what if") && at > 1 {
		for i, x := range t {
			if x.does("on") { // rose to 80,000
				t[i].meanings = []meaning{{kind: kWord, name: "to"}}
			}
		}
		verb := t[at]
		t = slices.Insert(slices.Delete(slices.Clone(t), at, at+1), 1, verb)
	}
	if at < 0 { // higher by 10,000
		for i, x := range t {
			_, number := tokenAt(t, i+1).as(kNumber)
			if _, more := tokenAt(t, i+2).as(kMore); x.does("by") && number && more {
				return slices.Delete(t, i, i+1)
			}
		}
	}
	return t
}
