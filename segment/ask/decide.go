package ask

import (
	"cmp"
	"slices"

	"github.com/customer-personality/segmentation/features"
)

// decide makes the query of what was read, by the first of these kinds that it is.
// What fits none is unclear.
func (p *parser) decide() (Query, error) {
	p.mend()
	if len(p.by) > 2 {
		return Query{}, &Unclear{Key: "ask.unclear.by"}
	}
	if p.than && !p.more && p.sign == 0 {
		p.compare = true
	}
	var names []string
	for _, m := range p.measures {
		names = append(names, m.name)
	}
	p.q.Measures, p.q.By, p.q.ColumnGroup, p.q.Where, p.q.Rank = names, p.by, p.bundle, p.groups[0], 0
	p.q.Aggregate = p.figure
	if err := p.follow(); err != nil || p.done {
		return p.q, err
	}
	for _, kind := range []func(*parser) (bool, error){
		(*parser).concentrated, (*parser).names, (*parser).shares, (*parser).comparisons, (*parser).spreads, (*parser).bundles, (*parser).figures, (*parser).descriptions,
	} {
		ok, err := kind(p)
		if ok && err == nil {
			p.q.Where = p.topsFirst(p.q.Where)
			if p.topTaken && p.top == nil && !slices.Contains(p.q.Measures, p.Subjects.Revenue) {
				p.q.Notes = append(p.q.Notes, "ask.note.revenue")
			}
			err = cmp.Or(p.unused(), p.contradiction())
		}
		if ok || err != nil {
			return p.q, err
		}
	}
	return Query{}, &Unclear{Key: "ask.sorry"}
}

// topsFirst puts those before the other clauses who are the first of all customers.
func (p *parser) topsFirst(w Where) Where {
	is := func(c Clause) bool {
		return slices.ContainsFunc(p.tops, func(o Clause) bool { return (Where{o}).String() == (Where{c}).String() })
	}
	if !slices.ContainsFunc(w, is) {
		return w
	}
	var first, rest Where
	for _, c := range w {
		if is(c) {
			first = append(first, c)
		} else {
			rest = append(rest, c)
		}
	}
	return append(first, rest...)
}

// contradiction returns an error where two words cannot both hold, as one column is
// made of the other: a master who is a graduate.
func (p *parser) contradiction() error {
	var words []features.Condition
	for _, c := range p.q.Where {
		if len(c) == 1 && c[0].Op == features.Is && len(c[0].Words) > 0 && c[0].Column != "tier" {
			words = append(words, c[0])
		}
	}
	for i, a := range words {
		for _, b := range words[i+1:] {
			if a.Column != b.Column && !p.meets(a, b) && (p.makes(a.Column, b.Column) || p.makes(b.Column, a.Column)) {
				return &Unclear{Key: "ask.unclear.twice", Args: []any{p.l.Noun(b.Column)}}
			}
		}
	}
	return nil
}

// meets tells whether a customer has a word of both conditions.
func (p *parser) meets(a, b features.Condition) bool {
	x, y := p.data.Series(a.Column), p.data.Series(b.Column)
	for i := range x.Len() {
		if slices.Contains(a.Words, x.Word(i)) && slices.Contains(b.Words, y.Word(i)) {
			return true
		}
	}
	return false
}

// makes tells whether each word of a column goes with one word of another.
func (p *parser) makes(column, other string) bool {
	x, y, with := p.data.Series(column), p.data.Series(other), map[string]string{}
	for i := range x.Len() {
		if w, seen := with[x.Word(i)]; seen && w != y.Word(i) {
			return false
		}
		with[x.Word(i)] = y.Word(i)
	}
	return true
}

