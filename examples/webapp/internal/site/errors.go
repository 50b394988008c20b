package site

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/customer-personality/segmentation/examples/webapp/internal/snapshot"
	"github.com/customer-personality/segmentation/store"
)

// A problem is an error that the reader can act on: the status of the answer
// and the key and arguments of its text.
type problem struct {
	status int
	key    string // "" for the text of the status
	args   []any

	Message string `json:"error"` // set when the answer is written
	Field   string `json:"field,omitempty"`
	Row     *int   `json:"row,omitempty"`
}

// Error returns the key of the text.
func (p *problem) Error() string { return p.key }

// refuse returns a problem with a field, "" for none.
func refuse(status int, field, key string, args ...any) *problem {
	if key == "" {
		key = fmt.Sprintf("error.%d", status)
	}
	return &problem{status: status, Field: field, key: key, args: args}
}

var errNotFound = refuse(http.StatusNotFound, "", "")

// unreadBody is the error of reading a body: that it is too large, or a problem with
// the text of a key.
func unreadBody(err error, key string) error {
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); err == nil || tooLarge {
		return err
	}
	return refuse(http.StatusBadRequest, "", key)
}

// handler answers a request. An error that it returns is the answer, see fail;
// nothing was written then.
type handler func(http.ResponseWriter, *http.Request) error

// handler returns h as an http.Handler.
func (s *Site) handler(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			s.fail(w, r, err)
		}
	})
}

// wantsJSON reports whether the answer is for a program.
func wantsJSON(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/api/") || strings.Contains(r.Header.Get("Accept"), "application/json")
}

// fail answers with an error. One that the reader cannot act on is logged, and
// its text is a general one.
func (s *Site) fail(w http.ResponseWriter, r *http.Request, err error) {
	var p *problem
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &p):
	case errors.As(err, &tooLarge):
		p = refuse(http.StatusRequestEntityTooLarge, "", "error.413", float64(tooLarge.Limit)/1e6)
	case errors.Is(err, store.ErrNoModel):
		p = errNotFound
	case errors.Is(err, snapshot.ErrNoCustomers):
		p = &problem{status: http.StatusConflict, Message: s.t(r, "empty.heading") + ". " + s.t(r, "empty.lead")}
	case s.isDown(r, err):
		s.log.Error("the database does not answer", "request", infoOf(r).id, "route", infoOf(r).route, "error", err)
		w.Header().Set("Retry-After", downFor)
		p = refuse(http.StatusServiceUnavailable, "", "error.down")
	case r.Context().Err() != nil:
		p = refuse(499, "", "error.500") // the client went away
	default:
		s.log.Error("a request failed", "request", infoOf(r).id, "route", infoOf(r).route, "error", err)
		p = refuse(http.StatusInternalServerError, "", "")
	}
	answer := *p
	if answer.Message == "" {
		answer.Message = s.t(r, p.key, p.args...)
	}
	if wantsJSON(r) {
		err = writeJSON(w, p.status, answer)
	} else {
		err = s.show(w, r, p.status, "error", s.t(r, "error.title"), map[string]any{"Status": p.status, "Message": answer.Message, "ID": infoOf(r).id})
	}
	if err != nil {
		s.log.Error("an error cannot be shown", "request", infoOf(r).id, "error", err)
		http.Error(w, s.t(r, "error.500"), http.StatusInternalServerError)
	}
}

func writeJSON(w http.ResponseWriter, status int, v any) error {
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(v); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = b.WriteTo(w)
	return nil
}

// redirect leads to the page that shows what a form did.
func redirect(w http.ResponseWriter, r *http.Request, to string) error {
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}
