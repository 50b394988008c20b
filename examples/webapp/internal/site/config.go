package site

import (
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/accounts"
	"github.com/customer-personality/segmentation/internal/llm"
	"github.com/customer-personality/segmentation/internal/program"
	"github.com/customer-personality/segmentation/internal/service"
	"github.com/customer-personality/segmentation/internal/settings"
	"github.com/customer-personality/segmentation/internal/signature"
	"github.com/customer-personality/segmentation/internal/web"
)

// Config is the settings of the app. Every one has a flag and a variable of the
// environment; the flag wins.
type Config struct {
	Addr          string
	Hosts         []string // further names that the app answers to
	DB            string
	Data          string
	Model         string
	Trust         signature.Trust
	AsOf          time.Time
	Limits        features.CleanOptions // of the trainings
	Currency      string                // written behind amounts; empty for plain numbers
	LLM           llm.Options           // reads questions that the grammar refuses; none without a URL
	User          string
	Password      string
	UserHeader    string
	Trusted       web.Proxies
	Open          bool
	Accounts      accounts.Settings
	Cert, Key     string
	JSONLog       bool
	Rate          float64
	MaxUpload     int64
	Uploads       int    // scored at the same time
	ClientUploads int    // of one client at the same time
	UploadSpace   int64  // bytes that the files of uploads may take
	UploadDir     string // where they lie; empty for a temporary folder
	Retrain       service.RetrainOptions
	Keep          time.Duration // of conversations; 0 for ever
	Pprof         string
	Shutdown      time.Duration
	Healthcheck   bool
	Version       string
}