// unused returns an error where a word was read that says nothing in the query: an
// answer would leave it out in silence.
func (p *parser) unused() error {
	q := p.q
	object := len(q.Measures)+len(q.ColumnGroup) > 0 || q.Intent == Names || q.Intent == Describe
	on := func(columns ...string) bool {
		return slices.ContainsFunc(slices.Concat(append([]Where{q.Where, q.Whole}, q.Versus...)...), func(c Clause) bool {
			return slices.ContainsFunc(c, func(f features.Condition) bool { return slices.Contains(columns, f.Column) })
		})
	}
	offers := append(p.Subjects.Group("campaigns"), p.sumOf("campaigns"))
	bought := slices.Concat(p.Subjects.Group("products"), p.Subjects.Group("channels"), []string{"purchases", p.Subjects.Revenue, p.Subjects.Recency})
	ranked := q.Rank != 0 || q.Aggregate == features.Max || q.Aggregate == features.Min || q.Intent == Describe || q.Intent == Compare || q.Intent == Distribution
	says := func(role string) error {
		for i, t := range p.t {
			if t.does(role) {
				return p.unfit(i)
			}
		}
		return &Unclear{Key: "ask.sorry"}
	}
	if i := slices.IndexFunc(p.t, func(t token) bool { return t.does("amount") }); i >= 0 && slices.ContainsFunc(q.Measures, p.counted) {
		return p.unfit(i)
	}
	if i := slices.IndexFunc(q.Measures, func(m string) bool {
		return m == p.Subjects.Revenue || slices.Contains(p.Subjects.Group("products"), m)
	}); i >= 0 && p.implied && q.Aggregate == features.Sum {
		return &Unclear{Key: "ask.unclear.pieces", Args: []any{p.l.Noun(q.Measures[i])}}
	}
	if i := slices.IndexFunc(q.Measures, func(m string) bool { return !p.counted(m) }); p.often && i >= 0 { // how often they buy wine
		return &Unclear{Key: "ask.unclear.pieces", Args: []any{p.l.Noun(q.Measures[i])}}
	}
	if q.Aggregate == features.Count && p.named && p.figure == features.Mean { // the people in an average household
		return &Unclear{Key: "ask.unclear.figure"}
	}
	switch {
	case slices.ContainsFunc(p.t, func(t token) bool { return t.does("accept", "reject") }) && q.ColumnGroup != "campaigns" && !on(offers...) && !slices.ContainsFunc(q.Measures, func(m string) bool { return slices.Contains(offers, m) }):
		return says("accept")
	case p.besideMean && p.t[0].does("be", "do") && q.Intent == Figure && q.Aggregate == features.Count && !p.howMany: // do they earn above average
		return &Unclear{Key: "ask.unclear.compare"}
	case p.buying && !object && !on(bought...):
		return says("buy")
	case p.used && !object && !on(bought...):
		return says("use")
	case p.howMuch && q.Aggregate == features.Count && q.Intent == Figure:
		return &Unclear{Key: "ask.unclear.figure"}
	case p.together && q.Intent == Names:
		return says("together")
	case p.howMany && p.people && q.ColumnGroup == "products":
		return says("all")
	case p.performing && q.ColumnGroup == "" && q.Rank == 0:
		return says("perform")
	case p.sized && q.Intent != Overview && q.Intent != Describe && !(q.Aggregate == features.Count && len(q.By) > 0) && !ranked:
		return says("sized")
	case p.most && !ranked, p.topN > 0 && p.top == nil:
		return &Unclear{Key: "ask.unclear.most"}
	case p.afterBy && len(p.by)+len(q.ColumnGroup) == 0:
		return &Unclear{Key: "ask.unclear.by.what"}
	case p.top != nil && q.Number == 0 && q.Rank == 0, p.part > 0 && q.Intent != Concentration:
		return &Unclear{Key: "ask.unclear.top"}
	case (p.more || p.than) && q.Intent != Compare && q.Intent != Relation && len(q.Measures) < 2:
		return &Unclear{Key: "ask.unclear.compare"}
	case p.compare && q.Intent != Compare && q.Intent != Relation && q.Intent != ColumnGroup && len(q.By) == 0 && len(q.Measures) < 2:
		return &Unclear{Key: "ask.unclear.compare"}
	case p.share != nil && q.Intent != Share && q.Intent != Concentration && q.Aggregate != features.Share:
		return &Unclear{Key: "ask.unclear.share"}
	case p.rate && q.Intent != Figure && q.Intent != ColumnGroup && q.Intent != Compare:
		return &Unclear{Key: "ask.unclear.share"}
	case p.yearly && !(slices.Equal(q.Measures, []string{p.subject("income")}) || len(q.Measures) == 0 && on(p.subject("income")) && !on(bought...)):
		return &Unclear{Key: "ask.unknown.year"}
	}
	return nil
}

