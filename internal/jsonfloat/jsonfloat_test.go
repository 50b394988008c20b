package jsonfloat

import (
	"encoding/json"
	"math"
	"testing"
)

type Inner struct {
	Far  float64 `json:"far" null:"+Inf"`
	Word string  `json:"word"`
}

type Outer struct {
	Inner
	Least float64   `json:"least" null:"-Inf"`
	Mean  float64   `json:"mean"`
	List  []float64 `json:"list"`
	own   int
}

func TestNull(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		v    Outer
		want string
	}{
		{Outer{Inner{inf, "a"}, -inf, nan, []float64{1, nan}, 1}, `{"far":null,"word":"a","least":null,"mean":null,"list":[1,null]}`},
		{Outer{Inner{-inf, "a"}, nan, inf, []float64{-inf}, 1}, `{"far":"-Inf","word":"a","least":"NaN","mean":"+Inf","list":["-Inf"]}`},
		{Outer{Inner{0.1, ""}, math.Copysign(0, -1), 5e-324, []float64{}, 1}, `{"far":0.1,"word":"","least":-0,"mean":5e-324,"list":[]}`},
		{Outer{}, `{"far":0,"word":"","least":0,"mean":0,"list":null}`},
	} {
		b, err := Marshal(c.v)
		if err != nil || string(b) != c.want {
			t.Errorf("%+v is written %s (%v), want %s", c.v, b, err, c.want)
		}
		back := Outer{Inner{1, "x"}, 2, 3, []float64{4}, 9}
		if err := Unmarshal(b, &back); err != nil {
			t.Error(err)
		}
		if back.own != 9 {
			t.Error("a field that is not exported was changed")
		}
		if again, _ := Marshal(back); string(again) != c.want {
			t.Errorf("%s is read as %+v", b, back)
		}
	}
}

func TestKeepsWhatIsAbsent(t *testing.T) {
	v := Outer{Mean: 7, Least: 3}
	if err := Unmarshal([]byte(`{"mean":null,"other":1}`), &v); err != nil || v.Least != 3 || !math.IsNaN(v.Mean) {
		t.Errorf("read %+v, %v", v, err)
	}
	if err := Unmarshal([]byte(`{"mean":"much"}`), &v); err == nil {
		t.Error("a word was read as a number")
	}
}

func TestFurther(t *testing.T) {
	b, err := Marshal(struct{}{}, Member{"a", 1}, Member{"b", "x"})
	if err != nil || string(b) != `{"a":1,"b":"x"}` {
		t.Errorf("%s, %v", b, err)
	}
	if b, err = Marshal(struct{}{}, Member{"a", math.NaN()}); err != nil || string(b) != `{"a":null}` {
		t.Errorf("%s, %v", b, err)
	}
}

func TestFloats(t *testing.T) {
	var f Floats
	var one Float
	if err := json.Unmarshal([]byte(`[1,null]`), &f); err != nil || f[0] != 1 || !math.IsNaN(f[1]) {
		t.Errorf("%v, %v", f, err)
	}
	if err := json.Unmarshal([]byte(`null`), &one); err != nil || !math.IsNaN(float64(one)) {
		t.Errorf("%v, %v", one, err)
	}
}
