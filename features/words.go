package features

import (
	"slices"
	"strings"
	"unicode"
)

// ColumnWords are the words for a column in sentences. Every field may be empty.
type ColumnWords struct {
	// Noun is what the column is called: "income". Default: its name, with
	// blanks for underscores.
	Noun string `json:"noun,omitempty"`
	// Verb is what a customer does, before "2.3 times the average": "spends".
	// Default: the noun.
	Verb string `json:"verb,omitempty"`
	// After comes behind "the average": "on wine".
	After string `json:"after,omitempty"`
	// More and Less tell a difference in units rather than as a ratio:
	// "older", "younger" make "is 10 years older than the average".
	More string `json:"more,omitempty"`
	Less string `json:"less,omitempty"`
	// Unit is that of the values, in the plural: "years".
	Unit string `json:"unit,omitempty"`
	// Some and Zero are what those with a value above 0, and of 0, do: "have
	// children at home", "have no children at home". They are said of columns
	// without negative values.
	Some string `json:"some,omitempty"`
	Zero string `json:"zero,omitempty"`
	// Levels are what those with a value of a category do: "Partner": "live
	// with a partner".
	Levels map[string]string `json:"levels,omitempty"`
}

// CampaignWords returns the words for the columns of the campaign schema, in
// English; a new map.
func CampaignWords() map[string]ColumnWords {
	return map[string]ColumnWords{
		"age":      {Noun: "age", Verb: "is", More: "older", Less: "younger", Unit: "years"},
		"income":   {Noun: "income", Verb: "earns"},
		"spent":    {Noun: "spending", Verb: "spends"},
		"tenure":   {Noun: "time as a customer", Verb: "has been a customer", More: "longer", Less: "less long", Unit: "months"},
		"children": {Noun: "children", Verb: "has", After: "number of children", Some: "have children at home", Zero: "have no children at home"},
		"kidhome":  {Noun: "small children", Verb: "has", After: "number of small children", Some: "have small children at home", Zero: "have no small children at home"},
		"teenhome": {Noun: "teenagers", Verb: "has", After: "number of teenagers", Some: "have teenagers at home", Zero: "have no teenagers at home"},
		"recency":  {Noun: "days since the last purchase", Verb: "last bought", More: "longer ago", Less: "more recently", Unit: "days"},

		"family_size": {Noun: "adults at home", Verb: "has", After: "number of adults at home"},
		"is_parent":   {Noun: "parents", Some: "are parents", Zero: "are not parents"},

		"mnt_wines":          {Noun: "spending on wine", Verb: "spends", After: "on wine"},
		"mnt_fruits":         {Noun: "spending on fruit", Verb: "spends", After: "on fruit"},
		"mnt_meat_products":  {Noun: "spending on meat", Verb: "spends", After: "on meat"},
		"mnt_fish_products":  {Noun: "spending on fish", Verb: "spends", After: "on fish"},
		"mnt_sweet_products": {Noun: "spending on sweets", Verb: "spends", After: "on sweets"},
		"mnt_gold_prods":     {Noun: "spending on gold products", Verb: "spends", After: "on gold products"},

		"num_deals_purchases":   {Noun: "purchases at a discount", Verb: "makes", After: "number of purchases at a discount"},
		"num_web_purchases":     {Noun: "purchases on the web", Verb: "makes", After: "number of purchases on the web"},
		"num_catalog_purchases": {Noun: "purchases by catalogue", Verb: "makes", After: "number of purchases by catalogue"},
		"num_store_purchases":   {Noun: "purchases in stores", Verb: "makes", After: "number of purchases in stores"},
		"num_web_visits_month":  {Noun: "visits of the web site a month", Verb: "makes", After: "number of visits of the web site"},

		"accepted_cmp1": {Noun: "campaign 1", Some: "accepted campaign 1", Zero: "did not accept campaign 1"},
		"accepted_cmp2": {Noun: "campaign 2", Some: "accepted campaign 2", Zero: "did not accept campaign 2"},
		"accepted_cmp3": {Noun: "campaign 3", Some: "accepted campaign 3", Zero: "did not accept campaign 3"},
		"accepted_cmp4": {Noun: "campaign 4", Some: "accepted campaign 4", Zero: "did not accept campaign 4"},
		"accepted_cmp5": {Noun: "campaign 5", Some: "accepted campaign 5", Zero: "did not accept campaign 5"},
		"response":      {Noun: "the last campaign", Some: "accepted the last campaign", Zero: "did not accept the last campaign"},
		"complain":      {Noun: "complaints", Some: "complained in the last two years", Zero: "did not complain in the last two years"},

		"living_with": {Noun: "living", Levels: map[string]string{"Partner": "live with a partner", "Single": "live without a partner"}},
		"education_level": {Noun: "education", Levels: map[string]string{
			"Undergraduate": "have no degree", "Graduate": "have a first degree", "Postgraduate": "have a higher degree"}},
		"age_group": {Noun: "age group", Levels: map[string]string{
			"Teen": "are under 20", "Adult": "are 20 to 39", "Middle-Aged Adult": "are 40 to 59", "Senior Adult": "are 60 or older"}},
	}
}

