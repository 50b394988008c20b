// Package site is the web app: its pages, its API and what runs behind them.
package site

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"log/slog"
	"math"
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/customer-personality/segmentation/examples/internal/program"
	"github.com/customer-personality/segmentation/examples/webapp/internal/chart"
	"github.com/customer-personality/segmentation/examples/webapp/internal/world"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment/insight"
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

// Site is the app. Make it with New, give it a world with Prepare, and serve
// Handler.
type Site struct {
	cfg     Config
	log     *slog.Logger
	store   *store.Store
	book    *book
	world   atomic.Pointer[world.World]
	active  atomic.Pointer[store.ModelInfo]
	pages   map[string]*template.Template
	locales locales
	assets  map[string]*asset
	bundled bool // whether the front-end was built
	metrics *metrics
	limits  *limiter
	guesses *throttle
	reading pulse // of the database
	writing pulse
	unnamed sync.Once // a proxy that -trusted does not name was told of
	uploads *uploads
	budget  *budget
	trainer *trainer
	shelf   shelf
	table   tableCache
	// changing makes changes of the active model wait for each other.
	changing sync.Mutex
	// telling is held to read while an answer is made and kept, and to write
	// while somebody is forgotten: no answer is kept that knew them.
	telling sync.RWMutex
	// signed is the model file of -model where -trust is given: no other is used.
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
	// applied to; there is no world then.
	noCustomers atomic.Bool
	// leftOut is what was left out of them, because it is no customer.
	leftOut atomic.Pointer[features.Report]
	// expired is when old conversations were last looked for, in Unix time.
	expired atomic.Int64
	// rows is how many customers the database had when they were last read.
	rows atomic.Int64
	background
}

// background is the work that goes on behind requests.
type background struct {
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup
}

// New makes the app over an open database. Bundle is the folder with the
// built front-end, which may be empty.
func New(ctx context.Context, cfg Config, s *store.Store, bundle fs.FS, log *slog.Logger) (*Site, error) {
	if cfg.MaxUpload == 0 {
		cfg.MaxUpload = 100e6
	}
	if cfg.Uploads == 0 {
		cfg.Uploads = 2
	}
	if cfg.ClientUploads == 0 {
		cfg.ClientUploads = 4
	}
	if cfg.UploadSpace == 0 {
		cfg.UploadSpace = 1000e6
	}
	b, err := openBook(ctx, s)
	if err != nil {
		return nil, err
	}
	site := &Site{
		cfg: cfg, log: log, store: s, book: b, metrics: newMetrics(),
		limits: newLimiter(cfg.Rate, max(1, int(2*cfg.Rate))), guesses: newThrottle(),
	}
	site.reading.ping, site.writing.ping = s.Ping, s.PingWriter
	site.ctx, site.cancel = context.WithCancel(context.WithoutCancel(ctx))
	if site.locales, err = readLocales(); err != nil {
		return nil, err
	}
	if site.pages, err = readPages(); err != nil {
		return nil, err
	}
	if site.assets, err = readAssets(bundle); err != nil {
		return nil, err
	}
	site.bundled = site.assets["/dist/charts.js"] != nil && site.assets["/dist/explore.js"] != nil
	if site.uploads, err = newUploads(cfg.Uploads); err != nil {
		return nil, err
	}
	site.budget = newBudget(site.uploads, cfg)
	site.trainer = &trainer{site: site}
	return site, nil
}

// Close ends what runs in the background, undone, and waits for it.
func (s *Site) Close() error {
	s.cancel()
	s.wg.Wait()
	return s.uploads.close()
}

func readPages() (map[string]*template.Template, error) {
	names, err := fs.Glob(pageFiles, "pages/*.html")
	if err != nil {
		return nil, err
	}
	shared := []string{"pages/layout.html", "pages/parts.html"}
	out := map[string]*template.Template{}
	for _, name := range names {
		if slices.Contains(shared, name) {
			continue
		}
		t, err := template.New("layout.html").Funcs(template.FuncMap{
			"svg":  func(s string) template.HTML { return template.HTML(s) }, // #nosec: drawn by us, with all text escaped
			"json": func(v any) (template.JS, error) { b, err := json.Marshal(v); return template.JS(b), err },
			"dict": dict,
		}).ParseFS(pageFiles, append(shared, name)...)
		if err != nil {
			return nil, err
		}
		out[strings.TrimSuffix(path.Base(name), ".html")] = t
	}
	return out, nil
}

