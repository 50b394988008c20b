package store

import (
	"context"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/testenv"
	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
)

// scored is a row of a scoring view.
type scored struct {
	ID       string
	Cluster  *int
	Tier     *string
	Distance *float64
	Margin   *float64
}

// agree compares a view with predictions of the rows with these ids.
func agree(t *testing.T, s *Store, view string, ids []string, want []segment.Prediction) {
	t.Helper()
	rows := map[string]scored{}
	var list []scored
	check(t, s.DB().Select(&list, "SELECT id, cluster, tier, distance, margin FROM "+quote(view)))
	for _, r := range list {
		rows[r.ID] = r
	}
	if len(list) != len(want) {
		t.Fatalf("the view has %d rows; want %d", len(list), len(want))
	}
	near := func(got *float64, want float64) bool {
		if math.IsInf(want, 1) {
			return got == nil
		}
		return got != nil && math.Abs(*got-want) <= 1e-9*max(1, want)
	}
	for i, id := range ids {
		r, p := rows[id], want[i]
		if r.Cluster == nil || *r.Cluster != p.Cluster || r.Tier == nil || *r.Tier != p.Tier || !near(r.Distance, p.Distance) || !near(r.Margin, p.Margin) {
			show := func(v any) string { return fmt.Sprintf("%+v", v) }
			t.Fatalf("customer %s: SQL gives %s %s %s %s; Predict gives %+v", id, show(r.Cluster), show(r.Tier), show(r.Distance), show(r.Margin), p)
		}
	}
}

func tableIDs(table *features.Table) []string {
	var ids []string
	for c := range table.Customers() {
		ids = append(ids, c.ID)
	}
	return ids
}

func TestScoringViewAgreesWithPredict(t *testing.T) {
	sets := map[string][]features.Customer{"sample": sampleCustomers(t)}
	if path, ok := testenv.FindCampaign(t); ok {
		customers, _, err := features.ReadFile(t.Context(), path, features.ReadOptions{})
		check(t, err)
		sets["campaign"] = customers
	}
	onEach(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		for name, customers := range sets {
			table, _, err := features.Clean(ctx, testenv.Must(features.Engineer(ctx, customers, features.AsOf(day("2015-01-01")))), features.CleanOptions{})
			if err != nil {
				t.Fatal(err)
			}
			check(t, s.SaveResults(ctx, &Results{Table: table}))
			x, err := table.Matrix(ctx, features.TrainingColumns...)
			check(t, err)
			for _, k := range []int{0, 1, 2, 4} {
				m, err := segment.Train(ctx, x, segment.TrainOptions{Columns: features.TrainingColumns, Value: features.ValueColumns, K: k, Seed: 1, Restarts: 3})
				check(t, err)
				p, err := m.PredictMatrix(ctx, x)
				check(t, err)
				check(t, s.CreateScoringView(ctx, "scored", m.Model, ViewOptions{}))
				agree(t, s, "scored", tableIDs(table), p)
				t.Logf("%s: %d rows in %d clusters agree", name, len(p), m.K())
			}
		}
	})
}

