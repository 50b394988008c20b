package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// textIDs is the number of the migration that made ids text. Before it they
// were whole numbers.
const textIDs = 4

// idsToText runs that migration. The numbers keep their digits: 5524 becomes
// the text 5524.
func (s *Store) idsToText(ctx context.Context, tx *sql.Tx) error {
	for _, c := range [][2]string{
		{s.tables.Customers, "id"}, {s.tables.Unencoded, "id"}, {s.tables.Merged, "id"}, {s.tables.Scores, "customer_id"},
	} {
		table := s.table(c[0])
		if err := s.dialect.idsToText(ctx, tx, table, c[1]); err != nil {
			return fmt.Errorf("making %s of %s text: %w", quote(c[1]), table, err)
		}
	}
	return nil
}

// wantTextIDs refuses a table whose ids are numbers: 0001 would become 1 there.
func (t *tx) wantTextIDs(ctx context.Context, table tableName, column string) error {
	typ, err := t.s.dialect.typeOf(ctx, t, table, column)
	if err != nil {
		return err
	}
	for _, number := range []string{"INT", "NUM", "DEC", "REAL", "FLOA", "DOUB"} {
		if !strings.Contains(strings.ToUpper(typ), number) {
			continue
		}
		if t.s.isOurs(table) {
			return fmt.Errorf("%w: the column %s of %s holds numbers, as before ids were text; call Migrate, or open with Options.Migrate", ErrNotMigrated, quote(column), table)
		}
		return fmt.Errorf("%w: the column %s of %s holds numbers, and ids are text; drop the table or name another one", ErrColumns, quote(column), table)
	}
	return nil
}

// idsToText recreates the table, since SQLite cannot change the type of a
// column, and copies the rows twice: renaming a table would change the views
// that read it.
func (sqlite) idsToText(ctx context.Context, tx *sql.Tx, table tableName, column string) error {
	// Indexes and triggers of others go with the table.
	rows, err := tx.QueryContext(ctx, `SELECT type, sql FROM `+tableName{cmp.Or(table.schema, "main"), "sqlite_master"}.String()+` WHERE tbl_name = ? COLLATE NOCASE AND sql IS NOT NULL AND type IN ('table', 'index', 'trigger')`, table.name)
	if err != nil {
		return err
	}
	defer rows.Close()
	var create string
	var others []string
	for rows.Next() {
		var kind, statement string
		if err := rows.Scan(&kind, &statement); err != nil {
			return err
		}
		if kind == "table" {
			create = strings.Replace(statement, "\t"+column+" INTEGER ", "\t"+column+" TEXT ", 1)
			if create == statement {
				return fmt.Errorf("%w: the table is not as Migrate made it: %.200s", ErrColumns, statement)
			}
		} else {
			others = append(others, statement)
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	const copied = `"segmentation_ids"`
	for _, statement := range append([]string{
		"CREATE TABLE " + copied + " AS SELECT * FROM " + table.String(),
		"DROP TABLE " + table.String(),
		create,
		"INSERT INTO " + table.String() + " SELECT * FROM " + copied,
		"DROP TABLE " + copied,
	}, others...) {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// idsToText drops the views that read the column, which PostgreSQL asks for,
// and creates them again with their owners and privileges.
func (postgres) idsToText(ctx context.Context, tx *sql.Tx, table tableName, column string) error {
	rows, err := tx.QueryContext(ctx, viewsOfColumn, table.String(), column)
	if err != nil {
		return err
	}
	defer rows.Close()
	var drop, create []string // those that read others last
	for rows.Next() {
		var view, statements string
		if err := rows.Scan(&view, &statements); err != nil {
			return err
		}
		drop = append([]string{"DROP VIEW " + view}, drop...)
		create = append(create, strings.Split(statements, "\x1f")...)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	change := "ALTER TABLE " + table.String() + " ALTER COLUMN " + quote(column) + " TYPE text"
	for _, statement := range append(append(drop, change), create...) {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%.60s…: %w", statement, err)
		}
	}
	return nil
}

// viewsOfColumn lists the views that read a column, directly or through
// others, and the statements that make each again, with U+001F between them.
const viewsOfColumn = `WITH RECURSIVE reads AS (
	SELECT DISTINCT r.ev_class AS view, d.refobjid AS relation, d.refobjsubid AS attribute
	FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid
	WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND r.ev_class <> d.refobjid
), found AS (
	SELECT view, 1 AS depth FROM reads
	JOIN pg_attribute a ON a.attrelid = relation AND a.attnum = attribute AND a.attname = $2
	WHERE relation = to_regclass($1)
	UNION
	SELECT reads.view, depth + 1 FROM found JOIN reads ON reads.relation = found.view
)
SELECT name, 'CREATE VIEW ' || name
	|| coalesce(' WITH (' || array_to_string(reloptions, ', ') || ')', '') || ' AS ' || pg_get_viewdef(oid)
	|| E'\x1f' || 'ALTER VIEW ' || name || ' OWNER TO ' || quote_ident(pg_get_userbyid(relowner))
	|| coalesce((SELECT string_agg(E'\x1f' || 'GRANT ' || privilege_type || ' ON ' || name || ' TO '
		|| CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END
		|| CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END, '') FROM aclexplode(relacl)), '')
FROM (SELECT view, max(depth) AS depth FROM found GROUP BY view) AS f
JOIN (SELECT *, format('%s.%I', relnamespace::regnamespace, relname) AS name FROM pg_class) AS c ON c.oid = f.view
ORDER BY f.depth, name`
