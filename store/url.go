package store

import (
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
