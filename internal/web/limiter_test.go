package web

import (
	"net/netip"
	"testing"
)

func TestLimiter(t *testing.T) {
	l := NewLimiter(0.001, 2)
	for i, test := range []struct {
		client string
		want   bool
	}{
		{"192.0.2.1", true}, {"192.0.2.1", true}, {"192.0.2.1", false}, {"192.0.2.2", true},
		{"2001:db8::1", true}, {"2001:db8::2", true}, {"2001:db8::3", false}, {"2001:db8:0:1::1", true}, // a /64 is one client
	} {
		if got := l.Allow(netip.MustParseAddr(test.client)); got != test.want {
			t.Errorf("%d: Allow(%s) returns %v", i, test.client, got)
		}
	}
	if free := NewLimiter(0, 0); !free.Allow(netip.MustParseAddr("192.0.2.1")) {
		t.Error("a rate of 0 is a limit")
	}
}

// The client is the right-most address that no trusted proxy has.
func TestProxies(t *testing.T) {
	proxies := Proxies{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("10.0.0.5/32"), netip.MustParsePrefix("127.0.0.1/32")}
	for _, test := range []struct {
		proxy  string
		header []string
		want   string
	}{
		{"10.0.0.5", []string{"198.51.100.1, 192.0.2.1"}, "192.0.2.1"},
		{"10.0.0.5", []string{"198.51.100.1", "192.0.2.1, 10.1.1.1"}, "192.0.2.1"},
		{"10.0.0.5", []string{"10.1.1.1, 10.1.1.2"}, "10.1.1.2"},
		{"10.0.0.5", []string{"192.0.2.1, 127.0.0.1"}, "10.0.0.5"}, // only seen on the machine itself
		{"127.0.0.1", []string{"127.0.0.1"}, "127.0.0.1"},
		{"10.0.0.5", []string{"192.0.2.1, unknown"}, "10.0.0.5"},
		{"10.0.0.5", nil, "10.0.0.5"},
	} {
		if got := proxies.Client(netip.MustParseAddr(test.proxy), test.header); got.String() != test.want {
			t.Errorf("Client(%s, %q) returns %s, want %s", test.proxy, test.header, got, test.want)
		}
	}
	for addr, want := range map[string][2]bool{"10.0.0.5": {true, true}, "10.0.0.6": {true, false}, "192.0.2.1": {false, false}} {
		t.Run(addr, func(t *testing.T) {
			if trust, single := proxies.Trust(netip.MustParseAddr(addr)); trust != want[0] || single != want[1] {
				t.Errorf("Trust(%s) returns %v, %v", addr, trust, single)
			}
		})
	}
}