// rfmWords are the words for the columns of [RFM].
var rfmWords = map[string]ColumnWords{
	recencyColumn:   {Noun: "days since the last purchase", Verb: "last bought", More: "longer ago", Less: "more recently", Unit: "days"},
	frequencyColumn: {Noun: "orders", Verb: "makes", After: "number of orders"},
	monetaryColumn:  {Noun: "spending", Verb: "spends"},
	"basket":        {Noun: "amount of an order"},
	"tenure":        {Noun: "days since the first purchase", Verb: "first bought", More: "longer ago", Less: "more recently", Unit: "days"},
	"days_between":  {Noun: "days between orders", Unit: "days"},
	"returns":       {Noun: "returns in percent of the purchases", Unit: "%"},
	"rfm_segment":   {Noun: "RFM segment"},
}

// WordsOf returns the words for columns of any table, in English, by their names
// and units: a unit in brackets behind a name is that of the values (see
// [UnitOf]), and the columns of [RFM], known by what they mean, and an age have
// words of their own.
func WordsOf(columns []Column) map[string]ColumnWords {
	words := make(map[string]ColumnWords, len(columns))
	orders := slices.ContainsFunc(columns, func(c Column) bool { return c.Name == recencyColumn && c.Meaning == recencyMeaning })
	for _, c := range columns {
		noun, unit := UnitOf(c)
		w := ColumnWords{Noun: noun, Unit: unit}
		if own, ok := rfmWords[c.Name]; ok && orders {
			w = own
		} else if key(noun) == "age" && (unit == "" || unit == "years") {
			w = CampaignWords()["age"]
		}
		words[c.Name] = w
	}
	return words
}

// UnitOf returns what a column is called without its unit, with blanks for
// underscores, and the unit: that of the column, else the one in brackets at the end
// of its name, as in Annual Income (k$). What a name has there of digits or more
// than twelve letters, such as a range, is no unit.
func UnitOf(c Column) (noun, unit string) {
	noun = strings.Join(strings.FieldsFunc(c.Name, func(r rune) bool { return r == '_' || unicode.IsSpace(r) }), " ")
	for _, brackets := range []string{"()", "[]", "（）"} {
		pair := []rune(brackets)
		head, ok := strings.CutSuffix(noun, string(pair[1]))
		at := strings.LastIndex(head, string(pair[0]))
		if !ok || at <= 0 {
			continue
		}
		name, in := strings.TrimSpace(head[:at]), strings.TrimSpace(head[at+len(string(pair[0])):])
		if n := len([]rune(in)); n > 0 && n <= 12 && name != "" && !strings.ContainsFunc(in, unicode.IsDigit) && c.Kind.Numeric() {
			noun, unit = name, in
			break
		}
	}
	if c.Unit != "" {
		unit = c.Unit
	}
	return noun, unit
}

// Counted returns the columns of which the words tell what those with a value
// above 0, or of 0, do: so many have children at home.
func Counted(words map[string]ColumnWords) []string {
	var out []string
	for name, w := range words {
		if w.Some != "" || w.Zero != "" {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}
