package site

import (
	"context"
	"log/slog"
	"math"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/customer-personality/segmentation/internal/service"
	"github.com/customer-personality/segmentation/internal/web"
)

// identify finds out who asks, through trusted proxies.
func (s *Site) identify(next handler) handler {
	return func(r *request) error {
		var proxied bool
		r.Sender, proxied = s.cfg.Trusted.Identify(r.Request, s.cfg.UserHeader)
		if !proxied && r.Client.IsLoopback() && r.Header.Get("X-Forwarded-For") != "" {
			s.unnamed.Do(func() {
				s.Log.Warn("requests come through a proxy on this machine that -trusted does not name: all of its clients count as this machine, which is not limited")
			})
		}
		r.w.Header().Set("X-Request-Id", r.ID)
		return next(r)
	}
}

// observe logs and counts every request, and answers for a handler that
// panics. Addresses are logged without what is behind the question mark, which
// may hold a customer's figures.
func (s *Site) observe(next handler) handler {
	return func(r *request) error {
		start := time.Now()
		out := &web.StatusWriter{ResponseWriter: r.w}
		r.w, r.route = out, "none"
		defer func() {
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler {
					panic(p)
				}
				s.Log.Error("a handler panicked", "request", r.ID, "panic", p, "stack", string(debug.Stack()))
				if out.Status == 0 {
					s.fail(r, refuse(http.StatusInternalServerError, "", ""))
				}
			}
			if out.Status == 0 {
				out.Status = http.StatusOK
			}
			took := time.Since(start)
			s.metrics.Requests.WithLabelValues(r.route, method(r.Method), strconv.Itoa(out.Status)).Inc()
			s.metrics.Seconds.WithLabelValues(r.route).Observe(took.Seconds())
			level := slog.LevelInfo
			switch {
			case out.Status >= 500:
				level = slog.LevelError
			case r.route == "GET /healthz" || r.route == "GET /readyz" || r.route == "GET /metrics":
				level = slog.LevelDebug
			}
			s.Log.Log(r.Context(), level, "request", "request", r.ID, "method", r.Method, "route", r.route, "status", out.Status, "bytes", out.Bytes, "ms", float64(took.Microseconds())/1000, "client", r.Client.String(), "user", r.User)
		}()
		s.metrics.Running.Inc()
		defer s.metrics.Running.Dec()
		s.answer(r, next)
		return nil
	}
}

// figures answers with those of the metrics.
func (s *Site) figures(r *request) error {
	s.metrics.ServeHTTP(r.w, r.Request)
	return nil
}

func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodDelete, http.MethodPut, http.MethodOptions:
		return m
	}
	return "other"
}

// harden sets the headers that make browsers careful.
func (s *Site) harden(next handler) handler {
	return func(r *request) error {
		web.Harden(r.w.Header(), r.Secure)
		if r.Header.Get("Content-Encoding") != "" {
			return refuse(http.StatusUnsupportedMediaType, "", "error.encoding")
		}
		return next(r)
	}
}

// isHealthCheck reports whether an address only says whether the app is well. It is
// answered under every host and without signing in, since the check of a
// container asks by an address that nobody knew before.
func isHealthCheck(path string) bool { return path == "/healthz" || path == "/readyz" }

// checkHost refuses requests for another host, and from the pages of another one.
func (s *Site) checkHost(next handler) handler {
	return func(r *request) error {
		switch {
		case isHealthCheck(r.URL.Path):
		case !s.cfg.Serves(r.Host):
			name := web.CleanText(r.Host, 80)
			s.Log.Warn("a request for another host was refused; -host names those that are served", "request", r.ID, "host", name)
			return refuse(http.StatusMisdirectedRequest, "", "error.host", name)
		case !web.SameOrigin(r.Request):
			return errForged
		}
		return next(r)
	}
}

var errForged = refuse(http.StatusForbidden, "", "error.forged")

// signIn lets only those in who may.
func (s *Site) signIn(next handler) handler {
	return func(r *request) error {
		// With accounts each route asks who may, see prepared.
		if s.accounts != nil || !s.cfg.signsIn() || isHealthCheck(r.URL.Path) || r.User != "" {
			return next(r)
		}
		if s.cfg.User != "" {
			ok, compared, wait := s.signIns.SignIn(r.w, r.Request, r.Sender, s.cfg.User, s.cfg.Password)
			switch {
			case ok:
				r.User = s.cfg.User
				return next(r)
			case compared:
				s.refused(r)
			case wait > 0:
				return refuse(http.StatusTooManyRequests, "", "error.guesses").after(strconv.Itoa(int(math.Ceil(wait.Seconds()))))
			}
			r.w.Header().Set("WWW-Authenticate", `Basic realm="segmentation", charset="UTF-8"`)
		}
		return refuse(http.StatusUnauthorized, "", "")
	}
}

// refused notes a wrong password. Of the names that are tried only the one that
// there is is kept: another may be a password in the wrong field.
func (s *Site) refused(r *request) {
	name, _, _ := r.BasicAuth()
	if name != s.cfg.User {
		name = anonymous
	}
	s.Log.Warn("a sign-in was refused", "request", r.ID, "client", r.Client.String())
	ctx, cancel := context.WithTimeout(r.Context(), service.ReadFor)
	defer cancel()
	if err := s.Records.Audit(ctx, name, didSignIn, service.AuditDetail{From: r.Client.String()}); err != nil {
		s.Log.Error("the audit log cannot be written", "error", err)
	}
}

// limited answers 429 to those who ask too often. Clients on this machine are
// not limited, but behind a proxy everybody counts by the address that it names.
func (s *Site) limited(next handler) handler {
	return func(r *request) error {
		// A whole network is not believed when it names other clients: a proxy
		// in it has the limit of one client, whoever it asks for.
		if !r.Client.IsLoopback() && !s.limits.Allow(r.Client) || r.Via.IsValid() && !s.limits.Allow(r.Via) {
			return refuse(http.StatusTooManyRequests, "", "").after("1")
		}
		return next(r)
	}
}
