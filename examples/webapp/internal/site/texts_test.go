package site

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// keyFamilies are texts whose names are made of values that only a running app
// has: TestTranslation looks for those that are missing.
var keyFamilies = []string{"label.", "unit.", "hint.", "error.", "aggregate.", "mark.", "models.done.", "api.", "field.", "audit.did.", "date.month.", "date.day.", "how.", "filter.", "level."}

// Every text that a page or the code asks for by name is there, and none is left
// over.
func TestTexts(t *testing.T) {
	a := shared(t)
	l := a.locales.of(httptest.NewRequest("GET", "/", nil))
	used, families := map[string]bool{}, map[string]bool{}
	for _, source := range slices.Concat(sources(t, "pages/*.html"), sources(t, "*.go"), sources(t, "texts/*.go"), sources(t, "../ask/*.go"), sources(t, "../gallery/*.go")) {
		for _, m := range regexp.MustCompile(`"([a-z]+(?:\.[a-z0-9-]+)+)"`).FindAllStringSubmatch(source, -1) {
			used[m[1]] = true
		}
		for _, m := range regexp.MustCompile(`"([a-z]+\.)"`).FindAllStringSubmatch(source, -1) {
			families[m[1]] = true
		}
		for _, m := range regexp.MustCompile(`\b(?:T|Count|t)(?:\((?:r, )?| )"([a-z][a-zA-Z0-9.-]*[a-z0-9])"(\+?)`).FindAllStringSubmatch(source, -1) {
			if m[2] == "" && !l.Has(m[1]) {
				t.Errorf("there is no text %s", m[1])
			}
		}
	}
	// The rest of such a name is that of a column or of a bundle of them.
	names := []string{"products", "channels", "campaigns"}
	for _, c := range a.world.Load().Set.Columns() {
		names = append(names, c.Name)
	}
	for _, key := range l.Keys() {
		for _, form := range []string{".zero", ".one", ".two", ".few", ".many"} {
			if plain := strings.TrimSuffix(key, form); l.Has(plain) {
				key = plain
			}
		}
		family, rest, _ := strings.Cut(key, ".")
		name, _, _ := strings.Cut(rest, ".")
		if used[key] || families[family+"."] && slices.Contains(names, name) || slices.ContainsFunc(keyFamilies, func(f string) bool { return strings.HasPrefix(key, f) }) {
			continue
		}
		t.Errorf("nobody asks for the text %s", key)
	}
}

// What people read stands in texts/en.json: not in pages, scripts or other code.
func TestTextsAreInOnePlace(t *testing.T) {
	code := regexp.MustCompile(`(?s)\{\{.*?\}\}|<!--.*?-->|<script type="application/json".*?</script>`)
	tag := regexp.MustCompile(`(?s)<[^>]*>`)
	attribute := regexp.MustCompile(`(?:aria-label|title|alt|placeholder|content)="([^"]*)"`)
	letters := regexp.MustCompile(`\p{L}`)
	names, err := filepath.Glob("pages/*.html")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		page := code.ReplaceAllString(string(data), "")
		for _, text := range tag.Split(page, -1) {
			if letters.MatchString(text) {
				t.Errorf("%s shows %q, which is not in texts/en.json", name, strings.TrimSpace(text))
			}
		}
		for _, m := range attribute.FindAllStringSubmatch(page, -1) {
			if letters.MatchString(m[1]) && m[1] != "width=device-width, initial-scale=1" && m[1] != "light dark" {
				t.Errorf("%s has %s, which is not in texts/en.json", name, m[0])
			}
		}
	}
	// Sentences begin with a capital letter; errors, statements of SQL and what
	// is logged do not. What the operator reads, of flags and metrics, is English.
	sentence := regexp.MustCompile("[\"'`]([A-Z][a-z]+(?: [a-z%$][^\"'`]*)+)[\"'`]")
	comment := regexp.MustCompile(`(?m)^\s*//.*$|\s// .*$`)
	for _, pattern := range []string{"*.go", "texts/*.go", "../ask/*.go", "../chart/*.go", "../data/*.go", "../gallery/*.go", "../world/*.go", "static/*.js", "../../web/src/*"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatal(pattern, names, err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") || name == "config.go" || name == "metrics.go" {
				continue
			}
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range sentence.FindAllStringSubmatch(comment.ReplaceAllString(string(data), ""), -1) {
				if m[1] != "Basic realm=" {
					t.Errorf("%s says %q, which is not in texts/en.json", name, m[1])
				}
			}
		}
	}
}
