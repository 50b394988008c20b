package store

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/go-gota/gota/dataframe"
	"github.com/go-gota/gota/series"

	frames "github.com/customer-personality/segmentation/features/dataframe"
)

func upload(ctx context.Context, s *Store, table string, df dataframe.DataFrame) error {
	f, err := frames.To(df)
	if err != nil {
		return err
	}
	return s.SaveTable(ctx, table, f)
}

func fetch(ctx context.Context, s *Store, table string) (dataframe.DataFrame, error) {
	f, err := s.ReadTable(ctx, table, TableOptions{})
	if err != nil {
		return dataframe.DataFrame{Err: err}, err
	}
	df := frames.From(f)
	return df, df.Err
}

// fetched is a type, a literal of it, and what Fetch makes of that.
type fetched struct {
	typ, literal string
	kind         series.Type
	want         string
}

// Types of both databases.
var commonTypes = []fetched{
	{"smallint", "7", series.Int, "7"},
	{"int", "-7", series.Int, "-7"},
	{"integer", "7", series.Int, "7"},
	{"bigint", "9007199254740993", series.Int, "9007199254740993"},
	{"int2", "7", series.Int, "7"},
	{"int8", "7", series.Int, "7"},
	{"real", "1.5", series.Float, "1.500000"},
	{"double precision", "1.5", series.Float, "1.500000"},
	{"float", "1.5", series.Float, "1.500000"},
	{"numeric", "1.5", series.Float, "1.500000"},
	{"numeric(10,2)", "3", series.Float, "3.000000"},
	{"decimal(5,1)", "1.5", series.Float, "1.500000"},
	{"dec", "2", series.Float, "2.000000"},
	{"boolean", "true", series.Bool, "true"},
	{"bool", "false", series.Bool, "false"},
	{"text", "'01'", series.String, "01"},
	{"varchar(5)", "'abc'", series.String, "abc"},
	{"char(5)", "'abcde'", series.String, "abcde"},
	{"date", "'2012-09-04'", series.String, "2012-09-04"},
	{"timestamp", "'2012-09-04 10:00:00'", series.String, "2012-09-04T10:00:00Z"},
	{"interval", "'1 day'", series.String, "1 day"},
	{"uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", series.String, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
	{"json", `'{"a": 1}'`, series.String, `{"a": 1}`},
}

var sqliteTypes = []fetched{
	{"TINYINT", "1", series.Int, "1"},
	{"MEDIUMINT", "2", series.Int, "2"},
	{"UNSIGNED BIG INT", "3", series.Int, "3"},
	{"BIGINT UNSIGNED", "3", series.Int, "3"},
	{"UNSIGNED INT(11)", "4", series.Int, "4"},
	{"DOUBLE", "1", series.Float, "1.000000"},
	{"NUMBER", "1", series.Float, "1.000000"},
	{"NUMBER(10, 2)", "1.25", series.Float, "1.250000"},
	{"BOOLEAN", "1", series.Bool, "true"},
	{"BOOLEAN", "'False'", series.Bool, "false"},
	{"DATETIME", "'2012-09-04 10:00:00'", series.String, "2012-09-04T10:00:00Z"},
	{"INTERVAL", "5", series.String, "5"},
	{"POINT", "'1 2'", series.String, "1 2"},
	{"FLOATING POINT", "5", series.String, "5"},
	{"NVARCHAR(100)", "'007'", series.String, "007"},
	{"BLOB", "x'00ff'", series.String, `\x00ff`},
	{"", "7", series.Int, "7"},
	{"", "7.5", series.Float, "7.500000"},
	{"", "'7'", series.String, "7"},
}

var postgresTypes = []fetched{
	{"money", "12.5", series.String, "$12.50"},
	{"timestamptz", "'2012-09-04 10:00:00+02'", series.String, "2012-09-04T08:00:00Z"},
	{"timestamptz", "'infinity'", series.String, "infinity"},
	{"time", "'10:20:30.5'", series.String, "10:20:30.5"},
	{"timetz", "'24:00:00+02'", series.String, "24:00:00+02"},
	{"interval", "'1 day 2 hours'", series.String, "1 day 02:00:00"},
	{"int4range", "'[1,5)'", series.String, "[1,5)"},
	{"int8range", "'[1,5)'", series.String, "[1,5)"},
	{"int[]", "'{1,NULL,3}'", series.String, "{1,NULL,3}"},
	{"text[]", `'{a,"b c"}'`, series.String, `{a,"b c"}`},
	{"numeric[]", "'{1.5}'", series.String, "{1.5}"},
	{"jsonb", `'{"a": [1, 2]}'`, series.String, `{"a": [1, 2]}`},
	{"bytea", `'\x00ff'`, series.String, `\x00ff`},
	{"bit(3)", "B'101'", series.String, "101"},
	{"inet", "'10.0.0.1/8'", series.String, "10.0.0.1/8"},
	{"point", "'(1,2)'", series.String, "(1,2)"},
	{"name", "'abc'", series.String, "abc"},
	{`"char"`, "'c'", series.String, "c"},
	{"char(5)", "'abc'", series.String, "abc  "},
	{"mood", "'good'", series.String, "good"},
	{"whole", "5", series.Int, "5"},
	{"numeric", "123456789012345678901234567890", series.Float, "123456789012345677877719597056.000000"},
}

func TestFetchKinds(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		types := append(commonTypes[:len(commonTypes):len(commonTypes)], sqliteTypes...)
		if s.Dialect() == Postgres {
			types = append(commonTypes[:len(commonTypes):len(commonTypes)], postgresTypes...)
			for _, q := range []string{"CREATE TYPE mood AS ENUM ('good', 'bad')", "CREATE DOMAIN whole AS integer CHECK (value > 0)"} {
				_, err := s.DB().Exec(q)
				check(t, err)
			}
		}
		var columns, values, nulls []string
		for i, c := range types {
			columns = append(columns, fmt.Sprintf("c%d %s", i, c.typ))
			values = append(values, c.literal)
			nulls = append(nulls, "NULL")
		}
		for _, q := range []string{
			"CREATE TABLE kinds (" + strings.Join(columns, ", ") + ")",
			"INSERT INTO kinds VALUES (" + strings.Join(values, ", ") + ")",
			"INSERT INTO kinds VALUES (" + strings.Join(nulls, ", ") + ")",
			"CREATE VIEW seen AS SELECT * FROM kinds",
		} {
			_, err := s.DB().Exec(q)
			check(t, err)
		}
		for _, name := range []string{"kinds", "seen"} {
			df, err := fetch(context.Background(), s, name)
			check(t, err)
			for i, c := range types {
				if got := df.Types()[i]; got != c.kind {
					t.Errorf("%s: %s is %s; want %s", name, c.typ, got, c.kind)
				}
				if got := df.Elem(0, i).String(); got != c.want {
					t.Errorf("%s: %s %s came as %q; want %q", name, c.typ, c.literal, got, c.want)
				}
				if !df.Elem(1, i).IsNA() {
					t.Errorf("%s: NULL of %s is not missing", name, c.typ)
				}
			}
		}
	})
}

