package web

import (
	"fmt"
	"net/netip"
	"testing"
)

// What is kept of those who guess is bounded.
func TestThrottleIsBounded(t *testing.T) {
	th := NewThrottle()
	for i := range 2 * mostClients {
		from := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		th.Guess(fmt.Sprint("name ", i), from, "", func() bool { return false })
		th.Guess("anna", from, fmt.Sprint(i), func() bool { return false })
	}
	if len(th.addresses) > mostClients || len(th.devices) > mostClients {
		t.Errorf("%d addresses and %d devices are kept", len(th.addresses), len(th.devices))
	}
	// A household of the newer addresses is one client.
	for i := range 5 {
		th.Guess("ann", netip.MustParseAddr(fmt.Sprintf("2001:db8::%d", i+1)), "", func() bool { return false })
	}
	if ok, wait := th.Guess("berta", netip.MustParseAddr("2001:db8::ffff"), "", func() bool { return true }); ok || wait <= 0 {
		t.Error("an address of the same /64 is another client")
	}
}
