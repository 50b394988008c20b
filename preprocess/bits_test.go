package preprocess_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"testing"

	"github.com/customer-personality/segmentation/preprocess"
	"gonum.org/v1/gonum/mat"
)

// Every machine fits and transforms to the same bits: the checksum is not one of
// right figures (the golden files are for those) but of what amd64 computes, and
// other architectures, which fuse products into sums where they may, must agree:
//
//	GOARCH=arm64 go test -exec qemu-aarch64-static -run SameBits ./preprocess
func TestSameBitsOnEveryMachine(t *testing.T) {
	rng := rand.New(rand.NewPCG(31, 32))
	x := mat.NewDense(3000, 7, nil)
	x.Apply(func(_, j int, _ float64) float64 {
		return (rng.Float64() + rng.Float64() - rng.Float64()) * float64(j*j+1)
	}, x)
	sum := sha256.New()
	for _, scale := range []preprocess.Method{preprocess.Standard, preprocess.MinMax, preprocess.Robust} {
		f := must[*preprocess.FittedPipeline](t)(preprocess.Pipeline{Steps: []preprocess.Step{
			preprocess.NewStep("impute", preprocess.Imputer{Strategy: preprocess.Mean}),
			preprocess.NewStep("scale", preprocess.Scaler{Method: scale}),
			preprocess.NewStep("project", preprocess.PCA{Components: 4}),
		}}.Fit(context.Background(), x))
		sum.Write(must[[]byte](t)(json.Marshal(f)))
		z := must[*mat.Dense](t)(f.Transform(context.Background(), x))
		sum.Write(must[[]byte](t)(json.Marshal(z.RawMatrix().Data)))
		back := must[*mat.Dense](t)(f.InverseTransform(context.Background(), z))
		sum.Write(must[[]byte](t)(json.Marshal(back.RawMatrix().Data)))
	}
	const want = "dd2a72503a2b003b2aa364ee3f07d9b3d433679a1c133ef87b178d47a40b94f3"
	if got := hex.EncodeToString(sum.Sum(nil)); got != want {
		t.Errorf("the checksum of all results is %s, want %s", got, want)
	}
}
