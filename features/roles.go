package features

import (
	"cmp"
	"context"
	"fmt"
	"hash/maphash"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/customer-personality/segmentation/internal/cause"
)

// A Role is what a column of a table serves for in a segmentation.
type Role uint8

const (
	RoleNone     Role = iota // nothing
	RoleID                   // names the customer
	RoleFeature              // customers are alike or not by it
	RoleDescribe             // tells who is in a segment, and does not make it
)

// String returns the role in lower case.
func (r Role) String() string {
	if int(r) < len(roleNames) {
		return roleNames[r]
	}
	return "unknown"
}

var roleNames = [...]string{"none", "id", "feature", "describe"}

// RoleOptions set what [InferRoles] is not to find from the data. Names are
// matched without regard to case and blanks. The zero value finds everything.
type RoleOptions struct {
	ID       string   // column of ids; "-" for none
	Features []string // columns that segments are made of
	Value    []string // columns that make a customer valuable; with a hyphen before it, one of which less is better: "-recency"
	Describe []string // columns that tell who is in a segment
}

// Roles say what the columns of a table serve for.
type Roles struct {
	ID       string   // column of ids; empty where the rows are numbered
	Features []string // columns that segments are made of
	Value    []Value  // of them, those that make a customer valuable
	Describe []string // columns that tell who is in a segment, without making it

	Repeated string // a column that names customers in more than one row each, so that rows are no customers; empty where there is none

	Guessed bool         // whether no name told the value columns, so that all amounts, or all numbers, were taken
	Columns []ColumnRole // every column, in order, and why
}

// A Value is a column that makes a customer valuable.
type Value struct {
	Column string `json:"column"`
	Less   bool   `json:"less,omitempty"` // whether less is better
}

// A ColumnRole is what one column serves for, and why.
type ColumnRole struct {
	Column Column
	Role   Role
	Reason string
	Set    bool // whether the options set it
}

// mostCategories is the most words that a column may have to be a feature: each
// becomes a column of its own.
const mostCategories = 20

// InferRoles finds what the columns of a table serve for:
//
//   - the id is the column with a name of ids, such as ID or CustomerID, whose
//     values are all different; else one of ids of any name, or one that numbers
//     the rows;
//   - features are numbers, shares, flags and words of up to 20 values, but
//     constants, columns that say the same as an earlier one, ids of whatever they
//     name, names of persons, and segments that were made before are not;
//   - value columns are the numeric features whose names tell of income, spending,
//     purchases and the like, or of recency, of which less is better; where no
//     name does, those whose names tell of prices and payments, else all amounts,
//     else all numbers, which is a guess;
//   - the other words of up to 20 values describe.
//
// Days, ids and free text serve for nothing by themselves. What o sets is taken
// as it is; a column that it names as a feature and to describe by is both. The order of the rows matters only to what numbers them.
//
// Errors: [*ColumnError] for a name that the table does not have and for a
// feature or value column that cannot be one; ErrOptions for a value column named
// with and without the hyphen; and that of ctx.
func InferRoles(ctx context.Context, t *Table, o RoleOptions) (Roles, error) {
	t = orZero(t)
	r := Roles{Columns: make([]ColumnRole, len(t.series))}
	for i, s := range t.series {
		r.Columns[i].Column = s.Column()
	}
	if err := r.setID(ctx, t, o); err != nil {
		return Roles{}, err
	}
	if err := r.setFeatures(ctx, t, o); err != nil {
		return Roles{}, err
	}
	described := map[string]bool{}
	for _, name := range o.Describe {
		s, err := t.Column(name)
		if err != nil {
			return Roles{}, err
		}
		described[s.Name()] = true
		if c := r.Columns[t.byName[s.Name()]]; c.Role != RoleFeature || !c.Set { // named as both, it is both
			r.give(t, s.Name(), RoleDescribe, "set", true)
		}
	}
	if err := r.setValue(t, o); err != nil { // among the features that are left
		return Roles{}, err
	}
	for i, c := range r.Columns {
		if c.Role == RoleFeature && described[c.Column.Name] {
			r.Describe = append(r.Describe, c.Column.Name)
		}
		switch c.Role {
		case RoleFeature:
			r.Features = append(r.Features, c.Column.Name)
		case RoleDescribe:
			r.Describe = append(r.Describe, c.Column.Name)
		case RoleNone:
			if s := t.series[i]; o.Describe == nil && s.Kind() == Category && len(s.levels) > 1 && len(s.levels) <= mostCategories && c.Reason == "" {
				r.Columns[i].Role, r.Columns[i].Reason = RoleDescribe, "words that are no feature here"
				r.Describe = append(r.Describe, c.Column.Name)
			}
		}
	}
	if o.Features != nil { // in the order in which they are named
		r.Features = r.Features[:0]
		for _, name := range o.Features {
			s, _ := t.Column(name)
			if !slices.Contains(r.Features, s.Name()) {
				r.Features = append(r.Features, s.Name())
			}
		}
	}
	return r, nil
}

