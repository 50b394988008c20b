package web

import "net/http"

// Policy is the Content-Security-Policy of all pages but the chart maker.
const Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// MakerPolicy is that of the chart maker, which writes style elements and
// computes in workers that it makes from its own code.
const MakerPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; font-src 'self' data:; worker-src 'self' blob:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// Harden sets the headers that make browsers careful.
func Harden(h http.Header, secure bool) {
	h.Set("Content-Security-Policy", Policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), interest-cohort=()")
	h.Set("X-Frame-Options", "DENY")
	// Pages hold figures of people: nothing between here and the browser
	// may keep them. Files that are the same for everybody say otherwise.
	h.Set("Cache-Control", "no-store")
	if secure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// SetCookie keeps a choice of the reader for so many seconds, below 0 to forget it,
// where no script and no form of another site gets at it.
func SetCookie(w http.ResponseWriter, name, value string, seconds int, secure bool) {
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: secure, MaxAge: seconds})
}
