package web

import (
	"maps"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// A Limiter bounds how often each client may do something. It is safe for
// concurrent use.
type Limiter struct {
	rate    rate.Limit
	burst   int
	mu      sync.Mutex
	clients map[netip.Prefix]*rate.Limiter
	swept   time.Time
}

// NewLimiter returns a Limiter that allows so many times a second, and so many at
// once; 0 a second is no limit.
func NewLimiter(perSecond float64, burst int) *Limiter {
	return &Limiter{rate: rate.Limit(perSecond), burst: burst, clients: map[netip.Prefix]*rate.Limiter{}, swept: time.Now()}
}

// mostClients bounds the memory that clients can take.
const mostClients = 50_000

// Allow reports whether a client may do it now.
func (l *Limiter) Allow(client netip.Addr) bool {
	if l.rate <= 0 {
		return true
	}
	key := ClientPrefix(client)
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.swept) > time.Minute || len(l.clients) > mostClients {
		// A full bucket is as good as a new one.
		maps.DeleteFunc(l.clients, func(_ netip.Prefix, v *rate.Limiter) bool { return v.TokensAt(now) >= float64(l.burst) })
		if len(l.clients) > mostClients {
			clear(l.clients)
		}
		l.swept = now
	}
	v := l.clients[key]
	if v == nil {
		v = rate.NewLimiter(l.rate, l.burst)
		l.clients[key] = v
	}
	return v.AllowN(now, 1)
}

// ClientPrefix returns the addresses that count as one client: an IPv4 address,
// or the /64 of an IPv6 address, which providers assign to one household.
func ClientPrefix(client netip.Addr) netip.Prefix {
	bits := client.BitLen()
	if client.Is6() {
		bits = 64
	}
	key, err := client.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return key
}