// settings are the settings, into c.
func (c *Config) settings() []settings.Setting {
	one, text, truth := settings.New, settings.Text, settings.Bool
	return append([]settings.Setting{
		one("addr", "WEBAPP_ADDR", "127.0.0.1:8080", "ADDRESS", "where to listen; on other than loopback addresses signing in has to be set up", text(&c.Addr)),
		one("host", "WEBAPP_HOST", "", "NAMES", "names or addresses, such as app.example.org, under which the app is asked for; those of this machine itself, and that of -addr, need not be told. Others are refused, so that no other site's name can be made to point here (may be given several times)", func(s string) (err error) {
			c.Hosts, err = web.ParseHosts(s)
			return err
		}),
		one("db", "DATABASE_URL", "sqlite:out/segmentation.db", "URL", "the database: postgres://… or sqlite:FILE", text(&c.DB)),
		one("data", "WEBAPP_DATA", "", "FILE", "campaign file that is read when the database has no customers yet; the bundled sample by default", text(&c.Data)),
		one("model", "WEBAPP_MODEL", "", "FILE", "model file to use; by default the active model of the database, or one trained on the customers", text(&c.Model)),
		one("trust", "WEBAPP_TRUST", "", "FILE", "public keys; only the model file of -model, and only with a signature by one of them, is used then (see examples/sign)", settings.Given(c.Trust.Set)),
		one("as-of", "WEBAPP_AS_OF", "", "YYYY-MM-DD", "day on which ages and tenures are counted in the first training (default today; for the sample its own)", settings.Given(func(s string) (err error) {
			var day program.Day
			err = day.Set(s)
			c.AsOf = day.Time
			return err
		})),
		one("max-age", "WEBAPP_MAX_AGE", "100", "YEARS", "greatest age that is not taken for an error in a training, 0 for no limit", func(s string) error { return program.MaxAge(&c.Limits, s) }),
		one("max-income", "WEBAPP_MAX_INCOME", "120000", "AMOUNT", "greatest income that is not taken for an error in a training, 0 for no limit", func(s string) error { return program.MaxIncome(&c.Limits, s) }),
		one("currency", "WEBAPP_CURRENCY", "", "UNIT", "currency of incomes and spending, such as EUR or €, written behind them; none by default. Customers brought to the page of data have the units of their columns", func(s string) error {
			if c.Currency = strings.TrimSpace(s); utf8.RuneCountInString(c.Currency) > 8 || strings.ContainsFunc(c.Currency, unicode.IsControl) {
				return fmt.Errorf("a currency is written in at most 8 letters or signs, such as EUR or €")
			}
			return nil
		}),
		one("llm", "WEBAPP_LLM", "", "URL", "OpenAI-compatible server, such as http://127.0.0.1:8000/v1, whose language model reads questions that are not understood otherwise; needs -llm-model, and takes a key from WEBAPP_LLM_KEY alone. It is sent the question and the names of columns and of their common words, and of no customer anything; no figure comes from it. None by default", text(&c.LLM.URL)),
		one("llm-model", "WEBAPP_LLM_MODEL", "", "NAME", "language model of -llm", text(&c.LLM.Model)),
		one("user", "WEBAPP_USER", "", "NAME", "name for signing in", text(&c.User)),
		one("password", "WEBAPP_PASSWORD", "", "WORD", "password for signing in; better given by the environment", text(&c.Password)),
		one("user-header", "WEBAPP_USER_HEADER", "", "HEADER", "take the user from this header, such as X-Forwarded-User, of a trusted proxy that signs users in", text(&c.UserHeader)),
		one("trusted", "WEBAPP_TRUSTED", "", "NETS", "addresses of trusted proxies, such as 10.0.0.5,127.0.0.1; their X-Forwarded-For, X-Forwarded-Proto and user header are believed. A network, such as 10.0.0.0/24, trusts every machine in it", func(s string) (err error) {
			c.Trusted, err = web.ParseProxies(s)
			return err
		}),
		one("open", "WEBAPP_OPEN", "false", "", "let everybody in without signing in, also on other than loopback addresses", truth(&c.Open)),
		one("tls-cert", "WEBAPP_TLS_CERT", "", "FILE", "certificate, for TLS without a proxy", text(&c.Cert)),
		one("tls-key", "WEBAPP_TLS_KEY", "", "FILE", "key of the certificate", text(&c.Key)),
		one("log-json", "WEBAPP_LOG_JSON", "false", "", "write the log as JSON", truth(&c.JSONLog)),
		one("rate", "WEBAPP_RATE", "20", "N", "predictions and questions a second that one client may ask for, loopback clients apart; 0 for no limit", func(s string) (err error) {
			if c.Rate, err = strconv.ParseFloat(strings.TrimSpace(s), 64); err != nil || !(c.Rate >= 0) || c.Rate > 1e9 {
				return fmt.Errorf("it is a number from 0 up")
			}
			return nil
		}),
		one("max-upload", "WEBAPP_MAX_UPLOAD", "100", "MB", "greatest size of an uploaded file", settings.Count(&c.MaxUpload, 1e6)),
		one("uploads", "WEBAPP_UPLOADS", "2", "N", "uploads that are scored at the same time; up to 16 are received or wait", settings.Count(&c.Uploads, 1)),
		one("client-uploads", "WEBAPP_CLIENT_UPLOADS", "4", "N", "uploads of one client, by user or address, at the same time", settings.Count(&c.ClientUploads, 1)),
		one("upload-space", "WEBAPP_UPLOAD_SPACE", "1000", "MB", "room that the files of uploads may take in their folder, where that has so much; the oldest scored files make way, and one client has half of it", settings.Count(&c.UploadSpace, 1e6)),
		one("upload-dir", "WEBAPP_UPLOAD_DIR", "", "FOLDER", "where the files of uploads lie, so that scored files outlast a restart for as long as they are kept; by default beside the file of the database, else in the folder for temporary files", text(&c.UploadDir)),
		one("keep-days", "WEBAPP_KEEP_DAYS", "365", "DAYS", "days after which a conversation that does not go on, and the result of a prediction, is deleted; 0 keeps them for ever. Uploads are kept for an hour", func(s string) error {
			n, err := strconv.Atoi(s)
			if err != nil || n < 0 || n > 36500 {
				return fmt.Errorf("it is a whole number from 0 to 36500")
			}
			c.Keep = time.Duration(n) * 24 * time.Hour
			return nil
		}),
		one("retrain", "WEBAPP_RETRAIN", "", "SCHEDULE", "train again whenever this schedule is due, on the customers in the database, counted on that day, and on the stored rows of every data set with a model: the five fields of cron, such as \"0 3 * * 1\" for Mondays at three, in the time zone of this machine or one that stands before, as in \"CRON_TZ=Europe/Berlin 0 3 * * 1\". A new version is compared with the one in use, and stays beside it", settings.Given(c.Retrain.SetSchedule)),
		one("retrain-activate", "WEBAPP_RETRAIN_ACTIVATE", "", "PSI", "put a version of -retrain to use by itself where no column has drifted, since the training of the one in use, by more than this population stability index, such as 0.1; never by default", settings.Given(c.Retrain.SetMostDrift)),
		one("pprof", "WEBAPP_PPROF", "", "ADDRESS", "serve profiles on this loopback address", text(&c.Pprof)),
		one("shutdown", "WEBAPP_SHUTDOWN", "25s", "DURATION", "how long running requests may take when the app ends", func(s string) (err error) {
			if c.Shutdown, err = time.ParseDuration(s); err != nil || c.Shutdown < 0 {
				return fmt.Errorf("a duration is written as 25s or 2m")
			}
			return nil
		}),
		one("healthcheck", "", "false", "", "ask a running app at -addr whether it is well, and end with status 0 if it is", truth(&c.Healthcheck)),
	}, c.Accounts.List()...)
}

