package site

import (
	"context"
	"errors"
	"net/url"
	"path/filepath"
	"testing"

	"github.com/customer-personality/segmentation/internal/service"
	"github.com/customer-personality/segmentation/internal/signature"
	"github.com/customer-personality/segmentation/store"
	"github.com/customer-personality/segmentation/testdata"
)

// With -trust nothing but the signed model file is ever in use.
func TestSignedModels(t *testing.T) {
	a := start(t, Config{})
	ctx := context.Background()
	info, err := a.Train(ctx, service.TrainRequest{AsOf: testdata.AsOf, K: 3}, nil)
	if err != nil {
		t.Fatal(err)
	}
	model, _, err := a.Store.LoadModel(ctx, service.ModelName, info.Version)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "model.json")
	key := filepath.Join(filepath.Dir(path), "key")
	if err := errors.Join(model.Save(path), signature.NewKey(key)); err != nil {
		t.Fatal(err)
	}
	cfg := Config{Model: path}
	if err := cfg.Trust.Set(key + ".pub"); err != nil {
		t.Fatal(err)
	}
	unsigned, err := New(ctx, cfg, a.Store, nil, a.Site.Log)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unsigned.Close() }()
	if err := unsigned.Prepare(ctx); !errors.Is(err, signature.ErrUntrusted) {
		t.Errorf("a start with a model that is not signed says %v", err)
	}
	private, err := signature.ReadKey(key)
	if err != nil {
		t.Fatal(err)
	}
	if err := signature.Sign(path, private); err != nil {
		t.Fatal(err)
	}
	b := again(t, a, cfg)
	if k := b.Snapshot.Load().Model.K(); k != 3 {
		t.Errorf("the model in use has %d clusters, want 3", k)
	}
	used := b.Snapshot.Load().Version
	b.post(t, "/models/1/activate", nil).want(t, 409, "signed models alone")
	b.post(t, "/models/rollback", nil).want(t, 409, "signed models alone")
	b.post(t, "/models/retrain", url.Values{"activate": {"yes"}, "k": {"2"}}).want(t, 409, "signed models alone")
	if code, _ := b.json(t, "POST", "/api/v1/models/retrain", `{"k":2}`); code != 409 {
		t.Errorf("training and activating answers %d", code)
	}
	b.post(t, "/models/retrain", url.Values{"k": {"2"}, "as_of": {"2015-01-01"}}).want(t, 200)
	b.trained(t)
	// The same model under another version may be used.
	if code, _ := b.json(t, "POST", "/api/v1/models/2/activate", ""); code != 200 {
		t.Errorf("activating the signed model answers %d", code)
	}
	// Nor is what another program activates taken up.
	if err := a.Store.Activate(ctx, service.ModelName, 1, store.ActivateOptions{Results: a.Results}); err != nil {
		t.Fatal(err)
	}
	if err := b.ReloadIfChanged(ctx); !errors.Is(err, signature.ErrUntrusted) {
		t.Errorf("following another program says %v", err)
	}
	if k := b.Snapshot.Load().Model.K(); k != 3 {
		t.Errorf("the model in use has %d clusters after version %d; want 3", k, used)
	}
}
