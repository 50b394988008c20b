package preprocess_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/preprocess"
)

// mall returns a table with a column of words, as a file is read into it.
func mall() *features.Table {
	table, err := features.NewTable(time.Time{},
		features.WordSeries(features.Column{Name: "gender", Kind: features.Category}, []string{"Female", "Male", "Female", "Male"}),
		features.NumberSeries(features.Column{Name: "income", Kind: features.Amount}, []float64{15, 16, 17, 137}),
	)
	if err != nil {
		log.Fatal(err)
	}
	return table
}

func ExampleLog1p() {
	x := mat.NewDense(3, 1, []float64{0, 99, 9999})
	_, z, err := preprocess.Log1p{}.FitTransform(context.Background(), x, "spent")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.3f\n", mat.Formatted(z))
	// Output:
	// ⎡0.000⎤
	// ⎢4.605⎥
	// ⎣9.210⎦
}

func ExampleFittedLog1p() {
	f, err := preprocess.Log1p{}.Fit(context.Background(), mat.NewDense(2, 1, []float64{0, 99}), "spent")
	if err != nil {
		log.Fatal(err)
	}
	_, err = f.Transform(context.Background(), mat.NewDense(1, 1, []float64{-3}))
	fmt.Println(err)
	// Output:
	// preprocess: log1p: row 0 (counted from 0), column "spent": -3: a value outside of the domain of the transformation: the logarithm of 1+x needs a value above -1
}

func ExampleQuantileTransformer() {
	x := mat.NewDense(5, 1, []float64{10, 20, 20, 30, 9000})
	_, z, err := preprocess.QuantileTransformer{}.FitTransform(context.Background(), x, "spent")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(mat.Formatted(z.T()))
	// Output:
	// [    0  0.375  0.375   0.75      1]
}

func ExampleFittedQuantileTransformer() {
	f, err := preprocess.QuantileTransformer{Quantiles: 3}.Fit(context.Background(), mat.NewDense(5, 1, []float64{10, 20, 20, 30, 9000}), "spent")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(f.Quantiles())
	back, err := f.InverseTransform(context.Background(), mat.NewDense(1, 1, []float64{0.25}))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(back.At(0, 0))
	// Output:
	// [[10 20 9000]]
	// 15
}

func ExampleDistribution() {
	x := mat.NewDense(3, 1, []float64{10, 20, 9000})
	f, z, err := preprocess.QuantileTransformer{Output: preprocess.Normal}.FitTransform(context.Background(), x, "spent")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%v: %.2f\n", f.Output(), z.RawMatrix().Data)
	// Output:
	// normal: [-5.20 0.00 5.20]
}

func ExamplePowerTransformer() {
	x := mat.NewDense(6, 1, []float64{1, 2, 4, 8, 16, 32})
	_, z, err := preprocess.PowerTransformer{}.FitTransform(context.Background(), x, "spent")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.2f\n", z.RawMatrix().Data)
	// Output:
	// [-1.41 -0.92 -0.33 0.28 0.90 1.48]
}

func ExampleFittedPowerTransformer() {
	f, err := preprocess.PowerTransformer{Unscaled: true}.Fit(context.Background(), mat.NewDense(6, 1, []float64{1, 2, 4, 8, 16, 32}), "spent")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("λ = %.2f, unscaled: %v\n", f.Lambdas()[0], f.Scaler() == nil)
	// Output:
	// λ = -0.14, unscaled: true
}

func ExampleColumnTransformer() {
	x := mat.NewDense(3, 2, []float64{30, 0, 40, 99, 50, 9999})
	f, z, err := preprocess.ColumnTransformer{Parts: []preprocess.Part{
		{Columns: []string{"spent"}, Step: preprocess.NewStep("log", preprocess.Log1p{})},
	}}.FitTransform(context.Background(), x, "age", "spent")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(f.OutputColumns())
	fmt.Printf("%.2f\n", mat.Formatted(z))
	// Output:
	// [spent age]
	// ⎡ 0.00  30.00⎤
	// ⎢ 4.61  40.00⎥
	// ⎣ 9.21  50.00⎦
}

func ExampleFittedColumnTransformer() {
	x := mat.NewDense(3, 2, []float64{30, 0, 40, 99, 50, 9999})
	f, err := preprocess.ColumnTransformer{Parts: []preprocess.Part{
		{Columns: []string{"spent"}, Step: preprocess.NewStep("log", preprocess.Log1p{})},
	}}.Fit(context.Background(), x, "age", "spent")
	if err != nil {
		log.Fatal(err)
	}
	for name, part := range f.Parts() {
		fmt.Println(name, part.InputColumns())
	}
	// A centroid that was found among logarithms, in money again.
	back, err := f.InverseTransform(context.Background(), mat.NewDense(1, 2, []float64{3, 41}))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.1f\n", back.RawRowView(0))
	// Output:
	// log [spent]
	// [41.0 19.1]
}

