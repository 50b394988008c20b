package site

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

// hostName returns the name or address in the Host of a request or in an
// address to listen on, without port, brackets, zone and final dot and in lower
// case. It is empty for what is neither.
func hostName(s string) string {
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

// readHosts reads the names of -host, with commas between.
func readHosts(s string) ([]string, error) {
	var out []string
	for part := range strings.SplitSeq(s, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		name := hostName(part)
		if a, err := netip.ParseAddr(name); name == "" || err == nil && a.IsUnspecified() {
			return nil, fmt.Errorf("%q is no host; one is written as app.example.org or 192.0.2.7, without a scheme and a path (a name with other letters in its xn-- form)", part)
		}
		out = append(out, name)
	}
	return out, nil
}

// Serves tells whether the app answers to a Host: a loopback name, one of
// -host, or that of -addr where it is a specific one. A browser takes a page
// whose name was made to point at this machine (DNS rebinding) for one of the
// app's own; the name is all that tells them apart.
func (c Config) Serves(host string) bool {
	name := hostName(host)
	if name == "" {
		return false
	}
	if loopback(name) || slices.Contains(c.Hosts, name) {
		return true
	}
	a, err := netip.ParseAddr(name)
	return name == hostName(c.Addr) && !(err == nil && a.IsUnspecified())
}

// sameOrigin tells whether the pages that sent a request, where it names any,
// are of the host that it is sent to. Ports are not compared: a proxy may leave
// them out of Host.
func sameOrigin(r *http.Request) bool {
	for _, origin := range r.Header.Values("Origin") {
		u, err := url.Parse(origin)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || hostName(u.Host) != hostName(r.Host) {
			return false
		}
	}
	return true
}

// Guard lets only requests for a host of the app through, and none that another
// site sends. It is for what has no pages, such as profiles.
func (c Config) Guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		site := r.Header.Get("Sec-Fetch-Site")
		switch {
		case !c.Serves(r.Host):
			http.Error(w, "this host is not served here; ask for 127.0.0.1, or start the app with -host", http.StatusMisdirectedRequest)
		case !sameOrigin(r), site != "" && site != "same-origin" && site != "none":
			http.Error(w, "the request came from another site and was refused", http.StatusForbidden)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// untold are the addresses that tell nothing but whether the app is well. They
// are answered under every host and without signing in, since what checks the
// health of a container asks it by an address that nobody knew before.
func untold(path string) bool { return path == "/healthz" || path == "/readyz" }

// named refuses requests for another host, and from the pages of another one.
func (s *Site) named(next http.Handler) http.Handler {
	return s.handler(func(w http.ResponseWriter, r *http.Request) error {
		switch {
		case untold(r.URL.Path):
		case !s.cfg.Serves(r.Host):
			name := cleanText(r.Host, 80)
			s.log.Warn("a request for another host was refused; -host names those that are served", "request", about(r).id, "host", name)
			return refuse(http.StatusMisdirectedRequest, "", "error.host", name)
		case !sameOrigin(r):
			return refuse(http.StatusForbidden, "", "error.forged")
		}
		next.ServeHTTP(w, r)
		return nil
	})
}
