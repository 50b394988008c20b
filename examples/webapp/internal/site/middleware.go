package site

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"log/slog"
	"math"
	"net/http"
	"net/netip"
	"regexp"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/customer-personality/segmentation/internal/web"
)

// requestInfo is what is known of a request beside what net/http knows.
type requestInfo struct {
	id     string
	client netip.Addr
	secure bool   // whether the client's connection is encrypted
	user   string // who signed in; empty where nobody has to
	route  string
	// proxy is the one that named the client, where it is trusted as one of
	// a network and not by its own address.
	proxy netip.Addr
}

type requestInfoKey struct{}

func infoOf(r *http.Request) *requestInfo {
	if a, ok := r.Context().Value(requestInfoKey{}).(*requestInfo); ok {
		return a
	}
	return &requestInfo{}
}

// userOf is the user for the audit log.
func userOf(r *http.Request) string {
	if a := infoOf(r); a.user != "" {
		return a.user
	}
	return anonymous
}

// anonymous is who is not signed in.
const anonymous = "anonymous"

var requestID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// identify finds out who asks, through trusted proxies.
func (s *Site) identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := &requestInfo{secure: r.TLS != nil}
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		if err == nil {
			a.client = peer.Addr().Unmap()
		}
		if trust, single := s.cfg.Trusted.Trust(a.client); trust {
			if requestID.MatchString(r.Header.Get("X-Request-Id")) {
				a.id = r.Header.Get("X-Request-Id")
			}
			if r.Header.Get("X-Forwarded-Proto") == "https" {
				a.secure = true
			}
			proxy := a.client
			a.client = s.cfg.Trusted.Client(proxy, r.Header.Values("X-Forwarded-For"))
			if !single && !proxy.IsLoopback() && a.client != proxy {
				a.proxy = proxy
			}
			if s.cfg.UserHeader != "" {
				a.user = r.Header.Get(s.cfg.UserHeader)
			}
		} else if a.client.IsLoopback() && r.Header.Get("X-Forwarded-For") != "" {
			s.unnamed.Do(func() {
				s.log.Warn("requests come through a proxy on this machine that -trusted does not name: all of its clients count as this machine, which is not limited")
			})
		}
		if a.id == "" {
			a.id = web.NewID()[:16]
		}
		w.Header().Set("X-Request-Id", a.id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestInfoKey{}, a)))
	})
}

// observe logs and counts every request, and answers for a handler that
// panics. Addresses are logged without what is behind the question mark, which
// may hold a customer's figures.
func (s *Site) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		out := &web.StatusWriter{ResponseWriter: w}
		defer func() {
			a := infoOf(r)
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler {
					panic(p)
				}
				s.log.Error("a handler panicked", "request", a.id, "panic", p, "stack", string(debug.Stack()))
				if out.Status == 0 {
					s.fail(out, r, refuse(http.StatusInternalServerError, "", ""))
				}
			}
			if out.Status == 0 {
				out.Status = http.StatusOK
			}
			route := a.route
			if route == "" {
				route = "none"
			}
			took := time.Since(start)
			s.metrics.requests.WithLabelValues(route, method(r.Method), strconv.Itoa(out.Status)).Inc()
			s.metrics.seconds.WithLabelValues(route).Observe(took.Seconds())
			level := slog.LevelInfo
			switch {
			case out.Status >= 500:
				level = slog.LevelError
			case route == "GET /healthz" || route == "GET /readyz" || route == "GET /metrics":
				level = slog.LevelDebug
			}
			s.log.Log(r.Context(), level, "request", "request", a.id, "method", r.Method, "route", route, "status", out.Status, "bytes", out.Bytes, "ms", float64(took.Microseconds())/1000, "client", a.client.String(), "user", a.user)
		}()
		s.metrics.running.Inc()
		defer s.metrics.running.Dec()
		next.ServeHTTP(out, r)
	})
}

func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodDelete, http.MethodPut, http.MethodOptions:
		return m
	}
	return "other"
}

