package site

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/customer-personality/segmentation/internal/accounts"
	"github.com/customer-personality/segmentation/internal/service"
	"github.com/customer-personality/segmentation/internal/web"
	"github.com/customer-personality/segmentation/store"
)

// A route is the pattern of an address, what answers it, how that uses the
// database, and the least role that it is open to: admins where it names none.
type route struct {
	pattern string
	handle  handler
	db      dbUse
	access  accounts.Access
}

// Those to whom a route is open.
const (
	admin   = accounts.ForAdmins
	analyst = accounts.ForAnalysts
	viewer  = accounts.ForViewers
	anybody = accounts.ForAll
)

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
	return append(s.accountRoutes(), []route{
		{"GET /{$}", s.ready(s.home), noDB, viewer},
		{"POST /predict", s.limited(s.ready(s.predictForm)), computesDB, analyst},
		{"POST /predict/check", s.ready(answers(s.checkForm)), noDB, viewer},
		{"GET /results", s.ready(s.results), readsDB, viewer},
		{"GET /result/{id}", s.ready(s.result), computesDB, viewer},
		{"POST /result/{id}", s.limited(s.ready(s.converse(service.KindResult, "/result/"))), computesDB, analyst},
		{"POST /upload", s.ready(s.upload), streamsDB, analyst},
		{"GET /upload/{id}", s.any(s.uploaded), noDB, analyst},
		{"GET /upload/{id}/scored.csv", s.any(s.scored), streamsDB, analyst},
		{"GET /data", s.any(s.data), readsDB, viewer},
		{"POST /data", s.any(s.bring), streamsDB, analyst},
		{"POST /data/use", s.any(form(s.switchData)), readsDB, viewer},
		{"GET /data/{id}", s.any(s.dataShow), readsDB, analyst},
		{"POST /data/{id}", s.any(s.dataTrain), readsDB, analyst},
		{"POST /data/{id}/delete", s.any(form(s.dataDrop)), readsDB, admin},
		{"GET /segments/{file}", s.ready(s.list), computesDB, analyst},
		{"POST /segments/{file}", s.ready(s.segmentForm), computesDB, analyst},
		{"GET /lists/{file}", s.any(s.campaignList), computesDB, analyst},
		{"GET /template.csv", s.ready(s.template), noDB, viewer},
		{"GET /columns.csv", s.ready(s.columnList), noDB, viewer},
		{"GET /charts", s.ready(s.charts), noDB, viewer},
		{"GET /charts/{file}", s.ready(s.chartFile), computesDB, viewer},
		{"GET /report.pdf", s.limited(s.ready(s.report)), noDB, viewer},
		{"GET /explore", s.ready(s.explore), readsDB, viewer},
		{"GET /explore/table", s.ready(s.exploreTable), readsDB, analyst},
		{"GET /explore/{id}", s.ready(s.exploreSaved), readsDB, viewer},
		{"POST /explore", s.limited(s.ready(form(s.exploreSave))), readsDB, analyst},
		{"POST /explore/{id}/delete", s.always(s.removing((*service.Records).RemoveChart, didDropChart, "/explore")), readsDB, analyst},
		{"GET /chat", s.ready(s.chat), computesDB, viewer},
		{"POST /chat", s.limited(s.ready(form(s.chatNew))), computesDB, analyst},
		{"GET /chat/{id}", s.ready(s.chatShow), computesDB, viewer},
		{"POST /chat/{id}", s.limited(s.ready(s.converse(service.KindChat, "/chat/"))), computesDB, analyst},
		{"POST /chat/{id}/rename", s.ready(form(s.chatRename)), readsDB, analyst},
		{"POST /chat/{id}/delete", s.always(s.removing((*service.Records).RemoveConversation, didDropChat, "/chat")), readsDB, analyst},
		{"GET /chat/{id}/export.md", s.ready(s.chatExport), computesDB, viewer},
		{"GET /models", s.ready(s.models), readsDB, viewer},
		{"GET /models/{version}/file", s.always(s.modelFile), readsDB, analyst},
		{"GET /models/{version}/compare", s.ready(s.compare), computesDB, viewer},
		{"GET /models/{version}/{file}", s.ready(s.movers), computesDB, analyst},
		{"POST /models/{version}/activate", s.ready(changes(s.activate, "activated")), readsDB, admin},
		{"POST /models/rollback", s.ready(changes(s.rollback, "rolled-back")), readsDB, admin},
		{"POST /models/retrain", s.ready(form(s.modelRetrain)), readsDB, analyst},
		{"POST /models/cancel", s.always(form(s.modelCancel)), noDB, analyst},
		{"POST /customers/forget", s.always(s.forgetForm), readsDB, admin},
		{"GET /static/{file}", s.file, noDB, anybody},
		{"GET /dist/{file}", s.file, noDB, anybody},
		{"GET /favicon.ico", s.icon, noDB, anybody},
		{"GET /robots.txt", s.robots, noDB, anybody},
		{"GET /healthz", s.healthz, noDB, anybody},
		{"GET /readyz", s.readyz, noDB, anybody},
		{"GET /metrics", s.figures, noDB, viewer},
		{"GET /api/v1/openapi.json", s.apiDescription, noDB, viewer},
		{"POST /api/v1/predict", s.limited(s.ready(answers(s.apiPredict))), noDB, analyst},
		{"POST /api/v1/ask", s.limited(s.ready(answers(s.apiAsk))), noDB, analyst},
		{"GET /api/v1/data", answers(s.apiData), readsDB, viewer},
		{"GET /api/v1/profile", s.ready(answers(s.apiProfile)), noDB, viewer},
		{"GET /api/v1/segments/{tier}", s.ready(answers(s.apiSegment)), readsDB, viewer},
		{"GET /api/v1/customers", s.ready(answers(s.apiCustomers)), readsDB, analyst},
		{"GET /api/v1/customers/{id}", s.ready(answers(s.apiCustomer)), readsDB, analyst},
		{"DELETE /api/v1/customers/{id}", s.always(answers(s.apiForget)), readsDB, admin},
		{"GET /api/v1/charts/{name}", s.ready(answers(s.apiChart)), noDB, viewer},
		{"GET /api/v1/models", s.always(answers(s.apiModels)), readsDB, viewer},
		{"GET /api/v1/audit", s.always(answers(s.apiAudit)), readsDB, admin},
		{"POST /api/v1/models/{version}/activate", s.ready(changes(s.activate, "activated")), readsDB, admin},
		{"POST /api/v1/models/rollback", s.ready(changes(s.rollback, "rolled-back")), readsDB, admin},
		{"POST /api/v1/models/retrain", s.ready(s.apiRetrain), readsDB, analyst},
		{"GET /api/v1/models/retrain", answers(s.apiTraining), noDB, viewer},
	}...)
}

