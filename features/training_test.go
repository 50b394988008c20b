package features

import (
	"errors"
	"math"
	"slices"
	"testing"
)

func TestCheckValue(t *testing.T) {
	for _, test := range []struct {
		column string
		v      float64
		want   string
	}{
		{"age", 57, ""},
		{"Spent", 0, ""},
		{"income", math.NaN(), ""},
		{"children", 2, ""},
		{"tenure", 28.5, ""},
		{"age", -1, `column age: "-1" cannot be used; want a number from 0`},
		{"age", 151, `column age: "151" cannot be used; want an age in years, up to 150`},
		{"age", math.NaN(), `column age: "NaN" cannot be used; want a number from 0`},
		{"income", math.Inf(1), `column income: "+Inf" cannot be used; want a number from 0`},
		{"income", 1e15, ""},
		{"spent", 1e15, ""},
		{"tenure", 1800, ""},
		{"children", 100, ""},
		{"income", 1.1e15, `column income: "1.1e+15" cannot be used; want an amount up to 1e15`},
		{"income", 1e160, `column income: "1e+160" cannot be used; want an amount up to 1e15`},
		{"spent", math.MaxFloat64, `column spent: "1.7976931348623157e+308" cannot be used; want an amount up to 1e15`},
		{"tenure", 1801, `column tenure: "1801" cannot be used; want months since enrolment, up to 1800`},
		{"children", 101, `column children: "101" cannot be used; want a number of children, up to 100`},
		{"children", 1e300, `column children: "1e+300" cannot be used; want a number of children, up to 100`},
		{"children", 1.5, `column children: "1.5" cannot be used; want a whole number of children`},
	} {
		err := CheckValue(test.column, test.v)
		got := ""
		if err != nil {
			got = err.Error()
			if !errors.Is(err, ErrValue) {
				t.Errorf("%s %v: %v is no ErrValue", test.column, test.v, err)
			}
		}
		if got != test.want {
			t.Errorf("%s %v: %q, want %q", test.column, test.v, got, test.want)
		}
	}
	if err := CheckValue("wealth", 1); !errors.Is(err, ErrUnknownColumn) {
		t.Errorf("no such column: %v", err)
	}
	for _, c := range schema {
		err := CheckValue(c.Name, 3)
		var wrong *ColumnError
		if training := slices.Contains(TrainingColumns, c.Name); errors.As(err, &wrong) == training {
			t.Errorf("%s, a training column: %v: %v", c.Name, training, err)
		} else if !training && (!errors.Is(err, ErrNotTraining) || wrong.Column != c.Name) {
			t.Errorf("%s: %v", c.Name, err)
		}
	}
	const want = "column recency is no training column; want age, spent, tenure, children or income"
	if err := CheckValue(" Recency", 3); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
