package segment

import (
	"database/sql"
	"errors"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	_ "modernc.org/sqlite"

	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment/internal/segtest"
)

// That the statements compute what Predict does is tested by package store, on
// both databases.

func TestSQLIsOneSelect(t *testing.T) {
	x, _ := people(300)
	m := train(t, x, TrainOptions{K: 4})
	for _, d := range []Dialect{Postgres, SQLite} {
		sql, err := m.SQL(d, SQLOptions{Table: "t", Keep: []string{"id"}})
		if err != nil {
			t.Fatal(err)
		}
		again, _ := m.SQL(d, SQLOptions{Table: "t", Keep: []string{"id"}})
		if sql != again {
			t.Errorf("%s: two calls give two statements", d)
		}
		if !strings.HasPrefix(sql, "SELECT ") || strings.ContainsAny(sql, ";") {
			t.Errorf("%s: this is not one SELECT:\n%s", d, sql)
		}
		if strings.Count(sql, "(") != strings.Count(sql, ")") {
			t.Errorf("%s: parentheses do not match:\n%s", d, sql)
		}
		for _, name := range append(m.Columns(), "id", "t") {
			if !strings.Contains(sql, `"`+name+`"`) {
				t.Errorf("%s: %q does not occur", d, name)
			}
		}
	}
}

func TestSQLHoldsEveryBit(t *testing.T) {
	x, _ := people(300)
	m := train(t, x, TrainOptions{K: 3})
	for _, d := range []Dialect{Postgres, SQLite} {
		sql, err := m.SQL(d, SQLOptions{Table: "t"})
		if err != nil {
			t.Fatal(err)
		}
		there := map[float64]bool{}
		for _, literal := range regexp.MustCompile(`-?[0-9]+(\.[0-9]+)?(e[-+][0-9]+)?`).FindAllString(sql, -1) {
			v, err := strconv.ParseFloat(literal, 64)
			if err != nil {
				t.Fatal(err)
			}
			there[v] = true
		}
		for i := range 3 {
			for j := range m.width() {
				if v := m.Centroids().At(i, j); !there[v] {
					t.Errorf("%s: centroid %d, %v in column %d, does not occur", d, i, v, j)
				}
			}
		}
	}
}

func TestSQLErrors(t *testing.T) {
	x, _ := people(100)
	m := train(t, x, TrainOptions{K: 2})
	words := mat.NewDense(4, 1, []float64{1, 2, 1, 2})
	strange := train(t, words, TrainOptions{Columns: []string{"income"}, Value: []string{"income"}, K: 2, Pipeline: &preprocess.Pipeline{
		Steps: []preprocess.Step{preprocess.NewStep("encode", segtest.Odd{})},
	}})
	for _, c := range []struct {
		name string
		m    *Model
		d    Dialect
		o    SQLOptions
		want error
		text string
	}{
		{"dialect", m, "oracle", SQLOptions{Table: "t"}, ErrOption, `"oracle"; it must be postgres or sqlite`},
		{"no dialect", m, "", SQLOptions{Table: "t"}, ErrOption, "postgres or sqlite"},
		{"zero byte", m, SQLite, SQLOptions{Table: "a\x00b"}, ErrOption, "name of a table"},
		{"no text", m, SQLite, SQLOptions{Table: "\xff"}, ErrOption, "name of a table"},
		{"kept result", m, SQLite, SQLOptions{Table: "t", Keep: []string{"Tier"}}, ErrOption, `"Tier"`},
		{"kept twice", m, SQLite, SQLOptions{Table: "t", Keep: []string{"id", "id"}}, ErrOption, "twice"},
		{"kept nothing", m, SQLite, SQLOptions{Table: "t", Keep: []string{""}}, ErrOption, "name"},
		{"other column", m, SQLite, SQLOptions{Table: "t", Columns: map[string]string{"weight": "w"}}, ErrOption, `"weight"`},
		{"step", strange, Postgres, SQLOptions{Table: "t"}, ErrOption, `step "encode"`},
		{"nil model", nil, Postgres, SQLOptions{Table: "t"}, ErrNotModel, "not trained"},
		{"zero model", new(Model), Postgres, SQLOptions{Table: "t"}, ErrNotModel, "not trained"},
	} {
		sql, err := c.m.SQL(c.d, c.o)
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) || sql != "" {
			t.Errorf("%s: the error is %v, and the statement %.40q; want %v that says %q", c.name, err, sql, c.want, c.text)
		}
	}
}

