package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/testenv"
	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
)

func file(t testing.TB, m *segment.Model) []byte {
	t.Helper()
	var b bytes.Buffer
	check(t, m.Write(&b))
	return b.Bytes()
}

func TestModelsComeBack(t *testing.T) {
	ctx := context.Background()
	m1, _, _ := trained(t, sampleCustomers(t), 1)
	m2, _, _ := trained(t, sampleCustomers(t)[:500], 2)
	onEach(t, func(t *testing.T, s *Store) {
		_, _, err := s.LoadModel(ctx, "shop", Active)
		wantError(t, err, ErrNoModel, "no models yet")
		info, err := s.SaveModel(ctx, "shop", m1, SaveOptions{Note: "first; it's 'quoted'"})
		check(t, err)
		if info.Version != 1 || info.Active || info.K != 4 || info.Rows != m1.Rows() || !bytes.Contains(file(t, m1), []byte(info.Checksum)) {
			t.Errorf("the first save gives %+v", info)
		}
		_, _, err = s.LoadModel(ctx, "shop", Active)
		wantError(t, err, ErrNoActive, "versions 1")
		info2, err := s.SaveModel(ctx, "shop", m2, SaveOptions{Activate: true})
		check(t, err)
		if info2.Version != 2 || !info2.Active {
			t.Errorf("the second save gives %+v", info2)
		}
		_, err = s.SaveModel(ctx, "other", m2, SaveOptions{})
		check(t, err)

		for v, want := range map[Version]*segment.Model{1: m1, 2: m2, Active: m2, Latest: m2} {
			got, i, err := s.LoadModel(ctx, "shop", v)
			check(t, err)
			if !bytes.Equal(file(t, got), file(t, want)) {
				t.Errorf("version %s came back as another model", v)
			}
			if v == 1 {
				if i.Active = false; i != info {
					t.Errorf("its info is %+v; want %+v", i, info)
				}
			} else if i != info2 {
				t.Errorf("the info of version %s is %+v; want %+v", v, i, info2)
			}
		}
		_, _, err = s.LoadModel(ctx, "shop", 3)
		wantError(t, err, ErrNoModel, "versions 1, 2", "version 3")
		_, _, err = s.LoadModel(ctx, "shops", Active)
		wantError(t, err, ErrNoModel, `"other", "shop"`)
		_, _, err = s.LoadModel(ctx, "shop", -7)
		wantError(t, err, ErrOption)
		_, err = s.SaveModel(ctx, "", m1, SaveOptions{})
		wantError(t, err, ErrName)
		_, err = s.SaveModel(ctx, "a\x00", m1, SaveOptions{})
		wantError(t, err, ErrValue)
		_, err = s.SaveModel(ctx, "x", nil, SaveOptions{})
		wantError(t, err, ErrOption)
		if _, err = s.SaveModel(ctx, "x", new(segment.Model), SaveOptions{}); err == nil {
			t.Error("a model that was never trained was saved")
		}

		list, err := s.ListModels(ctx)
		check(t, err)
		var got []string
		for _, i := range list {
			got = append(got, fmt.Sprint(i.Name, i.Version, i.Active))
		}
		if want := []string{"other1 false", "shop1 false", "shop2 true"}; !slices.Equal(got, want) {
			t.Errorf("the list is %v; want %v", got, want)
		}

		// The bytes in the table are those of the file.
		var stored []byte
		check(t, s.DB().Get(&stored, "SELECT file FROM "+quote(s.Tables().Models)+" WHERE name = 'shop' AND version = 1"))
		if !bytes.Equal(stored, file(t, m1)) {
			t.Error("the bytes in the table are not those of the file")
		}
		// Whoever alters them is found out.
		stored[len(stored)/2] ^= 1
		_, err = s.DB().Exec(s.DB().Rebind("UPDATE "+quote(s.Tables().Models)+" SET file = ? WHERE name = 'shop' AND version = 1"), stored)
		check(t, err)
		_, _, err = s.LoadModel(ctx, "shop", 1)
		wantError(t, err, segment.ErrAltered, `model "shop", version 1`)
		_, err = s.DB().Exec(s.DB().Rebind("UPDATE "+quote(s.Tables().Models)+" SET file = ? WHERE name = 'shop' AND version = 1"), file(t, m2))
		check(t, err)
		_, _, err = s.LoadModel(ctx, "shop", 1)
		wantError(t, err, segment.ErrAltered, "the table says")
	})
}

