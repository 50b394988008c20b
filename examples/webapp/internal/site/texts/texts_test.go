package texts_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"

	"github.com/customer-personality/segmentation/examples/webapp/internal/site/texts"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/explore"
	"github.com/customer-personality/segmentation/segment/ask"
)

// folders are those of the texts of the app, each with English.
var folders = map[string]fs.FS{"the pages": texts.Files, "package ask": ask.Texts, "package explore": explore.Texts, "package narrate": os.DirFS("../../../../../segment/narrate")}

// Every language has the texts that English has in the same folder, with the same values
// of the same kinds in them, and in every form that its numbers take.
func TestFiles(t *testing.T) {
	all, err := texts.Read()
	if err != nil {
		t.Fatal(err)
	}
	if first := all.All()[0].Lang; first != "en" {
		t.Fatalf("the first language is %s, want en", first)
	}
	for name, folder := range folders {
		english := textsOf(t, folder, "en")
		for _, l := range all.All()[1:] {
			t.Run(l.Lang+" of "+name, func(t *testing.T) {
				likeEnglish(t, english, textsOf(t, folder, l.Lang), forms(t, l.Lang))
			})
		}
	}
}

// likeEnglish compares the texts of a language with the English ones.
func likeEnglish(t *testing.T, english, own map[string]string, forms []string) {
	for key, text := range own {
		plain := grammar.ReplaceAllString(form.ReplaceAllString(key, ""), "")
		want, ok := english[key]
		if !ok {
			want, ok = english[plain]
		}
		switch {
		case !ok && !ofColumn(key):
			t.Errorf("there is a text %s, which English does not have", key)
		case plain == "noun.number" && plain != key: // with its article: die Anzahl
		case ok && !slices.Equal(wanted(text), wanted(want)):
			t.Errorf("the text %s has the values %v, and in English %v", key, wanted(text), wanted(want))
		}
	}
	for key := range english {
		plain := strings.TrimSuffix(key, ".one") // the only form of English
		if _, ok := english[plain]; plain == key || !ok {
			if _, ok := own[key]; !ok {
				t.Errorf("there is no text %s", key)
			}
			continue
		}
		for _, f := range forms {
			if _, ok := own[plain+f]; !ok {
				t.Errorf("there is no text %s", plain+f)
			}
		}
	}
}

func textsOf(t *testing.T, folder fs.FS, lang string) (out map[string]string) {
	t.Helper()
	data, err := fs.ReadFile(folder, lang+".json")
	if err == nil {
		err = json.Unmarshal(data, &out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// form ends the names of texts for numbers, and grammar those of nouns in a case, or with
// their gender, which English does not have.
var (
	form    = regexp.MustCompile(`\.(zero|one|two|few|many)$`)
	grammar = regexp.MustCompile(`\.(dative|[mfnp])$`)
)

// forms are the ends of the names of texts for whole numbers that are not other.
func forms(t *testing.T, lang string) (out []string) {
	t.Helper()
	ends := map[plural.Form]string{plural.Zero: ".zero", plural.One: ".one", plural.Two: ".two", plural.Few: ".few", plural.Many: ".many"}
	for n := range 200 {
		if end := ends[plural.Cardinal.MatchPlural(language.MustParse(lang), n, 0, 0, 0, 0)]; end != "" && !slices.Contains(out, end) {
			out = append(out, end)
		}
	}
	return out
}

// ofColumn reports whether a text is one of a column of the campaign schema that is not
// among the texts of English, whose words package features has: how much more of it
// another has, its words, and what is said of those who have it.
func ofColumn(key string) bool {
	m := regexp.MustCompile(`^(?:(?:verb|after|more|less|says\.did|says\.didnot)\.(\w+)|(?:label|says\.level)\.(\w+)\..+)$`).FindStringSubmatch(key)
	if m == nil {
		return false
	}
	column := m[1] + m[2]
	_, known := features.CampaignWords()[column]
	return known || slices.ContainsFunc(features.Columns(), func(c features.Column) bool { return c.Name == column })
}

// wanted are the values of a text by place and kind: 1s and 2s for both "%s, %s" and
// "%[2]s %[1]s".
func wanted(text string) (out []string) {
	for i, m := range values.FindAllStringSubmatch(strings.ReplaceAll(text, "%%", ""), -1) {
		out = append(out, cmp.Or(m[1], fmt.Sprint(i+1))+m[2])
	}
	slices.Sort(out)
	return slices.Compact(out)
}

var values = regexp.MustCompile(`%(?:\[(\d+)\])?([-+.\d]*[a-zA-Z])`)

// A name stands once in a file: of two texts a reader of JSON takes one.
func TestNoKeyTwice(t *testing.T) {
	for _, folder := range folders {
		names, err := fs.Glob(folder, "*.json")
		if err != nil || len(names) == 0 {
			t.Fatal(names, err)
		}
		for _, name := range names {
			file, err := folder.Open(name)
			if err != nil {
				t.Fatal(err)
			}
			noKeyTwice(t, name, file)
		}
	}
}

func noKeyTwice(t *testing.T, name string, file io.Reader) {
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
