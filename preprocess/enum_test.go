package preprocess_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation/preprocess"
)

func TestNamesOfOptions(t *testing.T) {
	for want, v := range map[string]fmt.Stringer{
		"most_frequent": preprocess.MostFrequent, "Strategy(9)": preprocess.Strategy(9), "Strategy(-1)": preprocess.Strategy(-1),
		"min_max": preprocess.MinMax, "Method(3)": preprocess.Method(3),
		"accept": preprocess.Accept, "UnknownPolicy(2)": preprocess.UnknownPolicy(2),
	} {
		t.Run(want, func(t *testing.T) {
			if got := v.String(); got != want {
				t.Errorf("%#v is %q, want %q", v, got, want)
			}
		})
	}
}

// An error stays readable where there are many columns or labels.
func TestErrorsStayShort(t *testing.T) {
	labels := make([]string, 500)
	for i := range labels {
		labels[i] = fmt.Sprint("label", i)
	}
	f := must[*preprocess.FittedLabelEncoder](t)(preprocess.LabelEncoder{}.Fit(context.Background(), labels))
	_, err := f.Code("other")
	wantError(t, "Code", err, preprocess.ErrUnknownCategory, `"other"`, "488 more")
	s := subject{}
	x := s.data(500)
	scaler := must[*preprocess.FittedScaler](t)(preprocess.Scaler{}.Fit(context.Background(), x.T(), labels...))
	_, err = scaler.Transform(context.Background(), x)
	wantError(t, "Transform", err, preprocess.ErrWidth, "has 5,", "fitted were 500", "…")
	if len(err.Error()) > 300 || strings.Contains(err.Error(), "label20") {
		t.Errorf("the error is long: %s", err)
	}
}
