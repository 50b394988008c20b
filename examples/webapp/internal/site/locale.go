package site

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"net/http"
	"path"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// The texts of the pages, a file for each language; a translation is another
// file. The words of questions and answers are in internal/ask/english.go and
// internal/gallery/english.go.
//
//go:embed texts/*.json
var textFiles embed.FS

// locale is a language and how numbers and days are written there.
type locale struct {
	Lang    string
	tag     language.Tag
	texts   map[string]string
	printer *message.Printer
}

// locales are the languages that there are, English first.
type locales struct {
	matcher language.Matcher
	tags    []language.Tag
	texts   []map[string]string
}

func readLocales() (*locales, error) {
	names, err := fs.Glob(textFiles, "texts/*.json")
	if err != nil {
		return nil, err
	}
	l := &locales{}
	for _, name := range names {
		data, err := textFiles.ReadFile(name)
		if err != nil {
			return nil, err
		}
		texts := map[string]string{}
		if err := json.Unmarshal(data, &texts); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		tag, err := language.Parse(strings.TrimSuffix(path.Base(name), ".json"))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		at := len(l.tags)
		if tag == language.English {
			at = 0
		}
		l.tags = append(l.tags[:at], append([]language.Tag{tag}, l.tags[at:]...)...)
		l.texts = append(l.texts[:at], append([]map[string]string{texts}, l.texts[at:]...)...)
	}
	l.matcher = language.NewMatcher(l.tags)
	return l, nil
}

// of chooses the language for a request. The region is that of the reader, so
// that numbers and days are written as there.
func (l *locales) of(r *http.Request) *locale {
	header := r.Header.Get("Accept-Language")
	if len(header) > 200 {
		header = ""
	}
	wanted, _, err := language.ParseAcceptLanguage(header)
	if err != nil {
		wanted = nil
	}
	tag, i, _ := l.matcher.Match(wanted...)
	base, _ := l.tags[i].Base()
	return &locale{Lang: base.String(), tag: tag, texts: l.texts[i], printer: message.NewPrinter(tag)}
}

// T is the text of that name, with values put in.
func (l *locale) T(key string, args ...any) string {
	s, ok := l.texts[key]
	if !ok {
		return "[" + key + "]"
	}
	if len(args) == 0 {
		return s
	}
	return l.printer.Sprintf(s, args...)
}

// N writes a number for people: whole above 100, else with one digit where it
// has one.
func (l *locale) N(v any) string {
	f := number(v)
	switch {
	case f-f != 0:
		return "–"
	case math.Abs(f) >= 100 || f == math.Trunc(f):
		return l.printer.Sprintf("%.0f", f)
	case math.Abs(f) >= 10:
		return l.printer.Sprintf("%.1f", f)
	}
	return l.printer.Sprintf("%.2f", f)
}

// P writes a share in per cent.
func (l *locale) P(v float64) string {
	if v-v != 0 {
		return "–"
	}
	return l.printer.Sprintf("%.1f %%", 100*v)
}

// D writes a day. Where the month comes first depends on the region.
func (l *locale) D(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	if region, _ := l.tag.Region(); region.String() == "US" {
		return t.Format("January 2, 2006")
	}
	return t.Format("2 January 2006")
}

// DT writes a day and the time of day.
func (l *locale) DT(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return l.D(t) + ", " + t.UTC().Format("15:04") + " UTC"
}

// Hundred is a share in hundredths, from 0 to 100.
func (l *locale) Hundred(v float64) float64 { return 100 * math.Max(0, math.Min(1, v)) }

// Compared tells how far a figure is above or below another, before the name of
// that one.
func (l *locale) Compared(difference float64) string {
	switch {
	case difference-difference != 0:
		return l.T("compare.unlike")
	case difference >= 0.005:
		return l.T("compare.above", l.printer.Sprintf("%.0f %%", 100*difference))
	case difference <= -0.005:
		return l.T("compare.below", l.printer.Sprintf("%.0f %%", -100*difference))
	}
	return l.T("compare.same")
}

// Capital begins a sentence.
func (l *locale) Capital(s string) string {
	r := []rune(s)
	if len(r) == 0 {
		return s
	}
	return string(unicode.ToUpper(r[0])) + string(r[1:])
}

// Did tells what a line of the audit log says was done.
func (l *locale) Did(what string) string {
	key := "audit.did." + strings.ReplaceAll(what, " ", "-")
	if _, ok := l.texts[key]; !ok {
		return what
	}
	return l.T(key)
}

// Upper writes in capitals.
func (l *locale) Upper(s string) string { return strings.ToUpper(s) }

// Lower goes on with a sentence.
func (l *locale) Lower(s string) string {
	r := []rune(s)
	if len(r) == 0 {
		return s
	}
	return string(unicode.ToLower(r[0])) + string(r[1:])
}

func number(v any) float64 {
	switch v := v.(type) {
	case int:
		return float64(v)
	case int64:
		return float64(v)
	case float64:
		return v
	}
	return math.NaN()
}
