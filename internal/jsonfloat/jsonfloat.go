// Package jsonfloat writes structs as JSON and reads them back when their
// numbers may be NaN or infinite, which JSON cannot write.
package jsonfloat

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"sync"
)

// Member is a member that a JSON object has beside the fields of its struct.
type Member struct {
	Name  string
	Value any
}

// Marshal returns the JSON object of v, a struct: what json.Marshal returns if
// v has no methods, but for exported fields of type float64 and []float64, also
// those of embedded structs. A number in these that is not finite is null where
// it is that of the tag null of its field ("NaN", "+Inf" or "-Inf"; without a
// tag NaN), and otherwise one of these three as a string. The further members
// follow the fields.
func Marshal(v any, further ...Member) ([]byte, error) {
	from := reflect.New(reflect.TypeOf(v)).Elem()
	from.Set(reflect.ValueOf(v))
	s := shadowOf(from.Type())
	data, err := json.Marshal(s.over(from).Interface())
	for _, m := range further {
		if err != nil {
			return nil, err
		}
		if v, ok := m.Value.(float64); ok {
			m.Value = one{&v, math.NaN()}
		}
		var value []byte
		if value, err = json.Marshal(m.Value); err == nil {
			comma := ","
			if len(data) == len("{}") {
				comma = ""
			}
			data = fmt.Appendf(data[:len(data)-1], "%s%q:%s}", comma, m.Name, value)
		}
	}
	return data, err
}

// Unmarshal reads what Marshal wrote into v, a pointer to a struct. As with
// json.Unmarshal, fields that the JSON lacks keep their values.
func Unmarshal(data []byte, v any) error {
	to := reflect.ValueOf(v).Elem()
	if !to.IsValid() {
		return &json.InvalidUnmarshalError{Type: reflect.TypeOf(v)}
	}
	s := shadowOf(to.Type())
	shadow := s.over(to)
	if err := json.Unmarshal(data, shadow.Addr().Interface()); err != nil {
		return err
	}
	for i, f := range s.fields {
		if !f.number {
			to.FieldByIndex(f.index).Set(shadow.Field(i))
		}
	}
	return nil
}

// A shadow is a struct type with the fields of another, in which numbers are
// replaced by types with methods of their own.
type shadow struct {
	t      reflect.Type
	fields []field
}

type field struct {
	index  []int // in the struct that is shadowed
	number bool
	null   float64
}

var shadows sync.Map // by reflect.Type

func shadowOf(t reflect.Type) *shadow {
	if s, ok := shadows.Load(t); ok {
		return s.(*shadow)
	}
	s := &shadow{}
	var list []reflect.StructField
	for _, f := range reflect.VisibleFields(t) {
		if f.Anonymous || !f.IsExported() {
			continue
		}
		null, err := strconv.ParseFloat(f.Tag.Get("null"), 64)
		if err != nil {
			null = math.NaN()
		}
		as, number := f.Type, true
		switch f.Type {
		case reflect.TypeFor[float64]():
			as = reflect.TypeFor[one]()
		case reflect.TypeFor[[]float64]():
			as = reflect.TypeFor[many]()
		default:
			number = false
		}
		s.fields = append(s.fields, field{f.Index, number, null})
		list = append(list, reflect.StructField{Name: f.Name, Type: as, Tag: f.Tag})
	}
	s.t = reflect.StructOf(list)
	shadows.Store(t, s)
	return s
}

// over returns a shadow of v, which can be addressed; numbers point into v.
func (s *shadow) over(v reflect.Value) reflect.Value {
	out := reflect.New(s.t).Elem()
	for i, f := range s.fields {
		from, to := v.FieldByIndex(f.index), out.Field(i)
		switch at := from.Addr().Interface().(type) {
		case *float64:
			to.Set(reflect.ValueOf(one{at, f.null}))
		case *[]float64:
			to.Set(reflect.ValueOf(many{at, f.null}))
		default:
			to.Set(from)
		}
	}
	return out
}

// one is a number in JSON.
type one struct {
	at   *float64
	null float64
}

func (n one) MarshalJSON() ([]byte, error) {
	switch v := *n.at; {
	case v-v == 0:
		return json.Marshal(v)
	case v == n.null || v != v && n.null != n.null:
		return []byte("null"), nil
	default:
		return json.Marshal(fmt.Sprint(v)) // NaN, +Inf or -Inf
	}
}

func (n *one) UnmarshalJSON(data []byte) error {
	switch string(data) {
	case "null":
		*n.at = n.null
	case `"NaN"`, `"+Inf"`, `"-Inf"`:
		*n.at, _ = strconv.ParseFloat(string(data[1:len(data)-1]), 64)
	default:
		return json.Unmarshal(data, n.at)
	}
	return nil
}

// many is a list of numbers in JSON.
type many struct {
	at   *[]float64
	null float64
}

func (n many) MarshalJSON() ([]byte, error) {
	if *n.at == nil {
		return []byte("null"), nil
	}
	list := make([]one, len(*n.at))
	for i := range list {
		list[i] = one{&(*n.at)[i], n.null}
	}
	return json.Marshal(list)
}

func (n *many) UnmarshalJSON(data []byte) error {
	var raw []json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	if *n.at = nil; raw == nil {
		return nil
	}
	*n.at = make([]float64, len(raw))
	for i, r := range raw {
		if err := (&one{&(*n.at)[i], n.null}).UnmarshalJSON(r); err != nil {
			return err
		}
	}
	return nil
}

// Float is a number that null makes NaN when it is read, and not 0, so that who
// reads it can refuse it. What is not finite cannot be written.
type Float float64

// UnmarshalJSON reads a number or null.
func (f *Float) UnmarshalJSON(data []byte) error {
	return (&one{(*float64)(f), math.NaN()}).UnmarshalJSON(data)
}

// Floats are numbers as Float is one.
type Floats []float64

// UnmarshalJSON reads a list of numbers or nulls.
func (f *Floats) UnmarshalJSON(data []byte) error {
	return (&many{(*[]float64)(f), math.NaN()}).UnmarshalJSON(data)
}