func (r *Roles) give(t *Table, name string, role Role, reason string, set bool) {
	i := t.byName[name]
	r.Columns[i].Role, r.Columns[i].Reason, r.Columns[i].Set = role, reason, set
}

// setID finds the column of ids.
func (r *Roles) setID(ctx context.Context, t *Table, o RoleOptions) error {
	switch o.ID {
	case "-":
		return nil
	case "":
		best := 0
		for _, s := range t.series {
			rank := idRank(key(s.Name()))
			if rank == 0 || best > 0 && rank >= best || !s.identifies(ctx) {
				continue
			}
			r.ID, best = s.Name(), rank
		}
		reason := "its values are all different, as those of an id are"
		if r.ID == "" { // a column of ids of any name
			for i, s := range t.series {
				switch {
				case s.Kind() == Identifier && s.identifies(ctx) && !s.measures():
				case s.Kind() == Integer && s.enumerates():
					reason = "it numbers the rows"
				case i == 0 && s.Kind() == Integer && s.rises():
					reason = "its values rise from row to row, as those of an id do"
				default:
					continue
				}
				r.ID = s.Name()
				break
			}
		}
		if r.ID != "" {
			r.give(t, r.ID, RoleID, reason, false)
		}
		return cause.Of(ctx)
	}
	s, err := t.Column(o.ID)
	if err != nil {
		return err
	}
	r.ID = s.Name()
	r.give(t, r.ID, RoleID, "set", true)
	return nil
}

// identifies reports whether every row has a value of its own; the answer is false
// once ctx has ended, after which the caller has to look.
func (s Series) identifies(ctx context.Context) bool {
	if k := s.Kind(); k == Date || k == Amount || k == Percent || k == Flag || k == Bool || k == FreeText {
		return false
	}
	words, numbers := map[string]bool{}, map[float64]bool{}
	for i := range s.Len() {
		if s.Missing(i) || i%blockRows == 0 && cause.Of(ctx) != nil {
			return false
		}
		if s.numbers != nil {
			if numbers[s.numbers[i]] {
				return false
			}
			numbers[s.numbers[i]] = true
			continue
		}
		id := s.id(i) // 17002.0 is 17002
		if words[id] {
			return false
		}
		words[id] = true
	}
	return s.Len() > 0
}

