package narrate

import (
	"cmp"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/customer-personality/segmentation/features"
)

// own are the texts of the package, by language.
//
//go:embed *.json
var own embed.FS

// English returns the voice of the library: English, with the words for the columns.
func English(words map[string]features.ColumnWords) Voice {
	return Voice{Language: &Language{Lang: "en", tag: language.English, texts: ownTexts("en"), printer: message.NewPrinter(language.English)}, Words: words}
}

// ownTexts returns the texts of the package in a language, none where it has none.
func ownTexts(lang string) map[string]string {
	texts := map[string]string{}
	if err := readJSON(own, lang+".json", &texts); err != nil && !errors.Is(err, fs.ErrNotExist) {
		panic(err) // a fault of the package, which its tests would have found
	}
	return texts
}

// A Language is the texts of a language, and how numbers and days are written
// where its reader lives. It is immutable and safe for concurrent use.
type Language struct {
	Lang    string // such as en
	tag     language.Tag
	texts   map[string]string
	printer *message.Printer
	folders []fs.FS
}

// Languages are the languages that there are, English first.
type Languages struct {
	matcher language.Matcher
	all     []*Language
}

// library is what English returns, for the zero Language.
var library = sync.OnceValue(func() *Language { return English(nil).Language })

// orLibrary returns English for a nil and the zero Language.
func (l *Language) orLibrary() *Language {
	if l == nil || l.printer == nil {
		return library()
	}
	return l
}

// Read reads the languages of some folders, in each of which a language is a
// file such as de.json, a JSON object of texts by name. Its texts come before
// those of the same name in the folders before and in this package, which has
// German too, and the English of all folders and of this package stands in for
// texts that a language lacks. Further files of a language, such as
// de.questions.json, are for [Language.Part].
func Read(folders ...fs.FS) (*Languages, error) {
	all := map[string]map[string]string{} // texts by language
	for _, folder := range folders {
		if folder == nil {
			return nil, fmt.Errorf("narrate: no folder of languages")
		}
		names, err := fs.Glob(folder, "*.json")
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			lang := strings.TrimSuffix(name, ".json")
			if strings.Contains(lang, ".") {
				continue
			}
			if all[lang] == nil {
				all[lang] = ownTexts(lang)
			}
			texts := all[lang]
			if err := readJSON(folder, name, &texts); err != nil {
				return nil, err
			}
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("narrate: no languages")
	}
	names := slices.Sorted(maps.Keys(all))
	if at := slices.Index(names, "en"); at > 0 {
		names = slices.Insert(slices.Delete(names, at, at+1), 0, "en")
	}
	l, tags := &Languages{}, []language.Tag{}
	for _, lang := range names {
		tag, err := language.Parse(lang)
		if err != nil {
			return nil, fmt.Errorf("%s.json: %w", lang, err)
		}
		texts := ownTexts("en")
		maps.Copy(texts, all["en"])
		for key := range all[lang] {
			for _, form := range plurals {
				delete(texts, key+form) // a language has its own forms
			}
		}
		maps.Copy(texts, all[lang])
		l.all = append(l.all, &Language{Lang: lang, tag: tag, texts: texts, printer: message.NewPrinter(tag), folders: folders})
		tags = append(tags, tag)
	}
	l.matcher = language.NewMatcher(tags)
	return l, nil
}

