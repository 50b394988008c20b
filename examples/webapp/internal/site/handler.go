package site

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/customer-personality/segmentation/internal/accounts"
	"github.com/customer-personality/segmentation/internal/customerform"
	"github.com/customer-personality/segmentation/internal/explore"
	"github.com/customer-personality/segmentation/internal/service"
	"github.com/customer-personality/segmentation/internal/snapshot"
	"github.com/customer-personality/segmentation/internal/web"
	"github.com/customer-personality/segmentation/store"
)

// A request is what is asked, and what a handler needs to answer it.
type request struct {
	*http.Request
	web.Sender
	who   accounts.Identity
	w     http.ResponseWriter
	l     *locale // with the columns of the dataset
	plain *locale
	// accepts is the Accept-Language header, but for a language that the reader has chosen.
	accepts string
	route   string
	set     *service.Dataset
	// snap is what pages are about; nil where there are no customers.
	snap *snapshot.Snapshot
	made *customerform.Form // by form
}

// by is the user for the audit log.
func (r *request) by() string { return cmp.Or(r.User, anonymous) }

// records are those that the user sees.
func (r *request) records(s *Site) *service.Records { return s.Records.Of(r.who.ID) }

// anonymous is who is not signed in.
const anonymous = "anonymous"

// api reports whether the address is one for programs.
func (r *request) api() bool { return strings.HasPrefix(r.URL.Path, "/api/") }

// wantsJSON reports whether the answer is for a program.
func (r *request) wantsJSON() bool {
	return r.api() || strings.Contains(r.Header.Get("Accept"), "application/json")
}

// handler answers a request. An error that it returns is the answer, see fail;
// nothing was written then.
type handler func(*request) error

type requestKey struct{}

// enter returns h as an http.Handler, for requests as they come.
func (s *Site) enter(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, in *http.Request) {
		r := &request{w: w, accepts: web.AcceptLanguage(in, s.locales.names), set: &s.Dataset}
		r.plain = s.locales.of(r.accepts)
		r.l = r.plain
		r.Request = in.WithContext(context.WithValue(in.Context(), requestKey{}, r))
		s.answer(r, h)
	})
}

// routed returns h as an http.Handler, for requests that came through enter.
func (s *Site) routed(h handler) http.Handler {
	return http.HandlerFunc(func(_ http.ResponseWriter, in *http.Request) {
		r := in.Context().Value(requestKey{}).(*request)
		r.Request = in
		s.answer(r, h)
	})
}

func (s *Site) answer(r *request, h handler) {
	if err := h(r); err != nil {
		s.fail(r, err)
	}
}

// form is a handler that leads to the page that shows what a form did.
func form(h func(*request) (to string, err error)) handler {
	return func(r *request) error {
		to, err := h(r)
		if err != nil {
			return err
		}
		return r.redirect(to)
	}
}

func (r *request) redirect(to string) error {
	http.Redirect(r.w, r.Request, to, http.StatusSeeOther)
	return nil
}

// answers is a handler that answers with a value as JSON.
func answers[T any](h func(*request) (T, error)) handler {
	return func(r *request) error {
		v, err := h(r)
		if err != nil {
			return err
		}
		return r.json(http.StatusOK, v)
	}
}

func (r *request) json(status int, v any) error {
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(v); err != nil {
		return err
	}
	r.w.Header().Set("Content-Type", "application/json")
	r.w.WriteHeader(status)
	_, _ = b.WriteTo(r.w)
	return nil
}

