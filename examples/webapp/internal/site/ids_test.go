package site

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/csvguard"
	"github.com/customer-personality/segmentation/internal/service"
	"github.com/customer-personality/segmentation/internal/snapshot"
	"github.com/customer-personality/segmentation/store"
	"github.com/customer-personality/segmentation/testdata"
)

// oddIDs are ids as files have them, which in addresses, patterns and formulas
// could mean something else.
var oddIDs = []string{
	"C10001", "c10001", "0001", "1", "12347.0", "7590-VHVEG", "3f2504e0-4f89-11d3-9a0c-0305e82c3301", "a/b", "a b", "a+b", "a%2Fb", "%", "_", "100%", "..", "?x=1", "#1", "a,b", "a\\b", "=1+1", "-5", "@sum", "'0007", `say "x"`, "客户7", "<b>7</b>", strings.Repeat("x", 256),
}

// TestIDs: customers are found and forgotten by any id, and files that were
// scored have the ids that they came with.
func TestIDs(t *testing.T) {
	a := start(t, Config{})
	ctx := context.Background()
	customers, err := a.Store.ReadCustomers(ctx)
	if err != nil {
		t.Fatal(err)
	}
	customers = customers[:600]
	for i := range customers {
		if customers[i].ID = fmt.Sprintf("K%d", i); i < len(oddIDs) {
			customers[i].ID = oddIDs[i]
		}
	}
	if _, err := a.Store.SaveCustomers(ctx, store.All(customers)); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Train(ctx, service.TrainRequest{AsOf: testdata.AsOf, K: 4, Activate: true}, nil); err != nil {
		t.Fatal(err)
	}
	if err := a.Reload(ctx); err != nil {
		t.Fatal(err)
	}
	logScores(t, a.Store)
	var list struct{ Customers []snapshot.Listed }
	if err := json.Unmarshal([]byte(a.get(t, "/api/v1/customers?limit=20").body), &list); err != nil || list.Customers[0].ID != "C10001" || list.Customers[2].ID != "0001" {
		t.Errorf("the list is %+v, %v", list, err)
	}
	kept := slices.DeleteFunc(slices.Clone(oddIDs), func(id string) bool { return !slices.Contains(a.Snapshot.Load().IDs, id) })
	if len(kept) < len(oddIDs)-3 {
		t.Fatalf("only %q were not cleaned away", kept)
	}
	t.Run("found", func(t *testing.T) { a.checkFound(t, kept) })
	scored := ""
	t.Run("in a scored file", func(t *testing.T) { scored = a.checkScoredIDs(t, customers) })
	t.Run("forgotten", func(t *testing.T) {
		a.checkOnlyForgotten(t, kept)
		a.get(t, scored).want(t, 404) // it named those
	})
}

// checkFound checks that customers are found by their ids, and by nothing else.
func (a *app) checkFound(t *testing.T, kept []string) {
	for _, id := range kept {
		code, answer := a.json(t, "GET", "/api/v1/customers/"+strings.ReplaceAll(url.PathEscape(id), ".", "%2E"), "")
		customer, _ := answer["customer"].(map[string]any)
		history, _ := answer["history"].([]any)
		if code != 200 || customer["id"] != id || len(history) != 1 || history[0].(map[string]any)["customer_id"] != id {
			t.Errorf("%q is answered with %d, %v and the history %v", id, code, customer, history)
		}
	}
	for id, want := range map[string]int{"C1000": 404, "01": 404, "C10001 ": 200, "K5%": 404, "": 404, " ": 422, "a\nb": 422, strings.Repeat("y", 257): 422, "\xff": 422} {
		if got := a.get(t, "/api/v1/customers/"+url.PathEscape(id)).StatusCode; got != want {
			t.Errorf("%q is answered with %d, want %d", id, got, want)
		}
	}
}

