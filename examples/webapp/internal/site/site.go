// Package site is the web app: its pages, its API and what runs behind them.
package site

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"html/template"
	"io/fs"
	"log/slog"
	"math"
	"sync"

	"github.com/customer-personality/segmentation/internal/accounts"
	"github.com/customer-personality/segmentation/internal/llm"
	"github.com/customer-personality/segmentation/internal/service"
	"github.com/customer-personality/segmentation/internal/web"
	"github.com/customer-personality/segmentation/internal/web/upload"
	"github.com/customer-personality/segmentation/store"
)

//go:embed pages/*.html
var pageFiles embed.FS

//go:embed static
var staticFiles embed.FS

var nan = math.NaN()

// Site is the app. Make it with New, give it a snapshot with Prepare, and serve
// Handler.
type Site struct {
	*service.Service
	cfg     Config
	pages   map[string]*template.Template
	locales locales
	assets  web.Assets
	bundled bool        // whether the front-end was built
	reader  *llm.Client // of questions that the grammar refuses; nil for none
	metrics *web.Metrics
	limits  *web.Limiter
	signIns *web.Throttle
	// accounts are nil where nobody has one: see Config.Accounts.
	accounts *accounts.Accounts
	reading  web.Check // of the database
	writing  web.Check
	unnamed  sync.Once // the log has the warning that -trusted does not name a proxy
}

// New makes the app over an open database. FrontEnd is the folder with the
// built front-end, which may be empty.
func New(ctx context.Context, cfg Config, s *store.Store, frontEnd fs.FS, log *slog.Logger) (*Site, error) {
	cfg.MaxUpload = cmp.Or(cfg.MaxUpload, 100e6) // which pages name
	site := &Site{
		cfg: cfg, metrics: web.NewMetrics(), limits: web.NewLimiter(cfg.Rate, max(1, int(2*cfg.Rate))), signIns: web.NewThrottle(),
		reading: web.Check{Ping: s.Ping, Timeout: pingFor, Holds: pingEvery}, writing: web.Check{Ping: s.PingWriter, Timeout: pingFor, Holds: pingEvery},
	}
	var err error
	if site.locales, err = readLocales(); err != nil {
		return nil, err
	}
	site.locales.currency = cfg.Currency
	if site.reader, err = llm.New(cfg.LLM); err != nil {
		return nil, err
	}
	if site.pages, err = readPages(); err != nil {
		return nil, err
	}
	static, err := fs.Sub(staticFiles, "static")
	if err != nil {
		return nil, err
	}
	site.assets = web.Assets{}
	if err := site.assets.Add("/static/", static); err != nil {
		return nil, err
	}
	if frontEnd != nil {
		if err := site.assets.Add("/dist/", frontEnd); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	site.bundled = true
	for _, name := range []string{"charts", "explore", "walker"} {
		site.bundled = site.bundled && site.assets["/dist/"+name+".js"] != nil
	}
	site.Service, err = service.New(ctx, s, service.Options{
		Data: cfg.Data, Model: cfg.Model, Trust: cfg.Trust, AsOf: cfg.AsOf, Limits: cfg.Limits, Keep: cfg.Keep, Retrain: cfg.Retrain, MaxUpload: cfg.MaxUpload,
		Uploads: upload.Options{Pattern: "webapp-*", MaxSize: cfg.MaxUpload, Space: cfg.UploadSpace, Workers: cfg.Uploads, PerClient: cfg.ClientUploads, Dir: cfg.uploads()},
		Counts:  site.metrics.Registry, Log: log, Says: site.says,
	})
	if err == nil && cfg.Accounts.On {
		if err = site.newAccounts(ctx); err != nil {
			err = errors.Join(err, site.Service.Close())
		}
	}
	if err != nil {
		return nil, err
	}
	return site, nil
}

// says is the English text of an error that a reader can act on; empty for another.
func (s *Site) says(err error) string {
	p := refusal(err)
	if p == nil {
		return ""
	}
	return s.locales.All()[0].T(p.key, p.args...)
}

// lastCookie holds the address of the reader's last result.
const lastCookie = "last"

func (r *request) lastResult() string {
	c, err := r.Cookie(lastCookie)
	if err != nil || !web.ValidID(c.Value) {
		return ""
	}
	return c.Value
}

func (r *request) setLastResult(id string) { web.SetCookie(r.w, lastCookie, id, 86400, r.Secure) }
