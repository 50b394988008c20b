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

func (s *Site) forgetForm(r *request) (string, error) {
	id, err := customerID(r.PostFormValue("id"))
	if err != nil {
		return "", err
	}
	places, err := s.forgetCustomer(r, id)
	if places == 0 {
		return "/models?done=unknown#forget", err
	}
	return "/models?done=forgotten#forget", err
}
