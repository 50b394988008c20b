package site

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"log/slog"
	"net/http"
	"net/netip"
	"regexp"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// asked is what is known of a request beside what net/http knows.
type asked struct {
	id     string
	client netip.Addr
	secure bool   // whether the client's connection is encrypted
	user   string // who signed in; empty where nobody has to
	route  string
}

type askedKey struct{}

func about(r *http.Request) *asked {
	if a, ok := r.Context().Value(askedKey{}).(*asked); ok {
		return a
	}
	return &asked{}
}

// who is the user for the audit log.
func who(r *http.Request) string {
	if a := about(r); a.user != "" {
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
		a := &asked{secure: r.TLS != nil}
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		if err == nil {
			a.client = peer.Addr().Unmap()
		}
		if s.trusted(a.client) {
			if requestID.MatchString(r.Header.Get("X-Request-Id")) {
				a.id = r.Header.Get("X-Request-Id")
			}
			if r.Header.Get("X-Forwarded-Proto") == "https" {
				a.secure = true
			}
			// The last address that no trusted proxy has.
			hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
			for i := len(hops) - 1; i >= 0; i-- {
				hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
				if err != nil {
					break
				}
				a.client = hop.Unmap()
				if !s.trusted(a.client) {
					break
				}
			}
			if s.cfg.UserHeader != "" {
				a.user = r.Header.Get(s.cfg.UserHeader)
			}
		}
		if a.id == "" {
			a.id = newID()[:16]
		}
		w.Header().Set("X-Request-Id", a.id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), askedKey{}, a)))
	})
}

func (s *Site) trusted(a netip.Addr) bool {
	for _, p := range s.cfg.Trusted {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// watcher remembers what was answered.
type watcher struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (w *watcher) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *watcher) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController through.
func (w *watcher) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// observe logs and counts every request, and answers for a handler that
// panics. Addresses are logged without what is behind the question mark, which
// may hold a customer's figures.
func (s *Site) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		out := &watcher{ResponseWriter: w}
		defer func() {
			a := about(r)
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler {
					panic(p)
				}
				s.log.Error("a handler panicked", "request", a.id, "panic", p, "stack", string(debug.Stack()))
				if out.status == 0 {
					s.fail(out, r, http.StatusInternalServerError, nil)
				}
			}
			if out.status == 0 {
				out.status = http.StatusOK
			}
			route := a.route
			if route == "" {
				route = "none"
			}
			took := time.Since(start)
			s.metrics.requests.WithLabelValues(route, method(r.Method), code(out.status)).Inc()
			s.metrics.seconds.WithLabelValues(route).Observe(took.Seconds())
			level := slog.LevelInfo
			switch {
			case out.status >= 500:
				level = slog.LevelError
			case route == "GET /healthz" || route == "GET /readyz" || route == "GET /metrics":
				level = slog.LevelDebug
			}
			s.log.Log(r.Context(), level, "request", "request", a.id, "method", r.Method, "route", route, "status", out.status, "bytes", out.bytes, "ms", float64(took.Microseconds())/1000, "client", a.client.String(), "user", a.user)
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
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
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
		if about(r).secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		if r.Header.Get("Content-Encoding") != "" {
			s.fail(w, r, http.StatusUnsupportedMediaType, problem{Message: s.t(r, "error.encoding")})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// signIn lets only those in who may.
func (s *Site) signIn(next http.Handler) http.Handler {
	if !s.cfg.signsIn() {
		return next
	}
	user, password := sha256.Sum256([]byte(s.cfg.User)), sha256.Sum256([]byte(s.cfg.Password))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := about(r)
		if r.URL.Path == "/healthz" || r.URL.Path == "/readyz" {
			next.ServeHTTP(w, r)
			return
		}
		if a.user == "" && s.cfg.User != "" {
			if u, p, ok := r.BasicAuth(); ok {
				// Guessing is slow, and takes the same time for every guess.
				gotUser, gotPassword := sha256.Sum256([]byte(u)), sha256.Sum256([]byte(p))
				if subtle.ConstantTimeCompare(gotUser[:], user[:])&subtle.ConstantTimeCompare(gotPassword[:], password[:]) == 1 {
					a.user = u
				} else if !s.guesses.allow(a.client) {
					s.fail(w, r, http.StatusTooManyRequests, nil)
					return
				}
			}
		}
		if a.user == "" {
			if s.cfg.User != "" {
				w.Header().Set("WWW-Authenticate", `Basic realm="segmentation", charset="UTF-8"`)
			}
			s.fail(w, r, http.StatusUnauthorized, nil)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// limiter bounds how often each client may do something.
type limiter struct {
	rate    rate.Limit
	burst   int
	mu      sync.Mutex
	clients map[netip.Prefix]*visitor
	swept   time.Time
}

type visitor struct {
	*rate.Limiter
	seen time.Time
}

func newLimiter(perSecond float64, burst int) *limiter {
	return &limiter{rate: rate.Limit(perSecond), burst: burst, clients: map[netip.Prefix]*visitor{}, swept: time.Now()}
}

// mostClients bounds the memory that clients can take.
const mostClients = 50_000

func (l *limiter) allow(client netip.Addr) bool {
	if l.rate <= 0 {
		return true
	}
	// One household has a /64 of the newer addresses.
	bits := client.BitLen()
	if client.Is6() {
		bits = 64
	}
	key, err := client.Prefix(bits)
	if err != nil {
		key = netip.Prefix{}
	}
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.swept) > time.Minute || len(l.clients) > mostClients {
		for k, v := range l.clients {
			if now.Sub(v.seen) > time.Minute {
				delete(l.clients, k)
			}
		}
		if len(l.clients) > mostClients {
			clear(l.clients)
		}
		l.swept = now
	}
	v := l.clients[key]
	if v == nil {
		v = &visitor{Limiter: rate.NewLimiter(l.rate, l.burst)}
		l.clients[key] = v
	}
	v.seen = now
	return v.AllowN(now, 1)
}

// limited answers 429 to those who ask too often. Clients on this machine are
// not limited, but behind a proxy everybody counts by the address that it names.
func (s *Site) limited(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if a := about(r); !a.client.IsLoopback() && !s.limits.allow(a.client) {
			w.Header().Set("Retry-After", "1")
			s.fail(w, r, http.StatusTooManyRequests, nil)
			return
		}
		next(w, r)
	}
}
