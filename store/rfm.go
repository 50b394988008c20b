package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/sqlname"
)

// RFMSQL returns the statement that counts lines of orders to one row a customer, in
// the order of their ids: the columns of [features.RFM] with its figures. The table is
// taken as it stands, but for a dot, as [segment.Model.SQL] takes it; AsOf zero stands
// for the day of the last line.
//
// In PostgreSQL the day must be a date or timestamp, one with a time zone counting in
// that of the session; amount, quantity and price must be numbers. In SQLite the day is
// text that begins as 2012-09-04 does; a value that is no number, or no such day, is
// missing. Whether invoices of a C and digits are cancellations is decided by all lines.
//
// Errors: [ErrOption] for another dialect, [ErrName], [features.ErrOrders] where a
// column is not named.
func RFMSQL(d Dialect, table string, columns features.OrderColumns, asOf features.AsOf) (string, error) {
	schema, name := sqlname.Split(table)
	q := rfmQuery{table: tableName{schema, name}, columns: columns, asOf: asOf}
	switch d {
	case Postgres:
		q.dialect = postgres{}
	case SQLite:
		q.dialect = sqlite{}
	default:
		return "", fmt.Errorf("%w: the dialect is %.20q; want %s or %s", ErrOption, d, Postgres, SQLite)
	}
	if err := checkName(q.dialect, "table", name); err != nil {
		return "", err
	}
	if columns.Customer == "" || columns.Day == "" || columns.Amount == "" && (columns.Quantity == "" || columns.Price == "") {
		return "", fmt.Errorf("%w: want the columns of customer and day, and of the amount or of quantity and price, named", features.ErrOrders)
	}
	for _, c := range orderNames(columns) {
		if err := checkName(q.dialect, "column", c); err != nil {
			return "", err
		}
	}
	return q.customers(), nil
}

// orderNames lists the columns that lines are counted by.
func orderNames(c features.OrderColumns) []string {
	list := []string{c.Customer, c.Day}
	for _, name := range []string{c.Invoice, c.Quantity, c.Amount} {
		if name != "" {
			list = append(list, name)
		}
	}
	if c.Amount == "" {
		list = append(list, c.Price)
	}
	return list
}

// An rfmQuery makes the statements that count lines of orders.
type rfmQuery struct {
	dialect dialect
	table   tableName
	columns features.OrderColumns
	doubts  []string
	asOf    features.AsOf
	instant bool // the day is a timestamp with time zone, to be told in UTC
}

// missingWords are what stands for a missing value in text, in lower case.
const missingWords = `'', '-', '?', '.', 'na', 'nan', 'n/a', 'nat', 'null', 'none', '#n/a', '<na>'`

// text returns a value as text without blanks around.
func (q *rfmQuery) text(column string) string {
	switch {
	case column == "":
		return "CAST(NULL AS text)"
	case q.dialect.name() == Postgres:
		return "btrim(CAST(" + quote(column) + ` AS text), E' \t\r\n')`
	}
	return "trim(CAST(" + quote(column) + " AS TEXT), ' ' || char(9, 10, 13))"
}

// id returns a text as an id: 17001 for 17001.0, NULL where it is missing.
func (q *rfmQuery) id(text string) string {
	zero, whole := text+" ~ '^[0-9]+[.]0+$'", "split_part("+text+", '.', 1)"
	if q.dialect.name() == SQLite {
		zero, whole = fmt.Sprintf("%[1]s GLOB '[0-9]*.0' AND substr(%[1]s, 1, length(%[1]s) - 2) NOT GLOB '*[^0-9]*'", text), fmt.Sprintf("substr(%[1]s, 1, length(%[1]s) - 2)", text)
	}
	id := fmt.Sprintf("CASE WHEN length(%[1]s) < 5 AND lower(%[1]s) IN (%[2]s) THEN NULL WHEN %[3]s THEN %[4]s ELSE %[1]s END", text, missingWords, zero, whole)
	if q.dialect.name() == Postgres {
		return "(" + id + `) COLLATE "C"` // sorts by bytes, several times as fast as by a language
	}
	return id
}

// day returns the days from 1970-01-01 to a day.
func (q *rfmQuery) day() string {
	c := quote(q.columns.Day)
	if q.dialect.name() == Postgres {
		if q.instant {
			c = "(" + c + " AT TIME ZONE 'UTC')"
		}
		return fmt.Sprintf("CASE WHEN isfinite(CAST(%[1]s AS date)) THEN CAST(%[1]s AS date) - DATE '1970-01-01' END", c)
	}
	return fmt.Sprintf("CASE WHEN date(substr(%[1]s, 1, 10)) = substr(%[1]s, 1, 10) THEN CAST(julianday(substr(%[1]s, 1, 10)) - 2440587.5 AS INTEGER) END", c)
}

