package texts_test

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation/examples/webapp/internal/site/texts"
	"github.com/customer-personality/segmentation/internal/explore"
	"github.com/customer-personality/segmentation/segment/ask"
)

// Every language has the texts that English has, with the same values in them.
func TestFiles(t *testing.T) {
	all, err := texts.Read()
	if err != nil {
		t.Fatal(err)
	}
	english := all.All()[0]
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
	for _, l := range all.All() {
		data, err := texts.Files.ReadFile(l.Lang + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var own map[string]string
		if err := json.Unmarshal(data, &own); err != nil {
			t.Fatal(err)
		}
		for _, key := range l.Keys() {
			text := l.T(key)
			plain := key
			if !english.Has(key) {
				plain = form.ReplaceAllString(key, "")
			}
			switch want, ok := english.T(plain), english.Has(plain); {
			case !ok && !strings.HasPrefix(key, "date.day."):
				t.Errorf("%s has the text %s, which English does not have", l.Lang, key)
			case ok && !form.MatchString(key) && !slices.Equal(wanted(text), wanted(want)):
				t.Errorf("%s: the text %s has the values %v, and in English %v", l.Lang, key, wanted(text), wanted(want))
			}
		}
		for _, key := range english.Keys() {
			if _, ok := own[key]; !ok && l != english && !form.MatchString(key) && !strings.HasPrefix(key, "date.day.") {
				t.Errorf("%s has no text %s", l.Lang, key)
			}
		}
	}
}

// A name stands once in a file: of two texts a reader of JSON takes one.
func TestNoKeyTwice(t *testing.T) {
	for _, folder := range []fs.FS{texts.Files, ask.Texts, explore.Texts, os.DirFS("../../../../../segment/narrate")} {
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