// A row far outside of training has the cluster that Predict returns, or none:
// a constant column with a new value, above all.
func TestSQLOfFarRows(t *testing.T) {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	x := mat.NewDense(9, 3, []float64{0, 0, 0, 1, 0, 0, 0, 1, 0, 20, 20, 0, 21, 20, 0, 20, 21, 0, 40, 0, 0, 41, 0, 0, 40, 1, 0})
	m := train(t, x, TrainOptions{Columns: []string{"visits", "spent", "loan"}, Value: []string{"visits"}, K: 3})
	if _, err := db.Exec("CREATE TABLE people (visits REAL, spent REAL, loan REAL)"); err != nil {
		t.Fatal(err)
	}
	query, err := m.SQL(SQLite, SQLOptions{Table: "people", Keep: []string{"visits", "spent", "loan"}})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 9 {
		for j := range 3 {
			for e := 0.0; e < 300; e++ {
				row := slices.Clone(x.RawRowView(i))
				row[j] = math.Pow(10, e)
				if _, err := db.Exec("INSERT INTO people VALUES (?, ?, ?)", row[0], row[1], row[2]); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	told := 0
	for rows.Next() {
		row := make([]float64, 3)
		var cluster sql.NullInt64
		var tier sql.NullString
		var distance, margin sql.NullFloat64
		if err := rows.Scan(&row[0], &row[1], &row[2], &cluster, &tier, &distance, &margin); err != nil {
			t.Fatal(err)
		}
		p, err := m.Predict(row)
		if !cluster.Valid {
			if row[0] < 1e6 && row[1] < 1e6 && row[2] < 1e6 {
				t.Errorf("row %v has no cluster; Predict %+v", row, p)
			}
			continue
		}
		told++
		if err != nil || int(cluster.Int64) != p.Cluster || tier.String != p.Tier || !near(distance.Float64, p.Distance, 1e-9*p.Distance) {
			t.Errorf("row %v is in cluster %v at %v; Predict %+v, %v", row, cluster, distance, p, err)
		}
	}
	if err := rows.Err(); err != nil || told < 9*3*6 {
		t.Errorf("%d rows have a cluster, %v", told, err)
	}
}

func TestSQLTableInASchema(t *testing.T) {
	x, _ := people(300)
	m := train(t, x, TrainOptions{K: 3})
	for _, c := range []struct {
		o    SQLOptions
		want string
	}{
		{SQLOptions{Table: "foo"}, `FROM "foo" AS t`},
		{SQLOptions{Table: "public.foo"}, `FROM "public"."foo" AS t`},
		{SQLOptions{Table: `"my schema"."my table"`}, `FROM "my schema"."my table" AS t`},
		{SQLOptions{Table: "With Blanks.foo"}, `FROM "With Blanks"."foo" AS t`},
		{SQLOptions{Table: `"a.b"`}, `FROM "a.b" AS t`},
		{SQLOptions{Table: `s."a.b"`}, `FROM "s"."a.b" AS t`},
		{SQLOptions{Table: "a.b", Schema: "s"}, `FROM "s"."a.b" AS t`},
		{SQLOptions{Table: "a.b.c"}, `FROM "a.b.c" AS t`},
		{SQLOptions{Table: `a.b"; DROP TABLE x; --`}, `FROM "a.b""; DROP TABLE x; --" AS t`},
	} {
		for _, d := range []Dialect{Postgres, SQLite} {
			text, err := m.SQL(d, c.o)
			if err != nil || !strings.Contains(text, c.want) {
				t.Errorf("%s, %+v: %v; want %s in\n%s", d, c.o, err, c.want, text)
			}
		}
	}
	for _, o := range []SQLOptions{{}, {Schema: "a"}, {Table: "a.\x00"}, {Table: "\xff.a"}, {Table: "a", Schema: "\x00"}} {
		if _, err := m.SQL(SQLite, o); !errors.Is(err, ErrOption) {
			t.Errorf("%+v is %v; want ErrOption", o, err)
		}
	}
}