// number returns a finite number.
func (q *rfmQuery) number(column string) string {
	if column == "" {
		return "CAST(NULL AS double precision)"
	}
	c := quote(column)
	if q.dialect.name() == Postgres {
		return fmt.Sprintf("CASE WHEN CAST(%[1]s AS double precision) NOT IN ('NaN', 'Infinity', '-Infinity') THEN CAST(%[1]s AS double precision) END", c)
	}
	return fmt.Sprintf("CASE WHEN typeof(%[1]s) IN ('integer', 'real') AND abs(%[1]s) <= 1.7976931348623157e308 THEN CAST(%[1]s AS REAL) END", c)
}

// cancels returns whether an invoice is a C and digits.
func (q *rfmQuery) cancels() string {
	if q.dialect.name() == Postgres {
		return "invoice ~ '^[Cc][0-9]+$'"
	}
	return "invoice GLOB '[Cc][0-9]*' AND substr(invoice, 2) NOT GLOB '*[^0-9]*'"
}

// marked returns whether such invoices are cancellations, 1 or 0: where most are of
// digits alone.
func (q *rfmQuery) marked() string {
	plain := "invoice NOT GLOB '*[^0-9]*'"
	if q.dialect.name() == Postgres {
		plain = "invoice ~ '^[0-9]+$'"
	}
	return fmt.Sprintf("(SELECT CASE WHEN 2 * count(CASE WHEN %s THEN 1 END) > count(invoice) THEN 1 ELSE 0 END FROM %s)", plain, q.part("lines"))
}

// lines returns the common part: the lines as they are read, with a further column
// where more is not empty, and what of them is known. From ends the statement's list of
// tables, with marked, whether invoices of a C and digits take back.
func (q *rfmQuery) lines(more string) (with, from string) {
	amount := q.number(q.columns.Amount)
	if q.columns.Amount == "" {
		amount = fmt.Sprintf("(%s) * (%s)", q.number(q.columns.Quantity), q.number(q.columns.Price))
	}
	once, odd := "AS", ""
	if q.dialect.name() == SQLite { // which else makes a part anew wherever it is named
		once = "AS MATERIALIZED"
	}
	if more != "" {
		more, odd = ",\n\t\t"+more+" AS odd", ", odd"
	}
	marked := "0"
	if q.columns.Invoice != "" {
		marked = q.marked()
	}
	read, lines := q.part("read"), q.part("lines")
	with = fmt.Sprintf(`WITH %[1]s %[3]s (
	SELECT %[4]s AS customer,
		%[5]s AS day,
		%[6]s AS invoice,
		%[7]s AS quantity,
		%[8]s AS amount%[9]s
	FROM %[10]s
), %[2]s %[3]s (
	SELECT %[11]s AS customer, day, %[12]s AS invoice, quantity, amount%[13]s FROM %[1]s
)`, read, lines, once, q.text(q.columns.Customer), q.day(), q.text(q.columns.Invoice), q.number(q.columns.Quantity), amount, more, q.table,
		q.id("customer"), q.id("invoice"), odd)
	return with, lines + ", (SELECT " + marked + " AS marked) AS marks"
}

// Conditions on a line: that it counts, and that it takes back.
const complete = "customer IS NOT NULL AND day IS NOT NULL AND amount IS NOT NULL"

func (q *rfmQuery) back() string {
	return "(amount < 0 OR quantity < 0 OR marked = 1 AND " + q.cancels() + ")"
}

// part returns the name of a part of the statement, which is not that of the table:
// SQLite would take it for the part.
func (q *rfmQuery) part(name string) string {
	prefix := "rfm "
	for strings.HasPrefix(strings.ToLower(q.table.name), prefix) {
		prefix += "_"
	}
	return quote(prefix + name)
}