var contentTypes = map[string]string{
	"csv": "text/csv; charset=utf-8", "svg": "image/svg+xml", "png": "image/png", "pdf": "application/pdf", "json": "application/json", "md": "text/markdown; charset=utf-8",
	"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

// send answers with a file to download.
func (r *request) send(file io.Reader, name, format string) error {
	r.w.Header().Set("Content-Type", contentTypes[format])
	r.w.Header().Add("Vary", varies)
	r.w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s.%s"`, name, format))
	_, _ = io.Copy(r.w, file)
	return nil
}

// A problem is an error that the reader can act on: the status of the answer
// and the key and arguments of its text.
type problem struct {
	status int
	key    string // "" for the text of the status
	args   []any
	wait   string // seconds after which it may be tried again; "" for no such time
	to     string // where the reader is led instead of being told

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

// after returns the problem with the seconds after which it may be over.
func (p *problem) after(seconds string) *problem {
	p.wait = seconds
	return p
}

// invalid is a problem with what a field says.
func invalid(field, key string, args ...any) *problem {
	return refuse(http.StatusUnprocessableEntity, field, key, args...)
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

// refusals are the problems of what the service and the charts refuse.
var refusals = map[error]*problem{
	service.ErrNoSuch:       errNotFound,
	service.ErrTooLong:      refuse(http.StatusConflict, "", "error.long"),
	service.ErrManyDatasets: refuse(http.StatusConflict, "file", "data.many", service.MaxDatasets),
	service.ErrUnsigned:     refuse(http.StatusConflict, "", "models.unsigned"),
	service.ErrBusy:         refuse(http.StatusConflict, "", "models.done.busy"),
	service.ErrReporting:    refuse(http.StatusServiceUnavailable, "", "report.busy").after("10"),
}

// refusal returns the problem that an error is, nil for one that the reader cannot act
// on.
func refusal(err error) *problem {
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	if refused, ok := errors.AsType[*accounts.Error](err); ok {
		p := refuse(refused.Status, refused.Field, refused.Key, refused.Args...)
		p.to = refused.To
		return p
	}
	if undrawn, ok := errors.AsType[*explore.Error](err); ok {
		return invalid(undrawn.Field, undrawn.Key)
	}
	for is, p := range refusals {
		if errors.Is(err, is) {
			return p
		}
	}
	return nil
}

// problemOf returns the problem that an error is. One that the reader cannot act on
// is logged, and its text is a general one.
func (s *Site) problemOf(r *request, err error) *problem {
	if p := refusal(err); p != nil {
		return p
	}
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return refuse(http.StatusRequestEntityTooLarge, "", "error.413", float64(tooLarge.Limit)/1e6)
	case errors.Is(err, store.ErrNoModel):
		return errNotFound
	case errors.Is(err, snapshot.ErrNoCustomers):
		return &problem{status: http.StatusConflict, Message: r.l.T("empty.heading") + ". " + r.l.T("empty.lead")}
	case s.isDown(r, err):
		s.Log.Error("the database does not answer", "request", r.ID, "route", r.route, "error", err)
		return refuse(http.StatusServiceUnavailable, "", "error.down").after(downFor)
	case r.Context().Err() != nil:
		return refuse(499, "", "error.500") // the client went away
	}
	s.Log.Error("a request failed", "request", r.ID, "route", r.route, "error", err)
	return refuse(http.StatusInternalServerError, "", "")
}

// fail answers with an error.
func (s *Site) fail(r *request, err error) {
	p := *s.problemOf(r, err)
	if p.to != "" {
		_ = r.redirect(p.to)
		return
	}
	if p.Message == "" {
		p.Message = r.l.T(p.key, p.args...)
	}
	if p.wait != "" {
		r.w.Header().Set("Retry-After", p.wait)
	}
	if r.wantsJSON() {
		err = r.json(p.status, p)
	} else {
		err = s.show(r, p.status, "error", r.l.T("error.title"), map[string]any{"Status": p.status, "Message": p.Message, "ID": r.ID, "SignIn": p.status == http.StatusUnauthorized && s.accounts != nil})
	}
	if err != nil {
		s.Log.Error("an error cannot be shown", "request", r.ID, "error", err)
		http.Error(r.w, r.l.T("error.500"), http.StatusInternalServerError)
	}
}
