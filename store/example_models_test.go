package store_test

import (
	"context"
	"fmt"
	"time"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/store"
)

// small trains a model with k clusters on the customers of a database.
func small(s *store.Store, k int) (*segment.Model, *features.Table) {
	ctx := context.Background()
	customers, err := s.ReadCustomers(ctx)
	if err != nil {
		panic(err)
	}
	day := time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)
	table, err := features.Engineer(ctx, customers, features.AsOf(day))
	if err != nil {
		panic(err)
	}
	if table, _, err = features.Clean(ctx, table, features.CleanOptions{}); err != nil {
		panic(err)
	}
	x, err := table.Matrix(ctx, features.TrainingColumns...)
	if err != nil {
		panic(err)
	}
	m, err := segment.Train(ctx, x, segment.TrainOptions{Columns: features.TrainingColumns, Value: features.ValueColumns, K: k, AsOf: table.AsOf(), Restarts: 3})
	if err != nil {
		panic(err)
	}
	return m.Model, table
}

func ExampleVersion() {
	for _, text := range []string{"active", "latest", "3", "newest"} {
		v, err := store.ParseVersion(text)
		fmt.Println(v, err)
	}
	// Output:
	// active <nil>
	// latest <nil>
	// 3 <nil>
	// active store: invalid option: the version is "newest"; want active, latest or a number from 1
}

func ExampleSaveOptions() {
	ctx := context.Background()
	s := withSample()
	defer s.Close()
	m, _ := small(s, 4)
	for _, note := range []string{"first", "second"} {
		if _, err := s.SaveModel(ctx, "shop", m, store.SaveOptions{Activate: true, Note: note}); err != nil {
			fmt.Println(err)
			return
		}
	}
	// The second one turns out to be bad.
	v, err := s.Rollback(ctx, "shop", store.ActivateOptions{})
	fmt.Println("active again:", v, err)
	// Output:
	// active again: 1 <nil>
}

func ExampleModelInfo() {
	ctx := context.Background()
	s := withSample()
	defer s.Close()
	for _, k := range []int{4, 3} {
		m, _ := small(s, k)
		if _, err := s.SaveModel(ctx, "shop", m, store.SaveOptions{Activate: k == 4}); err != nil {
			fmt.Println(err)
			return
		}
	}
	list, err := s.ListModels(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, i := range list {
		fmt.Println(i.Name, i.Version, i.Active, i.K, i.Rows, i.AsOf.Format("2006-01-02"))
	}
	m, i, err := s.LoadModel(ctx, "shop", store.Active)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(i.Version, m.K())
	// Output:
	// shop 1 true 4 1988 2015-01-01
	// shop 2 false 3 1988 2015-01-01
	// 1 4
}

func ExampleScore() {
	ctx := context.Background()
	s := withSample()
	defer s.Close()
	m, _ := small(s, 4)
	for _, err := range segmentation.ScoreCustomers(ctx, m, s.Customers(ctx), segmentation.ScoreOptions{Store: s, Name: "shop", Version: 1}) {
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	history, err := s.History(ctx, "5")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, score := range history {
		fmt.Println(score.CustomerID, score.Model, score.Version, score.Tier == m.Tier(score.Cluster))
	}
	// Output:
	// 5 shop 1 true
}

func ExampleTierChange() {
	ctx := context.Background()
	s := memory()
	defer s.Close()
	scores := []store.Score{
		{CustomerID: "1", Model: "shop", Version: 1, Tier: "Gold"},
		{CustomerID: "2", Model: "shop", Version: 1, Tier: "Bronze"},
		{CustomerID: "1", Model: "shop", Version: 2, Tier: "Platinum"},
		{CustomerID: "2", Model: "shop", Version: 2, Tier: "Bronze"},
	}
	_, err := s.AppendScores(ctx, func(yield func(store.Score, error) bool) {
		for _, score := range scores {
			if !yield(score, nil) {
				return
			}
		}
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	changes, err := s.TierChanges(ctx, "shop", 1, 2)
	fmt.Println(changes, err)
	// Output:
	// [{1 Gold Platinum}] <nil>
}

func ExampleViewOptions() {
	ctx := context.Background()
	s := withSample()
	defer s.Close()
	m, table := small(s, 4)
	if err := s.SaveResults(ctx, &store.Results{Table: table}); err != nil {
		fmt.Println(err)
		return
	}
	if err := s.CreateScoringView(ctx, "customer_tiers", m, store.ViewOptions{Keep: []string{"id", "income"}}); err != nil {
		fmt.Println(err)
		return
	}
	// From here on any tool will do.
	var n int
	err := s.DB().Get(&n, "SELECT count(*) FROM customer_tiers WHERE tier = 'Platinum' AND income > 0")
	fmt.Println(n > 0, err)
	// Output:
	// true <nil>
}