// Computed columns have no declared type in SQLite.
func TestFetchComputedColumns(t *testing.T) {
	const view = `CREATE VIEW computed AS SELECT a * 12 AS whole, a + x AS number, a > 1 AS truth, s || '!' AS word,
		CASE WHEN a = 1 THEN a ELSE a + 0.5 END AS mixed, CASE WHEN a > 9 THEN a END AS never, CAST(a AS integer) AS declared FROM plain_numbers`
	onEach(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		for _, q := range []string{
			"CREATE TABLE plain_numbers (a integer, x double precision, s text)",
			"INSERT INTO plain_numbers VALUES (1, 0.5, '1'), (2, 1, '2'), (NULL, NULL, NULL)",
			view,
		} {
			_, err := s.DB().Exec(q)
			check(t, err)
		}
		df, err := fetch(ctx, s, "computed")
		check(t, err)
		want := map[string]series.Type{"whole": series.Int, "number": series.Float, "truth": series.Int, "word": series.String, "mixed": series.Float, "never": series.String, "declared": series.Int}
		if s.Dialect() == Postgres {
			want["truth"], want["never"] = series.Bool, series.Int
		}
		for i, name := range df.Names() {
			if df.Types()[i] != want[name] {
				t.Errorf("%s is %s; want %s", name, df.Types()[i], want[name])
			}
			if !df.Elem(2, i).IsNA() {
				t.Errorf("%s: what is computed of NULL is %v; want a missing value", name, df.Elem(2, i))
			}
		}
		if got := fmt.Sprint(df.Col("whole").Records(), df.Col("mixed").Records(), df.Col("word").Records()); got != "[12 24 NaN] [1.000000 2.500000 NaN] [1! 2! NaN]" {
			t.Errorf("computed columns are %s", got)
		}
		if s.Dialect() == Postgres {
			return
		}
		// Columns without a type, and values that are not of the declared one.
		for _, q := range []string{
			"CREATE TABLE loose (n, x, s, none, g INTEGER GENERATED ALWAYS AS (n * 2))",
			"INSERT INTO loose VALUES (1, 1, 1, NULL), (NULL, 2.5, 'two', NULL), (3, 3, x'03', NULL)",
			"CREATE TABLE strict_not (a INTEGER)", "INSERT INTO strict_not VALUES (1), ('many')",
		} {
			_, err := s.DB().Exec(q)
			check(t, err)
		}
		df, err = fetch(ctx, s, "loose")
		check(t, err)
		if got := fmt.Sprint(df.Types(), df.Records()[1:]); got != `[int float string string int] [[1 1.000000 1 NaN 2] [NaN 2.500000 two NaN NaN] [3 3.000000 \x03 NaN 6]]` {
			t.Errorf("untyped columns came as %s", got)
		}
		_, err = fetch(ctx, s, "strict_not")
		wantError(t, err, ErrValue, "row 1", "column a", `"many"`, "a whole number")
	})
}
