package site

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/customer-personality/segmentation/examples/webapp/internal/snapshot"
	"github.com/customer-personality/segmentation/store"
)

// A route is the pattern of an address, what answers it, and how that uses the
// database.
type route struct {
	pattern string
	handle  handler
	db      dbUse
}

// dbUse says how a handler uses the database: how long it may wait for it.
type dbUse int

const (
	readsDB    dbUse = iota // for readFor
	computesDB              // something of all customers first: for workFor
	streamsDB               // for as long as the client's line needs
	noDB                    // answers from the model and the customers in memory
)

// routes returns the addresses of the app.
func (s *Site) routes() []route {
	return []route{
		{"GET /{$}", s.ready(s.home), noDB},
		{"POST /predict", s.limited(s.ready(s.predictForm)), computesDB},
		{"GET /result/{id}", s.ready(s.result), computesDB},
		{"POST /result/{id}", s.limited(s.ready(s.askResult)), computesDB},
		{"POST /upload", s.ready(s.upload), streamsDB},
		{"GET /upload/{id}", s.ready(s.uploaded), noDB},
		{"GET /upload/{id}/scored.csv", s.ready(s.scored), streamsDB},
		{"GET /charts", s.ready(s.charts), noDB},
		{"GET /charts/{file}", s.ready(s.chartFile), computesDB},
		{"GET /explore", s.ready(s.explore), readsDB},
		{"GET /explore/table", s.ready(s.exploreTable), readsDB},
		{"GET /explore/{id}", s.ready(s.exploreSaved), readsDB},
		{"POST /explore", s.limited(s.ready(s.exploreSave)), readsDB},
		{"POST /explore/{id}/delete", s.always(s.exploreDelete), readsDB},
		{"GET /chat", s.ready(s.chat), computesDB},
		{"POST /chat", s.limited(s.ready(s.chatNew)), computesDB},
		{"GET /chat/{id}", s.ready(s.chatShow), computesDB},
		{"POST /chat/{id}", s.limited(s.ready(s.chatSay)), computesDB},
		{"POST /chat/{id}/rename", s.ready(s.chatRename), readsDB},
		{"POST /chat/{id}/delete", s.always(s.chatDelete), readsDB},
		{"GET /chat/{id}/export.md", s.ready(s.chatExport), computesDB},
		{"GET /models", s.ready(s.models), readsDB},
		{"GET /models/{version}/file", s.always(s.modelFile), readsDB},
		{"POST /models/{version}/activate", s.ready(s.modelActivate), readsDB},
		{"POST /models/rollback", s.ready(s.modelRollback), readsDB},
		{"POST /models/retrain", s.ready(s.modelRetrain), readsDB},
		{"POST /models/cancel", s.always(s.modelCancel), noDB},
		{"POST /customers/forget", s.always(s.forgetForm), readsDB},
		{"GET /static/{file}", s.file, noDB},
		{"GET /dist/{file}", s.file, noDB},
		{"GET /favicon.ico", s.icon, noDB},
		{"GET /robots.txt", s.robots, noDB},
		{"GET /healthz", s.healthz, noDB},
		{"GET /readyz", s.readyz, noDB},
		{"GET /metrics", s.metrics.serve, noDB},
		{"GET /api/v1/openapi.json", s.apiDescription, noDB},
		{"POST /api/v1/predict", s.limited(s.ready(s.apiPredict)), noDB},
		{"POST /api/v1/ask", s.limited(s.ready(s.apiAsk)), noDB},
		{"GET /api/v1/profile", s.ready(s.apiProfile), noDB},
		{"GET /api/v1/customers", s.ready(s.apiCustomers), readsDB},
		{"GET /api/v1/customers/{id}", s.ready(s.apiCustomer), readsDB},
		{"DELETE /api/v1/customers/{id}", s.always(s.apiForget), readsDB},
		{"GET /api/v1/charts/{name}", s.ready(s.apiChart), noDB},
		{"GET /api/v1/models", s.always(s.apiModels), readsDB},
		{"GET /api/v1/audit", s.always(s.apiAudit), readsDB},
		{"POST /api/v1/models/{version}/activate", s.ready(s.modelActivate), readsDB},
		{"POST /api/v1/models/rollback", s.ready(s.modelRollback), readsDB},
		{"POST /api/v1/models/retrain", s.ready(s.apiRetrain), readsDB},
		{"GET /api/v1/models/retrain", s.apiTraining, noDB},
	}
}

