package preprocess_test

import (
	"context"
	"encoding/json"
	"math"
	"slices"
	"testing"

	"github.com/customer-personality/segmentation/preprocess"
	"gonum.org/v1/gonum/mat"
)

func TestOneHotEncoder(t *testing.T) {
	x := mat.NewDense(3, 2, []float64{2, 0.5, math.Copysign(0, -1), 0.5, 2, 0.5})
	f := must[*preprocess.FittedOneHotEncoder](t)(preprocess.OneHotEncoder{}.Fit(context.Background(), x, "education", "b"))
	if want := []string{"education=0", "education=2", "b=0.5"}; !slices.Equal(f.OutputColumns(), want) {
		t.Errorf("columns %q, want %q", f.OutputColumns(), want)
	}
	z := must[*mat.Dense](t)(f.Transform(context.Background(), x))
	if want := mat.NewDense(3, 3, []float64{0, 1, 1, 1, 0, 1, 0, 1, 1}); !mat.Equal(z, want) {
		t.Errorf("got\n%v", mat.Formatted(z))
	}
	_, err := f.Transform(context.Background(), mat.NewDense(2, 2, []float64{2, 0.5, 1, 0.5}))
	wantError(t, "unseen", err, preprocess.ErrUnknownCategory, "row 1", `"education"`, ": 1:")

	f = must[*preprocess.FittedOneHotEncoder](t)(preprocess.OneHotEncoder{Unknown: preprocess.Accept}.Fit(context.Background(), x, "education", "b"))
	z = must[*mat.Dense](t)(f.Transform(context.Background(), mat.NewDense(1, 2, []float64{1, 0.5})))
	if want := mat.NewDense(1, 3, []float64{0, 0, 1}); !mat.Equal(z, want) {
		t.Errorf("an unseen category gives %v", mat.Formatted(z))
	}
	_, err = f.InverseTransform(context.Background(), z)
	wantError(t, "inverse of unseen", err, preprocess.ErrUnknownCategory, "row 0", `"education"`)
	f.Categories()[0][0] = 99
	if f.Categories()[0][0] == 99 {
		t.Error("the categories can be changed from outside")
	}
}

func TestOneHotEncoderErrors(t *testing.T) {
	x := mat.NewDense(1001, 1, nil)
	for i := range 1001 {
		x.Set(i, 0, float64(i))
	}
	_, err := preprocess.OneHotEncoder{}.Fit(context.Background(), x, "income")
	wantError(t, "too many", err, preprocess.ErrOptions, `"income"`, "1000")
	if _, err = (preprocess.OneHotEncoder{MaxCategories: 1001}).Fit(context.Background(), x); err != nil {
		t.Error(err)
	}
	_, err = preprocess.OneHotEncoder{MaxCategories: -1}.Fit(context.Background(), x)
	wantError(t, "below 0", err, preprocess.ErrOptions)
	_, err = preprocess.OneHotEncoder{Unknown: 7}.Fit(context.Background(), x)
	wantError(t, "no such policy", err, preprocess.ErrOptions)
	_, err = preprocess.OneHotEncoder{}.Fit(context.Background(), mat.NewDense(1, 2, []float64{2, 1}), "a=1", "a")
	if err != nil {
		t.Error(err)
	}
	_, err = preprocess.OneHotEncoder{}.Fit(context.Background(), mat.NewDense(2, 3, []float64{2, 1, 3, 2, 1, 3}), "a", "a=2", "b")
	if err != nil {
		t.Error(err)
	}
}

func TestLabelEncoder(t *testing.T) {
	labels := []string{"b", "a", "", "b", "é"}
	f := must[*preprocess.FittedLabelEncoder](t)(preprocess.LabelEncoder{}.Fit(context.Background(), labels))
	if want := []string{"", "a", "b", "é"}; !slices.Equal(f.Classes(), want) {
		t.Errorf("classes %q, want %q", f.Classes(), want)
	}
	if codes := must[[]int](t)(f.Transform(context.Background(), labels)); !slices.Equal(codes, []int{2, 1, 0, 2, 3}) {
		t.Errorf("codes %v", codes)
	}
	_, err := f.Transform(context.Background(), []string{"a", "c"})
	wantError(t, "unseen", err, preprocess.ErrUnknownCategory, "row 1", `"c"`, `"a"`)
	_, err = f.InverseTransform(context.Background(), []int{0, 4})
	wantError(t, "no such code", err, preprocess.ErrUnknownCategory, "row 1", "code 4", "0 to 3")
	_, err = f.InverseTransform(context.Background(), []int{-1})
	wantError(t, "no such code", err, preprocess.ErrUnknownCategory)
	f.Classes()[0] = "changed"
	if f.Classes()[0] != "" {
		t.Error("the classes can be changed from outside")
	}
	for _, c := range []struct{ given, code int }{{0, -1}, {-7, -7}, {4, 4}} {
		f := must[*preprocess.FittedLabelEncoder](t)(preprocess.LabelEncoder{Unknown: preprocess.Accept, Code: c.given}.Fit(context.Background(), labels))
		if codes := must[[]int](t)(f.Transform(context.Background(), []string{"a", "c"})); !slices.Equal(codes, []int{1, c.code}) {
			t.Errorf("codes %v, want 1 and %d", codes, c.code)
		}
		if back := must[[]string](t)(f.InverseTransform(context.Background(), []int{c.code, 1})); !slices.Equal(back, []string{preprocess.UnknownLabel, "a"}) {
			t.Errorf("back is %q", back)
		}
		data := must[[]byte](t)(json.Marshal(f))
		var g preprocess.FittedLabelEncoder
		if err := json.Unmarshal(data, &g); err != nil {
			t.Fatal(err)
		}
		if again := must[[]byte](t)(json.Marshal(&g)); string(again) != string(data) {
			t.Errorf("%s became %s", data, again)
		}
		if code := must[int](t)(g.Code("c")); code != c.code {
			t.Errorf("after JSON the code of unknown labels is %d", code)
		}
	}
}

func TestLabelEncoderErrors(t *testing.T) {
	_, err := preprocess.LabelEncoder{}.Fit(context.Background(), nil)
	wantError(t, "none", err, preprocess.ErrNoRows)
	_, err = preprocess.LabelEncoder{}.Fit(context.Background(), []string{"a", "\xff"})
	wantError(t, "no UTF-8", err, preprocess.ErrOptions, "label 1")
	_, err = preprocess.LabelEncoder{Unknown: preprocess.Accept, Code: 1}.Fit(context.Background(), []string{"a", "b"})
	wantError(t, "code in use", err, preprocess.ErrOptions, "code 1", `"b"`)
	_, err = preprocess.LabelEncoder{Unknown: -1}.Fit(context.Background(), []string{"a"})
	wantError(t, "no such policy", err, preprocess.ErrOptions)
	for _, f := range []*preprocess.FittedLabelEncoder{nil, {}} {
		_, err = f.Transform(context.Background(), []string{"a"})
		wantError(t, "Transform", err, preprocess.ErrNotFitted)
		_, err = f.InverseTransform(context.Background(), []int{0})
		wantError(t, "InverseTransform", err, preprocess.ErrNotFitted)
		_, err = f.Code("a")
		wantError(t, "Code", err, preprocess.ErrNotFitted)
		_, err = f.Label(0)
		wantError(t, "Label", err, preprocess.ErrNotFitted)
		_, err = f.MarshalJSON()
		wantError(t, "MarshalJSON", err, preprocess.ErrNotFitted)
		if f.Classes() != nil {
			t.Error("it has classes")
		}
	}
}