// policy is the Content-Security-Policy of all pages but the chart maker.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// makerPolicy is that of the chart maker, which writes style elements and
// computes in workers that it makes from its own code.
const makerPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; font-src 'self' data:; worker-src 'self' blob:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// harden sets the headers that make browsers careful.
func (s *Site) harden(next http.Handler) http.Handler {
	return s.handler(func(w http.ResponseWriter, r *http.Request) error {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), interest-cohort=()")
		h.Set("X-Frame-Options", "DENY")
		// Pages hold figures of people: nothing between here and the browser
		// may keep them. Files that are the same for everybody say otherwise.
		h.Set("Cache-Control", "no-store")
		if infoOf(r).secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		if r.Header.Get("Content-Encoding") != "" {
			return refuse(http.StatusUnsupportedMediaType, "", "error.encoding")
		}
		next.ServeHTTP(w, r)
		return nil
	})
}

// isHealthCheck reports whether an address only says whether the app is well. It is
// answered under every host and without signing in, since the check of a
// container asks by an address that nobody knew before.
func isHealthCheck(path string) bool { return path == "/healthz" || path == "/readyz" }

// checkHost refuses requests for another host, and from the pages of another one.
func (s *Site) checkHost(next http.Handler) http.Handler {
	return s.handler(func(w http.ResponseWriter, r *http.Request) error {
		switch {
		case isHealthCheck(r.URL.Path):
		case !s.cfg.Serves(r.Host):
			name := cleanText(r.Host, 80)
			s.log.Warn("a request for another host was refused; -host names those that are served", "request", infoOf(r).id, "host", name)
			return refuse(http.StatusMisdirectedRequest, "", "error.host", name)
		case !web.SameOrigin(r):
			return refuse(http.StatusForbidden, "", "error.forged")
		}
		next.ServeHTTP(w, r)
		return nil
	})
}

// signIn lets only those in who may.
func (s *Site) signIn(next http.Handler) http.Handler {
	if !s.cfg.signsIn() {
		return next
	}
	user, password := sha256.Sum256([]byte(s.cfg.User)), sha256.Sum256([]byte(s.cfg.Password))
	return s.handler(func(w http.ResponseWriter, r *http.Request) error {
		a := infoOf(r)
		if isHealthCheck(r.URL.Path) {
			next.ServeHTTP(w, r)
			return nil
		}
		if a.user == "" && s.cfg.User != "" {
			if u, p, ok := r.BasicAuth(); ok {
				gotUser, gotPassword := sha256.Sum256([]byte(u)), sha256.Sum256([]byte(p))
				compared := false
				device := s.signIns.Device(r, s.cfg.User)
				ok, wait := s.signIns.Guess(u, a.client, device, func() bool {
					compared = true
					return subtle.ConstantTimeCompare(gotUser[:], user[:])&subtle.ConstantTimeCompare(gotPassword[:], password[:]) == 1
				})
				switch {
				case ok:
					a.user = u
					if device == "" {
						s.signIns.Remember(w, u, a.secure)
					}
				case compared:
					s.refused(r, u)
				default:
					w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
					return refuse(http.StatusTooManyRequests, "", "error.guesses")
				}
			}
		}
		if a.user == "" {
			if s.cfg.User != "" {
				w.Header().Set("WWW-Authenticate", `Basic realm="segmentation", charset="UTF-8"`)
			}
			return refuse(http.StatusUnauthorized, "", "")
		}
		next.ServeHTTP(w, r)
		return nil
	})
}

// refused notes a wrong password. Of the names that are tried only the one that
// there is is kept: another may be a password in the wrong field.
func (s *Site) refused(r *http.Request, name string) {
	if name != s.cfg.User {
		name = anonymous
	}
	s.log.Warn("a sign-in was refused", "request", infoOf(r).id, "client", infoOf(r).client.String())
	ctx, cancel := context.WithTimeout(r.Context(), readFor)
	defer cancel()
	if err := s.records.audit(ctx, name, didSignIn, auditDetail{From: infoOf(r).client.String()}); err != nil {
		s.log.Error("the audit log cannot be written", "error", err)
	}
}

// limited answers 429 to those who ask too often. Clients on this machine are
// not limited, but behind a proxy everybody counts by the address that it names.
func (s *Site) limited(next handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		a := infoOf(r)
		// A whole network is not believed when it names other clients: a proxy
		// in it has the limit of one client, whoever it asks for.
		if !a.client.IsLoopback() && !s.limits.Allow(a.client) || a.proxy.IsValid() && !s.limits.Allow(a.proxy) {
			w.Header().Set("Retry-After", "1")
			return refuse(http.StatusTooManyRequests, "", "")
		}
		return next(w, r)
	}
}