// checkScoredIDs checks the ids in a file that is scored, and returns its address.
func (a *app) checkScoredIDs(t *testing.T, customers []features.Customer) string {
	var file strings.Builder
	w := features.NewWriter(&file)
	for i := range oddIDs {
		if err := w.Write(&customers[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(file.String(), "id,", "Client No.,", 1)
	page := a.finished(t, a.upload(t, "f.csv", []byte(text)).Request.URL.Path)
	page.want(t, 200, "The column “Client No.” is taken for the id.")
	scored := page.Request.URL.Path + "/scored.csv"
	rows, err := csv.NewReader(strings.NewReader(a.get(t, scored).body)).ReadAll()
	if err != nil || len(rows) != len(oddIDs)+1 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for i, id := range oddIDs {
		if rows[i+1][0] != csvguard.Cell(id) {
			t.Errorf("row %d has the id %q, want %q", i, rows[i+1][0], csvguard.Cell(id))
		}
	}
	for what, text := range map[string]string{
		"The file has no column of ids, so customers are numbered 1, 2, 3, … in its order.": strings.Replace(file.String(), "id,", "shelf,", 1),
		"1 row has an id that an earlier row has: C10001 (line 29).":                        file.String() + strings.SplitAfter(file.String(), "\n")[1],
	} {
		a.finished(t, a.upload(t, "f.csv", []byte(text)).Request.URL.Path).want(t, 200, what)
	}
	return scored
}

// checkOnlyForgotten checks that forgetting one forgets nobody else, whatever the id
// could mean.
func (a *app) checkOnlyForgotten(t *testing.T, kept []string) {
	ctx := t.Context()
	for _, id := range []string{"%", "_", "a/b", "=1+1", "c10001"} {
		if !slices.Contains(kept, id) {
			t.Errorf("%q is not there to be forgotten", id)
			continue
		}
		before, err := a.Store.Count(ctx, a.Store.Tables().Customers)
		if err != nil {
			t.Fatal(err)
		}
		if code, answer := a.json(t, "DELETE", "/api/v1/customers/"+url.PathEscape(id), ""); code != 200 || answer["forgotten"].(float64) < 4 {
			t.Errorf("forgetting %q is answered with %d, %v", id, code, answer)
		}
		if after, err := a.Store.Count(ctx, a.Store.Tables().Customers); err != nil || after != before-1 {
			t.Errorf("forgetting %q leaves %d of %d customers, %v", id, after, before, err)
		}
	}
	if !slices.Contains(a.Snapshot.Load().IDs, "C10001") {
		t.Error("C10001 was forgotten with c10001")
	}
}

// An answer of before, which told ids as numbers, is given anew.
func TestAnswersOfBefore(t *testing.T) {
	a := start(t, Config{})
	path := a.post(t, "/predict", goodForm).Request.URL.Path
	a.post(t, path, url.Values{"question": {"who else is like this?"}}).want(t, 200, "Their customer ids")
	id := strings.TrimPrefix(path, "/result/")
	db := a.Store.DB()
	for _, q := range []string{
		"update webapp_messages set body = '{\"text\":[\"old\"],\"customers\":[5524]}', customers = ',5524,' where role <> 'you' and conversation_id = '" + id + "'",
		"drop table webapp_retrainings", "drop table webapp_schedule", "drop table webapp_baselines",
		"drop index webapp_audit_what", "drop table webapp_lists", "drop table webapp_segments",
		"drop index webapp_conversations_share", "alter table webapp_charts drop column owner", "alter table webapp_conversations drop column share", "alter table webapp_conversations drop column owner",
		"drop table webapp_tokens", "drop table webapp_sessions", "drop table webapp_users",
		"drop index webapp_conversations_made", "alter table webapp_conversations drop column asked_by",
		"drop table webapp_datasets", "alter table webapp_charts drop column dataset", "alter table webapp_conversations drop column dataset",
		"delete from webapp_migrations where version_id >= 2",
	} {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := service.OpenRecords(t.Context(), a.Store); err != nil {
		t.Fatal(err)
	}
	a.get(t, path).want(t, 200, "Their customer ids")
}
