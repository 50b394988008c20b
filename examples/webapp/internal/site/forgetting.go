package site

import (
	"net/http"

	"github.com/customer-personality/segmentation/internal/service"
	"github.com/customer-personality/segmentation/internal/snapshot"
)

// showEmpty answers while there are no customers: pages say what to do.
func (s *Site) showEmpty(r *request) error {
	if r.wantsJSON() {
		return snapshot.ErrNoCustomers
	}
	return s.show(r, http.StatusOK, "empty", r.l.T("empty.title"), map[string]any{
		"Forgotten": r.URL.Query().Get("done") == "forgotten", "Scrubbing": s.Unscrubbed.Load(),
	})
}

// forgetCustomer removes a customer everywhere, or from the dataset that the query
// names, and tells from how many places.
func (s *Site) forgetCustomer(r *request, id string) (int, error) {
	var of *service.Dataset
	if r.URL.Query().Has("data") {
		of = r.set
	}
	return s.Forget(r.Context(), r.by(), id, of)
}

// forgetForm removes a customer whom a form names. Without the word of a script that
// it was asked for, a page asks whether that is meant.
func (s *Site) forgetForm(r *request) error {
	id, err := customerID(r.PostFormValue("id"))
	if err != nil {
		return err
	}
	if r.PostFormValue("sure") == "" {
		query := ""
		if r.URL.Query().Has("data") {
			query = r.here()
		}
		return s.show(r, http.StatusOK, "sure", r.l.T("models.forget"), map[string]any{"ID": id, "Action": "/customers/forget" + query})
	}
	places, err := s.forgetCustomer(r, id)
	if err != nil {
		return err
	}
	if places == 0 {
		return r.redirect("/models?done=unknown#forget")
	}
	return r.redirect("/models?done=forgotten#forget")
}
