package insight_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
)

// written are values of all exported types that have JSON names.
var written = []any{
	insight.Baseline{}, insight.ColumnBaseline{}, insight.Counterfactual{}, insight.ClusterMatch{}, insight.ClusterStability{}, insight.ColumnShare{}, insight.Comparison{}, insight.Contrast{}, insight.Contribution{}, insight.Difference{}, insight.Dominance{}, insight.Drift{}, insight.Explanation{},
	segment.GapPoint{}, insight.Group{}, insight.SelectionPoint{}, insight.Selection{}, insight.Level{}, insight.Neighbours{}, insight.NumericSummary{}, segment.Prediction{}, insight.Profile{}, segment.Range{}, insight.Statement{},
	segment.SweepPoint{}, segment.Tier{}, insight.TierShare{}, insight.CategorySummary{}, insight.CriterionChoice{}, insight.TransitionMatrix{}, insight.SelectionNote{}, insight.KeptAbove{}, segment.WarningCount{}, segment.RowWarning{}, segment.CategoricalColumn{},
}

// Nobody adds a type to JSON and forgets it here.
func TestWrittenIsComplete(t *testing.T) {
	have := map[string]bool{}
	for _, v := range written {
		have[reflect.TypeOf(v).Name()] = true
	}
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok || !spec.Name.IsExported() {
				return true
			}
			if s, ok := spec.Type.(*ast.StructType); ok && slices.ContainsFunc(s.Fields.List, func(f *ast.Field) bool {
				return f.Tag != nil && strings.Contains(f.Tag.Value, "json:")
			}) && !have[spec.Name.Name] {
				t.Errorf("%s has JSON names and is not in the list", spec.Name)
			}
			return true
		})
	}
}

// fill sets every number in v, and makes slices and pointers of one element.
// The numbers of a segment.Warning are finite, and those that belong to its
// kind.
func fill(v reflect.Value, f float64) {
	if w, ok := v.Addr().Interface().(*segment.Warning); ok {
		*w = segment.Warning{Kind: segment.OutsideTraining, Column: "age", Value: -5e-324, Min: 0.1, Max: 1.0 / 3}
		return
	}
	switch v.Kind() {
	case reflect.Float64:
		v.SetFloat(f)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), f)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), f)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i), f)
			}
		}
	}
}

// differs returns where two values differ, to the bit, NaN being equal to NaN.
func differs(path string, a, b reflect.Value) string {
	switch a.Kind() {
	case reflect.Float64:
		if x, y := a.Float(), b.Float(); math.Float64bits(x) != math.Float64bits(y) && !(x != x && y != y) {
			return fmt.Sprintf("%s was %v and is %v", path, x, y)
		}
	case reflect.Slice:
		if a.Len() != b.Len() {
			return fmt.Sprintf("%s had %d elements and has %d", path, a.Len(), b.Len())
		}
		for i := range a.Len() {
			if d := differs(fmt.Sprintf("%s[%d]", path, i), a.Index(i), b.Index(i)); d != "" {
				return d
			}
		}
	case reflect.Pointer:
		if a.IsNil() != b.IsNil() {
			return path + " is nil in one"
		}
		if !a.IsNil() {
			return differs(path, a.Elem(), b.Elem())
		}
	case reflect.Struct:
		for i := range a.NumField() {
			if f := a.Type().Field(i); f.IsExported() {
				if d := differs(path+"."+f.Name, a.Field(i), b.Field(i)); d != "" {
					return d
				}
			}
		}
	}
	return ""
}

// Every number of every type that is written as JSON comes back as it was.
func TestNumbersSurviveJSON(t *testing.T) {
	for _, v := range written {
		kind := reflect.TypeOf(v)
		for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, math.Copysign(0, -1), 0.1, 1.0 / 3, -5e-324, math.MaxFloat64, 1e21} {
			in := reflect.New(kind)
			fill(in.Elem(), f)
			data, err := json.Marshal(in.Interface())
			if err != nil {
				t.Errorf("%v with %v: %v", kind, f, err)
				continue
			}
			out := reflect.New(kind)
			if err := json.Unmarshal(data, out.Interface()); err != nil {
				t.Errorf("%v with %v: %v: %s", kind, f, err, data)
			} else if d := differs(kind.Name(), in.Elem(), out.Elem()); d != "" {
				t.Errorf("%s; JSON %s", d, data)
			}
		}
	}
}

// What null means is fixed for each field.
func TestNullIsNotZero(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range []struct {
		json string
		into any
		want float64
		got  func(v any) float64
	}{
		{`{"margin":null}`, new(segment.Prediction), inf, func(v any) float64 { return v.(*segment.Prediction).Margin }},
		{`{"distance":null}`, new(segment.Prediction), math.NaN(), func(v any) float64 { return v.(*segment.Prediction).Distance }},
		{`{"margin":null}`, new(insight.Explanation), inf, func(v any) float64 { return v.(*insight.Explanation).Margin }},
		{`{"size":null}`, new(insight.Counterfactual), inf, func(v any) float64 { return v.(*insight.Counterfactual).Size }},
		{`{"gap":null}`, new(segment.GapPoint), inf, func(v any) float64 { return v.(*segment.GapPoint).Gap }},
		{`{"log_w":null}`, new(segment.GapPoint), -inf, func(v any) float64 { return v.(*segment.GapPoint).LogW }},
		{`{"ks":null}`, new(insight.Drift), math.NaN(), func(v any) float64 { return v.(*insight.Drift).KS }},
		{`{"median":null}`, new(insight.NumericSummary), math.NaN(), func(v any) float64 { return v.(*insight.NumericSummary).Median }},
		{`{"davies_bouldin":null}`, new(insight.SelectionPoint), math.NaN(), func(v any) float64 { return v.(*insight.SelectionPoint).DaviesBouldin }},
		{`{"inertia":null}`, new(segment.SweepPoint), math.NaN(), func(v any) float64 { return v.(*segment.SweepPoint).Inertia }},
		{`{"medians":[1,null]}`, new(insight.Neighbours), math.NaN(), func(v any) float64 { return v.(*insight.Neighbours).Medians[1] }},
		{`{"points":[{"k":1,"silhouette":null}]}`, new(insight.Selection), math.NaN(), func(v any) float64 { return v.(*insight.Selection).Points[0].Silhouette }},
		{`{"clusters":[{"revenue":null}]}`, new(insight.Profile), math.NaN(), func(v any) float64 { return v.(*insight.Profile).Clusters[0].Revenue }},
	} {
		err := json.Unmarshal([]byte(c.json), c.into)
		if got := c.got(c.into); err != nil || got != c.want && !(got != got && c.want != c.want) {
			t.Errorf("%s as %T is read as %v (%v), want %v", c.json, c.into, got, err, c.want)
		}
	}
}