// setFeatures finds the features.
func (r *Roles) setFeatures(ctx context.Context, t *Table, o RoleOptions) error {
	if o.Features != nil {
		for _, name := range o.Features {
			s, err := t.Column(name)
			if err != nil {
				return err
			}
			if !s.Kind().Numeric() && s.Kind() != Category {
				return &ColumnError{Column: s.Name(), Err: ErrNotNumeric}
			}
			r.give(t, s.Name(), RoleFeature, "set", true)
		}
		return nil
	}
	same, err := alike(ctx, t)
	if err != nil {
		return err
	}
	for i, s := range t.series {
		if err := cause.Of(ctx); err != nil {
			return err
		}
		c := &r.Columns[i]
		if c.Role != RoleNone {
			continue
		}
		k, missing, name := s.Kind(), s.missing(), key(s.Name())
		rank := idRank(name)
		switch {
		case missing == t.n:
			c.Reason = "it is empty"
		case k == Date:
			c.Reason = "days are no features by themselves; days since then, counted to one day, are"
		case (rank > 0 && rank < doubtfulID || namesCustomers(name) && name != "account") && (k == Integer || k == Category || k == Identifier):
			c.Reason = "its name is that of ids, but another column names the rows"
			if s.repeats(ctx) && idRank(key(r.ID)) < 2 {
				c.Reason, r.Repeated = "it names customers, and repeats", s.Name()
			} else if missing > 0 {
				c.Reason = "its name is that of ids, but " + count(missing, "row") + " " + have(missing) + " none"
			}
		case k == Category && len(s.levels) > 1 && len(s.levels) <= mostCategories && (slices.Contains(labelNames, name) || namesThings(s.Name())):
			c.Role, c.Reason = RoleDescribe, "its name is that of segments or ids"
		case k == Integer && slices.Contains(labelNames, name):
			c.Reason = "its name is that of segments made before"
		case (k == Integer || k == Category) && namesThings(s.Name()):
			c.Reason = "its name is that of ids"
		case k == Category && slices.Contains(personNames, name):
			c.Reason = "its name is that of persons"
		case k == Category && (len(s.levels) > mostCategories || 2*len(s.levels) > t.n && t.n > 10) && s.measures():
			c.Reason = "its values are words that begin with digits; numbers without what stands behind would be a feature"
		case k == FreeText:
			c.Reason = "free text"
		case k == Identifier && !s.identifies(ctx):
			c.Reason = "it holds ids"
		case k == Identifier, k == Category && s.codes != nil && 2*len(s.levels) > t.n && t.n > 10:
			c.Reason = "its values are nearly all different, as those of ids are"
		case s.constant():
			c.Reason = "it is the same in all rows"
		case k == Category && len(s.levels) > mostCategories:
			c.Reason = fmt.Sprintf("it has %d different words, more than %d", len(s.levels), mostCategories)
		case k == Integer && s.enumerates():
			c.Reason = "it numbers the rows"
		case k == Integer && s.long() && !hasStem(s.Name(), moreStems) && s.identifies(ctx):
			c.Reason = "its values are long and all different, as those of ids are"
		case same[i] >= 0 && (r.Columns[same[i]].Role == RoleFeature || r.Columns[same[i]].Role == RoleID && k == Category):
			c.Reason = "it says the same as " + t.series[same[i]].Name()
		case idRank(key(s.Name())) > 0 && k != Category && s.identifies(ctx):
			c.Reason = "its values are all different, as those of ids are"
		default:
			c.Role, c.Reason = RoleFeature, map[bool]string{true: "numbers", false: "words of " + count(len(s.levels), "value")}[k.Numeric()]
		}
	}
	return cause.Of(ctx)
}

// missing counts the rows without a value.
func (s Series) missing() (n int) {
	for i := range s.Len() {
		if s.Missing(i) {
			n++
		}
	}
	return n
}

// constant reports whether all values that are there are the same.
func (s Series) constant() bool {
	if !s.Kind().Numeric() {
		return len(s.levels) < 2
	}
	return s.least() >= s.greatest()
}

// enumerates reports whether the values are those from one number on, each
// once, in order.
func (s Series) enumerates() bool {
	for i, x := range s.numbers {
		if x != s.numbers[0]+float64(i) {
			return false
		}
	}
	return len(s.numbers) > 2
}

// repeats reports whether two rows have the same value, as identifies reports.
func (s Series) repeats(ctx context.Context) bool {
	seen := make(map[string]struct{}, s.Len())
	for i := range s.Len() {
		if i%blockRows == 0 && cause.Of(ctx) != nil {
			return false
		}
		id := s.id(i)
		if _, ok := seen[id]; ok && id != "" {
			return true
		}
		seen[id] = struct{}{}
	}
	return false
}

// rises reports whether the values go up from row to row, of ten rows or more.
func (s Series) rises() bool {
	return len(s.numbers) >= 10 && !slices.ContainsFunc(s.numbers, func(x float64) bool { return x != x }) &&
		slices.IsSortedFunc(s.numbers, func(a, b float64) int {
			if a > b { // of neighbours a is the later one
				return 1
			}
			return -1
		})
}

