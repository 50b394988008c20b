package features

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestDoubts: what cannot be true on the day is told by kind, what lies on its
// edge is not.
func TestDoubts(t *testing.T) {
	on := func(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC) }
	for _, test := range []struct {
		born     int
		enrolled time.Time
		want     []DoubtKind
		says     string
	}{
		{1970, on(2013, 5, 6), nil, ""},
		{1970, on(2015, 1, 1), nil, ""}, // on the day itself
		{2015, on(2015, 1, 1), nil, ""}, // age 0
		{1893, on(2013, 5, 6), nil, ""}, // age 122
		{1970, on(2015, 1, 2), []DoubtKind{EnrolledAfterDay}, "enrolled on 2015-01-02, after 2015-01-01, the day on which tenures are counted"},
		{1970, on(2024, 3, 1), []DoubtKind{EnrolledAfterDay}, "enrolled on 2024-03-01, after 2015-01-01, the day on which tenures are counted"},
		{2050, on(2013, 5, 6), []DoubtKind{BornAfterDay, EnrolledBeforeBirth}, "born in 2050, after 2015-01-01, the day on which ages are counted; enrolled on 2013-05-06, before the year of birth, 2050"},
		{2016, on(2024, 1, 1), []DoubtKind{BornAfterDay, EnrolledAfterDay}, ""},
		{1892, on(2013, 5, 6), []DoubtKind{ImpossibleAge}, "born in 1892, and so 123 years old on 2015-01-01"},
		{1000, on(1000, 1, 1), []DoubtKind{ImpossibleAge}, ""},
	} {
		e := EngineerCustomer(Customer{YearBirth: test.born, DtCustomer: test.enrolled}, newYear2015)
		var kinds []DoubtKind
		var says []string
		for _, d := range e.Doubts(newYear2015) {
			kinds, says = append(kinds, d.Kind), append(says, d.String())
			if strings.Contains(d.String(), "; ") {
				t.Errorf("%q cannot be joined by semicolons", d)
			}
			var got struct{ Kind, Column, Text, Day string }
			data, err := json.Marshal(d)
			if err == nil {
				err = json.Unmarshal(data, &got)
			}
			if err != nil || got.Kind != string(d.Kind) || got.Text != d.String() || got.Column != d.Column || got.Day != "2015-01-01" {
				t.Errorf("JSON %s (%v)", data, err)
			}
		}
		if !slices.Equal(kinds, test.want) || test.says != "" && strings.Join(says, "; ") != test.says {
			t.Errorf("born %d, enrolled %s: %v %q", test.born, test.enrolled.Format(time.DateOnly), kinds, says)
		}
	}
	if s := (Doubt{Kind: "other"}).String(); s != "other" {
		t.Errorf("%q", s)
	}
}

// TestDoubtsOfAnotherDay: the same customers are no doubt on a later day.
func TestDoubtsOfAnotherDay(t *testing.T) {
	c := Customer{YearBirth: 1970, DtCustomer: time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC)}
	if d := c.Doubts(AsOf(time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC))); d != nil {
		t.Errorf("%v", d)
	}
}