// mend puts right what later words say of earlier ones.
func (p *parser) mend() {
	products := p.Subjects.Group("products")
	// In "spends most on meat" spending is the verb and meat the measure.
	for i := 0; i < len(p.measures); i++ {
		m := p.measures[i]
		if m.name != p.Subjects.Revenue || p.relation {
			continue
		}
		if slices.ContainsFunc(p.measures, func(o measure) bool {
			return slices.Contains(products, o.name) && (m.kind == kVerb || m.kind == kTotal && o.part == m.part || m.part == o.part && max(o.at-m.at, m.at-o.at) <= 2)
		}) {
			p.measures = slices.Delete(p.measures, i, i+1)
			i--
			if m.kind == kTotal && !p.named {
				p.figure = features.Sum
			}
		} else if p.bundle == "products" && p.share == nil {
			p.measures = slices.Delete(p.measures, i, i+1)
			i--
		}
	}
	// In "purchases made in stores" the purchases are those in stores.
	if !p.relation && p.share == nil && !p.comparing() {
		p.measures = slices.DeleteFunc(p.measures, func(m measure) bool {
			return slices.ContainsFunc(p.measures, func(o measure) bool {
				return slices.Contains(p.sums[m.name], o.name) || m.name == "purchases" && o.name == p.Subjects.Discounts && o.at == m.at-1
			})
		})
	}
	if p.said != "" && !slices.ContainsFunc(p.measures, func(m measure) bool { return m.name == p.said }) && p.top == nil {
		if len(p.measures) == 0 {
			p.measures = append(p.measures, measure{p.said, kVerb, p.at, p.place()})
		}
	}
	for i := len(p.by) - 1; i >= 0; i-- { // customers with marital status Married
		if !p.told[i] && slices.ContainsFunc(slices.Concat(p.groups[:]...), func(c Clause) bool { return len(c) == 1 && c[0].Column == p.by[i] }) {
			p.by, p.told = slices.Delete(p.by, i, i+1), slices.Delete(p.told, i, i+1)
		}
	}
	if offers := p.Subjects.Group("campaigns"); p.rate && len(p.measures) == 0 && p.bundle == "" && len(offers) > 0 {
		if p.response { // that of the last campaign
			p.measures = append(p.measures, measure{offers[len(offers)-1], kColumn, p.at, p.place()})
		} else {
			p.bundle = "campaigns"
		}
	}
	if sum := p.sumOf("channels"); p.often && p.buying && len(p.measures) == 0 && p.bundle == "" && sum != "" {
		p.measures = append(p.measures, measure{sum, kVerb, p.at, p.place()})
	}
	// Who spends most is a question about tiers.
	if p.who && (p.most || p.more) && !p.people && len(p.by) == 0 && len(p.groups[0]) == 0 {
		p.by = []string{"tier"}
	}
	if p.figure == "" && !p.named && slices.ContainsFunc(p.measures, func(m measure) bool { return m.kind == kTotal }) && !p.relation && p.share == nil {
		p.figure = features.Sum
	}
}

// concentrated reads how many customers make a part of a total.
func (p *parser) concentrated() (bool, error) {
	i := slices.IndexFunc(p.t, func(t token) bool { return t.unit == "percent" })
	if i < 0 || p.part == 0 || p.figure == Percentile {
		return false, nil
	}
	p.q.Number = p.part
	if len(p.measures) != 1 || !p.summable(p.measures[0].name) || len(p.by) > 0 || !p.howMany && p.share == nil || p.share != nil && len(p.share.main)+len(p.share.in) > 0 {
		return false, p.unfit(i)
	}
	p.q.Intent, p.q.Aggregate = Concentration, ""
	if s := p.share; s != nil {
		p.q.Where = slices.Concat(p.q.Where, s.head, s.post)
	}
	return true, nil
}

// names reads who has the most: the top ten customers, the oldest one.
func (p *parser) names() (bool, error) {
	single := p.most && p.people && len(p.by) == 0 && p.bundle == "" && !p.howMany && p.figure == "" && p.share == nil && (p.said != "" || len(p.measures) == 1 && (p.which || p.who))
	if p.top == nil && !single {
		return false, nil
	}
	if p.top == nil {
		p.top = &top{n: 10, sign: p.sign, column: p.said}
		if p.person {
			p.top.n = 1
		}
	}
	t := p.top
	p.q.Rank, p.q.Number = t.sign, t.n
	switch {
	case p.bundle != "": // the top three products
		return false, nil
	case len(p.by) == 1 && !p.people: // the top three tiers by income
		if t.column != "" && len(p.measures) == 0 {
			p.q.Measures = []string{t.column}
		}
		return false, nil
	case len(p.by) > 0 || p.figure != "" && p.figure != features.Sum || len(p.measures) > 1 || p.share != nil || t.percent || p.grouped > 0:
		return false, &Unclear{Key: "ask.unclear.top"}
	}
	column := t.column
	if len(p.q.Measures) == 1 {
		column = p.q.Measures[0]
	}
	if column == "" {
		column = p.Subjects.Revenue
		p.q.Notes = append(p.q.Notes, "ask.note.revenue")
	}
	if column == "" {
		return false, &Unclear{Key: "ask.unclear.which", Args: []any{p.l.Number(t.n, 0), p.l.Or(nouns(p.l, p.numbersOfAll()))}}
	}
	p.q.Intent, p.q.Measures, p.q.Aggregate = Names, []string{column}, ""
	return true, nil
}