// Handler returns the whole app.
func (s *Site) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, rt := range s.routes() {
		mux.Handle(rt.pattern, s.routed(s.prepared(rt)))
	}
	mux.Handle("/", s.routed(func(r *request) error {
		// A known address with another method, or none at all.
		for _, m := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
			probe := r.Clone(r.Context())
			probe.Method = m
			if _, pattern := mux.Handler(probe); pattern != "" && pattern != "/" && m != r.Method {
				r.w.Header().Set("Allow", m)
				return refuse(http.StatusMethodNotAllowed, "", "")
			}
		}
		return errNotFound
	}))
	forged := http.NewCrossOriginProtection()
	return s.enter(s.identify(s.observe(s.harden(s.checkHost(s.signIn(func(r *request) error {
		if forged.Check(r.Request) != nil {
			return errForged
		}
		if !r.api() && web.ChooseLanguage(r.w, r.Request, s.locales.names, r.Secure) {
			return nil
		}
		plain := r.w
		compressed, done := web.Compress(plain, r.Request)
		defer func() { done(); r.w = plain }()
		r.w = compressed
		mux.ServeHTTP(r.w, r.Request)
		return nil
	}))))))
}

// prepared does what every route needs: the limits of its body, its form, and a
// database that answers in time.
func (s *Site) prepared(rt route) handler {
	stored := s.stored(rt)
	return func(r *request) error {
		r.route = rt.pattern
		var err error
		if r.who, err = s.accounts.Let(r.w, r.Request, r.Secure, r.wantsJSON(), rt.access); err != nil {
			return err
		}
		r.User = cmp.Or(r.who.Name, r.User)
		// A form or a question is small; uploads raise their own limit.
		if r.Body != nil && !takesFiles(rt.pattern) && rt.pattern != "POST /api/v1/predict" {
			r.Body = http.MaxBytesReader(r.w, r.Body, 1<<20)
		}
		if r.Method == http.MethodPost && !takesFiles(rt.pattern) && !r.api() {
			if err := unreadBody(r.ParseForm(), ""); err != nil {
				return err
			}
		}
		return stored(r)
	}
}

