package segment

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation/segment/internal/segtest"
)

// TestTrainLess: with less of a column better, the ranks are those of the column
// with its sign changed.
func TestTrainLess(t *testing.T) {
	x, _ := people(400)
	turned, _ := people(400)
	for i := range 400 {
		turned.Set(i, 2, -x.At(i, 2))
	}
	value := []string{"spent", "tenure"}
	m := train(t, x, TrainOptions{K: 4, Seed: 1, Value: value, Less: []string{"tenure"}})
	want := train(t, turned, TrainOptions{K: 4, Seed: 1, Value: value})
	for c, tier := range m.Tiers() {
		if w := want.Tiers()[c]; tier.Size != w.Size || tier.Name != w.Name || !near(tier.Score, w.Score, 1e-9) {
			t.Errorf("cluster %d: %+v, want %+v", c, tier, w)
		}
	}
	if more := train(t, x, TrainOptions{K: 4, Seed: 1, Value: value}); more.Tiers()[0].Score == m.Tiers()[0].Score {
		t.Error("the direction changes nothing")
	}
	if !slices.Equal(m.Value(), value) || !slices.Equal(m.Less(), []string{"tenure"}) {
		t.Errorf("value %v, less %v", m.Value(), m.Less())
	}
}

// TestRolesInTheFile: only a model that has roles is written as version 2.
func TestRolesInTheFile(t *testing.T) {
	x, _ := people(100)
	for version, o := range map[int]TrainOptions{
		1: {K: 3},
		2: {K: 3, Less: []string{"spent"}, ID: "customer", Describe: []string{"age", "city"}},
	} {
		m := train(t, x, o)
		var file, again bytes.Buffer
		if err := m.Write(&file); err != nil {
			t.Fatal(err)
		}
		if head := fmt.Sprintf("\"version\": %d,", version); !strings.Contains(file.String(), head) {
			t.Errorf("version %d: the file begins %.60s", version, file.String())
		}
		first := file.String()
		back, err := Read(&file)
		if err != nil {
			t.Fatal(err)
		}
		if back.ID() != o.ID || !slices.Equal(back.Less(), o.Less) || !slices.Equal(back.Describe(), o.Describe) || !slices.Equal(back.Value(), segtest.Value) {
			t.Errorf("read: id %q, less %v, describe %v, value %v", back.ID(), back.Less(), back.Describe(), back.Value())
		}
		if err := back.Write(&again); err != nil || again.String() != first {
			t.Errorf("version %d is written otherwise when read (%v)", version, err)
		}
	}
}

func TestRolesRefused(t *testing.T) {
	x, _ := people(100)
	for says, o := range map[string]TrainOptions{
		`better of "age"`:                {Less: []string{"age"}},
		`better of "spent"`:              {Less: []string{"spent", "spent"}},
		`the ID is "age"`:                {ID: "age"},
		`name 1 of Describe is ""`:       {Describe: []string{"a", ""}},
		`name 1 of Describe is "a"`:      {Describe: []string{"a", "a"}},
		`"\xff" is no valid UTF-8`:       {ID: "\xff"},
		`"caf\xe9" is no valid UTF-8`:    {Describe: []string{"caf\xe9"}},
		"Value is empty; name the colum": {Value: []string{}, Less: []string{"age"}},
	} {
		o.Columns, o.K = columns, 3
		if o.Value == nil {
			o.Value = segtest.Value
		}
		if _, err := Train(t.Context(), x, o); !errors.Is(err, ErrOption) || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v, want one that says %s", err, says)
		}
	}
}

// TestReadRefusesRolesOfAnotherVersion: a right checksum, and members that the
// version has not, or none of those that make it that version.
func TestReadRefusesRolesOfAnotherVersion(t *testing.T) {
	good := goodBody(t)
	with := func(members string) []byte {
		return bytes.Replace(good, []byte(`"value_columns":["income","spent"]`), []byte(`"value_columns":["income","spent"]`+members), 1)
	}
	for says, file := range map[string][]byte{
		"of version 1, and has the members of version 2": forgedAs(1, with(`,"id_column":"customer"`)),
		"of version 2, and has the members of version 1": forgedAs(2, good),
		`better of "age"`:            forgedAs(2, with(`,"less_columns":["age"]`)),
		`the ID is "age"`:            forgedAs(2, with(`,"id_column":"age"`)),
		`name 0 of Describe is ""`:   forgedAs(2, with(`,"describe_columns":[""]`)),
		"unknown, repeated, missing": forgedAs(2, with(`,"less_columns":[],"id_column":"customer"`)),
	} {
		if _, err := Read(bytes.NewReader(file)); !errors.Is(err, ErrInconsistent) || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v, want one that says %s", err, says)
		}
	}
	if _, err := Read(bytes.NewReader(forgedAs(2, with(`,"less_columns":["spent"],"id_column":"customer"`)))); err != nil {
		t.Errorf("as it should be: %v", err)
	}
}
