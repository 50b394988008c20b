package segment_test

import (
	"context"
	"fmt"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
)

// oneColumn returns a model small enough to be looked at.
func oneColumn() *segment.Model {
	x := mat.NewDense(4, 1, []float64{10, 14, 90, 94})
	m, err := segment.Train(context.Background(), x, segment.TrainOptions{
		Columns: []string{"income"}, Value: []string{"income"}, K: 2,
		Pipeline: &preprocess.Pipeline{Steps: []preprocess.Step{preprocess.NewStep("impute", preprocess.Imputer{})}},
	})
	if err != nil {
		panic(err)
	}
	return m.Model
}

func ExampleModel_SQL() {
	sql, err := oneColumn().SQL(segment.Postgres, segment.SQLOptions{Table: "people", Keep: []string{"id"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(sql)
	// Output:
	// SELECT k0 AS "id",
	// 	cluster0 AS cluster,
	// 	CASE cluster0 WHEN 0 THEN 'Platinum' WHEN 1 THEN 'Bronze' END AS tier,
	// 	sqrt(least0) AS distance,
	// 	sqrt(least(CASE WHEN cluster0 <> 0 THEN d0 END, CASE WHEN cluster0 <> 1 THEN d1 END)) - sqrt(least0) AS margin
	// FROM (WITH fence AS (SELECT 1) SELECT k0, COALESCE(CASE WHEN d0 = least0 THEN 0 WHEN d1 = least0 THEN 1 END, CASE WHEN clock_timestamp() IS NULL THEN 0 END) AS cluster0, d0, d1, least0
	// FROM (WITH fence AS (SELECT 1) SELECT k0, COALESCE(least(d0, d1), CASE WHEN clock_timestamp() IS NULL THEN 0 END) AS least0, d0, d1
	// FROM (WITH fence AS (SELECT 1) SELECT k0, (c0 - 92.0) * (c0 - 92.0) AS d0, (c0 - 12.0) * (c0 - 12.0) AS d1
	// FROM (WITH fence AS (SELECT 1) SELECT k0, CASE WHEN c0 BETWEEN (-8.8080374e+07) AND 8.8080478e+07 THEN c0 WHEN c0 IS NULL THEN 52.0 END AS c0
	// FROM (WITH fence AS (SELECT 1) SELECT t."id" AS k0, NULLIF(CAST(t."income" AS double precision), 'NaN') AS c0
	// FROM "people" AS t) AS s) AS s) AS s) AS s) AS s
}

func ExampleDialect() {
	for _, d := range []segment.Dialect{segment.Postgres, segment.SQLite} {
		sql, err := oneColumn().SQL(d, segment.SQLOptions{Table: "people"})
		fmt.Println(d, strings.Count(sql, "SELECT"), err)
	}
	_, err := oneColumn().SQL("oracle", segment.SQLOptions{})
	fmt.Println(err)
	// Output:
	// postgres 11 <nil>
	// sqlite 6 <nil>
	// segment: invalid option: the SQL dialect is "oracle"; it must be postgres or sqlite
}

func ExampleSQLOptions() {
	// The table of a shop, with names of its own.
	sql, err := oneColumn().SQL(segment.SQLite, segment.SQLOptions{
		Table: "buyers 2024", Columns: map[string]string{"income": "Yearly Income"}, Keep: []string{"No."},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(strings.Contains(sql, `t."No." AS k0, t."Yearly Income" AS c0`))
	// Output:
	// true
}