// The SQL of a one-hot encoder agrees with Predict: of known categories, and of
// unknown ones by its policy.
func TestScoringViewOfCategories(t *testing.T) {
	customers := sampleCustomers(t)[:400]
	columns := []string{"kidhome", "teenhome", "num_deals_purchases"}
	seen, _, err := features.Clean(t.Context(), testenv.Must(features.Engineer(t.Context(), customers[:300], features.AsOf(day("2015-01-01")))), features.CleanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	customers[350].NumDealsPurchases = 77
	all, _, err := features.Clean(t.Context(), testenv.Must(features.Engineer(t.Context(), customers, features.AsOf(day("2015-01-01")))), features.CleanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	x, err := seen.Matrix(t.Context(), columns...)
	check(t, err)
	rows, err := all.Matrix(t.Context(), columns...)
	check(t, err)
	onEach(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		check(t, s.SaveResults(ctx, &Results{Table: all}))
		for _, u := range []preprocess.UnknownPolicy{preprocess.Refuse, preprocess.Accept} {
			m, err := segment.Train(ctx, x, segment.TrainOptions{Columns: columns, Value: columns[:1], K: 4, Seed: 1, Restarts: 2, Pipeline: &preprocess.Pipeline{Steps: []preprocess.Step{
				preprocess.NewStep("impute", preprocess.Imputer{Strategy: preprocess.MostFrequent}),
				preprocess.NewStep("hot", preprocess.OneHotEncoder{Unknown: u}),
				preprocess.NewStep("scale", preprocess.Scaler{}),
				preprocess.NewStep("pca", preprocess.PCA{Components: 3}),
			}}})
			check(t, err)
			check(t, s.CreateScoringView(ctx, "scored", m.Model, ViewOptions{}))
			var list []scored
			check(t, s.DB().Select(&list, "SELECT id, cluster, tier, distance, margin FROM scored ORDER BY id"))
			got := map[string]scored{}
			for _, r := range list {
				got[r.ID] = r
			}
			refused := 0
			for i := range all.Len() {
				p, err := m.Predict(rows.RawRowView(i))
				r := got[all.Customer(i).ID]
				switch {
				case err != nil:
					refused++
					if r.Cluster != nil || r.Tier != nil || r.Distance != nil || r.Margin != nil || !errors.Is(err, segment.ErrUnknownCategory) {
						t.Errorf("%v, row %d: Predict refuses it (%v), SQL gives %+v", u, i, err, r)
					}
				case r.Cluster == nil || *r.Cluster != p.Cluster || *r.Tier != p.Tier || math.Abs(*r.Distance-p.Distance) > 1e-9:
					t.Errorf("%v, row %d: SQL gives %+v, Predict %+v", u, i, r, p)
				}
			}
			if (refused > 0) != (u == preprocess.Refuse) {
				t.Errorf("%v: %d rows are refused", u, refused)
			}
		}
	})
}

func TestScoringViewOfOtherPipelines(t *testing.T) {
	customers := sampleCustomers(t)[:300]
	table, _, err := features.Clean(t.Context(), testenv.Must(features.Engineer(t.Context(), customers, features.AsOf(day("2015-01-01")))), features.CleanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	x, err := table.Matrix(t.Context(), features.TrainingColumns...)
	check(t, err)
	pipelines := map[string]preprocess.Pipeline{
		"minmax": {Steps: []preprocess.Step{
			preprocess.NewStep("impute", preprocess.Imputer{Strategy: preprocess.Mean}),
			preprocess.NewStep("scale", preprocess.Scaler{Method: preprocess.MinMax}),
		}},
		"impute alone": {Steps: []preprocess.Step{preprocess.NewStep("impute", preprocess.Imputer{})}},
		"nested, twice imputed": {Steps: []preprocess.Step{
			preprocess.NewStep("first", preprocess.Pipeline{Steps: []preprocess.Step{
				preprocess.NewStep("impute", preprocess.Imputer{}),
				preprocess.NewStep("scale", preprocess.Scaler{Method: preprocess.Robust}),
			}}),
			preprocess.NewStep("impute", preprocess.Imputer{}),
			preprocess.NewStep("project", preprocess.PCA{Components: 2}),
			preprocess.NewStep("again", preprocess.Scaler{}),
		}},
	}
	onEach(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		check(t, s.SaveResults(ctx, &Results{Table: table}))
		for name, pipeline := range pipelines {
			m, err := segment.Train(ctx, x, segment.TrainOptions{Columns: features.TrainingColumns, Value: features.ValueColumns, K: 6, Pipeline: &pipeline})
			check(t, err)
			p, err := m.PredictMatrix(ctx, x)
			check(t, err)
			check(t, s.CreateScoringView(ctx, "scored "+name, m.Model, ViewOptions{}))
			agree(t, s, "scored "+name, tableIDs(table), p)
		}
	})
}

func TestScoringViewOfOddValues(t *testing.T) {
	m, _, _ := trained(t, sampleCustomers(t), 1)
	median, err := m.Predict([]float64{50, 500, 20, 1, math.NaN()})
	check(t, err)
	onEach(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		real := s.dialect.types()["double"]
		_, err := s.DB().Exec("CREATE TABLE loose (id bigint, age bigint, spent " + real + ", tenure smallint, children numeric, income " + real + ")")
		check(t, err)
		insert := func(id int, income string) {
			t.Helper()
			_, err := s.DB().Exec(fmt.Sprintf("INSERT INTO loose VALUES (%d, 50, 500, 20, 1, %s)", id, income))
			check(t, err)
		}
		insert(1, "NULL")
		infinity, missing := "'Infinity'", []string{"1"}
		if s.Dialect() == SQLite {
			infinity = "9e999"
			insert(5, "'many'")
		} else {
			insert(4, "'NaN'")
			missing = append(missing, "4")
		}
		insert(2, infinity)
		insert(3, "1e200")
		check(t, s.CreateScoringView(ctx, "scored", m, ViewOptions{Table: "loose"}))
		var list []scored
		check(t, s.DB().Select(&list, "SELECT id, cluster, tier, distance, margin FROM scored ORDER BY id"))
		for _, r := range list {
			if r.ID == missing[0] || r.ID == missing[len(missing)-1] {
				if r.Tier == nil || *r.Tier != median.Tier || math.Abs(*r.Distance-median.Distance) > 1e-9 {
					t.Errorf("row %s, without an income: %+v; want %+v", r.ID, r, median)
				}
			} else if r.Cluster != nil || r.Tier != nil || r.Distance != nil || r.Margin != nil {
				t.Errorf("row %s, whose income is no number: %+v; want NULL in all columns", r.ID, r)
			}
		}
	})
}

