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
	// SELECT t."id" AS "id",
	// 	s4.cluster0 AS cluster,
	// 	CASE s4.cluster0 WHEN 0 THEN 'Platinum' WHEN 1 THEN 'Bronze' END AS tier,
	// 	sqrt(s3.least0) AS distance,
	// 	sqrt(least(CASE WHEN s4.cluster0 <> 0 THEN s2.d0 END, CASE WHEN s4.cluster0 <> 1 THEN s2.d1 END)) - sqrt(s3.least0) AS margin
	// FROM "people" AS t
	// CROSS JOIN LATERAL (SELECT NULLIF(CAST(t."income" AS double precision), 'NaN') AS c0 OFFSET 0) AS s0
	// CROSS JOIN LATERAL (SELECT CASE WHEN s0.c0 IS NULL THEN 52.0 WHEN s0.c0 BETWEEN (-8.8080374e+07) AND 8.8080478e+07 THEN s0.c0 END AS c0 OFFSET 0) AS s1
	// CROSS JOIN LATERAL (SELECT (s1.c0 - 92.0) * (s1.c0 - 92.0) AS d0, (s1.c0 - 12.0) * (s1.c0 - 12.0) AS d1 OFFSET 0) AS s2
	// CROSS JOIN LATERAL (SELECT least(s2.d0, s2.d1) AS least0 OFFSET 0) AS s3
	// CROSS JOIN LATERAL (SELECT CASE WHEN s2.d0 = s3.least0 THEN 0 WHEN s2.d1 = s3.least0 THEN 1 END AS cluster0 OFFSET 0) AS s4
}

func ExampleDialect() {
	for _, d := range []segment.Dialect{segment.Postgres, segment.SQLite} {
		sql, err := oneColumn().SQL(d, segment.SQLOptions{Table: "people"})
		fmt.Println(d, strings.Count(sql, "SELECT"), err)
	}
	_, err := oneColumn().SQL("oracle", segment.SQLOptions{})
	fmt.Println(err)
	// Output:
	// postgres 6 <nil>
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
	fmt.Println(strings.Contains(sql, `t."Yearly Income" AS c0, t."No." AS k0`))
	// Output:
	// true
}