func TestActivateAndRollback(t *testing.T) {
	ctx := context.Background()
	m, _, _ := trained(t, sampleCustomers(t)[:300], 1)
	onEach(t, func(t *testing.T, s *Store) {
		for range 3 {
			_, err := s.SaveModel(ctx, "shop", m, SaveOptions{})
			check(t, err)
		}
		active := func() Version {
			_, info, err := s.LoadModel(ctx, "shop", Active)
			check(t, err)
			if !info.Active {
				t.Errorf("the active version says that it is not: %+v", info)
			}
			return info.Version
		}
		_, err := s.Rollback(ctx, "shop", ActivateOptions{})
		wantError(t, err, ErrNoActive)
		for _, v := range []Version{1, 2, 2, 3, 1} {
			check(t, s.Activate(ctx, "shop", v, ActivateOptions{}))
			if got := active(); got != v {
				t.Fatalf("after Activate(%s) the active version is %s", v, got)
			}
		}
		back := func(want Version) {
			t.Helper()
			v, err := s.Rollback(ctx, "shop", ActivateOptions{})
			check(t, err)
			if v != want || active() != want {
				t.Fatalf("Rollback gives %s, and the active version is %s; want %s", v, active(), want)
			}
		}
		back(3)
		check(t, s.Activate(ctx, "shop", Latest, ActivateOptions{})) // active already
		back(2)
		check(t, s.Activate(ctx, "shop", 3, ActivateOptions{}))
		back(2)
		back(1)
		_, err = s.Rollback(ctx, "shop", ActivateOptions{})
		wantError(t, err, ErrNoActive, "rolling")
		if active() != 1 {
			t.Errorf("a rollback that failed changed the active version to %s", active())
		}
		wantError(t, s.Activate(ctx, "shop", 9, ActivateOptions{}), ErrNoModel, "versions 1, 2, 3")
		wantError(t, s.Activate(ctx, "none", 1, ActivateOptions{}), ErrNoModel)
	})
}

