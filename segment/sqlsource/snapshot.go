package sqlsource

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/customer-personality/segmentation/internal/cause"
	"github.com/customer-personality/segmentation/segment"
)

// query runs a statement on the snapshot and reads its answer, one statement at a time.
func (d *Dataset) query(ctx context.Context, what, statement string, args []any, read func(*sql.Rows) error) (err error) {
	ctx = orBackground(ctx)
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := cause.Of(ctx); err != nil {
		return err
	}
	if err := d.begin(ctx); err != nil {
		return ended(ctx, "beginning a transaction", err)
	}
	if d.o.Dialect == segment.Postgres {
		if err := d.enter(ctx); err != nil {
			d.lost()
			return ended(ctx, what, err)
		}
		defer func() {
			// Not by ctx: the transaction outlives it.
			if left := d.leave(context.WithoutCancel(ctx)); left != nil {
				d.lost()
				if err == nil {
					err = ended(ctx, what, left)
				}
			}
		}()
	}
	rows, err := d.tx.QueryContext(ctx, statement, args...)
	if err == nil {
		err = errors.Join(read(rows), rows.Close())
	}
	return ended(ctx, what, err)
}

// begin begins the transaction where there is none.
func (d *Dataset) begin(ctx context.Context) error {
	if d.tx != nil {
		return nil
	}
	if d.db == nil {
		return errors.New("the transaction is lost")
	}
	o := &sql.TxOptions{ReadOnly: true}
	if d.o.Dialect == segment.Postgres {
		o.Isolation = sql.LevelRepeatableRead
	}
	conn, err := d.db.Conn(ctx)
	if err != nil {
		return err
	}
	// Not by ctx, whose end would end the transaction.
	tx, err := conn.BeginTx(context.WithoutCancel(ctx), o)
	if err != nil {
		return errors.Join(err, conn.Close())
	}
	d.conn, d.own, d.tx = conn, tx, tx
	return nil
}

// lost ends a transaction whose connection no longer answers.
func (d *Dataset) lost() {
	_ = d.end()
	d.tx, d.again = nil, true
}

const savepoint = "segmentation_statement"

// enter sets a savepoint and what holds until leave. A setting that the server does not
// know is left out.
func (d *Dataset) enter(ctx context.Context) error {
	if _, err := d.tx.ExecContext(ctx, "SAVEPOINT "+savepoint); err != nil {
		return err
	}
	settings := "('jit', 'off')" // each process would compile for seconds
	if d.o.Workers != 0 {
		settings += fmt.Sprintf(", ('max_parallel_workers_per_gather', '%d')", max(0, d.o.Workers))
	}
	_, err := d.tx.ExecContext(ctx, "SELECT set_config(s.name, v.value, true) FROM (VALUES "+settings+") AS v (name, value) JOIN pg_settings AS s ON s.name = v.name")
	return err
}

// leave brings the transaction back to where it was before enter, settings included.
func (d *Dataset) leave(ctx context.Context) error {
	if _, err := d.tx.ExecContext(ctx, "ROLLBACK TO SAVEPOINT "+savepoint); err != nil {
		return err
	}
	_, err := d.tx.ExecContext(ctx, "RELEASE SAVEPOINT "+savepoint)
	return err
}