// long reports whether the values, of ten rows or more, are whole numbers of the
// same eight digits or more, and not all round ones.
func (s Series) long() bool {
	if len(s.numbers) < 10 {
		return false
	}
	least, round := 1e7, true
	for least <= s.numbers[0]/10 {
		least *= 10
	}
	for _, x := range s.numbers {
		if !(x >= least && x < 10*least) {
			return false
		}
		round = round && math.Mod(x, 10) == 0
	}
	return !round
}

// measures reports whether most words are numbers with something behind or
// within, such as 70 kg or 12:34.
func (s Series) measures() bool {
	n, all := 0, 0
	for i := range min(s.Len(), 1000) {
		w := s.Word(i)
		if w == "" {
			continue
		}
		all++
		if head := strings.TrimLeft(w, "-+$€£ "); head != "" && isDigit(head[0]) && strings.ContainsAny(head, ".,: ") {
			n++
		}
	}
	return 2*n > all
}

// alike returns, for each column, an earlier one that says the same: numbers
// that are the same but for unit and origin, words that can be told from each
// other's; −1 for none.
func alike(ctx context.Context, t *Table) ([]int, error) {
	out := slices.Repeat([]int{-1}, len(t.series))
	random := rand.New(rand.NewPCG(1, 1))
	project := make([]float64, t.n)
	for i := range project {
		project[i] = random.NormFloat64()
	}
	type mark struct {
		at   int
		size float64
	}
	var numbers []mark
	words := map[uint64][]int{}
	seed := maphash.MakeSeed()
	for j, s := range t.series {
		if err := cause.Of(ctx); err != nil {
			return nil, err
		}
		switch {
		case s.Kind().Numeric() && !s.constant():
			// Columns of the same standardised values have projections of the same size.
			size := math.Abs(s.projection(project))
			for _, m := range numbers {
				if math.Abs(m.size-size) <= 1e-9*(1+size) && sameNumbers(t.series[m.at], s) {
					out[j] = m.at
					break
				}
			}
			if out[j] < 0 {
				numbers = append(numbers, mark{j, size})
			}
		case s.codes != nil && len(s.levels) > 1:
			h := s.firstCodes(seed)
			for _, i := range words[h] {
				if slices.Equal(t.series[i].inOrder(), s.inOrder()) {
					out[j] = i
					break
				}
			}
			if out[j] < 0 {
				words[h] = append(words[h], j)
			}
		}
	}
	return out, nil
}

func (s Series) projection(by []float64) float64 {
	mean, deviation := s.standard()
	sum := 0.0
	for i, x := range s.numbers {
		if x == x {
			sum += float64((x - mean) / deviation * by[i])
		}
	}
	return sum
}

func (s Series) standard() (mean, deviation float64) {
	n, squares := 0.0, 0.0
	for _, x := range s.numbers {
		if x == x {
			n++
			d := x - mean
			mean += d / n
			squares += float64(d * (x - mean))
		}
	}
	return mean, math.Sqrt(squares / n)
}

// sameNumbers reports whether one column is the other in another unit.
func sameNumbers(a, b Series) bool {
	ma, da := a.standard()
	mb, db := b.standard()
	plus, minus := true, true
	for i, x := range a.numbers {
		y := b.numbers[i]
		if (x != x) != (y != y) {
			return false
		}
		if x == x {
			u, v := (x-ma)/da, (y-mb)/db
			plus = plus && math.Abs(u-v) <= 1e-9*(1+math.Abs(u))
			minus = minus && math.Abs(u+v) <= 1e-9*(1+math.Abs(u))
		}
	}
	return plus || minus
}

// inOrder returns the codes numbered as they first come.
func (s Series) inOrder() []int32 {
	to := slices.Repeat([]int32{-1}, len(s.levels)+1)
	out, next := make([]int32, len(s.codes)), int32(0)
	for i, c := range s.codes {
		if to[c+1] < 0 {
			to[c+1] = next
			next++
		}
		out[i] = to[c+1]
		if c < 0 {
			out[i] = -1
		}
	}
	return out
}