// Handler returns the whole app.
func (s *Site) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, rt := range s.routes() {
		mux.Handle(rt.pattern, s.handler(s.routed(rt)))
	}
	mux.Handle("/", s.handler(func(w http.ResponseWriter, r *http.Request) error {
		// A known address with another method, or none at all.
		for _, m := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
			probe := r.Clone(r.Context())
			probe.Method = m
			if _, pattern := mux.Handler(probe); pattern != "" && pattern != "/" && m != r.Method {
				w.Header().Set("Allow", m)
				return refuse(http.StatusMethodNotAllowed, "", "")
			}
		}
		return errNotFound
	}))
	forged := http.NewCrossOriginProtection()
	forged.SetDenyHandler(s.handler(func(http.ResponseWriter, *http.Request) error {
		return refuse(http.StatusForbidden, "", "error.forged")
	}))
	return s.identify(s.observe(s.harden(s.checkHost(s.signIn(forged.Handler(mux))))))
}

// routed does what every route needs: the limits of its body, its form, and a
// database that answers in time.
func (s *Site) routed(rt route) handler {
	stored := s.stored(rt)
	return func(w http.ResponseWriter, r *http.Request) error {
		infoOf(r).route = rt.pattern
		// A form or a question is small; uploads raise their own limit.
		if r.Body != nil && rt.pattern != "POST /upload" && rt.pattern != "POST /api/v1/predict" {
			r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
		}
		if r.Method == http.MethodPost && rt.pattern != "POST /upload" && !strings.HasPrefix(r.URL.Path, "/api/") {
			if err := unreadBody(r.ParseForm(), ""); err != nil {
				return err
			}
		}
		return stored(w, r)
	}
}

// stored answers 503 instead of a handler that needs the database while that is
// gone or locked, and lets none wait for it for long.
func (s *Site) stored(rt route) handler {
	if rt.db == noDB {
		return rt.handle
	}
	return func(w http.ResponseWriter, r *http.Request) error {
		p, most := &s.reading, readFor
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			p = &s.writing
		}
		if rt.db == computesDB {
			most = workFor
		}
		if err := p.Do(r.Context()); err != nil {
			return fmt.Errorf("%w: %w", errDown, err)
		}
		if rt.db != streamsDB {
			ctx, cancel := context.WithTimeoutCause(r.Context(), most, errDown)
			defer cancel()
			r = r.WithContext(ctx)
		}
		return rt.handle(w, r)
	}
}

// snapshotHandler is a handler of what is about the customers.
type snapshotHandler func(http.ResponseWriter, *http.Request, *snapshot.Snapshot) error

// ready lets through once there is a model, with customers.
func (s *Site) ready(h snapshotHandler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if snap := s.snapshot.Load(); snap != nil {
			return h(w, r, snap)
		}
		if s.noCustomers.Load() {
			return s.showEmpty(w, r)
		}
		w.Header().Set("Retry-After", "2")
		return refuse(http.StatusServiceUnavailable, "", "")
	}
}

// always is ready for what needs no customers.
func (s *Site) always(h snapshotHandler) handler {
	ready := s.ready(h)
	return func(w http.ResponseWriter, r *http.Request) error {
		if s.noCustomers.Load() {
			return h(w, r, nil)
		}
		return ready(w, r)
	}
}

func (s *Site) file(w http.ResponseWriter, r *http.Request) error {
	if !s.assets.Serve(w, r) {
		return errNotFound
	}
	return nil
}

func (s *Site) icon(w http.ResponseWriter, r *http.Request) error {
	http.Redirect(w, r, "/static/icon.svg", http.StatusMovedPermanently)
	return nil
}

func (s *Site) robots(w http.ResponseWriter, _ *http.Request) error {
	_, _ = io.WriteString(w, "User-agent: *\nDisallow: /\n")
	return nil
}

func (s *Site) readyz(w http.ResponseWriter, r *http.Request) error {
	if s.snapshot.Load() == nil && !s.noCustomers.Load() || s.ctx.Err() != nil {
		return writeJSON(w, http.StatusServiceUnavailable, map[string]string{"status": "not ready"})
	}
	if err := s.writing.Do(r.Context()); err != nil {
		s.log.Error("the database does not answer", "error", err)
		status := "the database does not answer"
		if errors.Is(err, store.ErrLocked) || s.reading.Do(r.Context()) == nil {
			status = "the database is locked"
		}
		w.Header().Set("Retry-After", downFor)
		return writeJSON(w, http.StatusServiceUnavailable, map[string]string{"status": status})
	}
	if s.noCustomers.Load() {
		return s.well(w, r, "no customers")
	}
	return s.well(w, r, "ready")
}

func (s *Site) healthz(w http.ResponseWriter, r *http.Request) error { return s.well(w, r, "ok") }

// well answers a check of health; the version is only for hosts of the app.
func (s *Site) well(w http.ResponseWriter, r *http.Request, status string) error {
	answer := map[string]string{"status": status}
	if s.cfg.Serves(r.Host) {
		answer["version"] = s.cfg.Version
	}
	return writeJSON(w, http.StatusOK, answer)
}