// dict makes a map for a part of a page.
func dict(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, errors.New("dict takes pairs")
	}
	m := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		key, ok := pairs[i].(string)
		if !ok {
			return nil, errors.New("dict takes names")
		}
		m[key] = pairs[i+1]
	}
	return m, nil
}

// page is what a template gets.
type page struct {
	*locale
	Title   string
	Nav     string
	Mine    string // the address of the reader's last result
	User    string
	Bundled bool
	Tiers   []string
	// FellBack says that the active model could not be used.
	FellBack string
	assets   map[string]*asset
	Data     any
}

// Asset is the address of a file that goes with the pages.
func (p page) Asset(name string) string {
	if a := p.assets[name]; a != nil {
		return name + "?v=" + a.hash
	}
	return name
}

// TierClass is the class that colours a tier: by rank, for any names.
func (p page) TierClass(tier string) string {
	return fmt.Sprintf("tier-%d", slices.Index(p.Tiers, tier))
}

// Draw is a chart as an svg element, with numbers as the reader writes them.
func (p page) Draw(c *chart.Chart) string { return c.In(p.locale).SVG() }

// Table is a chart as a table of readable numbers.
func (p page) Table(c *chart.Chart) map[string]any {
	head, rows := c.Table(func(v float64, percent bool) string {
		if percent {
			return p.P(v)
		}
		return p.N(v)
	})
	cut := 0
	const most = 60
	if len(rows) > most {
		cut = len(rows) - most
		rows = rows[:most]
	}
	return map[string]any{"Head": head, "Rows": rows, "Cut": cut}
}