func ExamplePart() {
	two := []preprocess.Part{
		{Columns: []string{"age"}, Step: preprocess.NewStep("scale", preprocess.Scaler{})},
		{Columns: []string{"age", "spent"}, Step: preprocess.NewStep("log", preprocess.Log1p{})},
	}
	_, err := preprocess.ColumnTransformer{Parts: two}.Fit(context.Background(), mat.NewDense(2, 2, nil), "age", "spent")
	fmt.Println(err)
	// Output:
	// preprocess: column transformer: column "age" is taken by the step "scale" and by the step "log"; leave it to one: options that cannot be used
}

func ExampleEncode() {
	x, words, err := preprocess.Encode(context.Background(), mall(), []string{"gender", "income"}, "gender")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(words)
	fmt.Println(mat.Formatted(x))
	// Output:
	// map[gender:[Female Male]]
	// ⎡  0   15⎤
	// ⎢  1   16⎥
	// ⎢  0   17⎥
	// ⎣  1  137⎦
}

func ExampleTable() {
	var t preprocess.Table = mall()
	words, err := t.Words(context.Background(), "gender")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(words)
	// Output:
	// [Female Male Female Male]
}

func ExamplePreparation() {
	ctx := context.Background()
	columns := []string{"gender", "income"}
	x, words, err := preprocess.Encode(ctx, mall(), columns, "gender")
	if err != nil {
		log.Fatal(err)
	}
	pipeline, choices, err := preprocess.Preparation{Words: words}.Choose(ctx, x, columns...)
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range choices {
		fmt.Printf("%v %q\n", c.Kind, c.Column)
	}
	fitted, err := pipeline.Fit(ctx, x, columns...)
	if err != nil {
		log.Fatal(err)
	}
	row, err := fitted.Row(map[string]any{"gender": "Male", "income": 40})
	if err != nil {
		log.Fatal(err)
	}
	z := make([]float64, len(fitted.OutputColumns()))
	if err := fitted.TransformRow(z, row); err != nil {
		log.Fatal(err)
	}
	fmt.Println(fitted.OutputColumns())
	fmt.Printf("%.2f\n", z)
	// Output:
	// take_log "income"
	// encode_words "gender"
	// standardise ""
	// keep_columns ""
	// [gender=Female gender=Male income]
	// [-1.00 1.00 0.39]
}

func ExampleChoice() {
	x := mat.NewDense(6, 1, []float64{1, 2, 3, 4, 5, 100})
	_, choices, err := preprocess.Preparation{}.Choose(context.Background(), x, "spent")
	if err != nil {
		log.Fatal(err)
	}
	c := choices[0]
	fmt.Printf("%v %s: skewness %.2f is above %v; that of the logarithm is %.2f\n", c.Kind, c.Column, c.Skewness, c.Limit, c.LogSkew)
	// Output:
	// take_log spent: skewness 1.78 is above 1; that of the logarithm is 1.48
}

func ExampleChoiceKind() {
	fmt.Println(preprocess.EncodeWords, preprocess.KeepSkewed)
	// Output:
	// encode_words keep_skewed
}

func ExampleFittedPipeline_Matrix() {
	ctx := context.Background()
	x, words, err := preprocess.Encode(ctx, mall(), []string{"income", "gender"}, "gender")
	if err != nil {
		log.Fatal(err)
	}
	fitted, err := preprocess.Pipeline{Steps: []preprocess.Step{
		preprocess.NewStep("encode", preprocess.ColumnTransformer{Parts: []preprocess.Part{
			{Columns: []string{"gender"}, Step: preprocess.NewStep("words", preprocess.OneHotEncoder{Words: words, Unknown: preprocess.Accept})},
		}}),
	}}.Fit(ctx, x, "income", "gender")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(fitted.Words())
	rows, err := fitted.Matrix(ctx, mall())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(mat.Equal(rows, x))
	_, err = fitted.Row(map[string]any{"gender": "Male"})
	fmt.Println(err)
	// Output:
	// map[gender:[Female Male]]
	// true
	// preprocess: pipeline: there is no value for the column "income"; want nil where it is missing: name each column once, or none
}

func ExampleWordError() {
	ctx := context.Background()
	x, words, err := preprocess.Encode(ctx, mall(), []string{"gender", "income"}, "gender")
	if err != nil {
		log.Fatal(err)
	}
	pipeline, _, err := preprocess.Preparation{Words: words}.Choose(ctx, x, "gender", "income")
	if err != nil {
		log.Fatal(err)
	}
	fitted, err := pipeline.Fit(ctx, x, "gender", "income")
	if err != nil {
		log.Fatal(err)
	}
	_, err = fitted.Row(map[string]any{"gender": "Divers", "income": 30})
	var unknown *preprocess.WordError
	if errors.As(err, &unknown) {
		fmt.Println(unknown.Column, unknown.Word, unknown.Known)
	}
	// Output:
	// gender Divers [Female Male]
}