func TestScoringViewNames(t *testing.T) {
	m, table, p := trained(t, sampleCustomers(t)[:300], 1)
	x, err := table.Matrix(t.Context(), features.TrainingColumns...)
	check(t, err)
	evil, err := segment.Train(context.Background(), x, segment.TrainOptions{
		Columns: features.TrainingColumns, Value: features.ValueColumns, K: 4, Restarts: 2, Seed: 1,
		TierNames: []string{`'); DROP TABLE customers; --`, `\'; DROP TABLE customers; --`, "\n", `"`},
	})
	check(t, err)
	onEach(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		check(t, s.SaveResults(ctx, &Results{Table: table}))
		view := `x"; DROP TABLE customers; --`
		check(t, s.CreateScoringView(ctx, view, evil.Model, ViewOptions{}))
		want, err := evil.PredictMatrix(ctx, x)
		check(t, err)
		agree(t, s, view, tableIDs(table), want)
		// Again under the same name, now of another model.
		check(t, s.CreateScoringView(ctx, view, m, ViewOptions{}))
		agree(t, s, view, tableIDs(table), p)

		wantError(t, s.CreateScoringView(ctx, s.Tables().Customers, m, ViewOptions{}), ErrName, "another one")
		wantError(t, s.CreateScoringView(ctx, "v", m, ViewOptions{Table: "nothing"}), ErrNoTable, `"nothing"`, s.Tables().Merged)
		wantError(t, s.CreateScoringView(ctx, "v", m, ViewOptions{Table: s.Tables().Customers}), ErrColumns, "lacks age")
		wantError(t, s.CreateScoringView(ctx, "v", m, ViewOptions{Keep: []string{"nothing"}}), ErrColumns, "nothing")
		wantError(t, s.CreateScoringView(ctx, "v", nil, ViewOptions{}), ErrOption)
		if n, err := s.Count(ctx, s.Tables().Customers); err != nil || n != 0 {
			t.Errorf("the raw table has %d rows and %v", n, err)
		}
	})
}

