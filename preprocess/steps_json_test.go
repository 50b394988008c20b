package preprocess_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation/preprocess"
)

const (
	log1pText    = `{"kind":"log1p","version":1,"columns":["a","b"]}`
	quantileText = `{"kind":"quantile_transformer","version":1,"columns":["a","b"],"output":"normal","quantiles":[[0,1,1,4],[-2,0,3,3]]}`
	powerText    = `{"kind":"power_transformer","version":1,"columns":["a","b"],"lambdas":[0.5,-1],"center":[1,2],"scale":[3,0.1]}`
	wordsText    = `{"kind":"one_hot_encoder","version":2,"columns":["a","b"],"unknown":"accept","categories":[[0,1],[5]],"words":{"a":["x","y"]}}`
	columnsText  = `{"kind":"column_transformer","version":1,"columns":["c","b","a"],"parts":[{"name":"words","fitted":` + wordsText + `},{"name":"log","fitted":{"kind":"log1p","version":1,"columns":["c"]}}]}`
)

var stepTexts = []string{
	log1pText, quantileText, powerText, wordsText, columnsText,
	strings.Replace(powerText, `,"center":[1,2],"scale":[3,0.1]`, ``, 1),
	`{"kind":"pipeline","version":1,"steps":[{"name":"columns","fitted":` + columnsText + `}]}`,
}

func TestDecodeSteps(t *testing.T) {
	for _, text := range stepTexts {
		f, err := preprocess.Decode([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if again := must[[]byte](t)(json.Marshal(f)); string(again) != text {
			t.Errorf("%s became\n%s", text, again)
		}
	}
}

func TestDecodeStepsRefuses(t *testing.T) {
	deep := columnsText
	for i := range 40 {
		deep = fmt.Sprintf(`{"kind":"column_transformer","version":1,"columns":["c","b","a"],"parts":[{"name":"in","fitted":%s}]}`, deep)
		if i%2 == 0 {
			deep = fmt.Sprintf(`{"kind":"pipeline","version":1,"steps":[{"name":"in","fitted":%s}]}`, deep)
		}
	}
	for _, c := range []struct {
		name, text, old, new string
		kind                 error
		part                 string
	}{
		{"newer log1p", log1pText, `"version":1`, `"version":2`, preprocess.ErrVersion, "version 2"},
		{"log1p without columns", log1pText, `["a","b"]`, `[]`, preprocess.ErrFormat, "no columns"},
		{"a null column", log1pText, `"a"`, `null`, preprocess.ErrFormat, "empty name"},
		{"unknown distribution", quantileText, `normal`, `gamma`, preprocess.ErrFormat, `"gamma"`},
		{"quantiles that descend", quantileText, `[0,1,1,4]`, `[0,1,0.9,4]`, preprocess.ErrFormat, `"a"`},
		{"quantiles of another number", quantileText, `[-2,0,3,3]`, `[-2,0,3]`, preprocess.ErrFormat, `"b"`},
		{"quantiles of one column", quantileText, `,[-2,0,3,3]`, ``, preprocess.ErrFormat, "2 columns"},
		{"no quantiles", quantileText, `[[0,1,1,4],[-2,0,3,3]]`, `[[],[]]`, preprocess.ErrFormat, "0 quantiles"},
		{"too many quantiles", quantileText, `[0,1,1,4]`, `[0` + strings.Repeat(",0", 100_000) + `]`, preprocess.ErrFormat, "100001 quantiles"},
		{"a range beyond float64", quantileText, `[-2,0,3,3]`, `[-1e308,0,3,1e308]`, preprocess.ErrFormat, `"b"`},
		{"a null quantile", quantileText, `[0,1,1,4]`, `[0,null,1,4]`, preprocess.ErrFormat, "null"},
		{"powers of another number", powerText, `[0.5,-1]`, `[0.5]`, preprocess.ErrFormat, "1 numbers"},
		{"a scale of 0", powerText, `[3,0.1]`, `[3,0]`, preprocess.ErrFormat, `"b"`},
		{"a centre without scale", powerText, `,"scale":[3,0.1]`, ``, preprocess.ErrFormat, "0 numbers"},
		{"an empty centre", powerText, `"center":[1,2],"scale":[3,0.1]`, `"center":[]`, preprocess.ErrFormat, "0 numbers"},
		{"words of version 1", wordsText, `"version":2`, `"version":1`, preprocess.ErrFormat, "version"},
		{"version 2 without words", wordsText, `,"words":{"a":["x","y"]}`, ``, preprocess.ErrFormat, "version"},
		{"version 3", wordsText, `"version":2`, `"version":3`, preprocess.ErrVersion, "2 is the newest"},
		{"words that descend", wordsText, `["x","y"]`, `["y","x"]`, preprocess.ErrFormat, `"x"`},
		{"a word twice", wordsText, `["x","y"]`, `["x","x"]`, preprocess.ErrFormat, `"x"`},
		{"an empty word", wordsText, `["x","y"]`, `["","x"]`, preprocess.ErrFormat, `""`},
		{"words of no column", wordsText, `{"a":`, `{"d":`, preprocess.ErrFormat, `"d"`},
		{"words for other codes", wordsText, `[[0,1]`, `[[0,2]`, preprocess.ErrFormat, `"a"`},
		{"words of another number", wordsText, `["x","y"]`, `["x"]`, preprocess.ErrFormat, `"a"`},
		{"no parts", `{"kind":"column_transformer","version":1,"columns":["a"],"parts":[]}`, ``, ``, preprocess.ErrFormat, "no steps"},
		{"a part twice", columnsText, `"name":"log"`, `"name":"words"`, preprocess.ErrFormat, `"words"`},
		{"a part of no column", columnsText, `["c","b","a"]`, `["d","b","a"]`, preprocess.ErrFormat, `"c"`},
		{"two parts of one column", columnsText, `"columns":["c"]}`, `"columns":["b"]}`, preprocess.ErrFormat, `"words"`},
		{"a column twice", columnsText, `["c","b","a"]`, `["c","b","a","a"]`, preprocess.ErrFormat, `"a"`},
		{"an output twice", columnsText, `["c","b","a"]`, `["c","b","a","b=5"]`, preprocess.ErrFormat, `"b=5"`},
		{"columns without parts", columnsText, `["c","b","a"]`, `[]`, preprocess.ErrFormat, "no columns"},
		{"too deep", deep, ``, ``, preprocess.ErrFormat, "32"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !strings.Contains(c.text, c.old) {
				t.Fatalf("%q is not in %s", c.old, c.text)
			}
			f, err := preprocess.Decode([]byte(strings.Replace(c.text, c.old, c.new, 1)))
			if f != nil {
				t.Errorf("it gave %v", f)
			}
			wantError(t, "Decode", err, c.kind, c.part)
		})
	}
	if err := preprocess.Register("column_transformer", func([]byte) (preprocess.Fitted, error) { return nil, nil }); err == nil {
		t.Error("a kind of ours was registered again")
	}
}
