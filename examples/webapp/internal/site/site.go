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
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/program"
	"github.com/customer-personality/segmentation/internal/web"
	"github.com/customer-personality/segmentation/internal/web/upload"
	"github.com/customer-personality/segmentation/store"
)

//go:embed pages/*.html
var pageFiles embed.FS

//go:embed static
var staticFiles embed.FS

// modelName is the name under which the app keeps its models, that of the
// other programs too.
const modelName = program.ModelName

var nan = math.NaN()

// Site is the app. Make it with New, give it a snapshot with Prepare, and serve
// Handler.
type Site struct {
	dataset  // of the campaign schema, the default one
	cfg      Config
	log      *slog.Logger
	store    *store.Store
	records  *records
	setsLock sync.Mutex
	sets     []*dataset // the others; setsLock guards it
	loaded   []string   // the ids of those in memory, the one used last at the end
	pages    map[string]*template.Template
	locales  locales
	assets   web.Assets
	bundled  bool // whether the front-end was built
	metrics  *metrics
	limits   *web.Limiter
	signIns  *web.Throttle
	reading  web.Check // of the database
	writing  web.Check
	unnamed  sync.Once // the log has the warning that -trusted does not name a proxy
	uploads  *upload.Store[uploadState]
	trainer  trainer
	// changing makes changes of the active model wait for each other.
	changing sync.Mutex
	// forgetLock is held to read while an answer is made and kept, or tables of
	// customers are written, and to write while somebody is forgotten: nothing is
	// kept that knew them.
	forgetLock sync.RWMutex
	// signed is the model of -model, as JSON, where -trust is given: no other is
	// used.
	signed []byte
	// forgets counts who was forgotten, for those who have read the customers
	// before and write them afterwards.
	forgets atomic.Int64
	// unscrubbed is whether the database's files still hold what was forgotten;
	// scrubbing is held while they are cleaned.
	unscrubbed atomic.Bool
	scrubbing  sync.Mutex
	// fellBack is set where the active model could not be used at the start.
	fellBack atomic.Pointer[fallback]
	// noCustomers is set while the database has none that the model can be
	// applied to; there is no snapshot then.
	noCustomers atomic.Bool
	// leftOut is what was left out of them, because it is no customer.
	leftOut atomic.Pointer[features.Report]
	// expired is when old conversations were last looked for, in Unix time.
	expired atomic.Int64
	// rows is how many customers the database had when they were last read.
	rows atomic.Int64
	// What goes on behind requests.
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup
}

// New makes the app over an open database. FrontEnd is the folder with the
// built front-end, which may be empty.
func New(ctx context.Context, cfg Config, s *store.Store, frontEnd fs.FS, log *slog.Logger) (*Site, error) {
	cfg.MaxUpload = cmp.Or(cfg.MaxUpload, 100e6) // which pages name
	b, err := openRecords(ctx, s)
	if err != nil {
		return nil, err
	}
	site := &Site{
		cfg: cfg, log: log, store: s, records: b, metrics: newMetrics(),
		limits: web.NewLimiter(cfg.Rate, max(1, int(2*cfg.Rate))), signIns: web.NewThrottle(),
		reading: web.Check{Ping: s.Ping, Timeout: pingFor, Holds: pingEvery}, writing: web.Check{Ping: s.PingWriter, Timeout: pingFor, Holds: pingEvery},
	}
	site.trainer.Change(func(now *trainingStatus) { now.State = stateIdle })
	site.ctx, site.cancel = context.WithCancel(context.WithoutCancel(ctx))
	if site.locales, err = readLocales(); err != nil {
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
	site.bundled = site.assets["/dist/charts.js"] != nil && site.assets["/dist/explore.js"] != nil
	site.uploads, err = upload.New[uploadState](upload.Options{Pattern: "webapp-*", MaxSize: cfg.MaxUpload, Space: cfg.UploadSpace, Workers: cfg.Uploads, PerClient: cfg.ClientUploads, Dir: cfg.uploads()})
	if err != nil {
		return nil, err
	}
	return site, nil
}

// Close ends what runs in the background, undone, and waits for it.
func (s *Site) Close() error {
	s.cancel()
	s.wg.Wait()
	return s.uploads.Close()
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

func (r *request) setLastResult(id string) {
	http.SetCookie(r.w, &http.Cookie{Name: lastCookie, Value: id, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: r.Secure, MaxAge: 86400})
}
