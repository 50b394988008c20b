package web

import (
	"net/http/httptest"
	"net/netip"
	"testing"
)

// Clients are those that the right-most hop names that is no trusted proxy.
func TestForwarded(t *testing.T) {
	nets := func(list ...string) (out Proxies) {
		for _, s := range list {
			out = append(out, netip.MustParsePrefix(s))
		}
		return out
	}
	for _, test := range []struct {
		trusted Proxies
		peer    string
		header  []string
		client  string
	}{
		{nets("127.0.0.1/32"), "127.0.0.1", []string{"203.0.113.9"}, "203.0.113.9"},
		{nets("127.0.0.1/32"), "127.0.0.1", []string{"10.1.1.1, 203.0.113.9"}, "203.0.113.9"},
		{nets("127.0.0.1/32"), "127.0.0.1", []string{"127.0.0.1, 203.0.113.9"}, "203.0.113.9"},
		{nets("127.0.0.1/32"), "127.0.0.1", []string{"10.1.1.1", "203.0.113.9"}, "203.0.113.9"},
		{nets("127.0.0.1/32"), "127.0.0.1", []string{"nonsense"}, "127.0.0.1"},
		{nets("127.0.0.1/32"), "127.0.0.1", nil, "127.0.0.1"},
		{nets("127.0.0.1/32"), "127.0.0.1", []string{"127.0.0.1"}, "127.0.0.1"},
		{nets("127.0.0.1/32"), "203.0.113.1", []string{"203.0.113.9"}, "203.0.113.1"},
		{nets("127.0.0.1/32", "10.0.0.0/8"), "127.0.0.1", []string{"198.51.100.7, 203.0.113.9, 10.0.0.3"}, "203.0.113.9"},
		// All hops are trusted: what is left of the last one may be invented.
		{nets("127.0.0.1/32", "10.0.0.0/8"), "10.1.2.3", []string{"10.9.9.9, 10.5.5.5"}, "10.5.5.5"},
		{nets("127.0.0.1/32", "10.0.0.0/8"), "10.1.2.3", []string{"127.0.0.1"}, "10.1.2.3"},
		{nets("127.0.0.1/32", "10.0.0.0/8"), "10.1.2.3", []string{"127.0.0.1, 10.1.2.3"}, "10.1.2.3"},
		{nets("127.0.0.1/32", "10.0.0.0/8"), "10.1.2.3", []string{"::1"}, "10.1.2.3"},
		{nets("127.0.0.1/32", "10.0.0.0/8"), "10.1.2.3", []string{"::ffff:127.0.0.1"}, "10.1.2.3"},
		{nets("127.0.0.1/32", "10.0.0.0/8"), "127.0.0.1", []string{"127.0.0.1, 10.1.2.3"}, "10.1.2.3"},
		{nets("10.0.0.0/8"), "10.1.2.3", []string{"nonsense, 10.4.4.4"}, "10.4.4.4"},
		{nets("10.0.0.0/8"), "::ffff:10.1.2.3", []string{"203.0.113.9"}, "203.0.113.9"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = netip.AddrPortFrom(netip.MustParseAddr(test.peer), 4711).String()
		r.Header["X-Forwarded-For"] = test.header
		sender, _ := test.trusted.Identify(r, "")
		if sender.Client != netip.MustParseAddr(test.client) {
			t.Errorf("of %s, %q with %v trusted the client is %s, want %s", test.peer, test.header, test.trusted, sender.Client, test.client)
		}
	}
}