// takesFiles reports whether a route reads its form by itself.
func takesFiles(pattern string) bool { return pattern == "POST /upload" || pattern == "POST /data" }

// stored answers 503 instead of a handler that needs the database while that is
// gone or locked, and lets none wait for it for long.
func (s *Site) stored(rt route) handler {
	if rt.db == noDB {
		return rt.handle
	}
	return func(r *request) error {
		p, most := &s.reading, service.ReadFor
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			p = &s.writing
		}
		if rt.db == computesDB {
			most = service.WorkFor
		}
		if err := p.Do(r.Context()); err != nil {
			return fmt.Errorf("%w: %w", service.ErrDown, err)
		}
		if rt.db != streamsDB {
			whole := r.Request
			ctx, cancel := context.WithTimeoutCause(r.Context(), most, service.ErrDown)
			defer func() { cancel(); r.Request = whole }()
			r.Request = r.WithContext(ctx)
		}
		return rt.handle(r)
	}
}

// ready lets through once there is a model, with customers.
func (s *Site) ready(h handler) handler {
	return func(r *request) error {
		if err := s.choose(r); err != nil {
			return err
		}
		if err := s.loadOf(r); err != nil {
			return err
		}
		switch {
		case r.snap != nil:
			return h(r)
		case r.set.ID != "":
			return s.untrained(r)
		case s.NoCustomers.Load():
			return s.showEmpty(r)
		}
		return errNotReady
	}
}

// errNotReady means that there is no model yet.
var errNotReady = refuse(http.StatusServiceUnavailable, "", "").after("2")

// any lets through whether there is a model or not, with what is in memory of it.
func (s *Site) any(h handler) handler {
	return func(r *request) error {
		if err := s.choose(r); err != nil {
			return err
		}
		return h(r)
	}
}

// untrained answers for a dataset that has no model yet: pages lead to where one is
// trained.
func (s *Site) untrained(r *request) error {
	if r.wantsJSON() {
		return refuse(http.StatusConflict, "data", "data.untrained")
	}
	return r.redirect("/data/" + r.set.ID)
}

// always is any, once the app is ready.
func (s *Site) always(h handler) handler {
	return s.any(func(r *request) error {
		if s.Snapshot.Load() == nil && !s.NoCustomers.Load() {
			return errNotReady
		}
		return h(r)
	})
}

func (s *Site) file(r *request) error {
	if !s.assets.Serve(r.w, r.Request) {
		return errNotFound
	}
	return nil
}

func (s *Site) icon(r *request) error {
	http.Redirect(r.w, r.Request, "/static/icon.svg", http.StatusMovedPermanently)
	return nil
}

func (s *Site) robots(r *request) error {
	_, _ = io.WriteString(r.w, "User-agent: *\nDisallow: /\n")
	return nil
}

func (s *Site) readyz(r *request) error {
	down := func(status string) error {
		return r.json(http.StatusServiceUnavailable, map[string]string{"status": status})
	}
	if s.Snapshot.Load() == nil && !s.NoCustomers.Load() || s.Ended() {
		return down("not ready")
	}
	if err := s.writing.Do(r.Context()); err != nil {
		s.Log.Error("the database does not answer", "error", err)
		r.w.Header().Set("Retry-After", downFor)
		if errors.Is(err, store.ErrLocked) || s.reading.Do(r.Context()) == nil {
			return down("the database is locked")
		}
		return down("the database does not answer")
	}
	if s.NoCustomers.Load() {
		return s.well(r, "no customers")
	}
	return s.well(r, "ready")
}

func (s *Site) healthz(r *request) error { return s.well(r, "ok") }

// well answers a check of health; the version is only for hosts of the app.
func (s *Site) well(r *request, status string) error {
	answer := map[string]string{"status": status}
	if s.cfg.Serves(r.Host) {
		answer["version"] = s.cfg.Version
	}
	return r.json(http.StatusOK, answer)
}
