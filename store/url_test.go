package store

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
)

// Whatever stands in a URL, what cannot be read of it is not repeated. (No fuzz
// test: its instrumented build of SQLite takes minutes.)
func TestParsePostgresKeepsSecrets(t *testing.T) {
	const secret = "XSECRETX"
	urls := []string{
		"postgres://u:XSECRETX@host:5432/db?sslmode=disable", "postgres://u:pa/XSECRETX@host/db", "postgres://u:1#XSECRETX@host/db",
		"postgresql://XSECRETX", "postgres:XSECRETX", "postgres://u@host/db?password=XSECRETX&sslmode=XSECRETX", "postgres://[::1]:1/XSECRETX?host=/tmp",
		"postgres://u:%zzXSECRETX@host/db", "postgres://host/db?connect_timeout=XSECRETX", "postgres://u:XSECRETX@host/db?search_path=a&options=-c",
	}
	pieces := []string{"/", "#", "?", "@", ":", "%", "&", "=", " ", "'", "\\", "\x00", "\xff", "[", "]", "1", "host", "sslmode", secret, "postgres://"}
	rng := rand.New(rand.NewPCG(7, 7))
	refused := 0
	for i := range 20_000 {
		url := urls[i%len(urls)]
		for range rng.IntN(4) {
			at := rng.IntN(len(url) + 1)
			url = url[:at] + pieces[rng.IntN(len(pieces))] + url[min(len(url), at+rng.IntN(3)):]
		}
		cfg, err := parsePostgres(url)
		if err == nil {
			address(cfg)
			continue
		}
		refused++
		if !errors.Is(err, ErrURL) {
			t.Errorf("%q: the error is %v; want ErrURL", url, err)
		}
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%q: the error repeats it: %v", url, err)
		}
	}
	if refused < 1000 || refused > 19_000 {
		t.Errorf("%d of 20,000 URLs were refused: this tests nothing", refused)
	}
}

func TestSQLiteFile(t *testing.T) {
	for _, c := range []struct{ name, file, dsn string }{
		{"shop.db", "shop.db", "file:shop.db"},
		{"//shop.db", "shop.db", "file:shop.db"},
		{"///dir/shop.db", "/dir/shop.db", "file:/dir/shop.db"},
		{"a?mode=memory#x%41.db", "a?mode=memory#x%41.db", "file:a%3Fmode=memory%23x%2541.db"},
		{"with blank ü.db", "with blank ü.db", "file:with blank ü.db"},
	} {
		file, dsn, err := sqliteFile(c.name)
		if err != nil || file != c.file || dsn != c.dsn {
			t.Errorf("%q is the file %q, %q, %v; want %q, %q", c.name, file, dsn, err, c.file, c.dsn)
		}
	}
}