// shares reads which part of a whole something is.
func (p *parser) shares() (bool, error) {
	s := p.share
	if s == nil {
		return false, nil
	}
	if p.compare || p.than || p.grouped > 0 || p.describe || p.spread || p.relation {
		return false, &Unclear{Key: "ask.unclear.share"}
	}
	if p.named && p.figure != features.Share && p.figure != features.Mean && p.figure != features.Sum {
		return false, &Unclear{Key: "ask.unclear.share"}
	}
	q := &p.q
	q.Intent, q.Aggregate = Share, ""
	if p.most {
		q.Rank = p.sign
	}
	before, in := slices.Concat(s.head, s.post), s.in
	kept := p.q.Where // of the last query
	if !p.kept {
		kept = nil
	}
	if whole := p.wholeOf(p.bundle); whole != "" && p.bundle != "" && slices.Equal(q.Measures, []string{whole}) && len(q.By) == 0 && len(p.columnsOf("main")) == 0 { // share of revenue by product
		q.Intent, q.Measures, q.Aggregate, q.Where = ColumnGroup, nil, features.Share, slices.Concat(kept, before, in, s.main)
		return true, nil
	}
	if err := p.shareOfAmount(before, kept); err != nil || q.WholeOf != "" {
		return err == nil, err
	}
	before = slices.Concat(s.head, s.post) // with those who complained, of a share of complaints
	switch {
	case p.kept && len(before)+len(in)+len(s.main)+len(q.By) == 0: // what share is that
		q.Where = kept
	case len(s.main) > 0 || s.verb && len(q.By) > 0:
		q.Whole = slices.Concat(kept, before, in)
		q.Where = slices.Concat(q.Whole, s.main)
	case len(in) > 0 && len(before) > 0:
		q.Whole = slices.Concat(kept, in)
		q.Where = slices.Concat(q.Whole, before)
	case len(in) > 0 && len(q.By) == 0 && len(kept) == 0:
		q.Whole, q.Where = nil, in
	case len(in) > 0:
		q.Whole = slices.Concat(kept, in)
		q.Where = q.Whole
	case len(s.head) > 0 && len(s.post) > 0:
		q.Whole = slices.Concat(kept, s.head)
		q.Where = slices.Concat(q.Whole, s.post)
	default:
		q.Whole, q.Where = kept, slices.Concat(kept, before)
	}
	if len(q.Measures) > 0 || p.bundle != "" {
		return false, &Unclear{Key: "ask.unclear.share"}
	}
	if len(q.Where) == len(q.Whole) && len(q.By) == 0 {
		return false, &Unclear{Key: "ask.unclear.share"}
	}
	return true, nil
}

// shareOfAmount reads which part of an amount is that of some customers, or of some
// columns of its own.
func (p *parser) shareOfAmount(before, kept Where) error {
	s, q := p.share, &p.q
	head, in, main := p.columnsOf("head"), p.columnsOf("in"), p.columnsOf("main")
	if p.bundle != "" {
		if sum := p.wholeOf(p.bundle); sum != "" && len(head)+len(in)+len(main) == 1 && (len(main) == 1 || len(in) == 0) {
			if len(main) == 0 {
				main, head = head, nil
			}
			head, q.ColumnGroup = []string{sum}, ""
		} else if sum != "" && len(head)+len(in)+len(main) == 0 {
			head, q.ColumnGroup = []string{sum}, ""
		}
	}
	var part, whole []string
	switch {
	case len(main) > 0:
		part, whole = main, head
	case len(in) > 0:
		part, whole = head, in
	case len(head) > 0:
		part, whole = head, head
	}
	if len(part) == 0 && len(whole) > 0 {
		part = whole
	}
	if len(part) != 1 || len(whole) != 1 {
		return nil
	}
	if whole[0] != part[0] && !p.partOf(part[0], whole[0]) || !p.summable(whole[0]) {
		return &Unclear{Key: "ask.unclear.part", Args: []any{p.l.Noun(part[0]), p.l.Noun(whole[0])}}
	}
	if p.data.Series(whole[0]).Kind().Binary() {
		q.Measures = nil
		s.head = append(s.head, Clause{{Column: whole[0], Op: features.Over}})
		return nil
	}
	q.Measures, q.WholeOf, p.bundle, q.ColumnGroup = part, whole[0], "", ""
	switch {
	case s.verb && part[0] != whole[0]: // what share of spending is wine in Gold
		q.Whole = slices.Concat(kept, before, s.in, s.main)
		q.Where = q.Whole
	case s.verb:
		q.Whole = slices.Concat(kept, before, s.in)
		q.Where = slices.Concat(q.Whole, s.main)
	case len(in) > 0:
		q.Whole = slices.Concat(kept, s.in)
		q.Where = slices.Concat(q.Whole, before)
	case part[0] == whole[0]:
		q.Where = slices.Concat(kept, before, s.in)
	default:
		q.Whole = slices.Concat(kept, before, s.in)
		q.Where = q.Whole
	}
	if part[0] == whole[0] && len(q.Where) == len(q.Whole) && len(q.By) == 0 {
		for _, sum := range []string{p.Subjects.Revenue, "purchases"} { // the share of wine is that of spending
			if p.partOf(part[0], sum) {
				q.WholeOf = sum
				return nil
			}
		}
		return &Unclear{Key: "ask.unclear.share"}
	}
	return nil
}