// createPeople makes a table of n rows with the columns of training, 1.2 % of the
// incomes missing.
func createPeople(t testing.TB, s *Store, n int) {
	t.Helper()
	for _, statement := range []string{
		"CREATE TABLE people (id integer PRIMARY KEY, age integer, spent integer, tenure integer, children integer, income " + s.dialect.types()["double"] + ")",
		`INSERT INTO people WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ` + fmt.Sprint(n) + `)
		SELECT i, 19 + i * 7919 % 60, (i * 6947 % 48) * (i * 6151 % 52), i * 4099 % 25, i * 31 % 4, CASE WHEN i % 83 <> 0 THEN 2000 + i * 811 % 90001 END FROM n`,
		"ANALYZE people",
	} {
		_, err := s.DB().Exec(statement)
		check(t, err)
	}
}

// plan returns that of a statement on PostgreSQL, a line per node.
func plan(t testing.TB, s *Store, statement string) string {
	t.Helper()
	var lines []string
	check(t, s.DB().Select(&lines, "EXPLAIN (COSTS OFF) "+statement))
	return strings.Join(lines, "\n")
}

// One customer is looked up by the index of the table, and many are scored by parallel
// workers: without a plan for each row, and computed once where a condition reads them.
func TestScoringViewPlans(t *testing.T) {
	m, _, _ := trained(t, sampleCustomers(t), 1)
	s := open(t, schemaURL(t), Options{})
	createPeople(t, s, 200_000)
	check(t, s.CreateScoringView(t.Context(), "scored", m, ViewOptions{Table: "people"}))
	const (
		one     = `Index Scan using people_pkey on people.*\n *Index Cond: \(id = 5\)`
		partial = `(?s)^[^>]*->  Gather.*Workers Planned: [1-9].*->  Partial .*->  Parallel Seq Scan on people`
		gather  = `(?s)^Gather.*Workers Planned: [1-9].*->  Subquery Scan.*->  Parallel Seq Scan on people`
	)
	for _, c := range []struct{ statement, want string }{
		{"SELECT * FROM scored WHERE id = 5", one},
		{"SELECT * FROM scored WHERE id = 5 AND tier = 'Gold'", one},
		{"SELECT tier FROM scored WHERE id BETWEEN 5 AND 9", `Index Scan using people_pkey`},
		{"SELECT count(cluster), avg(distance) FROM scored", partial},
		{"SELECT tier, count(*), avg(margin) FROM scored GROUP BY tier", partial},
		{"SELECT * FROM scored WHERE tier = 'Gold'", gather},
		{"SELECT id FROM scored WHERE cluster = 1", gather},
		{"SELECT * FROM scored WHERE distance > 3", gather},
		{"SELECT id, tier FROM scored WHERE margin < 0.001", gather},
	} {
		got := plan(t, s, c.statement)
		if !regexp.MustCompile(c.want).MatchString(got) || regexp.MustCompile("Nested Loop|SubPlan|InitPlan|CTE|Memoize").MatchString(got) || len(got) > 10_000 {
			t.Errorf("the plan of %s has %d bytes:\n%.3000s\nwant %s", c.statement, len(got), got, c.want)
		}
	}
}

// BenchmarkScoringSQL scores a million customers.
func BenchmarkScoringSQL(b *testing.B) {
	const n = 1_000_000
	m, _, _ := trained(b, sampleCustomers(b), 1)
	for _, db := range databases[:2] {
		b.Run(db.name, func(b *testing.B) {
			s := open(b, db.url(b), Options{})
			createPeople(b, s, n)
			check(b, s.CreateScoringView(b.Context(), "scored", m, ViewOptions{Table: "people"}))
			for b.Loop() {
				var scored struct {
					Rows     int
					Distance float64
				}
				check(b, s.DB().Get(&scored, "SELECT count(cluster) AS rows, sum(distance) AS distance FROM scored"))
				if scored.Rows != n {
					b.Fatalf("%d rows are in a cluster", scored.Rows)
				}
			}
			b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
