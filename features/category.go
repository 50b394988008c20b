package features

import "encoding/binary"

// A meaning is the one spelling that a value of a category is kept in, and the
// level or the household that it stands for.
type meaning struct{ name, class string }

const (
	undergraduate = "Undergraduate"
	graduate      = "Graduate"
	postgraduate  = "Postgraduate"
	partner       = "Partner"
	single        = "Single"
)

// educations has the values of education that are known, by key. Those of the
// schema are kept in its spelling; others are no more than what they say.
var educations = meanings(
	meaning{"2n Cycle", undergraduate}, "secondcycle", "secondcycledegree", "2ndcycle",
	meaning{"Basic", undergraduate},
	meaning{"Graduation", graduate},
	meaning{"Master", postgraduate}, "masters", "mastersdegree", "masterdegree",
	meaning{"PhD", postgraduate}, "doctor", "doctorate", "doctoral", "doctoratedegree", "doctoraldegree", "dphil", "phddegree",

	meaning{"Undergraduate", undergraduate}, "undergrad",
	meaning{"High School", undergraduate}, "highschooldegree", "highschooldiploma", "highschoolgraduate", "hsgrad",
	meaning{"Secondary School", undergraduate}, "secondary", "secondaryeducation",
	meaning{"Primary School", undergraduate}, "primary", "primaryeducation", "elementary", "elementaryschool",
	meaning{"Graduate", graduate}, "graduated", "grad",
	meaning{"Bachelor", graduate}, "bachelors", "bachelordegree", "bachelorsdegree", "bsc",
	meaning{"Postgraduate", postgraduate}, "postgrad", "postgraduation", "postgraduatedegree",
	meaning{"MBA", postgraduate}, meaning{"MSc", postgraduate},
)

// maritalStatuses has those of marital_status likewise.
var maritalStatuses = meanings(
	meaning{"Absurd", single},
	meaning{"Alone", single},
	meaning{"Divorced", single}, "divorcee", "divorcée", "divorcé",
	meaning{"Married", partner},
	meaning{"Single", single},
	meaning{"Together", partner},
	meaning{"Widow", single}, "widowed", "widower",
	meaning{"YOLO", single},

	meaning{"Partner", partner}, "partnered", "withpartner", "haspartner", "livingwithpartner", "domesticpartner", "domesticpartnership",
	meaning{"Couple", partner}, "incouple", "inacouple",
	meaning{"Cohabiting", partner}, "cohabitating", "cohabitation", "cohabitant", "livingtogether",
	meaning{"Civil Union", partner}, "civilpartner", "civilpartnership", "registeredpartner", "registeredpartnership",
	meaning{"Common-Law", partner}, "commonlawpartner", "commonlawmarriage",
	meaning{"Separated", single},
	meaning{"Never Married", single},
	meaning{"Unmarried", single}, "notmarried",
)

// meanings returns the table of a category: each meaning by the key of its own
// name and by the keys that follow it.
func meanings(entries ...any) map[string]meaning {
	table := map[string]meaning{}
	var now meaning
	for _, e := range entries {
		switch e := e.(type) {
		case meaning:
			now = e
			table[e.name], table[key(e.name)] = now, now
		case string:
			table[e] = now
		}
	}
	return table
}

// meaning returns what a value of a category means, and whether it is known.
func (f *Field) meaning(value string) (meaning, bool) {
	m, ok := f.known[value] // the spelling that is kept
	if !ok {
		m, ok = f.known[key(value)]
	}
	return m, ok
}

// canonical returns the one spelling of a category's value and whether it is
// known. What is not known is kept as it is written; what stands for a missing
// value becomes empty.
func (f *Field) canonical(value string) (string, bool) {
	if m, ok := f.meaning(value); ok {
		return m.name, true
	}
	if len(value) != 1 && missing([]byte(value)) {
		return "", false
	}
	return value, f.known == nil
}

// maxWord is the longest value of a category in bytes. Longer ones are text
// that shifted into the column.
const maxWord = 256

// A wordCache turns the bytes of a category into its canonical string without
// allocating for what was seen before: 64 slots, each for the last value that
// fell into it.
type wordCache [64]word

type word struct {
	raw   string // as it stands in the file
	value string // canonical
	known bool
}

// slot finds where a value belongs.
func (w *wordCache) slot(b []byte) *word {
	var h uint64
	if n := len(b); cap(b) >= 8 {
		h = binary.LittleEndian.Uint64(b[:8])
		if n < 8 {
			h &= 1<<(8*n) - 1
		}
	} else {
		for i, c := range b {
			h |= uint64(c) << (8 * i)
		}
	}
	return &w[(h+uint64(len(b)))*0x9e3779b97f4a7c15>>58]
}
