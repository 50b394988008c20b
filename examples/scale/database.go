package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"net"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/lib/pq"
	"gonum.org/v1/gonum/mat"
	_ "modernc.org/sqlite"

	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/sqlsource"
)

// ownTable is the table of a database into which rows are put, and which is dropped
// behind the training.
const ownTable = "scale_rows"

// database makes a data set of a table.
func (p *place) database(ctx context.Context, o options) error {
	settings := sqlsource.Options{Dialect: segment.SQLite, Table: o.table, Columns: o.columns}
	var moved atomic.Int64
	var db *sql.DB
	if strings.HasPrefix(o.db, "postgres://") || strings.HasPrefix(o.db, "postgresql://") {
		connector, err := pq.NewConnector(o.db)
		if err != nil {
			return err
		}
		connector.Dialer(dialer{moved: &moved})
		db, settings.Dialect = sql.OpenDB(connector), segment.Postgres
	} else {
		path := o.db
		if path == "" {
			folder, err := p.temporary()
			if err != nil {
				return err
			}
			path = filepath.Join(folder, "scale.db")
		}
		var err error
		if db, err = sql.Open("sqlite", path); err != nil {
			return err
		}
	}
	p.ends = append(p.ends, db.Close)
	if o.table == "" {
		settings.Table, settings.Key = ownTable, "id"
		drop := func() error {
			_, err := db.ExecContext(context.WithoutCancel(ctx), "DROP TABLE IF EXISTS "+ownTable)
			return err
		}
		if err := fill(ctx, db, settings, p.rows); err != nil {
			return errors.Join(err, drop())
		}
		p.ends = append(p.ends, drop)
	} else {
		p.rows = tableRows(ctx, db, o)
	}
	d, err := sqlsource.Open(ctx, db, settings)
	if err != nil {
		return err
	}
	p.ends = append(p.ends, d.Close)
	counted := &countedDataset{Dataset: d}
	p.exact, p.own = true, true
	begun := moved.Load()
	p.dataset, p.passes, p.moved = counted, func() int { return int(counted.passes.Load()) }, func() int64 { return moved.Load() - begun }
	return nil
}

// fill creates the table and puts the rows into it, each with an id.
func fill(ctx context.Context, db *sql.DB, o sqlsource.Options, rows blocks) error {
	var list []string
	for _, name := range o.Columns {
		list = append(list, pq.QuoteIdentifier(name)+" DOUBLE PRECISION")
	}
	if _, err := db.ExecContext(ctx, "CREATE TABLE "+ownTable+" (id BIGINT PRIMARY KEY, "+strings.Join(list, ", ")+")"); err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	names := append([]string{"id"}, o.Columns...)
	statement := "COPY " + ownTable + " FROM STDIN"
	if o.Dialect == segment.SQLite {
		statement = "INSERT INTO " + ownTable + " VALUES (?" + strings.Repeat(", ?", len(o.Columns)) + ")"
	}
	insert, err := tx.PrepareContext(ctx, statement)
	if err != nil {
		return err
	}
	values, n := make([]any, len(names)), 0
	for block, err := range rows {
		if err != nil {
			return err
		}
		for ; len(block) > 0; block = block[len(o.Columns):] {
			values[0] = n
			n++
			for j, v := range block[:len(o.Columns)] {
				if values[j+1] = v; math.IsNaN(v) {
					values[j+1] = nil
				}
			}
			if _, err := insert.ExecContext(ctx, values...); err != nil {
				return err
			}
		}
	}
	if o.Dialect == segment.Postgres {
		if _, err := insert.ExecContext(ctx); err != nil { // ends the COPY
			return err
		}
	}
	if err := errors.Join(insert.Close(), tx.Commit()); err != nil {
		return err
	}
	if o.Dialect == segment.Postgres {
		_, err = db.ExecContext(ctx, "VACUUM ANALYZE "+ownTable)
	}
	return err
}