// customers returns the statement for one row a customer.
func (q *rfmQuery) customers() string {
	counted, customers := q.part("counted"), q.part("customers")
	today := "(SELECT max(day) AS day FROM " + counted + ")"
	if !time.Time(q.asOf).IsZero() {
		today = fmt.Sprintf("(SELECT %d AS day)", q.asOf.Day().Unix()/86400)
	}
	with, from := q.lines("")
	once := "AS"
	if q.dialect.name() == SQLite {
		once = "AS MATERIALIZED"
	}
	return with + fmt.Sprintf(`, %[2]s %[7]s (
	SELECT customer, day, amount, CASE WHEN invoice IS NULL THEN 'd' || CAST(day AS text) ELSE 'i' || invoice END AS purchase,
		CASE WHEN %[5]s THEN 1 ELSE 0 END AS back
	FROM %[6]s WHERE %[8]s
), %[1]s AS (
	SELECT customer,
		coalesce(min(CASE WHEN back = 0 THEN day END), min(day)) AS first_day,
		coalesce(max(CASE WHEN back = 0 THEN day END), max(day)) AS last_day,
		count(DISTINCT CASE WHEN back = 0 THEN purchase END) AS orders,
		coalesce(sum(CASE WHEN back = 0 THEN amount END), 0) AS bought,
		coalesce(sum(CASE WHEN back = 1 THEN abs(amount) END), 0) AS returned
	FROM %[2]s GROUP BY customer
)
SELECT customer AS %[3]s,
	today.day - last_day AS recency,
	orders AS frequency,
	bought - returned AS monetary,
	CASE WHEN orders > 0 THEN (bought - returned) / orders END AS basket,
	today.day - first_day AS tenure,
	CASE WHEN orders > 1 THEN 1.0 * (last_day - first_day) / (orders - 1) END AS days_between,
	CASE WHEN bought > 0 THEN 100.0 * returned / bought END AS returns
FROM %[1]s, %[4]s AS today
ORDER BY customer`, customers, counted, quote(q.columns.Customer), today, q.back(), from, once, complete)
}

// report returns the statement that counts the lines.
func (q *rfmQuery) report() string {
	// In SQLite a value may be what its column is not said to be.
	odd := "0"
	if q.dialect.name() == SQLite {
		text := func(column string) string {
			return fmt.Sprintf("typeof(%[1]s) IN ('text', 'blob') AND lower(trim(%[1]s)) NOT IN (%[2]s)", quote(column), missingWords)
		}
		list := []string{fmt.Sprintf("%s IS NOT NULL AND lower(trim(%[2]s)) NOT IN (%[3]s) AND (%[4]s) IS NULL", quote(q.columns.Day), quote(q.columns.Day), missingWords, q.day())}
		for _, c := range []string{q.columns.Quantity, q.columns.Price, q.columns.Amount} {
			if c != "" && (c != q.columns.Price || q.columns.Amount == "") {
				list = append(list, text(c))
			}
		}
		odd = "CASE"
		for i, condition := range list {
			odd += fmt.Sprintf(" WHEN %s THEN %d", condition, i+1)
		}
		odd += " ELSE 0 END"
	}
	with, from := q.lines(odd)
	return with + fmt.Sprintf(`
SELECT count(CASE WHEN %[1]s THEN 1 END), count(*) - count(customer), count(CASE WHEN customer IS NOT NULL AND day IS NULL THEN 1 END),
	count(CASE WHEN customer IS NOT NULL AND day IS NOT NULL AND amount IS NULL THEN 1 END),
	count(CASE WHEN %[1]s AND %[2]s THEN 1 END), coalesce(max(marked), 0),
	coalesce(min(CASE WHEN %[1]s THEN day END), 0), coalesce(max(CASE WHEN %[1]s THEN day END), 0),
	coalesce(max(odd), 0), count(CASE WHEN odd > 0 THEN 1 END)
FROM %[3]s`, complete, q.back(), from)
}

// RFM counts lines of orders in a table or view to one row a customer, within the
// database: what [features.RFM] counts of the same lines, by the statement of
// [RFMSQL], with days of timestamps that have a time zone in UTC. Columns that the
// options leave open are found by name and kind in the first lines. Customers come in
// the order of their ids.
//
// Errors: [features.ErrOrders] where a column is not found; [ErrColumns] for a day or
// number that is text, which [Store.ReadTable] and [features.RFMTable] read;
// [ErrValue] for such values in SQLite; [ErrNoTable]; [features.ErrNoRows] where no
// line is left.
func (s *Store) RFM(ctx context.Context, table string, o features.RFMOptions) (*features.Table, features.RFMReport, error) {
	var report features.RFMReport
	t, err := read(ctx, s, "counting the orders of "+quote(table), table, func(ctx context.Context, name tableName) (*features.Table, error) {
		report = features.RFMReport{}
		q, err := s.rfmQuery(ctx, name, o)
		if err != nil {
			return nil, err
		}
		report.Columns, report.Doubts = q.columns, q.doubts
		// Both statements are to see the same lines.
		level := sql.LevelDefault
		if s.dialect.name() == Postgres {
			level = sql.LevelRepeatableRead
		}
		tx, err := s.db.BeginTxx(ctx, &sql.TxOptions{Isolation: level})
		if err != nil {
			return nil, err
		}
		defer tx.Rollback()
		if err := q.count(ctx, tx, &report); err != nil {
			return nil, err
		}
		return q.read(ctx, tx, &report)
	})
	return t, report, err
}

