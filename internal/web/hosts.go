package web

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// HostName returns the name or address in the Host of a request or in an
// address to listen on, without port, brackets, zone and final dot and in lower
// case. It is empty for what is neither.
func HostName(s string) string {
	name := s
	if host, port, err := net.SplitHostPort(s); err == nil {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil && port != "" {
			return ""
		}
		name = host
	} else if inner, ok := strings.CutPrefix(s, "["); ok {
		name, _ = strings.CutSuffix(inner, "]")
	}
	name = strings.TrimSuffix(strings.ToLower(name), ".")
	if a, err := netip.ParseAddr(name); err == nil {
		return a.Unmap().WithZone("").String()
	}
	if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != "" {
		return ""
	}
	return name
}

// ParseHosts reads names of hosts, with commas between.
func ParseHosts(s string) ([]string, error) {
	var out []string
	for part := range strings.SplitSeq(s, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		name := HostName(part)
		if a, err := netip.ParseAddr(name); name == "" || err == nil && a.IsUnspecified() {
			return nil, fmt.Errorf("%q is no host; one is written as app.example.org or 192.0.2.7, without a scheme and a path (a name with other letters in its xn-- form)", part)
		}
		out = append(out, name)
	}
	return out, nil
}

// Hosts are the names that a server answers to: those of the machine itself, that
// of the address it listens on where it is a specific one, and further ones.
type Hosts struct {
	Addr  string   // to listen on, such as 127.0.0.1:8080
	Names []string // as of ParseHosts
}

// Serves reports whether the server answers to a Host. A browser takes a page
// whose name was made to point at this machine (DNS rebinding) for one of the
// server's own; only the name differs.
func (h Hosts) Serves(host string) bool {
	name := HostName(host)
	if name == "" {
		return false
	}
	if Loopback(name) || slices.Contains(h.Names, name) {
		return true
	}
	a, err := netip.ParseAddr(name)
	return name == HostName(h.Addr) && !(err == nil && a.IsUnspecified())
}

// SameOrigin reports whether the pages that sent a request, where it names any,
// are of the host that it is sent to. Ports are not compared: a proxy may leave
// them out of Host.
func SameOrigin(r *http.Request) bool {
	for _, origin := range r.Header.Values("Origin") {
		u, err := url.Parse(origin)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || HostName(u.Host) != HostName(r.Host) {
			return false
		}
	}
	return true
}

// Guard passes only requests for a host of the server that no other site sends.
// It is for handlers without pages, such as profiles.
func (h Hosts) Guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		site := r.Header.Get("Sec-Fetch-Site")
		switch {
		case !h.Serves(r.Host):
			http.Error(w, "this host is not served here; ask for 127.0.0.1, or start the app with -host", http.StatusMisdirectedRequest)
		case !SameOrigin(r), site != "" && site != "same-origin" && site != "none":
			http.Error(w, "the request came from another site and was refused", http.StatusForbidden)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// Loopback reports whether only this machine can reach an address.
func Loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}
