package site

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation/store"
	"github.com/customer-personality/segmentation/testdata"
)

// An app that starts again finds what it had, takes a model file once, and
// refuses what is no model of ours.
func TestPrepare(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	data := filepath.Join(dir, "campaign.csv")
	lines := bytes.SplitAfter(testdata.Customers, []byte("\n"))
	if err := os.WriteFile(data, bytes.Join(lines[:801], nil), 0o644); err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(ctx, "sqlite:"+filepath.Join(dir, "app.db"), store.Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	begin := func(cfg Config) (*Site, error) {
		t.Helper()
		s, err := New(ctx, cfg, db, nil, discard())
		if err != nil {
			t.Fatal(err)
		}
		err = s.Prepare(ctx)
		if e := s.Close(); e != nil {
			t.Error(e)
		}
		return s, err
	}
	s, err := begin(Config{Data: data, AsOf: testdata.AsOf})
	if err != nil {
		t.Fatal(err)
	}
	w := s.Snapshot.Load()
	if n := w.Set.Len(); n < 780 || n > 800 || w.Version != 1 || !w.Model.AsOf().Equal(testdata.AsOf) {
		t.Errorf("of 800 customers %d are there, with version %d as of %v", n, w.Version, w.Model.AsOf())
	}
	// The file is read into an empty database only.
	if s, err = begin(Config{Data: filepath.Join(dir, "gone.csv")}); err != nil || s.Snapshot.Load().Version != 1 {
		t.Errorf("a second start gives %v", err)
	}
	file := filepath.Join(dir, "model.json")
	if err := w.Model.Save(file); err != nil {
		t.Fatal(err)
	}
	if s, err = begin(Config{Model: file}); err != nil || s.Snapshot.Load().Version != 1 {
		t.Errorf("the model that is in use already gives %v and version %d", err, s.Snapshot.Load().Version)
	}
	other := start(t, Config{})
	if err := other.Snapshot.Load().Model.Save(file); err != nil {
		t.Fatal(err)
	}
	if s, err = begin(Config{Model: file}); err != nil || s.Snapshot.Load().Version != 2 {
		t.Errorf("another model gives %v and version %d, want 2", err, s.Snapshot.Load().Version)
	}
	for name, content := range map[string]string{"rubbish": "\x80\x04\x95", "text": "{}", "cut": "{\"format\""} {
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := begin(Config{Model: file}); err == nil || !strings.Contains(err.Error(), "model") {
			t.Errorf("%s as a model gives %v", name, err)
		}
	}
}

// TestPrepareLimits: a file that the limits leave nothing of is refused with the
// flag that sets them, and read with it.
func TestPrepareLimits(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	var b strings.Builder
	b.WriteString("ID,Year_Birth,Education,Marital_Status,Income,Kidhome,Teenhome,Dt_Customer,MntWines,MntFruits,MntMeatProducts,MntFishProducts,MntSweetProducts,MntGoldProds\n")
	for i := range 16 {
		fmt.Fprintf(&b, "%d,%d,Master,Married,%d,%d,0,2013-%02d-11,%d,1,2,3,4,5\n", i+1, 1950+i, 21_582_000+i*1_000_000, i%3, i%9+1, 70_000+i*10_000)
	}
	data := filepath.Join(dir, "rupiah.csv")
	if err := os.WriteFile(data, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	for i, test := range []struct {
		args []string
		says string
		n    int
	}{
		{nil, "no customers are left for segments: 16 of 16 customers have an income above 120,000, and so are left out as errors; -max-income sets another limit, 0 for none", 0},
		{[]string{"-max-income", "0"}, "", 16},
		{[]string{"-max-income", "30000000", "-max-age", "0"}, "", 9},
	} {
		cfg, err := read(append(test.args, "-data", data, "-as-of", "2015-01-01", "-upload-dir", t.TempDir()), nil)
		if err != nil {
			t.Fatal(err)
		}
		db, err := store.Open(ctx, "sqlite:"+filepath.Join(dir, fmt.Sprint(i, ".db")), store.Options{Migrate: true})
		if err != nil {
			t.Fatal(err)
		}
		s, err := New(ctx, cfg, db, nil, discard())
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Prepare(ctx); (err == nil) != (test.says == "") || err != nil && err.Error() != test.says {
			t.Errorf("%v: %v; want %q", test.args, err, test.says)
		} else if err == nil && s.Snapshot.Load().Set.Len() != test.n {
			t.Errorf("%v: %d customers, want %d", test.args, s.Snapshot.Load().Set.Len(), test.n)
		}
		if err := errors.Join(s.Close(), db.Close()); err != nil {
			t.Error(err)
		}
	}
}

// TestPrepareFewCustomers: the app works from three customers on, and says what
// is too few.
func TestPrepareFewCustomers(t *testing.T) {
	ctx := context.Background()
	for n, says := range map[int]string{
		1: "1 customer is too few for segments; at least 3 are needed", 2: "2 customers are too few for segments; at least 3 are needed", 3: "", 4: "", 8: "",
	} {
		dir := t.TempDir()
		data := filepath.Join(dir, "few.csv")
		if err := os.WriteFile(data, []byte(strings.ReplaceAll(string(campaignOf2024(n)), "2024-", "2013-")), 0o644); err != nil {
			t.Fatal(err)
		}
		db, err := store.Open(ctx, "sqlite:"+filepath.Join(dir, "app.db"), store.Options{Migrate: true})
		if err != nil {
			t.Fatal(err)
		}
		s, err := New(ctx, Config{Data: data, AsOf: testdata.AsOf}, db, nil, discard())
		if err != nil {
			t.Fatal(err)
		}
		err = s.Prepare(ctx)
		if (err == nil) != (says == "") || err != nil && err.Error() != says {
			t.Errorf("%d customers: %v; want %q", n, err, says)
		}
		if err == nil {
			w := httptest.NewRecorder()
			s.Handler().ServeHTTP(w, httptest.NewRequest("GET", "http://localhost/models", nil))
			if want := fmt.Sprintf("No more than %d customers differ, so no more than %d clusters were tried.", n, n); !strings.Contains(w.Body.String(), want) {
				t.Errorf("%d customers: the page of the models does not say %q", n, want)
			}
			for _, path := range []string{"/", "/charts", "/models", "/explore", "/chat", "/api/v1/profile", "/api/v1/customers"} {
				w := httptest.NewRecorder()
				s.Handler().ServeHTTP(w, httptest.NewRequest("GET", "http://localhost"+path, nil))
				if w.Code != 200 || malformed.MatchString(w.Body.String()) || strings.Contains(w.Body.String(), "NaN") {
					t.Errorf("%d customers: %s answers %d: %s", n, path, w.Code, malformed.FindString(w.Body.String()))
				}
			}
		}
		if err := errors.Join(s.Close(), db.Close()); err != nil {
			t.Error(err)
		}
	}
}