// Flags defines the settings as flags, with the environment as their defaults.
// The function that it returns reads them once the flags are parsed.
func Flags(flags *flag.FlagSet, getenv func(string) string) func() (Config, error) {
	c := &Config{LLM: llm.Options{Key: getenv("WEBAPP_LLM_KEY")}}
	set := settings.Define(flags, getenv, c.settings(), "host")
	return func() (Config, error) {
		if err := set(); err != nil {
			return *c, err
		}
		return *c, c.check()
	}
}

func (c Config) check() error {
	host, _, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return fmt.Errorf("-addr is %q; an address is written as 127.0.0.1:8080", c.Addr)
	}
	if _, err := llm.New(c.LLM); err != nil {
		return fmt.Errorf("-llm: %w", err)
	}
	switch {
	case (c.User == "") != (c.Password == ""):
		return fmt.Errorf("-user and -password go together: one is set and the other is not")
	case c.Trust.Given() && c.Model == "":
		return fmt.Errorf("-trust goes with -model: the models in a database have no signatures")
	case c.Retrain.MostDrift > 0 && (c.Retrain.Spec == "" || c.Trust.Given()):
		return fmt.Errorf("-retrain-activate goes with -retrain, and not with -trust, as a version that is trained here is not signed")
	case c.UserHeader != "" && len(c.Trusted) == 0:
		return fmt.Errorf("-user-header needs -trusted, so that nobody else can send that header")
	case (c.Cert == "") != (c.Key == ""):
		return fmt.Errorf("-tls-cert and -tls-key go together: one is set and the other is not")
	case c.Pprof != "" && !web.Loopback(hostOf(c.Pprof)):
		return fmt.Errorf("-pprof is %q; profiles are served on a loopback address only, such as 127.0.0.1:6060", c.Pprof)
	case c.Healthcheck:
	case !c.Open && !c.signsIn() && !web.Loopback(host):
		return fmt.Errorf("-addr %s can be reached from other machines, and nobody would have to sign in: set -user and -password, or -accounts, or -user-header, or -open if that is meant", c.Addr)
	}
	return c.Accounts.Check(c.User, c.Open || c.UserHeader != "")
}

// uploads is the folder of the files of uploads, empty for a temporary one.
func (c Config) uploads() string {
	file, ok := strings.CutPrefix(c.DB, "sqlite:")
	if file = strings.TrimPrefix(file, "//"); c.UploadDir == "" && ok && file != "" && !strings.HasPrefix(file, ":") {
		file, _, _ = strings.Cut(file, "?")
		return file + "-uploads"
	}
	return c.UploadDir
}

// Server returns the server of the app.
func (c Config) Server(log *slog.Logger) web.Server {
	return web.Server{Hosts: c.served(), Cert: c.Cert, Key: c.Key, Profiles: c.Pprof, Shutdown: c.Shutdown, Version: c.Version, Log: log}
}

// served are the hosts that the app answers to.
func (c Config) served() web.Hosts { return web.Hosts{Addr: c.Addr, Names: c.Hosts} }

// Serves reports whether the app answers to a Host.
func (c Config) Serves(host string) bool { return c.served().Serves(host) }

func (c Config) signsIn() bool { return c.User != "" || c.UserHeader != "" || c.Accounts.On }

func hostOf(addr string) string {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	return host
}

// Warnings are sentences on what the operator may not have meant.
func (c Config) Warnings() []string {
	var out []string
	if c.Open && !c.signsIn() {
		out = append(out, fmt.Sprintf("-open: whoever reaches %s can read, change and delete everything, and nobody has to sign in", c.Addr))
	}
	if (c.User != "" || c.Accounts.On) && c.Cert == "" && !web.Loopback(hostOf(c.Addr)) {
		out = append(out, fmt.Sprintf("passwords come to %s over plain HTTP, which everybody on the way can read: set -tls-cert and -tls-key, or let nobody but a proxy with TLS reach that address", c.Addr))
	}
	if a, err := netip.ParseAddr(hostOf(c.Addr)); len(c.Hosts) == 0 && (hostOf(c.Addr) == "" || err == nil && a.IsUnspecified()) {
		out = append(out, fmt.Sprintf("-addr %s without -host: the app answers to localhost alone, and refuses the names and addresses that other machines ask for", c.Addr))
	}
	for _, p := range c.Trusted {
		if !p.IsSingleIP() && !p.Addr().IsLoopback() {
			out = append(out, fmt.Sprintf("-trusted %s: every machine in it can call itself any client (and, with -user-header, any user): name the proxies by their own addresses", p))
		}
	}
	return out
}