// comparisons reads groups of customers, or figures of some, beside each other.
func (p *parser) comparisons() (bool, error) {
	q := &p.q
	if !p.comparing() || p.relation && p.grouped == 0 && len(q.Measures) == 2 {
		return false, nil
	}
	if p.more && !p.than && p.grouped == 0 && len(q.Where) == 0 && p.said != "" && len(q.Measures) == 1 && q.Measures[0] != p.said && len(q.By) == 0 { // do older customers spend more
		q.Intent, q.Measures, q.Aggregate = Relation, []string{p.said, q.Measures[0]}, ""
		return true, nil
	}
	if p.grouped == 0 && len(q.Measures) >= 2 && p.howMany && p.compare && len(q.By) == 0 {
		q.Intent = Figure
		return true, nil
	}
	if n := len(q.Where); p.verbMore && len(q.Measures) == 0 && !p.howMany && n > 1 { // do they complain more
		q.Measures, q.Where, q.Aggregate = []string{q.Where[n-1][0].Column}, q.Where[:n-1], features.Mean
		p.groups[0] = q.Where
	}
	if len(q.Measures) == 0 && p.bundle == "" && p.said == "" && p.more && !p.howMany && !p.nounMore && !p.better() {
		return false, &Unclear{Key: "ask.unclear.compare"}
	}
	if p.howMany && p.named && p.figure != features.Mean || p.spread || p.top != nil || p.most {
		return false, &Unclear{Key: "ask.unclear.compare"}
	}
	if len(q.By) == 1 && len(q.Measures) == 0 && p.data.Series(q.By[0]).Kind().Numeric() { // compare Gold and Bronze by age
		q.Measures, q.By = q.By, nil
	}
	if p.grouped == 0 && len(q.By) > 0 && len(q.Versus) == 0 { // compare income by tier
		if p.which && p.more && !p.than && !p.most && len(q.Where) == 0 { // which gender has the higher income
			p.more, p.most = false, true
			return false, nil
		}
		if p.more || p.than {
			if p.who && p.more && p.alternatives() {
				return p.sameColumn()
			}
			return false, &Unclear{Key: "ask.unclear.compare"}
		}
		if len(q.Measures) == 0 && p.bundle == "" {
			if slices.Equal(q.By, []string{"tier"}) || len(q.By) == 1 {
				q.Measures = p.modelNumbers()
			}
		}
		return false, nil
	}
	if p.grouped == 0 && len(q.Measures) >= 2 && (p.than || p.more || p.compare) && len(q.By) == 0 && !p.howMany { // do they buy more wine than meat
		q.Intent, q.Aggregate = Figure, p.orMean()
		return true, nil
	}
	if len(q.By) > 1 || len(q.By) == 1 && q.By[0] != "tier" && len(q.Measures) == 0 && p.bundle == "" {
		return false, &Unclear{Key: "ask.unclear.compare"}
	}
	if p.grouped == 0 && !p.all[0] && p.alternatives() {
		return p.sameColumn()
	}
	for g := 1; g <= p.grouped; g++ {
		q.Versus = append(q.Versus, p.groups[g])
		if len(p.groups[g]) == 0 && !p.all[g] {
			return false, &Unclear{Key: "ask.unclear.compare"}
		}
	}
	p.shareConditions()
	if len(q.Versus) == 0 {
		if len(q.Where) == 0 {
			if p.more || p.than || !p.compare {
				return false, &Unclear{Key: "ask.unclear.compare"}
			}
			if len(q.Measures) == 0 && p.bundle == "" {
				q.By, q.Measures = []string{"tier"}, p.modelNumbers()
			} else {
				q.By = []string{"tier"}
			}
			return false, nil
		}
		if p.more || p.than {
			return false, &Unclear{Key: "ask.unclear.compare"}
		}
		q.Versus = []Where{nil} // one against everybody
	}
	if p.bundle != "" && len(q.Measures) == 0 {
		q.Measures, q.ColumnGroup = p.Subjects.Group(p.bundle), ""
	}
	q.Intent, q.Rank = Compare, 0
	if q.Aggregate == "" && len(q.Measures) > 0 {
		q.Aggregate = features.Mean
	}
	if len(q.Measures) == 0 && (p.howMany || p.more && p.said == "" && !p.better()) {
		q.Aggregate = features.Count
	}
	q.By = nil
	return true, nil
}

// better tells whether it is the value of customers that is compared.
func (p *parser) better() bool {
	return slices.ContainsFunc(p.t, func(t token) bool { return t.does("better") })
}

