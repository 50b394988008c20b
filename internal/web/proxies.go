package web

import (
	"fmt"
	"net/http"
	"net/netip"
	"regexp"
	"strings"
)

// Proxies are the addresses of trusted proxies.
type Proxies []netip.Prefix

// ParseProxies reads addresses and networks, with commas between.
func ParseProxies(s string) (Proxies, error) {
	var out Proxies
	for part := range strings.SplitSeq(s, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		p, err := netip.ParsePrefix(part)
		if a, addrErr := netip.ParseAddr(part); addrErr == nil {
			p, err = netip.PrefixFrom(a, a.BitLen()), nil
		}
		if err != nil {
			return nil, fmt.Errorf("%q is no address or network", part)
		}
		out = append(out, p)
	}
	return out, nil
}

// Trust reports whether an address is that of a trusted proxy, and whether by an
// entry of its own.
func (p Proxies) Trust(a netip.Addr) (trust, single bool) {
	for _, entry := range p {
		if entry.Contains(a) {
			trust = true
			single = single || entry.IsSingleIP()
		}
	}
	return trust, single
}

// Client returns the client that a trusted proxy names in X-Forwarded-For: the
// right-most hop that is no trusted proxy itself. What is left of that hop was
// written by it, and may be invented; so it is where all hops are trusted, and
// the right-most one is the client. A loopback address can only have been seen
// on the machine itself: it is believed of a proxy there.
func (p Proxies) Client(proxy netip.Addr, header []string) netip.Addr {
	hops := strings.Split(strings.Join(header, ","), ",")
	client, from := proxy, proxy
	for i := len(hops) - 1; i >= 0; i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		hop = hop.Unmap().WithZone("")
		if err != nil || hop.IsUnspecified() || hop.IsLoopback() && !from.IsLoopback() {
			break
		}
		trust, _ := p.Trust(hop)
		if !trust {
			return hop
		}
		if client == proxy {
			client = hop
		}
		from = hop
	}
	return client
}

// A Sender is who sent a request.
type Sender struct {
	ID     string // of the request
	Client netip.Addr
	Secure bool   // whether the client's connection is encrypted
	User   string // who signed in; empty where nobody has to
	// Via is the proxy that named the client, where it is trusted as one of a
	// network and not by its own address.
	Via netip.Addr
}

var requestID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// Identify returns who sent a request, and whether that is a trusted proxy. What
// one says is believed: the headers X-Forwarded-For, X-Forwarded-Proto,
// X-Request-Id, and one that names the user, where that is not empty.
func (p Proxies) Identify(r *http.Request, userHeader string) (s Sender, proxied bool) {
	s = Sender{ID: NewID()[:16], Secure: r.TLS != nil}
	if peer, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		s.Client = peer.Addr().Unmap()
	}
	trust, single := p.Trust(s.Client)
	if !trust {
		return s, false
	}
	if id := r.Header.Get("X-Request-Id"); requestID.MatchString(id) {
		s.ID = id
	}
	s.Secure = s.Secure || r.Header.Get("X-Forwarded-Proto") == "https"
	proxy := s.Client
	s.Client = p.Client(proxy, r.Header.Values("X-Forwarded-For"))
	if !single && !proxy.IsLoopback() && s.Client != proxy {
		s.Via = proxy
	}
	if userHeader != "" {
		s.User = r.Header.Get(userHeader)
	}
	return s, true
}