// rfmQuery finds the columns of lines of orders and checks their types.
func (s *Store) rfmQuery(ctx context.Context, table tableName, o features.RFMOptions) (*rfmQuery, error) {
	rows, err := s.tableRows(ctx, s.db, table, TableOptions{lenient: true}, sampleLines)
	if err != nil {
		return nil, err
	}
	sample, err := rows.all(ctx)
	rows.close()
	if err != nil {
		return nil, err
	}
	q := &rfmQuery{dialect: s.dialect, table: table, asOf: o.AsOf}
	if q.columns, err = o.Resolve(ctx, sample); err != nil {
		return nil, err
	}
	types := map[string]columnType{}
	for j, name := range rows.columns {
		types[name] = rows.types[j]
	}
	q.doubts = q.columns.Doubts(sample)
	q.instant = types[q.columns.Day] == instantType
	if s.dialect.name() == SQLite {
		return q, nil
	}
	for _, name := range orderNames(q.columns) {
		t, want := types[name], "a number"
		fits := t == intType || t == amountType
		switch name {
		case q.columns.Customer, q.columns.Invoice:
			continue
		case q.columns.Day:
			want, fits = "a date or timestamp", t == dayType || t == instantType
		}
		if !fits {
			return nil, fmt.Errorf("%w: the column %s is no %s in the database, which cannot count it; read the table by ReadTable and count it by features.RFMTable, or change its type",
				ErrColumns, quote(name), strings.TrimPrefix(want, "a "))
		}
	}
	return q, nil
}

// sampleLines is the number of lines that columns are found from.
const sampleLines = 10_000

// count counts the lines for the report.
func (q *rfmQuery) count(ctx context.Context, tx sqlx.QueryerContext, report *features.RFMReport) error {
	var first, last, odd, odds int64
	_, err := eachRow(ctx, tx, []string{"lines", "no customer", "no day", "no amount", "returns", "mark", "first", "last", "odd", "odds"}, func(r *rowReader) (bool, error) {
		report.Lines, report.NoCustomer, report.NoDay, report.NoAmount = int(r.Int()), int(r.Int()), int(r.Int()), int(r.Int())
		report.Returns, report.Mark = int(r.Int()), r.Int() == 1
		first, last, odd, odds = r.Int(), r.Int(), r.Int(), r.Int()
		return true, r.err
	}, q.report())
	switch {
	case err != nil:
		return err
	case odd == 1:
		return fmt.Errorf("%w: %d lines have values that the database cannot count, such as a %s that does not begin as 2012-09-04 does; read the table by ReadTable and count it by features.RFMTable", ErrValue, odds, quote(q.columns.Day))
	case odd > 1:
		return fmt.Errorf("%w: %d lines have values that the database cannot count, such as text in a column of numbers; read the table by ReadTable and count it by features.RFMTable", ErrValue, odds)
	case report.Lines == 0:
		return fmt.Errorf("%w: none of the %d lines has a customer, a day and an amount", features.ErrNoRows, report.NoCustomer+report.NoDay+report.NoAmount)
	}
	day := func(n int64) time.Time { return time.Unix(n*86400, 0).UTC() }
	report.First, report.Last = day(first), day(last)
	if report.AsOf = report.Last; time.Time(q.asOf).IsZero() {
		report.Guessed = true
	} else {
		report.AsOf = q.asOf.Day()
	}
	return nil
}

// read reads the customers.
func (q *rfmQuery) read(ctx context.Context, tx sqlx.QueryerContext, report *features.RFMReport) (*features.Table, error) {
	columns := features.RFMColumns(q.columns.Customer)
	var ids []string
	values := make([][]float64, len(columns)-1)
	_, err := eachRow(ctx, tx, names(columns), func(r *rowReader) (bool, error) {
		ids = append(ids, r.ID())
		for j := range values {
			values[j] = append(values[j], r.Float(true))
		}
		row := len(ids) - 1
		if values[1][row] == 0 {
			report.OnlyBack++
		}
		if values[0][row] < 0 {
			report.Ahead++
		}
		return true, r.err
	}, q.customers())
	if err != nil {
		return nil, err
	}
	series := []features.Series{features.WordSeries(columns[0], ids)}
	for j, v := range values {
		series = append(series, features.NumberSeries(columns[j+1], v))
	}
	return features.NewTable(report.AsOf, series...)
}