// show writes a page.
func (s *Site) show(w http.ResponseWriter, r *http.Request, status int, name, titleKey string, data any) {
	l := s.locales.of(r)
	p := page{locale: l, Nav: name, User: about(r).user, Bundled: s.bundled, assets: s.assets, Data: data}
	p.Title = l.T(titleKey)
	if titled, ok := data.(interface{ title() string }); ok {
		p.Title = titled.title()
	}
	if world := s.world.Load(); world != nil {
		p.Tiers = world.Set.Tiers
	}
	if f := s.fellBack.Load(); f != nil {
		p.FellBack = l.T("models.fallback", f.Bad, f.Good, f.Reason)
	}
	if id := lastResult(r); id != "" {
		p.Mine = "/result/" + id
	}
	var b bytes.Buffer
	if err := s.pages[name].Execute(&b, p); err != nil {
		s.log.Error("a page cannot be made", "page", name, "error", err, "request", about(r).id)
		http.Error(w, l.T("error.500"), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", l.Lang)
	w.WriteHeader(status)
	_, _ = b.WriteTo(w)
}

func (s *Site) t(r *http.Request, key string, args ...any) string {
	return s.locales.of(r).T(key, args...)
}

// A problem is an error that its reader can do something about.
type problem struct {
	Status  int    `json:"-"`
	Message string `json:"error"`
	Field   string `json:"field,omitempty"`
	Row     *int   `json:"row,omitempty"`
}

// Error is the message.
func (p problem) Error() string { return p.Message }

// wantsJSON tells whether the answer is for a program.
func wantsJSON(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/api/") || strings.Contains(r.Header.Get("Accept"), "application/json")
}

// fail answers with an error. What is no problem for the reader is logged, and
// told in general.
func (s *Site) fail(w http.ResponseWriter, r *http.Request, status int, err error) {
	var p problem
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &p):
		if p.Status != 0 {
			status = p.Status
		}
	case errors.As(err, &tooLarge):
		status = http.StatusRequestEntityTooLarge
		p.Message = s.t(r, "error.413", float64(tooLarge.Limit)/1e6)
	case errors.Is(err, errNotFound), errors.Is(err, store.ErrNoModel):
		status = http.StatusNotFound
	case errors.Is(err, world.ErrNoCustomers):
		status, p.Message = http.StatusConflict, s.t(r, "empty.heading")+". "+s.t(r, "empty.lead")
	case errors.Is(err, errTooLong):
		status, p.Message = http.StatusConflict, s.t(r, "error.long")
	case err != nil && s.isDown(r, err):
		s.down(w, r, err)
		return
	case err != nil && r.Context().Err() != nil:
		status = 499 // the client went away
	case err != nil:
		s.log.Error("a request failed", "request", about(r).id, "route", about(r).route, "error", err)
	}
	if p.Message == "" {
		key := fmt.Sprintf("error.%d", status)
		if p.Message = s.t(r, key); strings.HasPrefix(p.Message, "[") {
			p.Message = s.t(r, "error.500")
		}
	}
	if wantsJSON(r) {
		writeJSON(w, status, p)
		return
	}
	s.show(w, r, status, "error", "error.title", map[string]any{"Status": status, "Message": p.Message, "ID": about(r).id})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	if err := encoder.Encode(v); err != nil {
		http.Error(w, `{"error":"the answer cannot be written"}`, http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = b.WriteTo(w)
}

// asset is a file that is the same for everybody.
type asset struct {
	data, zipped []byte
	kind, hash   string
}

func readAssets(bundle fs.FS) (map[string]*asset, error) {
	out := map[string]*asset{}
	add := func(prefix string, files fs.FS) error {
		return fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.HasPrefix(path.Base(name), ".") || strings.HasSuffix(name, ".gz") {
				return err
			}
			data, err := fs.ReadFile(files, name)
			if err != nil {
				return err
			}
			sum := sha256.Sum256(data)
			a := &asset{data: data, hash: base64.RawURLEncoding.EncodeToString(sum[:9]), kind: mime.TypeByExtension(path.Ext(name))}
			if path.Ext(name) == ".js" {
				a.kind = "text/javascript; charset=utf-8"
			}
			if a.kind == "" {
				a.kind = "text/plain; charset=utf-8"
			}
			if zipped, err := fs.ReadFile(files, name+".gz"); err == nil {
				a.zipped = zipped
			}
			out[prefix+name] = a
			return nil
		})
	}
	static, err := fs.Sub(staticFiles, "static")
	if err != nil {
		return nil, err
	}
	if err := add("/static/", static); err != nil {
		return nil, err
	}
	if bundle != nil {
		if err := add("/dist/", bundle); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return out, nil
}

// file serves an asset, for ever where its address holds its hash.
func (s *Site) file(w http.ResponseWriter, r *http.Request) {
	a := s.assets[r.URL.Path]
	if a == nil {
		s.fail(w, r, http.StatusNotFound, nil)
		return
	}
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("ETag", `"`+a.hash+`"`)
	h.Set("Vary", "Accept-Encoding")
	h.Set("Cache-Control", "public, max-age=300")
	if r.URL.Query().Get("v") == a.hash {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if r.Header.Get("If-None-Match") == `"`+a.hash+`"` {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	data := a.data
	if a.zipped != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		data = a.zipped
	}
	_, _ = w.Write(data)
}

func (s *Site) icon(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, "/static/icon.svg", http.StatusMovedPermanently)
}

// Handler is the whole app.
func (s *Site) Handler() http.Handler {
	mux := http.NewServeMux()
	route := func(pattern string, h http.HandlerFunc) {
		h = s.stored(pattern, h)
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			about(r).route = pattern
			// A form or a question is small; uploads raise their own limit.
			if r.Body != nil && pattern != "POST /upload" && pattern != "POST /api/v1/predict" {
				r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
			}
			if r.Method == http.MethodPost && pattern != "POST /upload" && !strings.HasPrefix(r.URL.Path, "/api/") {
				if err := r.ParseForm(); err != nil {
					var tooLarge *http.MaxBytesError
					if !errors.As(err, &tooLarge) {
						err = problem{Message: s.t(r, "error.400")}
					}
					s.fail(w, r, http.StatusBadRequest, err)
					return
				}
			}
			h(w, r)
		})
	}
	// ready lets through once there is a model, with customers.
	ready := func(h func(http.ResponseWriter, *http.Request, *world.World)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if world := s.world.Load(); world != nil {
				h(w, r, world)
				return
			}
			if s.noCustomers.Load() {
				s.showEmpty(w, r)
				return
			}
			w.Header().Set("Retry-After", "2")
			s.fail(w, r, http.StatusServiceUnavailable, nil)
		}
	}
	// always is ready for what needs no customers.
	always := func(h func(http.ResponseWriter, *http.Request, *world.World)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if s.noCustomers.Load() {
				h(w, r, nil)
				return
			}
			ready(h)(w, r)
		}
	}
	route("GET /{$}", ready(s.home))
	route("POST /predict", s.limited(ready(s.predictForm)))
	route("GET /result/{id}", ready(s.result))
	route("POST /result/{id}", s.limited(ready(s.askResult)))
	route("POST /upload", ready(s.upload))
	route("GET /upload/{id}", ready(s.uploaded))
	route("GET /upload/{id}/scored.csv", ready(s.scored))
	route("GET /charts", ready(s.charts))
	route("GET /charts/{file}", ready(s.chartFile))
	route("GET /explore", ready(s.explore))
	route("GET /explore/table", ready(s.exploreTable))
	route("GET /explore/{id}", ready(s.exploreSaved))
	route("POST /explore", s.limited(ready(s.exploreSave)))
	route("POST /explore/{id}/delete", always(s.exploreDelete))
	route("GET /chat", ready(s.chat))
	route("POST /chat", s.limited(ready(s.chatNew)))
	route("GET /chat/{id}", ready(s.chatShow))
	route("POST /chat/{id}", s.limited(ready(s.chatSay)))
	route("POST /chat/{id}/rename", ready(s.chatRename))
	route("POST /chat/{id}/delete", always(s.chatDelete))
	route("GET /chat/{id}/export.md", ready(s.chatExport))
	route("GET /models", ready(s.models))
	route("GET /models/{version}/file", always(s.modelFile))
	route("POST /models/{version}/activate", ready(s.modelActivate))
	route("POST /models/rollback", ready(s.modelRollback))
	route("POST /models/retrain", ready(s.modelRetrain))
	route("POST /models/cancel", always(s.modelCancel))
	route("POST /customers/forget", always(s.forgetForm))
	s.api(route, ready, always)
	route("GET /static/{file}", s.file)
	route("GET /dist/{file}", s.file)
	route("GET /favicon.ico", s.icon)
	route("GET /robots.txt", func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "User-agent: *\nDisallow: /\n") })
	route("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		answer := map[string]string{"status": "ok"}
		if s.cfg.Serves(r.Host) {
			answer["version"] = s.cfg.Version
		}
		writeJSON(w, http.StatusOK, answer)
	})
	route("GET /readyz", s.readyz)
	route("GET /metrics", s.metrics.handler().ServeHTTP)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		// A known address with another method, or none at all.
		for _, m := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
			probe := r.Clone(r.Context())
			probe.Method = m
			if _, pattern := mux.Handler(probe); pattern != "" && pattern != "/" && m != r.Method {
				w.Header().Set("Allow", m)
				s.fail(w, r, http.StatusMethodNotAllowed, nil)
				return
			}
		}
		s.fail(w, r, http.StatusNotFound, nil)
	})
	forged := http.NewCrossOriginProtection()
	forged.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, http.StatusForbidden, problem{Message: s.t(r, "error.forged")})
	}))
	return s.identify(s.observe(s.harden(s.named(s.signIn(forged.Handler(mux))))))
}

