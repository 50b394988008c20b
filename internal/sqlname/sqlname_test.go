package sqlname

import (
	"strings"
	"testing"
)

func TestSplit(t *testing.T) {
	for _, c := range []struct{ name, schema, table string }{
		{"customers", "", "customers"},
		{"public.customers", "public", "customers"},
		{"With Blanks.and Case", "With Blanks", "and Case"},
		{`"my schema"."my table"`, "my schema", "my table"},
		{`public."a.b"`, "public", "a.b"},
		{`"a.b".c`, "a.b", "c"},
		{`"a""b"."c"""`, `a"b`, `c"`},
		{`"a.b"`, "", "a.b"},
		{`"select"`, "", "select"},
		// As they stand.
		{"", "", ""},
		{".", "", "."},
		{"a.", "", "a."},
		{".a", "", ".a"},
		{"a..b", "", "a..b"},
		{"a.b.c", "", "a.b.c"},
		{`x"; drop table customers; --`, "", `x"; drop table customers; --`},
		{`a.b"; drop table customers; --`, "", `a.b"; drop table customers; --`},
		{`"a"b.c`, "", `"a"b.c`},
		{`"a.b`, "", `"a.b`},
		{`"".a`, "", `"".a`},
		{`a.""`, "", `a.""`},
		{`"`, "", `"`},
		{`""`, "", `""`},
	} {
		if schema, table := Split(c.name); schema != c.schema || table != c.table {
			t.Errorf("Split(%q) is %q, %q; want %q, %q", c.name, schema, table, c.schema, c.table)
		}
	}
}

// What is quoted comes back.
func FuzzSplit(f *testing.F) {
	f.Add("a", "b")
	f.Add(`a"`, `.`)
	quote := func(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
	f.Fuzz(func(t *testing.T, schema, table string) {
		if schema == "" || table == "" {
			t.Skip()
		}
		if a, b := Split(quote(schema) + "." + quote(table)); a != schema || b != table {
			t.Errorf("%q, %q came back as %q, %q", schema, table, a, b)
		}
		if a, b := Split(quote(table)); a != "" || b != table {
			t.Errorf("%q came back as %q, %q", table, a, b)
		}
	})
}
