package store

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/testenv"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/store/internal/pgtest"
)

// shared is the server that most tests use: that of DATABASE_URL, or one of our
// own, started for the first test that needs it.
var shared struct {
	server *pgtest.Server
	url    string
	err    error
	tried  bool
}

func TestMain(m *testing.M) {
	if child := os.Getenv("STORE_TEST_CHILD"); child != "" {
		os.Exit(runChild(child))
	}
	code := m.Run()
	if shared.server != nil {
		shared.server.Stop()
	}
	os.Exit(code)
}

// postgresURL is that of the shared server; the test is skipped where there is
// none.
func postgresURL(t testing.TB) string {
	t.Helper()
	if !shared.tried {
		shared.tried = true
		if shared.url = os.Getenv("DATABASE_URL"); !strings.HasPrefix(shared.url, "postgres") {
			if shared.server, shared.err = pgtest.Start(pgtest.Options{}); shared.err == nil {
				shared.url = shared.server.URL("postgres")
			}
		}
	}
	needServer(t, shared.err)
	return shared.url
}

// needServer skips a test that needs a server where none is installed, and
// fails it where one is required.
func needServer(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, pgtest.ErrNoServer) {
		testenv.Missing(t, "%v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// ownServer returns a server for one test alone.
func ownServer(t testing.TB, o pgtest.Options) *pgtest.Server {
	t.Helper()
	server, err := pgtest.Start(o)
	needServer(t, err)
	t.Cleanup(server.Stop)
	return server
}

var schemas atomic.Int64

// schemaURL returns the URL of an empty schema on the shared server, which is
// dropped after the test.
func schemaURL(t testing.TB) string {
	t.Helper()
	base := postgresURL(t)
	s, err := Open(context.Background(), base, Options{})
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("test_%d_%d", os.Getpid(), schemas.Add(1))
	if _, err := s.DB().Exec("CREATE SCHEMA " + name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := s.DB().Exec("DROP SCHEMA " + name + " CASCADE"); err != nil {
			t.Error(err)
		}
		s.Close()
	})
	return withQuery(t, base, "search_path", name)
}

func withQuery(t testing.TB, raw, key, value string) string {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set(key, value)
	u.RawQuery = q.Encode()
	return u.String()
}

// databases returns the URLs of empty databases to run a test on.
var databases = []struct {
	name string
	url  func(testing.TB) string
}{
	{"postgres", schemaURL},
	{"sqlite", func(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "test.db") }},
	{"memory", func(testing.TB) string { return "sqlite::memory:" }},
}

// onAll runs a test on every database.
func onAll(t *testing.T, test func(t *testing.T, url string)) {
	t.Helper()
	for _, db := range databases {
		t.Run(db.name, func(t *testing.T) { test(t, db.url(t)) })
	}
}

// onEach runs a test with an open store on every database, with its tables.
func onEach(t *testing.T, test func(t *testing.T, s *Store)) {
	t.Helper()
	onAll(t, func(t *testing.T, url string) { test(t, open(t, url, Options{Migrate: true})) })
}

func open(t testing.TB, url string, o Options) *Store {
	t.Helper()
	s, err := Open(context.Background(), url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// check fails a test on an error.
func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantError checks what an error is and that it reads as it should.
func wantError(t testing.TB, err, kind error, texts ...string) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Fatalf("the error is %v; want %v", err, kind)
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("the error says\n%s\nand nothing of %q", err, text)
		}
	}
}

const samplePath = "../testdata/customers.csv"

func sampleCustomers(t testing.TB) []features.Customer {
	t.Helper()
	list, _, err := features.ReadFile(t.Context(), samplePath, features.ReadOptions{})
	check(t, err)
	return list
}

func ingestFile(t testing.TB, s *Store, path string) features.Report {
	t.Helper()
	f, err := os.Open(path)
	check(t, err)
	defer f.Close()
	report, err := s.Ingest(context.Background(), f, IngestOptions{})
	check(t, err)
	return report
}

// sameCustomers compares customers bit for bit; NaN equals NaN.
func sameCustomers(t testing.TB, got, want []features.Customer) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("there are %d customers; want %d", len(got), len(want))
	}
	for i := range want {
		if fmt.Sprintf("%#v", got[i]) != fmt.Sprintf("%#v", want[i]) {
			t.Fatalf("customer %d is\n%+v; want\n%+v", i, got[i], want[i])
		}
	}
}

// trained returns a model of the cleaned sample, with the table and predictions.
func trained(t testing.TB, customers []features.Customer, seed uint64) (*segment.Model, *features.Table, []segment.Prediction) {
	t.Helper()
	table, _, err := features.Clean(t.Context(), testenv.Must(features.Engineer(t.Context(), customers, features.AsOf(day("2015-01-01")))), features.CleanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	x, err := table.Matrix(t.Context(), features.TrainingColumns...)
	check(t, err)
	m, err := segment.Train(context.Background(), x, segment.TrainOptions{Columns: features.TrainingColumns, Value: features.ValueColumns, K: 4, Seed: seed, AsOf: table.AsOf(), Restarts: 2})
	check(t, err)
	p, err := m.PredictMatrix(context.Background(), x)
	check(t, err)
	return m.Model, table, p
}