func (s *Site) readyz(w http.ResponseWriter, r *http.Request) {
	if s.world.Load() == nil && !s.noCustomers.Load() || s.ctx.Err() != nil {
		writeJSON(w, http.StatusServiceUnavailable, map[string]string{"status": "not ready"})
		return
	}
	if err := s.writing.check(r.Context()); err != nil {
		s.log.Error("the database does not answer", "error", err)
		status := "the database does not answer"
		if errors.Is(err, store.ErrLocked) || s.reading.check(r.Context()) == nil {
			status = "the database is locked"
		}
		w.Header().Set("Retry-After", downFor)
		writeJSON(w, http.StatusServiceUnavailable, map[string]string{"status": status})
		return
	}
	answer := map[string]string{"status": "ready"}
	if s.noCustomers.Load() {
		answer["status"] = "no customers"
	}
	if s.cfg.Serves(r.Host) {
		answer["version"] = s.cfg.Version
	}
	writeJSON(w, http.StatusOK, answer)
}

// lastCookie holds the address of the reader's last result.
const lastCookie = "last"

func lastResult(r *http.Request) string {
	c, err := r.Cookie(lastCookie)
	if err != nil || !validID(c.Value) {
		return ""
	}
	return c.Value
}

func setLastResult(w http.ResponseWriter, r *http.Request, id string) {
	http.SetCookie(w, &http.Cookie{Name: lastCookie, Value: id, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: about(r).secure, MaxAge: 86400})
}

// explain gives the explanation of one customer.
func explain(w *world.World, row []float64) (*insight.Explanation, error) {
	return w.Explainer.Explain(row)
}