// tableRows returns the rows of a table, to check with.
func tableRows(ctx context.Context, db *sql.DB, o options) blocks {
	var list []string
	for _, name := range o.columns {
		list = append(list, pq.QuoteIdentifier(name))
	}
	return func(yield func([]float64, error) bool) {
		rows, err := db.QueryContext(ctx, "SELECT "+strings.Join(list, ", ")+" FROM "+o.table)
		if err != nil {
			yield(nil, err)
			return
		}
		defer rows.Close()
		values, into, row := make([]sql.NullFloat64, len(list)), make([]any, len(list)), make([]float64, len(list))
		for j := range values {
			into[j] = &values[j]
		}
		for rows.Next() {
			if err := rows.Scan(into...); err != nil {
				yield(nil, err)
				return
			}
			for j, v := range values {
				if row[j] = v.Float64; !v.Valid {
					row[j] = math.NaN()
				}
			}
			if !yield(row, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(nil, err)
		}
	}
}

// A dialer counts the bytes that come from a server.
type dialer struct{ moved *atomic.Int64 }

func (d dialer) Dial(network, address string) (net.Conn, error) {
	return d.DialTimeout(network, address, 0)
}

func (d dialer) DialTimeout(network, address string, limit time.Duration) (net.Conn, error) {
	c, err := net.DialTimeout(network, address, limit)
	return countedConn{c, d.moved}, err
}

type countedConn struct {
	net.Conn
	moved *atomic.Int64
}

func (c countedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.moved.Add(int64(n))
	return n, err
}

// A countedDataset counts the passes over a table: the statements that go through all
// of its rows.
type countedDataset struct {
	*sqlsource.Dataset
	passes atomic.Int64
}

func (d *countedDataset) Extent(ctx context.Context, behind *preprocess.FittedPipeline) (preprocess.Extent, error) {
	d.passes.Add(1)
	return d.Dataset.Extent(ctx, behind)
}

func (d *countedDataset) Ranks(ctx context.Context, behind *preprocess.FittedPipeline, ranks [][]int) ([][]float64, error) {
	d.passes.Add(1)
	return d.Dataset.Ranks(ctx, behind, ranks)
}

func (d *countedDataset) Moments(ctx context.Context, behind *preprocess.FittedPipeline, o preprocess.MomentsOptions) (preprocess.Moments, error) {
	d.passes.Add(1)
	return d.Dataset.Moments(ctx, behind, o)
}

func (d *countedDataset) Clusters(ctx context.Context, pipeline *preprocess.FittedPipeline, centroids *mat.Dense) (segment.ClusterSums, error) {
	d.passes.Add(1)
	return d.Dataset.Clusters(ctx, pipeline, centroids)
}

func (d *countedDataset) Source(pipeline *preprocess.FittedPipeline) (segment.Source, error) {
	src, err := d.Dataset.Source(pipeline)
	if err != nil {
		return nil, err
	}
	return &countedSource{src, d}, nil
}

type countedSource struct {
	segment.Source
	of *countedDataset
}

func (s *countedSource) Sample(ctx context.Context, rows int, seed uint64) (*mat.Dense, error) {
	s.of.passes.Add(1)
	return s.Source.Sample(ctx, rows, seed)
}

func (s *countedSource) Statistics(ctx context.Context, centroids []*mat.Dense) ([]segment.SufficientStatistics, error) {
	s.of.passes.Add(1)
	return s.Source.Statistics(ctx, centroids)
}

func (s *countedSource) Exact() bool { return s.Source.(segment.Exacter).Exact() }

func (s *countedSource) Summary(ctx context.Context, points int, seed uint64) (*mat.Dense, []float64, error) {
	s.of.passes.Add(1)
	summarizer, ok := s.Source.(segment.Summarizer)
	if !ok {
		return nil, nil, fmt.Errorf("%w: a table without a summary", segment.ErrSource)
	}
	return summarizer.Summary(ctx, points, seed)
}
