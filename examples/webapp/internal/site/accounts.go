package site

import (
	"cmp"
	"context"
	"net/http"

	"github.com/customer-personality/segmentation/internal/accounts"
	"github.com/customer-personality/segmentation/internal/service"
)

// newAccounts returns the accounts of the app, with their first admin.
func (s *Site) newAccounts(ctx context.Context) error {
	s.accounts = accounts.New(accounts.Options{
		Settings: s.cfg.Accounts, DB: s.Records.DB, Throttle: s.signIns, Log: s.Log, Forget: []string{lastCookie, dataCookie}, Takes: service.ReadFor, TooLong: service.ErrDown,
		Audit: func(ctx context.Context, who, what, about, from string) error {
			return s.Records.Audit(ctx, who, what, service.AuditDetail{Note: about, From: from})
		},
	})
	if s.cfg.Accounts.SetAdmin {
		return s.accounts.SetAdmin(ctx, s.cfg.User, s.cfg.Password)
	}
	return s.accounts.Prepare(ctx, s.cfg.User, s.cfg.Password)
}

// accountRoutes are those of the accounts, none without them.
func (s *Site) accountRoutes() (out []route) {
	if s.accounts == nil {
		return nil
	}
	for _, rt := range s.accounts.Routes() {
		out = append(out, route{rt.Pattern, func(r *request) error {
			a, err := rt.Handle(accounts.Call{Request: r.Request, W: r.w, Sender: r.Sender, By: r.who})
			switch {
			case err != nil:
				return err
			case a.To != "":
				return r.redirect(a.To)
			}
			return s.show(r, cmp.Or(a.Status, http.StatusOK), a.Page, r.l.T(a.Title), a.Data)
		}, readsDB, rt.Access})
	}
	return append(out,
		route{"POST /share/{id}", s.ready(form(s.share)), readsDB, analyst},
		route{"GET /shared/{token}", s.ready(s.shared), computesDB, viewer})
}

// share makes or takes back the link by which other users read a conversation.
func (s *Site) share(r *request) (string, error) {
	id, shared := r.PathValue("id"), r.PostFormValue("do") == "share"
	c, err := r.records(s).Conversation(r.Context(), id, "")
	if err == nil {
		err = r.records(s).Share(r.Context(), id, shared)
	}
	if err == nil {
		err = s.note(r, map[bool]string{true: "conversation shared", false: "sharing ended"}[shared], service.AuditDetail{})
	}
	return "/" + c.Kind + "/" + id + "#share", err
}

// shared shows a conversation by its link, to be read.
func (s *Site) shared(r *request) error {
	c, err := s.Records.Shared(r.Context(), r.PathValue("token"))
	if err = s.turnToOne(r, c.Dataset, err); err != nil {
		return err
	}
	if c, err = s.answeredAnew(r, c); err != nil {
		return err
	}
	return s.show(r, http.StatusOK, "shared", c.Title, map[string]any{"Conversation": c, "Bubbles": r.bubbles(c, "")})
}
