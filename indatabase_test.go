package segmentation_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"testing"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/store"
)

// A model that is trained inside the database on the table that another training left is
// that model, but for what is rounded.
func TestTrainInDatabase(t *testing.T) {
	db, err := store.Open(t.Context(), "sqlite:"+t.TempDir()+"/test.db", store.Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	o := segmentation.TrainOptions{Read: features.ReadOptions{AsOf: day}, Model: segment.TrainOptions{Seed: 1, K: 4}, Store: db}
	trained, err := segmentation.TrainFile(t.Context(), "testdata/customers.csv", o)
	if err != nil {
		t.Fatal(err)
	}
	m, err := segmentation.TrainInDatabase(t.Context(), "customers_unencoded", o)
	if err != nil {
		t.Fatal(err)
	}
	if m.Rows() != trained.Model.Rows() || m.K() != 4 || m.Inertia() > 1.001*trained.Model.Inertia() {
		t.Errorf("%d rows, inertia %v; from the file %d and %v", m.Rows(), m.Inertia(), trained.Model.Rows(), trained.Model.Inertia())
	}
	sum, err := db.Summary(t.Context(), segmentation.ModelName)
	if err != nil || sum.ModelVersion != 2 {
		t.Errorf("the active version is %d, %v", sum.ModelVersion, err)
	}
	noStore, most, least := o, o, o
	noStore.Store = nil
	most.Model.Limits = map[string]float64{features.ValueColumns[0]: 120_000}
	least.Model.Least = map[string]float64{features.ValueColumns[0]: 0}
	for name, c := range map[string]struct {
		table string
		o     segmentation.TrainOptions
		err   error
	}{
		"no store": {"customers_unencoded", noStore, store.ErrOption},
		"no table": {"nowhere", o, nil},
		"at most":  {"customers_unencoded", most, segment.ErrOption},
		"at least": {"customers_unencoded", least, segment.ErrOption},
	} {
		if _, err := segmentation.TrainInDatabase(t.Context(), c.table, c.o); err == nil || c.err != nil && !errors.Is(err, c.err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if sum, err := db.Summary(t.Context(), segmentation.ModelName); err != nil || sum.ModelVersion != 2 {
		t.Errorf("behind what failed the active version is %d, %v", sum.ModelVersion, err)
	}
}

// Customers that a training has left in a database are trained on anew inside it.
func ExampleTrainInDatabase() {
	ctx := context.Background()
	db, err := store.Open(ctx, "sqlite::memory:", store.Options{Migrate: true})
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	o := segmentation.TrainOptions{Read: features.ReadOptions{AsOf: day}, Model: segment.TrainOptions{K: 4}, Store: db}
	if _, err := segmentation.TrainFile(ctx, "testdata/customers.csv", o); err != nil {
		log.Fatal(err)
	}
	model, err := segmentation.TrainInDatabase(ctx, "customers_unencoded", o)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(model.Rows(), model.TierNames())
	// Output: 1988 [Platinum Gold Silver Bronze]
}
