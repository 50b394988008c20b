package site

import (
	"fmt"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation/internal/service"
)

// Rows of the table that are no customers are left out of everything, counted
// and told, and can be forgotten.
func TestImpossibleCustomers(t *testing.T) {
	a := start(t, Config{})
	for position, set := range map[int]string{3: "year_birth = -99999999999", 7: "mnt_wines = -5", 9: "kidhome = -3"} {
		if _, err := a.Store.DB().Exec(fmt.Sprintf("update customers set %s where position = %d", set, position)); err != nil {
			t.Fatal(err)
		}
	}
	var ids []string
	if err := a.Store.DB().Select(&ids, "select id from customers where position in (3, 7, 9) order by position"); err != nil {
		t.Fatal(err)
	}
	if err := a.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	for c := range a.Snapshot.Load().Customers.Table.Customers() {
		if c.ID == ids[0] || c.ID == ids[1] || c.ID == ids[2] {
			t.Errorf("customer %s is in use", c.ID)
		}
	}
	a.get(t, "/models").want(t, 200, "3 rows of the table of customers cannot be right", "year_birth", "-99999999999", "mnt_wines", "kidhome")
	if code, got := a.json(t, "GET", "/api/v1/models", ""); code != 200 || got["customers_left_out"] != 3.0 {
		t.Errorf("the API says %d %v", code, got["customers_left_out"])
	}
	a.get(t, "/metrics").want(t, 200, "webapp_customers_left_out 3")
	a.get(t, fmt.Sprint("/api/v1/customers/", ids[0])).want(t, 404)
	if n := strings.Count(a.log.String(), "are no customers and were left out"); n != 1 {
		t.Errorf("the log tells of them %d times", n)
	}
	// They are not taken for a change of the table again and again.
	before := a.Snapshot.Load()
	if err := a.ReloadIfChanged(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a.Snapshot.Load() != before {
		t.Error("the customers are read again though none has changed")
	}
	// Training leaves them out too.
	if code, _ := a.json(t, "POST", "/api/v1/models/retrain", "{}"); code != 202 {
		t.Fatalf("retraining is answered with %d", code)
	}
	if s := a.trained(t); s.State != service.StateDone {
		t.Fatalf("the training is %+v", s)
	}
	if got := a.Snapshot.Load().Model.Rows(); got != before.Customers.Table.Len() {
		t.Errorf("the model was trained on %d customers, want %d", got, before.Customers.Table.Len())
	}
	if code, got := a.json(t, "DELETE", fmt.Sprint("/api/v1/customers/", ids[0]), ""); code != 200 {
		t.Errorf("forgetting one of them is answered with %d %v", code, got)
	}
	a.get(t, "/models").want(t, 200, "2 rows of the table of customers")
}
