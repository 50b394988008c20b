package texts

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// read gives the languages of the files and one of a few texts in Polish, which
// has four forms of plural.
func read(t testing.TB) *Languages {
	t.Helper()
	files := fstest.MapFS{
		"pl.json":           {Data: []byte(`{"x":"%s klienta","x.one":"%s klient","x.few":"%s klienci","x.many":"%s klientów"}`)},
		"pl.questions.json": {Data: []byte(`{"decimal":","}`)},
	}
	for _, name := range []string{"en.json", "en.questions.json"} {
		data, err := Files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: data}
	}
	all, err := Read(files)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Every language has the texts that English has, with the same values in them.
func TestFiles(t *testing.T) {
	all, err := Read(Files)
	if err != nil {
		t.Fatal(err)
	}
	english := all.all[0]
	if english.Lang != "en" {
		t.Fatalf("the first language is %s, want en", english.Lang)
	}
	values := regexp.MustCompile(`%(?:\[(\d+)\])?[-+.\d]*[a-zA-Z]`)
	// wanted are the places of the values: 1 and 2 for both "%s, %s" and "%[2]s %[1]s".
	wanted := func(text string) []string {
		var out []string
		for i, m := range values.FindAllStringSubmatch(strings.ReplaceAll(text, "%%", ""), -1) {
			place := m[1]
			if place == "" {
				place = fmt.Sprint(i + 1)
			}
			out = append(out, place)
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	form := regexp.MustCompile(`\.(zero|one|two|few|many)$`)
	for _, l := range all.all {
		for key, text := range l.texts {
			plain := key
			if !english.Has(key) {
				plain = form.ReplaceAllString(key, "")
			}
			switch want, ok := english.texts[plain]; {
			case !ok && !strings.HasPrefix(key, "date.day."):
				t.Errorf("%s has the text %s, which English does not have", l.Lang, key)
			case ok && !form.MatchString(key) && !slices.Equal(wanted(text), wanted(want)):
				t.Errorf("%s: the text %s has the values %v, and in English %v", l.Lang, key, wanted(text), wanted(want))
			}
		}
		for key := range english.texts {
			if !l.Has(key) && !form.MatchString(key) && !strings.HasPrefix(key, "date.day.") {
				t.Errorf("%s has no text %s", l.Lang, key)
			}
		}
	}
}

// A name stands once in a file: of two texts a reader of JSON takes one.
func TestNoKeyTwice(t *testing.T) {
	names, err := fs.Glob(Files, "*.json")
	if err != nil || len(names) < 2 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		file, err := Files.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		d := json.NewDecoder(file)
		seen := []map[string]bool{}
		key := false
		for {
			token, err := d.Token()
			if err != nil {
				break
			}
			switch v := token.(type) {
			case json.Delim:
				if v == '{' {
					seen = append(seen, map[string]bool{})
				} else {
					seen = seen[:len(seen)-1]
				}
				key = len(seen) > 0
			case string:
				if key && seen[len(seen)-1][v] {
					t.Errorf("%s has %q twice", name, v)
				}
				if key {
					seen[len(seen)-1][v] = true
				}
				key = !key
			}
		}
	}
}

func TestFor(t *testing.T) {
	all := read(t)
	for header, want := range map[string]string{"": "en", "fr, de;q=0.5": "en", "pl-PL,pl;q=0.9,en;q=0.8": "pl", "en-GB": "en", ";;;": "en", strings.Repeat("pl,", 200): "en"} {
		if got := all.For(header).Lang; got != want {
			t.Errorf("%.30q gives %s, want %s", header, got, want)
		}
	}
}

func TestCount(t *testing.T) {
	l := read(t).For("pl")
	for n, want := range map[int]string{1: "1 klient", 2: "2 klienci", 5: "5 klientów", 22: "22 klienci"} {
		if got := l.Count("x", n, fmt.Sprint(n)); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
	en := read(t).For("en")
	if one, two := en.Count("noun.children", 1), en.Count("noun.children", 2); one != "child at home" || two != "children at home" {
		t.Errorf("they are %q and %q", one, two)
	}
}

// Numbers and days are written as where the reader lives.
func TestRegions(t *testing.T) {
	all := read(t)
	day := time.Date(2014, 6, 29, 13, 5, 0, 0, time.UTC)
	for header, want := range map[string]string{
		"en-US": "58,138 / 12.5 / June 29, 2014, 13:05 UTC / 12.3 %",
		"en-GB": "58,138 / 12.5 / 29 June 2014, 13:05 UTC / 12.3 %",
		"en-ZA": "58 138 / 12,5 / 29 June 2014, 13:05 UTC / 12,3 %",
	} {
		l := all.For(header)
		got := strings.Join([]string{l.N(58138), l.N(12.5), l.DT(day), l.P(0.123)}, " / ")
		if strings.ReplaceAll(got, "\u00a0", " ") != want {
			t.Errorf("%s writes %q, want %q", header, got, want)
		}
	}
}

func TestWords(t *testing.T) {
	l := read(t).For("en")
	for want, got := range map[string]string{
		"":                     l.And(nil),
		"a":                    l.And([]string{"a"}),
		"a, b and c":           l.And([]string{"a", "b", "c"}),
		"a or b":               l.Or([]string{"a", "b"}),
		"time as a customer":   l.Noun("tenure"),
		"shoe size":            l.Noun("shoe_size"),
		"age (years)":          l.Axis("age"),
		"income":               l.Axis("income"),
		"Über":                 l.Capital("über"),
		"[no.such]":            l.T("no.such"),
		"12 % below":           l.Compared(-0.12),
		"–":                    l.N("x"),
		"child at home":        l.Count("noun.children", 1),
		"11 purchases online?": l.Number(11, 0) + " purchases online?",
	} {
		if got != want {
			t.Errorf("it is %q, want %q", got, want)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	for name, files := range map[string]fstest.MapFS{
		"no questions": {"en.json": {Data: []byte(`{}`)}},
		"no JSON":      {"en.json": {Data: []byte(`{`)}, "en.questions.json": {Data: []byte(`{}`)}},
		"no language":  {"a b.json": {Data: []byte(`{}`)}, "a b.questions.json": {Data: []byte(`{}`)}},
	} {
		if _, err := Read(files); err == nil {
			t.Errorf("%s is read", name)
		}
	}
}