func readJSON(files fs.FS, name string, to any) error {
	data, err := fs.ReadFile(files, name)
	if err == nil {
		err = json.Unmarshal(data, to)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// Part reads a further file of the language, de.questions.json for the name
// questions, from each folder that has it into what to points to; that of English
// where no folder has it.
func (l *Language) Part(name string, to any) error {
	l = l.orLibrary()
	for _, lang := range []string{l.Lang, "en"} {
		found := false
		for _, folder := range l.folders {
			switch err := readJSON(folder, lang+"."+name+".json", to); {
			case err == nil:
				found = true
			case !errors.Is(err, fs.ErrNotExist):
				return err
			}
		}
		if found {
			return nil
		}
	}
	return fmt.Errorf("narrate: the language has no file %s.%s.json", l.Lang, name)
}

// All returns the languages, English first.
func (l *Languages) All() []*Language {
	if l == nil {
		return nil
	}
	return slices.Clone(l.all)
}

// For chooses the language for an Accept-Language header. The region is that of
// the reader, so that numbers and days are written as there.
func (l *Languages) For(header string) *Language {
	if l == nil || l.matcher == nil {
		return library()
	}
	if len(header) > 200 {
		header = ""
	}
	wanted, _, err := language.ParseAcceptLanguage(header)
	if err != nil {
		wanted = nil
	}
	tag, i, _ := l.matcher.Match(wanted...)
	chosen := *l.all[i]
	chosen.tag, chosen.printer = tag, message.NewPrinter(tag)
	return &chosen
}

// Tag returns the BCP 47 tag, by which numbers and days are written.
func (l *Language) Tag() string { return l.orLibrary().tag.String() }

// Keys returns the names of the texts.
func (l *Language) Keys() []string { return slices.Sorted(maps.Keys(l.orLibrary().texts)) }

// Has reports whether there is a text of that name.
func (l *Language) Has(key string) bool {
	_, ok := l.orLibrary().texts[key]
	return ok
}

// text returns the text of that name; empty where there is none.
func (l *Language) text(key string) string { return l.orLibrary().texts[key] }

// T returns the text of that name, with values put in.
func (l *Language) T(key string, args ...any) string {
	l = l.orLibrary()
	s, ok := l.texts[key]
	if !ok {
		return "[" + key + "]"
	}
	if len(args) == 0 {
		return s
	}
	return l.printer.Sprintf(s, args...)
}

// plurals end the names of texts for numbers that are not other.
var plurals = map[plural.Form]string{plural.Zero: ".zero", plural.One: ".one", plural.Two: ".two", plural.Few: ".few", plural.Many: ".many"}

// Count returns the text of that name for n things: key.one, key.few and so on
// as the language has it, or else key.
func (l *Language) Count(key string, n int, args ...any) string {
	l = l.orLibrary()
	form := plurals[plural.Cardinal.MatchPlural(l.tag, max(n, 0), 0, 0, 0, 0)]
	if form != "" && l.Has(key+form) {
		key += form
	}
	return l.T(key, args...)
}

// columnTexts are the beginnings of the names of texts on one column.
var columnTexts = []string{"noun.", "short.", "in.", "verb.", "after.", "more.", "less.", "did.", "didnot.", "says.did.", "says.didnot."}

// About returns the language as it speaks of the columns of a table: by their own
// names and units (see [features.WordsOf]), rather than by its texts on columns that
// are called the same.
func (l *Language) About(columns []features.Column) *Language {
	l = l.orLibrary()
	own := *l
	own.texts = maps.Clone(l.texts)
	words, named := features.WordsOf(columns), map[string]int{}
	for _, c := range columns {
		w := &features.ColumnWords{}
		if w.Noun, w.Unit = features.UnitOf(c); l.Lang == "en" {
			*w = words[c.Name]
		}
		words[c.Name] = *w
		named[w.Noun]++
	}
	for _, c := range columns {
		for _, text := range columnTexts {
			delete(own.texts, text+c.Name)
			for _, form := range plurals {
				delete(own.texts, text+c.Name+form)
			}
		}
		maps.DeleteFunc(own.texts, func(key, _ string) bool {
			key = strings.TrimPrefix(key, "says.")
			return strings.HasPrefix(key, "level."+c.Name+".") || strings.HasPrefix(key, "label."+c.Name+".")
		})
		w := words[c.Name]
		if named[w.Noun] > 1 { // the units tell them apart
			w.Noun = strings.ReplaceAll(c.Name, "_", " ")
		}
		own.texts["noun."+c.Name] = w.Noun
		if w.Unit != "" {
			own.texts["in."+c.Name] = w.Unit
		}
	}
	return &own
}

// Noun returns the noun for a column.
func (l *Language) Noun(column string) string {
	return cmp.Or(l.text("noun."+column), strings.ReplaceAll(column, "_", " "))
}

// Word returns a word of a column as the language writes it, such as verheiratet for
// Married in marital_status, by the text label.marital_status.Married; the word itself
// where there is no such text.
func (l *Language) Word(column, word string) string {
	return cmp.Or(l.text("label."+column+"."+word), word)
}

// Unit returns the unit of a column; empty where it has none.
func (l *Language) Unit(column string) string { return l.text("in." + column) }

// WithUnit returns the language with a unit for columns that have none in its texts,
// such as EUR for the amounts of a file, which does not name their currency. Nothing
// changes for an empty unit.
func (l *Language) WithUnit(unit string, columns ...string) *Language {
	l = l.orLibrary()
	if unit == "" {
		return l
	}
	own := *l
	own.texts = maps.Clone(l.texts)
	for _, name := range columns {
		if own.texts["in."+name] == "" {
			own.texts["in."+name] = unit
		}
	}
	return &own
}

// Axis returns a column with its unit.
func (l *Language) Axis(column string) string {
	if unit := l.Unit(column); unit != "" {
		return l.T("noun.unit", l.Noun(column), unit)
	}
	return l.Noun(column)
}

// And joins words: a, b and c.
func (l *Language) And(words []string) string { return l.join(words, "list.more", "list.and") }

// Or joins words: a, b or c.
func (l *Language) Or(words []string) string { return l.join(words, "list.more", "list.or") }

func (l *Language) join(words []string, more, last string) string {
	if len(words) == 0 {
		return ""
	}
	out := words[0]
	for i, word := range words[1:] {
		key := more
		if i == len(words)-2 {
			key = last
		}
		out = l.T(key, out, word)
	}
	return out
}

// Number writes a number with so many decimals.
func (l *Language) Number(v float64, decimals int) string {
	l = l.orLibrary()
	return l.printer.Sprintf("%.*f", decimals, v)
}

// Readable writes a figure for people: from 100 up whole, below with as many
// decimals as make two or three digits.
func (l *Language) Readable(v float64) string {
	size := math.Abs(v)
	switch {
	case v == 0:
		return "0"
	case v-v != 0 || size >= 1e15:
		return l.digits(v, 4)
	case size < 0.0995:
		return l.digits(v, 2)
	}
	decimals := 0
	switch {
	case size < 0.995:
		decimals = 2
	case size < 99.95:
		decimals = 1
	}
	for s := strconv.FormatFloat(v, 'f', decimals, 64); decimals > 0 && s[len(s)-1] == '0'; s = s[:len(s)-1] {
		decimals--
	}
	return l.Number(v, decimals)
}

// digits writes a number with so many digits, by a power of ten where it is
// long.
func (l *Language) digits(v float64, n int) string {
	return strings.Replace(strconv.FormatFloat(v, 'g', n, 64), ".", l.Decimal(), 1)
}

// Decimal returns the sign before decimals.
func (l *Language) Decimal() string { return string([]rune(l.Number(0.5, 1))[1:2]) }

// Percent writes a share in per cent with so many decimals.
func (l *Language) Percent(v float64, decimals int) string {
	return l.T("number.percent", l.Number(100*v, decimals))
}

// N writes a number for people: whole above 100, else with one digit where it
// has one.
func (l *Language) N(v any) string {
	f := number(v)
	switch {
	case f-f != 0:
		return "–"
	case math.Abs(f) >= 100 || f == math.Trunc(f):
		return l.Number(f, 0)
	case math.Abs(f) >= 10:
		return l.Number(f, 1)
	}
	return l.Number(f, 2)
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

// P writes a share in per cent.
func (l *Language) P(v float64) string {
	if v-v != 0 {
		return "–"
	}
	return l.Percent(v, 1)
}

// D writes a day. How depends on the region too: the text date.day.US is for
// those in the United States.
func (l *Language) D(t time.Time) string {
	l = l.orLibrary()
	if t.IsZero() {
		return "–"
	}
	key := "date.day"
	// The matcher keeps the reader's region in the extension rg, as in uszzzz.
	if region := strings.ToUpper(strings.TrimSuffix(l.tag.TypeForKey("rg"), "zzzz")); l.Has(key + "." + region) {
		key += "." + region
	}
	month := l.T(fmt.Sprintf("date.month.%d", int(t.Month())))
	return l.T(key, t.Format("2"), month, t.Format("2006"))
}

// DT writes a day and the time of day.
func (l *Language) DT(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return l.T("date.time", l.D(t), t.UTC().Format("15:04"))
}

// Hundred returns a share in hundredths, from 0 to 100.
func (l *Language) Hundred(v float64) float64 { return 100 * math.Max(0, math.Min(1, v)) }

// Compared returns the words for how far a figure is above or below another,
// before the name of that one.
func (l *Language) Compared(difference float64) string {
	switch {
	case difference-difference != 0:
		return l.T("compare.unlike")
	case difference >= 0.005:
		return l.T("compare.above", l.Percent(difference, 0))
	case difference <= -0.005:
		return l.T("compare.below", l.Percent(-difference, 0))
	}
	return l.T("compare.same")
}

// Capital begins a sentence.
func (l *Language) Capital(s string) string { return first(s, unicode.ToUpper) }

// Lower goes on with a sentence: in German, where nouns have a capital, with the text as
// it is.
func (l *Language) Lower(s string) string {
	if l.orLibrary().Lang == "de" {
		return s
	}
	return first(s, unicode.ToLower)
}

func first(s string, change func(rune) rune) string {
	r := []rune(s)
	if len(r) == 0 {
		return s
	}
	r[0] = change(r[0])
	return string(r)
}

// Upper writes in capitals.
func (l *Language) Upper(s string) string { return strings.ToUpper(s) }
