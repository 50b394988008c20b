package web

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"maps"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// A Throttle makes guessing a password slow. Each wrong guess counts against
// the address that it comes from and against the account; beyond a few of them
// further ones are refused, without being looked at, for a pause that doubles.
//
// The pause of an account is short and begins later, or else anybody could lock
// it for good. A browser that has once signed in holds a cookie (OWASP's device
// cookie) and is counted by that alone, so that nobody's guesses lock it out.
type Throttle struct {
	Now       func() time.Time // time.Now, but in tests
	key       [32]byte         // signs the cookies, for as long as the app runs
	mu        sync.Mutex
	addresses map[netip.Prefix]*failures
	devices   map[string]*failures
	accounts  [512]failures // by a hash of the name, so that all names take the same room
}

// failures are the wrong guesses of one client or account.
type failures struct {
	n     int
	until time.Time // no guess is taken before
	last  time.Time
}

// A backoff is how many wrong guesses are free and how long the pauses after
// the others are: first, then twice as long each time, up to most.
type backoff struct {
	free        int
	first, most time.Duration
}

var (
	addressBackoff = backoff{5, time.Second, 15 * time.Minute}
	// Guesses from one address alone are paused before they pause the account.
	accountBackoff = backoff{10, time.Second, 30 * time.Second}
)

const (
	// failuresKeptFor is how long wrong guesses count.
	failuresKeptFor = time.Hour
	deviceCookie    = "device"
	deviceFor       = 90 * 24 * time.Hour
)

// NewThrottle returns a Throttle without any failures.
func NewThrottle() *Throttle {
	t := &Throttle{Now: time.Now, addresses: map[netip.Prefix]*failures{}, devices: map[string]*failures{}}
	_, _ = rand.Read(t.key[:]) // never fails
	return t
}

// wait returns the time that a guess has to wait.
func (t *failures) wait(now time.Time) time.Duration {
	if now.Sub(t.last) > failuresKeptFor {
		*t = failures{}
	}
	return max(0, t.until.Sub(now))
}

// add counts a wrong guess.
func (t *failures) add(now time.Time, p backoff) {
	t.n++
	t.last = now
	if over := t.n - p.free; over >= 0 {
		pause := p.most
		if over < 20 {
			pause = min(p.most, p.first<<over)
		}
		t.until = now.Add(pause)
	}
}

// Guess reports whether a guess is right, or how long it has to wait. Device is the
// cookie of a browser that has signed in before, empty for none. The guess is
// compared under the lock: of many at a time only the free ones are taken.
func (t *Throttle) Guess(account string, from netip.Addr, device string, right func() bool) (ok bool, wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.Now()
	t.sweep(now)
	type counted struct {
		*failures
		backoff
	}
	var all []counted
	if device != "" {
		all = []counted{{entry(t.devices, device), addressBackoff}}
	} else {
		hash := sha256.Sum256([]byte(account))
		slot := (int(hash[0])<<8 | int(hash[1])) % len(t.accounts)
		all = []counted{{entry(t.addresses, ClientPrefix(from)), addressBackoff}, {&t.accounts[slot], accountBackoff}}
	}
	for _, c := range all {
		wait = max(wait, c.wait(now))
	}
	if wait > 0 {
		return false, wait
	}
	if right() {
		for _, c := range all {
			*c.failures = failures{}
		}
		return true, 0
	}
	for _, c := range all {
		c.add(now, c.backoff)
		wait = max(wait, c.wait(now))
	}
	return false, wait
}

// SignIn reports whether a request has the password of the one account, by basic
// authentication, and whether one was compared; where one was not, how long the
// sender has to wait. A browser that signs in gets the cookie of a device.
func (t *Throttle) SignIn(w http.ResponseWriter, r *http.Request, s Sender, account, password string) (ok, compared bool, wait time.Duration) {
	name, guess, given := r.BasicAuth()
	if !given {
		return false, false, 0
	}
	same := func(a, b string) int { // in a time that does not tell how alike they are
		x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
		return subtle.ConstantTimeCompare(x[:], y[:])
	}
	device := t.Device(r, account)
	ok, wait = t.Guess(name, s.Client, device, func() bool {
		compared = true
		return same(name, account)&same(guess, password) == 1
	})
	if ok && device == "" {
		t.Remember(w, name, s.Secure)
	}
	return ok, compared, wait
}

func entry[K comparable](m map[K]*failures, key K) *failures {
	v := m[key]
	if v == nil {
		v = &failures{}
		m[key] = v
	}
	return v
}

// sweep bounds the memory: entries that have expired go first, then any.
func (t *Throttle) sweep(now time.Time) {
	if len(t.addresses) >= mostClients {
		maps.DeleteFunc(t.addresses, func(_ netip.Prefix, v *failures) bool { return now.Sub(v.last) > failuresKeptFor })
		for k := range t.addresses {
			if len(t.addresses) < mostClients {
				break
			}
			delete(t.addresses, k)
		}
	}
	if len(t.devices) >= mostClients {
		clear(t.devices)
	}
}

// sign returns the cookie of a device with a number, for an account.
func (t *Throttle) sign(id, account string) string {
	mac := hmac.New(sha256.New, t.key[:])
	mac.Write([]byte(id + "\x00" + account))
	return id + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// Device returns the number of the device that a request comes from, if it has
// signed in to the account before; else nothing.
func (t *Throttle) Device(r *http.Request, account string) string {
	for _, c := range r.CookiesNamed(deviceCookie) {
		if id, _, _ := strings.Cut(c.Value, "."); ValidID(id) && hmac.Equal([]byte(c.Value), []byte(t.sign(id, account))) {
			return id
		}
	}
	return ""
}

// Remember returns a device that has signed in its cookie.
func (t *Throttle) Remember(w http.ResponseWriter, account string, secure bool) {
	http.SetCookie(w, &http.Cookie{
		Name: deviceCookie, Value: t.sign(NewID(), account), Path: "/", MaxAge: int(deviceFor.Seconds()),
		HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: secure,
	})
}
