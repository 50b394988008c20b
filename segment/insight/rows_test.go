package insight_test

import (
	"context"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/internal/segtest"
	"github.com/customer-personality/segmentation/segment/narrate"
)

var (
	columns       = segtest.Columns
	people, blobs = segtest.People, segtest.Blobs
	near          = segtest.Near
)

// voice writes the facts as sentences.
var voice = narrate.English(features.CampaignWords())

func train(t testing.TB, x mat.Matrix, o segment.TrainOptions) *segment.Model {
	t.Helper()
	if o.Columns == nil {
		o.Columns = columns
	}
	if o.Value == nil {
		o.Value = segtest.Value
	}
	m, err := segment.Train(context.Background(), x, o)
	if err != nil {
		t.Fatal(err)
	}
	return m.Model
}

func equal(a, b segment.Prediction) bool {
	return a.Cluster == b.Cluster && a.Tier == b.Tier && a.Distance == b.Distance && a.Margin == b.Margin && slices.Equal(a.Warnings, b.Warnings)
}