// alternatives tells whether all that is said of customers is one or the other of some
// conditions: Gold or Silver, singles or couples.
func (p *parser) alternatives() bool {
	w := p.q.Where
	return len(w) == 1 && (len(w[0]) > 1 || len(w[0][0].Words) > 1 && w[0][0].Op == features.Is)
}

// sameColumn makes a group of each of the alternatives.
func (p *parser) sameColumn() (bool, error) {
	q := &p.q
	var groups []Where
	if clause := q.Where[0]; len(clause) > 1 {
		for _, c := range clause {
			groups = append(groups, Where{{c}})
		}
	} else {
		for _, w := range clause[0].Words {
			groups = append(groups, Where{{{Column: clause[0].Column, Op: features.Is, Words: []string{w}}}})
		}
	}
	q.Where, q.Versus = groups[0], groups[1:]
	q.Intent, q.By = Compare, nil
	if len(q.Measures) > 0 {
		q.Aggregate = p.orMean()
	} else if p.more && p.said == "" && p.bundle == "" && !p.better() { // are there more PhDs or masters
		q.Aggregate = features.Count
	}
	if p.bundle != "" && len(q.Measures) == 0 {
		q.Measures, q.ColumnGroup, q.Aggregate = p.Subjects.Group(p.bundle), "", p.orMean()
	}
	return true, nil
}

// shareConditions lets the first groups have the conditions of the last that stand
// behind a list of them: Gold and Silver customers over 60.
func (p *parser) shareConditions() {
	q := &p.q
	if len(q.Versus) == 0 || p.noun[0] && p.grouped > 0 || p.than {
		return
	}
	last := q.Versus[len(q.Versus)-1]
	first := map[string]bool{}
	for _, c := range q.Where {
		first[c[0].Column] = true
	}
	var more Where
	for _, c := range last {
		if !first[c[0].Column] {
			more = append(more, c)
		}
	}
	if len(more) == 0 || len(more) == len(last) {
		return
	}
	q.Where = slices.Concat(q.Where, more)
	for i := range len(q.Versus) - 1 {
		q.Versus[i] = slices.Concat(q.Versus[i], more)
	}
}

// orMean is the figure that was named, or the mean.
func (p *parser) orMean() features.Aggregate {
	if p.figure == "" || p.figure == features.Count {
		return features.Mean
	}
	return p.figure
}

// spreads reads how a column is spread, and how two go together.
func (p *parser) spreads() (bool, error) {
	q := &p.q
	switch {
	case p.spread && p.named && p.figure == StdDev:
		return false, nil
	case p.spread && len(q.Measures) == 1 && !p.most && !p.named:
		q.Intent = Distribution
		return true, nil
	case p.spread && len(q.Measures) == 0 && len(q.By) > 0 && p.bundle == "": // of customers by tier
		return false, nil
	case p.spread:
		return false, &Unclear{Key: "ask.unclear.spread"}
	case p.relation && len(q.Measures)+len(q.By) == 2 && len(q.Measures) < 2 && len(q.Where) == 0 && !p.afterBy && len(q.Measures) == 1: // does spending depend on education
		q.Intent, q.Aggregate = Figure, features.Mean
		return true, nil
	case p.relation && len(q.Measures) == 2 && len(q.By) == 0 && !p.most && !p.named:
		q.Intent = Relation
		return true, nil
	case p.relation && len(q.Measures) == 1 && len(q.By) == 0:
		return false, &Unclear{Key: "ask.unclear.relation"}
	case p.relation && p.grouped == 0:
		return false, &Unclear{Key: "ask.unclear.relation"}
	}
	return false, nil
}

// bundles reads columns that belong together: what customers buy.
func (p *parser) bundles() (bool, error) {
	q := &p.q
	if p.bundle == "" {
		if p.buying && len(q.Measures) == 0 && (p.what || p.which && len(p.by) == 0) && len(p.Subjects.Products) > 0 && !p.howMany {
			p.bundle = "products"
			q.ColumnGroup = p.bundle
		} else {
			return false, nil
		}
	}
	if p.bundle == "channels" && slices.ContainsFunc(q.Measures, func(m string) bool {
		return m == p.Subjects.Revenue || slices.Contains(p.Subjects.Group("products"), m)
	}) {
		return false, &Unclear{Key: "ask.unknown.channels"}
	}
	if i := slices.IndexFunc(p.t, func(t token) bool { return t.does("which") }); i >= 0 && i+1 < len(p.t) && p.t[i+1].does("people", "person") { // which customers accepted every campaign
		return false, &Unclear{Key: "ask.unclear.whom"}
	}
	if sum := p.sumOf(p.bundle); sum != "" && slices.Equal(q.Measures, []string{sum}) {
		q.Measures = nil
	}
	if len(q.Measures) > 0 || p.howMany && !slices.Contains([]features.Aggregate{"", features.Sum}, q.Aggregate) && q.Aggregate != features.Mean {
		return false, p.unfit(p.measures[0].at)
	}
	if q.Aggregate == "" && p.howMany {
		q.Aggregate = features.Sum
	}
	if p.most || p.top != nil {
		if q.Rank == 0 {
			q.Rank = p.sign
		}
		if len(q.By) > 1 {
			return false, &Unclear{Key: "ask.unclear.by"}
		}
	}
	if p.more || q.Aggregate == features.Share {
		return false, &Unclear{Key: "ask.sorry"}
	}
	q.Intent = ColumnGroup
	return true, nil
}

