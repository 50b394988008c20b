package features

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"unicode"
)

// Months are read by all names and abbreviations that CLDR has (Babel's figures), in any
// case.
func TestMonthNames(t *testing.T) {
	data, err := os.ReadFile("testdata/golden/months.json")
	if err != nil {
		t.Fatal(err)
	}
	var names map[string][12][]string
	if err := json.Unmarshal(data, &names); err != nil {
		t.Fatal(err)
	}
	n := 0
	for language, months := range names {
		for m, list := range months {
			for _, name := range list {
				for _, written := range []string{name, strings.ToUpper(name), strings.TrimSuffix(name, ".")} {
					n++
					p := parseDate([]byte("4 " + written + " 2012"))
					if year, month, day, ok := p.layout.in(p.parts, asWritten); p.form != dateRead || !ok || year != 2012 || month != m+1 || day != 4 {
						t.Errorf("%s, %q: %v-%v-%v", language, written, year, month, day)
					}
				}
			}
		}
	}
	if len(names) != 6 || n < 300 {
		t.Errorf("only %d names of %d languages", n, len(names))
	}
	seen := map[string]int{}
	for m, list := range monthNames {
		for _, name := range strings.Fields(list) {
			if other, ok := seen[name]; ok || len(name) > maxMonth || strings.ContainsFunc(name, unicode.IsUpper) {
				t.Errorf("%s stands for the months %d and %d, or is too long", name, other+1, m+1)
			}
			seen[name] = m
		}
	}
}

// Days with the name of a month, and words that are none.
func TestNamedDays(t *testing.T) {
	for text, want := range map[string][3]int{
		"4. September 2012": {2012, 9, 4}, "04-März-12": {2012, 3, 4}, "4. MÄRZ 2012": {2012, 3, 4}, "4 de septiembre de 2012": {2012, 9, 4}, "04/set/2012": {2012, 9, 4},
		"4 sept. 2012": {2012, 9, 4}, "1 août 2012 10:30": {2012, 8, 1}, "2012-Dez-31": {2012, 12, 31}, "déc. 4, 2012": {2012, 12, 4}, "12 de Outubro de 2013": {2013, 10, 12},
		"4 märzen 2012": {}, "4 de de 2012": {}, "4 de 2012": {}, "de 4 mayo 2012": {}, "4 \xff\xff 2012": {}, "4 Straße 2012": {}, "4 de mayo": {},
	} {
		p := parseDate([]byte(text))
		year, month, day, ok := p.layout.in(p.parts, asWritten)
		if p.form != dateRead || !ok {
			year, month, day = 0, 0, 0
		}
		if [3]int{year, month, day} != want {
			t.Errorf("%q: %d-%d-%d, want %v", text, year, month, day, want)
		}
	}
	table, _, err := ReadTable(t.Context(), strings.NewReader("n;since\n1;4 mai 2012\n2;13 août 2013\n3;1 févr. 2014\n"), TableOptions{})
	if err != nil || table.Series("since").Kind() != Date || table.Series("since").Day(1).Format("2006-01-02") != "2013-08-13" {
		t.Errorf("%v: %v", err, table.Series("since").Kind())
	}
}
