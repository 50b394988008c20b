package web

import (
	"net/netip"
	"strings"
)

// Proxies are the addresses of trusted proxies.
type Proxies []netip.Prefix

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
