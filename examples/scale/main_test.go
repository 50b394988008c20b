package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	segmentbeam "github.com/customer-personality/segmentation/segment/beam"
)

func TestMain(m *testing.M) {
	segmentbeam.Work()
	os.Exit(m.Run())
}

func start(t *testing.T, args ...string) (string, error) {
	t.Helper()
	flags := flag.NewFlagSet("scale", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	var out bytes.Buffer
	err := run(t.Context(), flags, args, &out)
	return out.String(), err
}

// Wherever the rows are, the model is that of the rows in memory, to the bit.
func TestPlaces(t *testing.T) {
	file := "../../testdata/customers.csv"
	inertia := map[string]float64{}
	for _, source := range []string{"memory", "stream", "parquet", "db", "beam"} {
		for name, rows := range map[string][]string{"made": {"-rows", "3000", "-k", "4"}, "file": {"-data", file}} {
			out, err := start(t, append([]string{"-source", source, "-check", "-json"}, rows...)...)
			if err != nil {
				t.Errorf("%s, %s: %v\n%s", source, name, err, out)
				continue
			}
			var a answer
			if err := json.Unmarshal([]byte(out), &a); err != nil {
				t.Fatal(err)
			}
			if a.Source != source || a.Rows < 1900 || a.K < 2 || a.Passes < 3 || a.Seconds <= 0 || a.RowsPerSecond <= 0 || a.Same == nil || !*a.Same {
				t.Errorf("%s, %s: %s", source, name, out)
			}
			if want, ok := inertia[name]; ok && (a.Inertia > want*1.0002 || a.Inertia < want/1.0002) {
				t.Errorf("%s, %s: the inertia is %v, elsewhere %v", source, name, a.Inertia, want)
			}
			inertia[name] = a.Inertia
		}
	}
}

func TestPlain(t *testing.T) {
	folder := t.TempDir()
	if out, err := start(t, "-source", "stream", "-rows", "2000", "-k", "3", "-write", folder); err != nil || !strings.Contains(out, "Platinum") {
		t.Fatalf("%v\n%s", err, out)
	}
	var first float64
	for _, source := range []string{"parquet", "beam"} {
		out, err := start(t, "-source", source, "-data", filepath.Join(folder, "*.parquet"), "-columns", "pc1,pc2,pc3", "-plain", "-k", "3", "-check", "-json")
		if err != nil {
			t.Fatalf("%s: %v\n%s", source, err, out)
		}
		var a answer
		if err := json.Unmarshal([]byte(out), &a); err != nil || a.Rows != 2000 {
			t.Errorf("%s (%v)", out, err)
		}
		if first == 0 {
			first = a.Inertia
		}
		if d := a.Inertia/first - 1; d > 1e-9 || d < -1e-9 {
			t.Errorf("%s: %v, elsewhere %v", source, a.Inertia, first)
		}
	}
}

func TestDifferent(t *testing.T) {
	a := map[string]any{"inertia": 1.0, "k": 3.0, "tiers": []any{"a", 1.5}}
	b := map[string]any{"inertia": 1 + 1e-13, "k": 4.0, "tiers": []any{"a", 1.0}, "more": true}
	got := strings.Join(different("", a, b), "\n")
	for _, want := range []string{"k is 3, in memory 4", "tiers[1] is 1.5, in memory 1 ", "more is <nil>, in memory true"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
	if strings.Contains(got, "inertia") {
		t.Errorf("%q tells of an inertia within rounding", got)
	}
}

func TestRefusals(t *testing.T) {
	for _, test := range []struct{ args, want string }{
		{"-source moon", `want memory, stream, parquet, db or beam`},
		{"-rows 1", "two customers at least"},
		{"-table customers", "-table names a table of -db"},
		{"-db postgres://localhost", "-db is for -source db"},
		{"-data nowhere.csv", "there is no file"},
		{"-source stream more", "is no flag"},
		{"-plain -write x -k 2 -rows 100", "-plain has none"},
	} {
		if out, err := start(t, strings.Fields(test.args)...); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v\n%s", test.args, err, out)
		}
	}
}
