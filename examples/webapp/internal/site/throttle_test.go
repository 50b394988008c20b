package site

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/customer-personality/segmentation/internal/web"
)

// guesser asks an app for a page with a password, from an address.
func guesser(a *app, cookies ...*http.Cookie) func(from, user, password string) *httptest.ResponseRecorder {
	handler := a.Handler()
	return func(from, user, password string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", "/robots.txt", nil)
		r.Host = "localhost"
		r.RemoteAddr = netip.AddrPortFrom(netip.MustParseAddr(from), 4711).String()
		r.SetBasicAuth(user, password)
		for _, c := range cookies {
			r.AddCookie(c)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w
	}
}

const right = "correct horse"

// clock is a throttle's, which tests move.
func (a *app) clock() func(time.Duration) {
	now := time.Now()
	var mu sync.Mutex
	a.signIns.Now = func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	}
	return func(d time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(d)
	}
}

// 5,000 wrong passwords and then the right one, at the same moment: it is not
// looked at. Those elsewhere still sign in.
func TestGuesses(t *testing.T) {
	a := start(t, Config{User: "anna", Password: right})
	wait := a.clock()
	try := guesser(a)
	codes := map[int]int{}
	for i := range 5000 {
		codes[try("203.0.113.9", "anna", fmt.Sprint("guess ", i)).Code]++
	}
	if codes[401] != 5 || codes[429] != 4995 {
		t.Errorf("5000 guesses are answered with %v; want 5 looked at", codes)
	}
	w := try("203.0.113.9", "anna", right)
	if w.Code != 429 || w.Header().Get("Retry-After") == "" || w.Body.Len() == 0 {
		t.Errorf("the right password during the pause is answered with %d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
	}
	if w := try("198.51.100.7", "anna", right); w.Code != 200 {
		t.Errorf("somebody elsewhere is answered with %d", w.Code)
	}
	// Each further wrong guess doubles the pause, up to a quarter of an hour.
	var pauses []int
	for range 13 {
		s, err := strconv.Atoi(try("203.0.113.9", "anna", "wrong").Header().Get("Retry-After"))
		if err != nil {
			t.Fatal(err)
		}
		pauses = append(pauses, s)
		wait(time.Duration(s) * time.Second)
		if code := try("203.0.113.9", "anna", "wrong").Code; code != 401 {
			t.Fatalf("after the pause of %d s a guess is answered with %d", s, code)
		}
	}
	if want := []int{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900}; fmt.Sprint(pauses) != fmt.Sprint(want) {
		t.Errorf("the pauses are %v s, want %v", pauses, want)
	}
	// The right one ends it.
	wait(15 * time.Minute)
	if w := try("203.0.113.9", "anna", right); w.Code != 200 {
		t.Errorf("after the pause the right password is answered with %d", w.Code)
	}
	for range 5 {
		if w := try("203.0.113.9", "anna", "wrong"); w.Code != 401 {
			t.Errorf("after a success a wrong password is answered with %d", w.Code)
		}
	}
	if w := try("203.0.113.9", "anna", right); w.Code != 429 {
		t.Errorf("and after five of them with %d", w.Code)
	}
}

// Of guesses that come at the same time only the free ones are looked at.
func TestGuessesAtOnce(t *testing.T) {
	a := start(t, Config{User: "anna", Password: right})
	a.clock()
	try := guesser(a)
	var wg sync.WaitGroup
	codes := make([]int, 200)
	for i := range codes {
		wg.Go(func() { codes[i] = try("203.0.113.9", "anna", fmt.Sprint(i)).Code })
	}
	wg.Wait()
	looked := 0
	for _, c := range codes {
		if c == 401 {
			looked++
		}
	}
	if looked != 5 {
		t.Errorf("%d of 200 guesses are looked at, want 5", looked)
	}
}

// Guesses from many addresses are slow too, and lock nobody out for good.
func TestGuessesFromEverywhere(t *testing.T) {
	a := start(t, Config{User: "anna", Password: right})
	wait := a.clock()
	signedIn := guesser(a)("192.0.2.1", "anna", right)
	cookies := signedIn.Result().Cookies()
	if len(cookies) != 1 || !cookies[0].HttpOnly || cookies[0].SameSite != http.SameSiteStrictMode {
		t.Fatalf("a browser that signs in gets the cookies %v", cookies)
	}
	try, known := guesser(a), guesser(a, cookies...)
	n := 0
	from := func() string { n++; return netip.AddrFrom4([4]byte{203, 0, byte(n >> 8), byte(n)}).String() }
	codes := map[int]int{}
	for range 5000 {
		codes[try(from(), "anna", "wrong").Code]++
	}
	if codes[401] > 10 || codes[429] < 4990 {
		t.Errorf("guesses from 5000 addresses are answered with %v", codes)
	}
	if w := try(from(), "anna", right); w.Code != 429 || w.Header().Get("Retry-After") != "1" {
		t.Errorf("the right one from another address is answered with %d after the pause of %s", w.Code, w.Header().Get("Retry-After"))
	}
	// They go on for ten minutes, ten a second.
	looked := 0
	for range 6000 {
		wait(100 * time.Millisecond)
		if try(from(), "anna", "wrong").Code == 401 {
			looked++
		}
		// The browser that has signed in before, wherever it is now, always can.
		if n%1000 == 0 {
			if w := known(from(), "anna", right); w.Code != 200 {
				t.Fatalf("somebody who had signed in is answered with %d", w.Code)
			}
		}
	}
	if looked > 30 {
		t.Errorf("in ten minutes %d guesses are looked at", looked)
	}
	s, _ := strconv.Atoi(try(from(), "anna", right).Header().Get("Retry-After"))
	if s > 30 {
		t.Errorf("the account is locked for %d s", s)
	}
	wait(time.Duration(s) * time.Second)
	if w := try(from(), "anna", right); w.Code != 200 {
		t.Errorf("a new browser is answered with %d when the pause is over", w.Code)
	}
	// A cookie does not help with guessing, and one that was not given is none.
	for range 5 {
		known(from(), "anna", "wrong")
	}
	if w := known(from(), "anna", right); w.Code != 429 {
		t.Errorf("five wrong guesses with the cookie, and then it is answered with %d", w.Code)
	}
	forged := *cookies[0]
	forged.Value = web.NewID() + forged.Value[26:]
	if got := a.signIns.Device(&http.Request{Header: http.Header{"Cookie": {forged.String()}}}, "anna"); got != "" {
		t.Errorf("a forged cookie is taken for %s", got)
	}
}

// A wrong password is in the audit log, with where it came from and without
// what was tried.
func TestRefusedSignInIsNoted(t *testing.T) {
	a := start(t, Config{User: "anna", Password: right})
	try := guesser(a)
	try("203.0.113.9", "anna", "secret guess")
	try("203.0.113.8", "hunter2", "anna")
	deeds, err := a.Records.AuditEntries(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range deeds {
		if d.What == "sign-in refused" {
			got = append(got, d.Who+" "+kept(t, d))
		}
	}
	all := strings.Join(got, "\n")
	if len(got) != 2 || !strings.Contains(all, `anna {"from":"203.0.113.9"}`) || !strings.Contains(all, `anonymous {"from":"203.0.113.8"}`) || strings.Contains(all+a.log.String(), "hunter2") || strings.Contains(all+a.log.String(), "secret guess") {
		t.Errorf("the audit log says %q", got)
	}
}
