package ask

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation/segment/narrate"
)

// Endings that are cut never join two words of the lexicon that mean different things:
// each form means what another with its stem means, or a part of it.
func TestStemsDoNotCollide(t *testing.T) {
	all, err := narrate.Read(Texts)
	if err != nil {
		t.Fatal(err)
	}
	l := all.For("de")
	q, err := ReadQuestions(l)
	if err != nil {
		t.Fatal(err)
	}
	a := sample(t)
	stemmed := newGrammar(a, l, q)
	exact := *q
	exact.Whole = strings.Join(slices.Collect(func(yield func(string) bool) {
		for w := range stemmed.forms {
			if !yield(stemmed.inflection.folds.Replace(w)) {
				return
			}
		}
	}), "|")
	g := newGrammar(a, l, &exact)
	says := func(w string) (out []string) {
		for _, m := range g.lexicon[g.inflection.stem(w)] {
			out = append(out, fmt.Sprint(m.kind, m.name, m.condition, m.aggregate, m.op, m.sign, m.value))
		}
		return out
	}
	families := map[string][]string{}
	for _, w := range slices.Sorted(maps.Keys(stemmed.forms)) {
		if len(says(w)) > 0 {
			families[stemmed.inflection.stem(w)] = append(families[stemmed.inflection.stem(w)], w)
		}
	}
	for stem, forms := range families {
		for _, one := range forms {
			for _, other := range forms {
				x, y := says(one), says(other)
				if !slices.ContainsFunc(x, func(s string) bool { return slices.Contains(y, s) }) {
					t.Errorf("%s and %s are both %s, and mean %q and %q", one, other, stem, x, y)
				}
			}
		}
	}
}