// figures reads an aggregate or a count.
func (p *parser) figures() (bool, error) {
	q := &p.q
	if p.more && len(p.by) == 0 || p.rate && len(q.Measures) == 0 {
		return false, &Unclear{Key: "ask.sorry"}
	}
	if p.amountsByChannel() {
		return false, &Unclear{Key: "ask.unknown.channels"}
	}
	if p.most && p.exact && len(q.By) > 0 && len(p.told) > 0 && p.told[0] && !p.which && !p.what && !p.who && !p.named && len(q.Measures) == 1 && q.Aggregate == "" { // highest income by tier
		q.Aggregate = features.Max
		if p.sign < 0 {
			q.Aggregate = features.Min
		}
		p.named = true
	} else if p.most && len(q.By) > 0 {
		q.Rank = p.sign
	} else if p.most && !p.describe && !p.best() {
		switch {
		case p.alternatives() && len(q.Measures) > 0: // who is oldest, Gold or Silver
			return p.sameColumn()
		case len(q.Measures) == 1 && q.Aggregate == "" && !p.howMany && len(p.measures) > 0 && (p.what || p.measures[0].at >= p.mostAt-1 && p.measures[0].at <= p.mostAt+2) && !p.t[min(p.mostAt, len(p.t)-1)].does("people"): // the highest income
			q.Aggregate, p.named = features.Max, true
			if p.sign < 0 {
				q.Aggregate = features.Min
			}
		case len(q.Measures) > 0 || q.Aggregate != "" || p.howMany:
			return false, &Unclear{Key: "ask.unclear.most"}
		}
	}
	switch {
	case p.often && len(q.Measures) == 1 && len(q.By) == 0 && q.Rank == 0 && p.data.Series(q.Measures[0]).Kind().Binary(): // how many times was campaign 4 accepted
		q.Intent, q.Aggregate = Figure, features.Count
		q.Where, q.Measures = append(slices.Clone(q.Where), Clause{{Column: q.Measures[0], Op: features.Over}}), nil
		return true, nil
	case len(q.Measures) > 0:
		q.Intent = Figure
		if p.rate && !p.data.Series(q.Measures[0]).Kind().Binary() {
			return false, &Unclear{Key: "ask.unclear.share"}
		}
		switch {
		case q.Aggregate == "" && p.howMuch && !p.rate && p.measures != nil && !slices.ContainsFunc(p.measures, func(m measure) bool { return m.kind == kVerb }) && p.summable(q.Measures[0]):
			q.Aggregate = features.Sum
		case q.Aggregate == "" && p.howMany && p.people:
			return false, p.unfit(p.measures[0].at)
		case q.Aggregate == "":
			q.Aggregate = features.Mean
		case q.Aggregate == features.Sum && len(q.Measures) == 1 && !p.addable(q.Measures[0]):
			if p.implied && p.people { // how many old customers
				return false, p.unfit(p.measures[0].at)
			}
			if p.howMany || p.howMuch {
				q.Aggregate = features.Mean
			} else {
				return false, &Unclear{Key: "ask.unclear.sum", Args: []any{p.l.Noun(q.Measures[0])}}
			}
		case q.Aggregate == features.Count || q.Aggregate == features.Share:
			return false, &Unclear{Key: "ask.sorry"}
		}
		if p.q.Rank != 0 && p.named && p.figure == features.Sum {
			q.Aggregate = features.Sum
		}
		p.splitBy()
		if p.together && len(q.Measures) > 1 {
			q.Notes = append(q.Notes, "ask.note.together")
		}
		return true, nil
	case p.named && !p.sized && !(p.figure == features.Sum && p.people) && !(p.howMany || p.figure == features.Count) && !p.describe && !p.person:
		return false, &Unclear{Key: "ask.unclear.figure"}
	case p.sized && len(q.By) == 1 && p.most, p.most && len(q.By) > 0 && p.said == "" && (p.howMany || p.people || p.sized || len(q.Where) > 0):
		q.Intent, q.Aggregate = Figure, features.Count
		return true, nil
	case p.most && len(q.By) > 0:
		return false, &Unclear{Key: "ask.unclear.which", Args: []any{p.l.T(map[bool]string{true: "word.most", false: "word.least"}[p.sign > 0]), p.l.Or(nouns(p.l, p.modelNumbers()))}}
	}
	if p.figure == features.Sum && len(q.Measures) == 0 && (p.people || len(q.Where) > 0) { // the total number of customers
		p.howMany = true
	}
	counting := p.howMany || p.figure == features.Count || p.spread
	if counting {
		q.Intent, q.Aggregate = Figure, features.Count
		if len(q.Where) == 0 && (len(q.By) == 0 && p.overview || slices.Equal(q.By, []string{"tier"})) {
			q.Intent, q.Aggregate, q.By = Overview, "", nil
		} else {
			p.splitBy()
		}
		return true, nil
	}
	return false, nil
}