func (s Series) firstCodes(seed maphash.Seed) uint64 {
	codes := s.inOrder()
	codes = codes[:min(len(codes), 1000)]
	var h maphash.Hash
	h.SetSeed(seed)
	for _, c := range codes {
		maphash.WriteComparable(&h, c)
	}
	return h.Sum64()
}

// setValue finds the value columns among the features.
func (r *Roles) setValue(t *Table, o RoleOptions) error {
	if o.Value != nil {
		for _, name := range o.Value {
			v := Value{}
			s, err := t.Column(name)
			if rest, ok := strings.CutPrefix(name, "-"); ok && s.Name() != name {
				v.Less = true
				s, err = t.Column(rest)
			}
			if err != nil {
				return err
			}
			if v.Column = s.Name(); !s.Kind().Numeric() {
				return &ColumnError{Column: v.Column, Err: ErrNotNumeric}
			}
			if r.Columns[t.byName[v.Column]].Role != RoleFeature {
				return &ColumnError{Column: v.Column, Near: r.named(RoleFeature), Err: ErrNotTraining}
			}
			if slices.Contains(r.Value, Value{v.Column, !v.Less}) {
				return fmt.Errorf("%w: of the value column %s, more and less are to be better; want one", ErrOptions, v.Column)
			}
			if !slices.Contains(r.Value, v) {
				r.Value = append(r.Value, v)
			}
		}
		return nil
	}
	named := func(stems []string) func(Column) bool {
		return func(c Column) bool { return !c.Kind.Binary() && hasStem(c.Name, stems) && !hasStem(c.Name, noValue) }
	}
	of := func(kinds ...Kind) func(Column) bool {
		return func(c Column) bool { return slices.Contains(kinds, c.Kind) }
	}
	for i, fits := range []func(Column) bool{named(slices.Concat(moreStems, lessStems)), named(moneyStems), of(Amount), of(Amount, Integer, Percent), of(Flag, Bool)} {
		for _, c := range r.Columns {
			if c.Role == RoleFeature && c.Column.Kind.Numeric() && fits(c.Column) {
				r.Value = append(r.Value, Value{c.Column.Name, hasStem(c.Column.Name, lessStems)})
			}
		}
		if len(r.Value) > 0 {
			r.Guessed = i > 0
			return nil
		}
	}
	return nil
}

func (r *Roles) named(role Role) (names []string) {
	for _, c := range r.Columns {
		if c.Role == role {
			names = append(names, c.Column.Name)
		}
	}
	return names
}

// String returns the roles in plain sentences, one a line.
func (r Roles) String() string {
	var b strings.Builder
	if r.ID != "" {
		fmt.Fprintf(&b, "Id: %s.\n", cut(r.ID))
	} else {
		b.WriteString("Id: none, so customers are numbered 1, 2, 3, … in their order.\n")
	}
	if r.Repeated != "" {
		fmt.Fprintf(&b, "Rows: they are no customers, as %s, which names these, repeats.\n", cut(r.Repeated))
	}
	fmt.Fprintf(&b, "Features: %s.\n", listOr(r.Features, "none"))
	var value []string
	for _, v := range r.Value {
		name := cut(v.Column) + " (more is better)"
		if v.Less {
			name = cut(v.Column) + " (less is better)"
		}
		value = append(value, name)
	}
	fmt.Fprintf(&b, "Value: %s%s.\n", listOr(value, "none"), map[bool]string{true: "; a guess, as no name tells of income, spending or the like"}[r.Guessed])
	if len(r.Describe) > 0 {
		fmt.Fprintf(&b, "To describe by: %s.\n", listCut(r.Describe))
	}
	for _, c := range r.Columns {
		if c.Role == RoleNone {
			fmt.Fprintf(&b, "Not used: %s, %s.\n", cut(c.Column.Name), cmp.Or(c.Reason, "others were named"))
		}
	}
	return b.String()
}

func listOr(names []string, none string) string {
	if len(names) == 0 {
		return none
	}
	return listCut(names)
}