func TestConcurrentSavesGetDifferentVersions(t *testing.T) {
	m, _, _ := trained(t, sampleCustomers(t)[:300], 1)
	onAll(t, func(t *testing.T, url string) {
		stores := []*Store{open(t, url, Options{Migrate: true})}
		stores = append(stores, stores[0])
		if url != "sqlite::memory:" {
			stores[1] = open(t, url, Options{})
		}
		const writers, each = 6, 5
		var mu sync.Mutex
		var versions []int
		var wg sync.WaitGroup
		for i := range writers {
			wg.Go(func() {
				for range each {
					info, err := stores[i%2].SaveModel(context.Background(), "shop", m, SaveOptions{Activate: i == 0})
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					versions = append(versions, int(info.Version))
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		slices.Sort(versions)
		for i, v := range versions {
			if v != i+1 {
				t.Fatalf("the versions are %v; want 1 to %d, each once", versions, writers*each)
			}
		}
		if len(versions) != writers*each {
			t.Errorf("%d versions; want %d", len(versions), writers*each)
		}
	})
}

func TestParseVersion(t *testing.T) {
	for text, want := range map[string]Version{"active": Active, " Latest ": Latest, "1": 1, "42": 42} {
		v, err := ParseVersion(text)
		check(t, err)
		if v != want {
			t.Errorf("%q is %d; want %d", text, v, want)
		}
		if again, err := ParseVersion(v.String()); err != nil || again != v {
			t.Errorf("%s reads as %s, %v", v, again, err)
		}
	}
	for _, text := range []string{"", "0", "-1", "1.5", "newest"} {
		_, err := ParseVersion(text)
		wantError(t, err, ErrOption, "active, latest or a number")
	}
}

func TestScore(t *testing.T) {
	ctx := context.Background()
	customers := sampleCustomers(t)
	m1, _, _ := trained(t, customers, 1)
	x, err := testenv.Must(features.Engineer(ctx, customers, features.AsOf(m1.AsOf()))).Matrix(ctx, features.TrainingColumns...)
	check(t, err)
	m2, err := segment.Train(ctx, x, segment.TrainOptions{Columns: features.TrainingColumns, Value: features.ValueColumns, K: 3, AsOf: m1.AsOf(), Restarts: 2})
	check(t, err)
	want := map[Version][]segment.Prediction{}
	want[1], err = m1.PredictMatrix(ctx, x)
	check(t, err)
	want[2], err = m2.PredictMatrix(ctx, x)
	check(t, err)
	onEach(t, func(t *testing.T, s *Store) {
		ingestFile(t, s, samplePath)
		_, err := score(s, "shop", FetchOptions{})
		wantError(t, err, ErrNoModel)
		for i, m := range []*segment.Model{m1, m2.Model} {
			_, err := s.SaveModel(ctx, "shop", m, SaveOptions{Activate: true})
			check(t, err)
			n, err := score(s, "shop", FetchOptions{})
			check(t, err)
			if n != len(customers) {
				t.Errorf("%d customers are scored by version %d; want %d", n, i+1, len(customers))
			}
		}
		for _, i := range []int{0, 7, 1999} {
			h, err := s.History(ctx, customers[i].ID)
			check(t, err)
			if len(h) != 2 {
				t.Fatalf("the history of customer %s is %v; want two scores", customers[i].ID, h)
			}
			for j, score := range h {
				p := want[Version(j+1)][i]
				if score.CustomerID != customers[i].ID || score.Model != "shop" || score.Version != Version(j+1) || score.Cluster != p.Cluster || score.Tier != p.Tier || score.Distance != p.Distance {
					t.Errorf("score %d of customer %s is %+v; want %+v", j, customers[i].ID, score, p)
				}
			}
			if h[1].ScoredAt.Before(h[0].ScoredAt) || h[0].ScoredAt.IsZero() {
				t.Errorf("the times of customer %s are %v and %v", customers[i].ID, h[0].ScoredAt, h[1].ScoredAt)
			}
		}
		changes, err := s.TierChanges(ctx, "shop", 1, 2)
		check(t, err)
		expected, at := map[string]TierChange{}, map[string]int{}
		for i, c := range customers {
			if a, b := want[1][i].Tier, want[2][i].Tier; a != b {
				expected[c.ID], at[c.ID] = TierChange{c.ID, a, b}, i
			}
		}
		if len(changes) != len(expected) || len(changes) == 0 {
			t.Errorf("%d customers changed their tier; want %d", len(changes), len(expected))
		}
		for i, c := range changes {
			if expected[c.CustomerID] != c {
				t.Fatalf("%+v; want %+v", c, expected[c.CustomerID])
			}
			if i > 0 && at[changes[i-1].CustomerID] >= at[c.CustomerID] {
				t.Fatal("the changes are not in the order of the customers")
			}
		}
		// The last score of a version counts.
		c := changes[0]
		_, err = s.AppendScores(ctx, func(yield func(Score, error) bool) {
			yield(Score{CustomerID: c.CustomerID, Model: "shop", Version: 2, Tier: c.From}, nil)
		})
		check(t, err)
		again, err := s.TierChanges(ctx, "shop", 1, 2)
		check(t, err)
		if len(again) != len(changes)-1 {
			t.Errorf("%d changes after a new score; want %d", len(again), len(changes)-1)
		}
		_, err = s.TierChanges(ctx, "shop", 1, 3)
		wantError(t, err, ErrNoModel, "version 3")
		h, err := s.History(ctx, "nobody")
		if err != nil || h == nil || len(h) != 0 {
			t.Errorf("the history of nobody is %v, %v; want an empty one", h, err)
		}
		_, err = s.AppendScores(ctx, nil)
		wantError(t, err, ErrOption)
		_, err = s.AppendScores(ctx, func(yield func(Score, error) bool) { yield(Score{CustomerID: "1"}, nil) })
		wantError(t, err, ErrValue, "tier")
	})
}

// score logs the scores of customers by the active version of a model, as package
// segmentation does, and returns their number.
func score(s *Store, model string, o FetchOptions) (int, error) {
	ctx := context.Background()
	m, info, err := s.LoadModel(ctx, model, Active)
	if err != nil {
		return 0, err
	}
	selection, err := features.Select(m.Columns()...)
	if err != nil {
		return 0, err
	}
	return s.AppendScores(ctx, func(yield func(Score, error) bool) {
		for c, err := range s.FetchCustomers(ctx, o) {
			var p segment.Prediction
			if err == nil {
				e := features.EngineerCustomer(c, features.AsOf(m.AsOf()))
				p, err = m.Predict(selection.Values(nil, &e))
			}
			if !yield(Score{CustomerID: c.ID, Model: model, Version: info.Version, Cluster: p.Cluster, Tier: p.Tier, Distance: p.Distance}, err) || err != nil {
				return
			}
		}
	})
}

// A model is tried on the customers, and on one without an income, before it is
// active; the version before stays in its place, and so do the tables.
func TestActivateTriesTheModel(t *testing.T) {
	onAll(t, func(t *testing.T, url string) {
		ctx := context.Background()
		s := open(t, url, Options{Migrate: true})
		ingestFile(t, s, samplePath)
		good, table, p := trained(t, sampleCustomers(t)[:200], 1)
		x, err := table.Matrix(ctx, features.TrainingColumns...)
		check(t, err)
		for i := range p { // the bad models are trained without missing incomes
			if math.IsNaN(x.At(i, 4)) {
				x.Set(i, 4, 50_000)
			}
		}
		train := func(x mat.Matrix, columns ...string) *segment.Model {
			m, err := segment.Train(ctx, x, segment.TrainOptions{Columns: columns, Value: columns[:1], K: 3, Seed: 1,
				Pipeline: &preprocess.Pipeline{Steps: []preprocess.Step{preprocess.NewStep("scale", preprocess.Scaler{})}}})
			check(t, err)
			return m.Model
		}
		for name, bad := range map[string]*segment.Model{
			"without an imputer":        train(x, features.TrainingColumns...),
			"columns that are not here": train(x, "age", "spent", "height", "children", "income"),
		} {
			_, err := s.SaveModel(ctx, name, bad, SaveOptions{Activate: true})
			wantError(t, err, ErrUnfit)
			list, err := s.ListModels(ctx)
			check(t, err)
			if len(list) != 0 {
				t.Errorf("%s: it was saved: %v", name, list)
			}
		}
		results := &Results{Table: table, Predictions: p}
		_, err = s.SaveModel(ctx, "shop", good, SaveOptions{Results: results})
		wantError(t, err, ErrOption)
		_, err = s.SaveModel(ctx, "shop", good, SaveOptions{Activate: true, Results: results})
		check(t, err)
		_, err = s.SaveModel(ctx, "shop", train(x, features.TrainingColumns...), SaveOptions{})
		check(t, err)
		wantError(t, s.Activate(ctx, "shop", 2, ActivateOptions{}), ErrUnfit, "customer")
		_, err = s.SaveModel(ctx, "shop", good, SaveOptions{})
		check(t, err)
		no := errors.New("not today")
		refuse := ActivateOptions{Results: func(context.Context, *segment.Model) (*Results, error) { return nil, no }}
		wantError(t, s.Activate(ctx, "shop", 3, refuse), no)
		// Too few predictions: the activation is undone with the tables.
		wantError(t, s.Activate(ctx, "shop", 3, ActivateOptions{Results: func(context.Context, *segment.Model) (*Results, error) {
			return &Results{Table: table, Predictions: p[:3]}, nil
		}}), ErrValue)
		wantActive(t, s, 1, len(p))
		few := func(_ context.Context, m *segment.Model) (*Results, error) {
			cut, err := table.Rows(ctx, upTo(50))
			check(t, err)
			x, err := cut.Matrix(ctx, m.Columns()...)
			if err != nil {
				return nil, err
			}
			p, err := m.PredictMatrix(ctx, x)
			return &Results{Table: cut, Predictions: p}, err
		}
		check(t, s.Activate(ctx, "shop", 3, ActivateOptions{Results: few}))
		wantActive(t, s, 3, 50)
		_, err = s.Rollback(ctx, "shop", refuse)
		wantError(t, err, no)
		wantActive(t, s, 3, 50)
		v, err := s.Rollback(ctx, "shop", ActivateOptions{Results: few})
		check(t, err)
		if v != 1 {
			t.Errorf("rolled back to %d; want 1", v)
		}
		wantActive(t, s, 1, 50)
	})
}

func wantActive(t *testing.T, s *Store, v Version, merged int) {
	t.Helper()
	ctx := context.Background()
	_, info, err := s.LoadModel(ctx, "shop", Active)
	check(t, err)
	n, err := s.Count(ctx, s.Tables().Merged)
	check(t, err)
	if info.Version != v || n != merged {
		t.Errorf("version %d is active, with %d merged rows; want version %d and %d rows", info.Version, n, v, merged)
	}
}

// What a model or a score has no number for is no 0 in JSON.
func TestNumbersSurviveJSON(t *testing.T) {
	for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0.1, math.MaxFloat64, 5e-324} {
		same := func(a, b float64) bool { return a == b || a != a && b != b }
		info, score := ModelInfo{Name: "shop", Version: 3, Inertia: f, Silhouette: f}, Score{CustomerID: "7", Distance: f}
		var info2 ModelInfo
		var score2 Score
		for in, out := range map[any]any{&info: &info2, &score: &score2} {
			data, err := json.Marshal(in)
			if err == nil {
				err = json.Unmarshal(data, out)
			}
			if err != nil {
				t.Errorf("%T with %v: %v", in, f, err)
			}
		}
		if info2.Name != "shop" || info2.Version != 3 || !same(info2.Inertia, f) || !same(info2.Silhouette, f) || score2.CustomerID != "7" || !same(score2.Distance, f) {
			t.Errorf("with %v: %+v and %+v", f, info2, score2)
		}
	}
}
