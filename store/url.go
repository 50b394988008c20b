package store

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/lib/pq"
)

const wantURL = "sqlite::memory:, sqlite:FILE or postgres://user@host:5432/database"

// parsePostgres reads the URL of a server. No error holds any part of it: what
// cannot be read may be a password in the wrong place.
func parsePostgres(raw string) (pq.Config, error) {
	bad := func(why string) (pq.Config, error) {
		return pq.Config{}, fmt.Errorf("%w: %s; want postgres://user:password@host:5432/database, with characters such as / # ? @ in a password written as %%2F %%23 %%3F %%40", ErrURL, why)
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return bad("its parts cannot be told apart")
	case u.Opaque != "" || u.Fragment != "":
		return bad("its parts cannot be told apart")
	case strings.Contains(u.Path, "@") || strings.Contains(u.RawQuery, "@"):
		return bad("there is an @ behind the host")
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return bad("its port is none")
		}
	}
	cfg, err := pq.NewConfig(raw)
	if err != nil {
		// lib/pq names the setting, and the value with it.
		for key := range u.Query() {
			if strings.HasPrefix(key, "ssl") && strings.Contains(err.Error(), key) {
				return bad("the setting " + strconv.Quote(key) + " has a value that lib/pq does not take")
			}
		}
		return bad("lib/pq does not take one of its settings")
	}
	return cfg, nil
}

// OpenTable opens the database of a URL that names a table or view, and returns the
// name, to be read by [Store.ReadTable] or [Store.RFM]:
//
//   - postgres://user@host/shop?table=orders, with further settings before or behind;
//   - sqlite:FILE?table=orders; the file must be there, and nothing is written to it,
//     so that the Store can only read;
//   - ?table=orders for the database in the environment's DATABASE_URL.
//
// The name is taken as the documentation of the package says, so that schema.table
// and names in double quotes do; in a URL, & is written %26, % as %25 and + as %2B.
//
// Errors: those of [Open]; [ErrURL] where there is no table in the URL, which lists
// those that there are; [ErrNoTable], with the similar names first; [ErrNoDatabase] for
// a file that is not there.
func OpenTable(ctx context.Context, url string, o Options) (*Store, string, error) {
	base, table, err := cutTable(url)
	if err != nil {
		return nil, "", err
	}
	o.Migrate = false
	if base == "" {
		base = os.Getenv("DATABASE_URL")
	}
	var s *Store
	if file, ok := strings.CutPrefix(base, "sqlite:"); ok && file != ":memory:" {
		name, _, failed := sqliteFile(file)
		if failed == nil {
			if _, err := os.Stat(name); errors.Is(err, os.ErrNotExist) {
				return nil, "", fmt.Errorf("%w: there is no file %s", ErrNoDatabase, name)
			}
		}
		s, err = openSQLite(ctx, file, o, true)
	} else {
		s, err = Open(ctx, base, o)
	}
	if err != nil {
		return nil, "", err
	}
	if err = s.hasTable(ctx, table); err != nil {
		s.Close()
		return nil, "", err
	}
	return s, table, nil
}

// hasTable returns the error of a table that is not there, or of none.
func (s *Store) hasTable(ctx context.Context, table string) error {
	if table == "" {
		there, err := s.dialect.tables(ctx, s.db, "")
		if err != nil {
			return s.fail(ctx, "looking for tables", err)
		}
		return fmt.Errorf("%w: it names no table; want ?table=NAME behind it, of %s", ErrURL, strings.Join(there, ", "))
	}
	_, err := read(ctx, s, "opening the table "+quote(table), table, func(ctx context.Context, name tableName) (bool, error) {
		there, err := s.dialect.describe(ctx, s.db, name)
		if err == nil && len(there) == 0 {
			err = missing(ctx, s.dialect, s.db, name)
		}
		return true, err
	})
	return err
}

// cutTable cuts the table out of a URL.
func cutTable(raw string) (base, table string, err error) {
	base, query := raw, ""
	if i := strings.LastIndexByte(raw, '?'); i >= 0 {
		base, query = raw[:i], raw[i+1:]
	}
	var rest []string
	found := 0
	for _, setting := range strings.Split(query, "&") {
		if value, ok := strings.CutPrefix(setting, "table="); ok {
			found++
			table, err = url.QueryUnescape(value)
		} else {
			rest = append(rest, setting)
		}
	}
	switch {
	case found > 1 || err != nil:
		return "", "", fmt.Errorf("%w: want one ?table=NAME behind it, with %% written as %%25", ErrURL)
	case found == 0:
		return raw, "", nil
	}
	if settings := strings.Join(rest, "&"); settings != "" {
		base += "?" + settings
	}
	return base, table, nil
}

// address returns where the server is, for people.
func address(cfg pq.Config) string {
	if strings.HasPrefix(cfg.Host, "/") {
		return "the socket in " + cfg.Host
	}
	host := cfg.Host
	if host == "" {
		host = "localhost"
	}
	return fmt.Sprintf("%s:%d", host, cfg.Port)
}

// sqliteFile returns the name of a file as people and as SQLite write it.
func sqliteFile(name string) (file, dsn string, err error) {
	file = strings.TrimPrefix(name, "//") // sqlite:///dir/file and sqlite://file
	switch {
	case file == "":
		return "", "", fmt.Errorf("%w: no file follows sqlite:; want %s", ErrURL, wantURL)
	case strings.ContainsRune(file, 0):
		return "", "", fmt.Errorf("%w: a zero byte in the name of the file", ErrURL)
	}
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		return "", "", fmt.Errorf("%w: %s is a directory; want the name of a file", ErrURL, file)
	}
	var b strings.Builder
	b.WriteString("file:")
	for i := 0; i < len(file); i++ {
		switch c := file[i]; {
		case c == '\\' && os.PathSeparator == '\\':
			b.WriteByte('/')
		case c == '?' || c == '#' || c == '%' || c < ' ':
			fmt.Fprintf(&b, "%%%02X", c)
		default:
			b.WriteByte(c)
		}
	}
	return file, b.String(), nil
}
