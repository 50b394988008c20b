package site

import (
	"flag"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

func read(args []string, env map[string]string) (Config, error) {
	flags := flag.NewFlagSet("webapp", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	finish := Flags(flags, func(name string) string { return env[name] })
	if err := flags.Parse(args); err != nil {
		return Config{}, err
	}
	return finish()
}

func TestConfig(t *testing.T) {
	c, err := read(nil, nil)
	if err != nil || c.Addr != "127.0.0.1:8080" || c.Rate != 20 || c.MaxUpload != 100e6 || c.Uploads != 2 || c.Shutdown != 25*time.Second {
		t.Errorf("the defaults are %+v, %v", c, err)
	}
	c, err = read([]string{"-addr", ":80", "-log-json", "-trusted", "10.0.0.0/8, 127.0.0.1,"}, map[string]string{"WEBAPP_ADDR": ":81", "DATABASE_URL": "postgres://x", "WEBAPP_USER": "a", "WEBAPP_PASSWORD": "b", "WEBAPP_AS_OF": "2015-01-31"})
	if err != nil || c.Addr != ":80" || c.DB != "postgres://x" || !c.JSONLog || len(c.Trusted) != 2 || c.AsOf.Day() != 31 {
		t.Errorf("the settings are %+v, %v", c, err)
	}
	for _, test := range []struct {
		args string
		text string // of the error; empty for none
	}{
		{"-addr :8080", "sign in"}, {"-addr 0.0.0.0:8080", "sign in"}, {"-addr 192.0.2.1:80", "sign in"}, {"-addr [::]:80", "sign in"}, {"-addr example.com:80", "sign in"},
		{"-addr localhost:80", ""}, {"-addr [::1]:80", ""}, {"-addr :8080 -open", ""}, {"-addr :8080 -user a -password b", ""}, {"-addr :8080 -user-header X-User -trusted 10.0.0.1", ""},
		{"-user a", "go together"}, {"-password a", "go together"}, {"-user-header X-User", "-trusted"}, {"-tls-cert a", "go together"}, {"-pprof :6060", "loopback"}, {"-pprof 127.0.0.1:6060", ""},
		{"-addr :80 -accounts", ""}, {"-accounts -open", "-accounts does not go with -open"}, {"-set-admin", "-set-admin goes with"}, {"-accounts -user a -password b -set-admin", ""}, {"-accounts -oidc-issuer https://id.example.org", "-oidc-client is missing"}, {"-accounts -oidc-roles it=owner", "not a group and one of the roles"}, {"-accounts -session-idle 3s", "at least five minutes"}, {"-accounts -oidc-secret-file nowhere", "no such file"},
		{"-trusted nonsense", "no address"}, {"-rate x", "number"}, {"-currency €", ""}, {"-currency doubloons", "at most 8"}, {"-rate NaN", "number"}, {"-uploads 0", "above 0"}, {"-max-upload 1x", "above 0"}, {"-shutdown soon", "duration"}, {"-trust nowhere.pub", "no such file"}, {"-keep-days 1y", "whole number"}, {"-keep-days -1", "whole number"}, {"-keep-days 0", ""}, {"-max-age old", "0 for no limit"}, {"-max-age -1", "0 for no limit"}, {"-max-income x", "0 for no limit"}, {"-max-age 0 -max-income 0", ""}, {"-as-of 31-01-2015", "2015-01-31"}, {"-retrain @weekly", ""}, {"-retrain tomorrow", "-retrain"}, {"-retrain @weekly -retrain-activate 0.1", ""}, {"-retrain-activate 0.1", "goes with -retrain"}, {"-retrain @weekly -retrain-activate much", "above 0"}, {"-open=perhaps", "true or false"}, {"-addr nothing", "127.0.0.1:8080"},
	} {
		_, err := read(strings.Fields(test.args), nil)
		switch {
		case test.text == "" && err != nil:
			t.Errorf("%s gives %v", test.args, err)
		case test.text != "" && (err == nil || !strings.Contains(err.Error(), test.text)):
			t.Errorf("%s gives %v; the error must say %q", test.args, err, test.text)
		}
	}
}

// -help lists every setting, with its variable and its default, and every one
// but those that do one thing and end can be set by the environment.
func TestHelpListsEverySetting(t *testing.T) {
	flags := flag.NewFlagSet("webapp", flag.ContinueOnError)
	var help strings.Builder
	flags.SetOutput(&help)
	Flags(flags, func(string) string { return "" })
	flags.Usage()
	listed := strings.Split(help.String(), "\n")
	n := 0
	flags.VisitAll(func(f *flag.Flag) {
		n++
		at := slices.IndexFunc(listed, func(line string) bool { return strings.HasPrefix(line+" ", "  -"+f.Name+" ") })
		if at < 0 || len(listed[at+1]) < 10 {
			t.Errorf("-help does not tell of -%s", f.Name)
			return
		}
		if f.DefValue != "" && f.DefValue != "false" && !strings.Contains(listed[at+1], "default "+f.DefValue) {
			t.Errorf("-help does not tell the default of -%s: %s", f.Name, listed[at+1])
		}
		for _, s := range new(Config).settings() {
			if s.Flag == f.Name && s.Env == "" && s.Flag != "healthcheck" && s.Flag != "set-admin" || s.Flag == f.Name && !strings.Contains(listed[at], s.Env) {
				t.Errorf("-%s has no variable of the environment that -help tells: %s", f.Name, listed[at])
			}
		}
	})
	if want := len(new(Config).settings()); n != want {
		t.Errorf("there are %d flags and %d settings", n, want)
	}
}

func TestWarnings(t *testing.T) {
	for _, test := range []struct {
		args, want string // parts of the warnings, in order, parted by "|"
	}{
		{"", ""}, {"-user a -password b", ""}, {"-addr localhost:80 -user a -password b", ""}, {"-addr 0.0.0.0:80 -host a.example -user a -password b -tls-cert c -tls-key k", ""},
		{"-addr 0.0.0.0:80 -host a.example -open", "-open"}, {"-open", "-open"}, {"-addr :80 -user a -password b", "plain HTTP|without -host"}, {"-addr [::]:80 -open", "-open|without -host"}, {"-addr 192.0.2.7:80 -open", "-open"}, {"-addr app.example.org:80 -user a -password b", "plain HTTP"},
		{"-addr :80 -host a.example -user a -password b -trusted 10.0.0.0/8,127.0.0.0/8,10.0.0.5", "plain HTTP|10.0.0.0/8"}, {"-addr :80 -host a.example -user-header X-User -trusted 10.0.0.5", ""}, {"-addr :80 -host a.example -user-header X-User -trusted 2001:db8::/32", "any user"},
	} {
		c, err := read(strings.Fields(test.args), nil)
		if err != nil {
			t.Fatal(err)
		}
		got := c.Warnings()
		var want []string
		if test.want != "" {
			want = strings.Split(test.want, "|")
		}
		if len(got) != len(want) {
			t.Errorf("%s warns %q, want %q", test.args, got, want)
			continue
		}
		for i, part := range want {
			if !strings.Contains(got[i], part) {
				t.Errorf("%s warns %q, want %q", test.args, got, want)
			}
		}
	}
}

// The files of uploads lie beside the file of the database, unless another place is set.
func TestUploadDir(t *testing.T) {
	for db, want := range map[string]string{"sqlite:out/app.db": "out/app.db-uploads", "sqlite:app.db?mode=rwc": "app.db-uploads", "sqlite://out/x.db": "out/x.db-uploads", "sqlite:///srv/x.db": "/srv/x.db-uploads", "sqlite::memory:": "", "postgres://x": ""} {
		if got := (Config{DB: db}).uploads(); got != want {
			t.Errorf("%s: %q, want %q", db, got, want)
		}
		if got := (Config{DB: db, UploadDir: "here"}).uploads(); got != "here" {
			t.Errorf("%s: %q", db, got)
		}
	}
}
