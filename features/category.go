package features

import "encoding/binary"

// Values of education that the schema knows, by key, with the one spelling
// that they are kept in.
var educations = map[string]string{
	"2ncycle":           "2n Cycle",
	"secondcycle":       "2n Cycle",
	"secondcycledegree": "2n Cycle",
	"2ndcycle":          "2n Cycle",
	"basic":             "Basic",
	"graduation":        "Graduation",
	"master":            "Master",
	"phd":               "PhD",
}

// Values of marital_status likewise.
var maritalStatuses = map[string]string{
	"absurd":   "Absurd",
	"alone":    "Alone",
	"divorced": "Divorced",
	"married":  "Married",
	"single":   "Single",
	"together": "Together",
	"widow":    "Widow",
	"yolo":     "YOLO",
}

// canonical gives the one spelling of a category's value and whether the
// schema knows it. What it does not know is kept as it is written; what
// stands for a missing value becomes empty.
func canonical(col int, value string) (string, bool) {
	known := educations
	if col == colMaritalStatus {
		known = maritalStatuses
	}
	if name, ok := known[key(value)]; ok {
		return name, true
	}
	if len(value) != 1 && missing([]byte(value)) {
		return "", false
	}
	return value, false
}

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
