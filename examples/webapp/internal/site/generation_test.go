package site

import (
	"context"
	"math"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/service"
	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/store"
)

// brittle is a valid model that cannot score customers without an income.
func brittle(t *testing.T, a *app) *segment.Model {
	t.Helper()
	x, err := a.Snapshot.Load().Customers.Table.Matrix(t.Context(), features.TrainingColumns...)
	if err != nil {
		t.Fatal(err)
	}
	n, d := x.Dims()
	for i := range n {
		if math.IsNaN(x.At(i, d-1)) {
			x.Set(i, d-1, 50_000)
		}
	}
	m, err := segment.Train(context.Background(), x, segment.TrainOptions{Columns: features.TrainingColumns, Value: features.ValueColumns, K: 3, Seed: 1, AsOf: a.Snapshot.Load().Model.AsOf(),
		Pipeline: &preprocess.Pipeline{Steps: []preprocess.Step{preprocess.NewStep("scale", preprocess.Scaler{})}}})
	if err != nil {
		t.Fatal(err)
	}
	return m.Model
}

// again is the app that starts over the same database.
func (a *app) again(t *testing.T, cfg Config) error {
	t.Helper()
	ctx := context.Background()
	s, err := New(ctx, cfg, a.Store, nil, a.Site.Log)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Prepare(ctx); err != nil {
		if e := s.Close(); e != nil {
			t.Error(e)
		}
		return err
	}
	a.Site = s
	a.server = httptest.NewServer(s.Handler())
	t.Cleanup(func() {
		a.server.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return nil
}

// A model that cannot score the customers becomes the active one neither by the
// page nor by the API nor by -model, and the app starts as before.
func TestModelIsTriedBeforeItIsActive(t *testing.T) {
	a := start(t, Config{})
	ctx := context.Background()
	bad := brittle(t, a)
	if _, err := a.Store.SaveModel(ctx, service.ModelName, bad, store.SaveOptions{}); err != nil {
		t.Fatal(err)
	}
	a.post(t, "/models/2/activate", nil).want(t, 409, "Version 2 cannot score the customers")
	if code, v := a.json(t, "POST", "/api/v1/models/2/activate", ""); code != 409 || !strings.Contains(v["error"].(string), "cannot score") {
		t.Errorf("the API answers %d, %v", code, v)
	}
	file := filepath.Join(t.TempDir(), "bad.json")
	if err := bad.Save(file); err != nil {
		t.Fatal(err)
	}
	if err := a.again(t, Config{Model: file}); err == nil || !strings.Contains(err.Error(), "cannot score the customers") {
		t.Errorf("-model with a bad file: %v", err)
	}
	if _, info, err := a.Store.LoadModel(ctx, service.ModelName, store.Active); err != nil || info.Version != 1 {
		t.Errorf("version %d is active, %v; want 1", info.Version, err)
	}
	if err := a.again(t, Config{}); err != nil {
		t.Errorf("the next start: %v", err)
	}
	a.get(t, "/models").want(t, 200, "Version 1 is in use")
}

// A version that an older program made active although it cannot be used, and a
// table that shows another model than the active one, are put right at the start.
func TestStartFallsBackAndRepairs(t *testing.T) {
	a := start(t, Config{})
	ctx := context.Background()
	if _, err := a.Store.SaveModel(ctx, service.ModelName, brittle(t, a), store.SaveOptions{}); err != nil {
		t.Fatal(err)
	}
	damaged, _, err := a.Store.LoadModel(ctx, service.ModelName, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Store.SaveModel(ctx, service.ModelName, damaged, store.SaveOptions{}); err != nil {
		t.Fatal(err)
	}
	exec := func(query string, args ...any) {
		t.Helper()
		if _, err := a.Store.DB().Exec(a.Store.DB().Rebind(query), args...); err != nil {
			t.Fatal(err)
		}
	}
	exec(`UPDATE segmentation_models SET file = ? WHERE version = 3`, []byte(`{"format":"segmentation-model","version":1`))
	for _, bad := range []int{2, 3} {
		exec(`INSERT INTO segmentation_activations (name, version, activated_at, undone) VALUES (?, ?, '2026-01-01T00:00:00.000000Z', false)`, service.ModelName, bad)
		exec(`UPDATE customers_merged SET tier = 'Bronze', cluster = 4`)
		if err := a.again(t, Config{}); err != nil {
			t.Fatal(err)
		}
		page := a.get(t, "/")
		page.want(t, 200, "could not be used, so version 1 is in use instead")
		agrees(t, a, 1)
	}
	// Whoever chooses a version has seen the notice.
	a.post(t, "/models/retrain", map[string][]string{"k": {"4"}, "as_of": {"2015-01-01"}, "activate": {"yes"}}).want(t, 200)
	if s := a.trained(t); s.State != service.StateDone {
		t.Fatalf("%+v", s)
	}
	if strings.Contains(a.get(t, "/").body, "could not be used") {
		t.Error("the notice is still there")
	}
	agrees(t, a, 4)
	exec(`DELETE FROM customers_merged WHERE position > 100`)
	if err := a.again(t, Config{}); err != nil {
		t.Fatal(err)
	}
	agrees(t, a, 4)
	exec(`UPDATE customers_unencoded SET age = age + 1`)
	if err := a.again(t, Config{}); err != nil {
		t.Fatal(err)
	}
	agrees(t, a, 4)
	if strings.Count(a.log.String(), "written anew") != 2 {
		t.Errorf("the log:\n%s", a.log.String())
	}
}

// agrees fails where the merged table is not that of the active version.
func agrees(t *testing.T, a *app, version store.Version) {
	t.Helper()
	ctx := context.Background()
	m, info, err := a.Store.LoadModel(ctx, service.ModelName, store.Active)
	if err != nil || info.Version != version {
		t.Fatalf("version %d is active, %v; want %d", info.Version, err, version)
	}
	results, err := a.Results(ctx, m)
	if err != nil {
		t.Fatal(err)
	}
	var tiers []string
	if err := a.Store.DB().Select(&tiers, `SELECT tier FROM customers_merged ORDER BY position`); err != nil {
		t.Fatal(err)
	}
	if len(tiers) != len(results.Predictions) {
		t.Fatalf("%d merged rows, want %d", len(tiers), len(results.Predictions))
	}
	for i, p := range results.Predictions {
		if tiers[i] != p.Tier {
			t.Fatalf("row %d is %s, the active model says %s", i, tiers[i], p.Tier)
		}
	}
}