// amountsByChannel tells whether an amount is asked of a channel.
func (p *parser) amountsByChannel() bool {
	channels := p.Subjects.Group("channels")
	for _, m := range p.measures {
		amount := m.name == p.Subjects.Revenue || slices.Contains(p.Subjects.Group("products"), m.name)
		if !amount || m.name == "" {
			continue
		}
		if slices.ContainsFunc(p.by, func(b string) bool { return slices.Contains(channels, b) }) {
			return true
		}
		for _, o := range p.measures {
			joined := p.t[max(0, o.at-1)].does("and", "comma", "or") || p.t[max(0, m.at-1)].does("and", "comma", "or")
			if slices.Contains(channels, o.name) && !joined {
				return true
			}
		}
	}
	return false
}

// splitBy tells the words of a column apart that were named side by side.
func (p *parser) splitBy() {
	q := &p.q
	if len(q.By) > 0 || p.kept || p.or || p.together {
		return
	}
	for _, c := range q.Where {
		if len(c) == 1 && c[0].Op == features.Is && len(c[0].Words) > 1 {
			q.By = []string{c[0].Column}
			return
		}
	}
}

// best tells whether the most is of customers as such: the best customers.
func (p *parser) best() bool { return p.said == "" && len(p.measures) == 0 && !p.sized }

// descriptions reads what customers are, without any figure.
func (p *parser) descriptions() (bool, error) {
	q := &p.q
	if p.sign != 0 && !p.most || p.rate || p.buying {
		return false, nil
	}
	switch {
	case p.most && p.best() && len(q.Where) == 0 && len(q.By) <= 1 && (p.people || slices.Equal(q.By, []string{"tier"})): // the best customers
		tier := p.Tiers[0]
		if p.sign < 0 {
			tier = p.Tiers[len(p.Tiers)-1]
		}
		q.Intent, q.Where, q.By = Describe, Where{{{Column: "tier", Op: features.Is, Words: []string{tier}}}}, nil
		return true, nil
	case p.most:
		return false, &Unclear{Key: "ask.unclear.most"}
	case p.describe && len(q.Where) > 0 && len(q.By) <= 1 || len(q.Where) == 1 && len(q.Where[0]) == 1 && q.Where[0][0].Column == "tier" && len(q.Where[0][0].Words) == 1 && len(q.By) == 0:
		q.Intent, q.Aggregate, q.By = Describe, "", nil
		return true, nil
	case len(q.Where) == 1 && len(q.Where[0]) == 1 && slices.Contains(topOps, q.Where[0][0].Op) && len(q.By) == 0: // the top quarter by income
		q.Intent, q.Aggregate = Describe, ""
		return true, nil
	case len(q.Where) == 0 && (slices.Equal(q.By, []string{"tier"}) || len(q.By) == 0 && (p.overview || p.made)):
		q.Intent, q.Aggregate, q.By = Overview, "", nil
		if p.made {
			q.Notes = append(q.Notes, "ask.note.made")
		}
		return true, nil
	case len(q.Where) > 0 && len(q.By) == 0 && (p.which && p.people || p.who) && !p.describe && !p.made: // which customers are married
		q.Intent, q.Aggregate, q.Notes = Figure, features.Count, append(q.Notes, noteWho)
		return true, nil
	case len(q.By)+len(q.Where) > 0 && !p.describe && !p.made && !p.what && !p.which && !p.who: // customers by education, married customers
		q.Intent, q.Aggregate = Figure, features.Count
		p.splitBy()
		return true, nil
	case (p.describe || p.who && len(p.t) <= 3) && p.people && len(q.By) == 0: // the typical customer
		q.Intent, q.Aggregate, q.Measures = Figure, features.Mean, p.modelNumbers()
		return true, nil
	}
	return false, nil
}

// modelNumbers are the columns of the model that are numbers.
func (p *parser) modelNumbers() []string { return session{Answerer: p.Answerer, l: p.l}.numbers() }

// numbersOfAll are some columns of numbers.
func (p *parser) numbersOfAll() []string { return p.modelNumbers() }
