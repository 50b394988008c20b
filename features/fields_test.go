package features

import (
	"bytes"
	"reflect"
	"strconv"
	"testing"
	"time"

	"github.com/customer-personality/segmentation/internal/testenv"
)

// filled returns a customer whose fields, found by reflection, all differ from
// zero and from each other where their kind allows it.
func filled(t *testing.T) Customer {
	t.Helper()
	var c Customer
	fields := Fields()
	v := reflect.ValueOf(&c).Elem()
	if v.NumField() != len(fields) {
		t.Fatalf("a customer has %d fields and the list %d", v.NumField(), len(fields))
	}
	for i, f := range fields {
		p := v.Field(i).Addr().Interface()
		if f.Pointer(&c) != p {
			t.Fatalf("%s leads to another field than %s", f.Name, v.Type().Field(i).Name)
		}
		switch p := p.(type) {
		case *int:
			low, high := f.limits()
			*p = int(min(low+int64(i)+1, high))
		case *float64:
			*p = float64(i) + 0.25
		case *string:
			*p = "word " + strconv.Itoa(i)
		case *time.Time:
			*p = day(2013, 5, i)
		}
	}
	return c
}

// A column is added by a field of Customer and a line of the list: file,
// reader, table and frame go by these.
func TestOneListOfColumns(t *testing.T) {
	want := filled(t)
	if err := want.Validate(); err != nil {
		t.Fatal(err)
	}
	var file, whole bytes.Buffer
	w := NewWriter(&file)
	if err := w.Write(&want); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	table, err := Engineer(t.Context(), []Customer{want}, newYear2015)
	if err != nil {
		t.Fatal(err)
	}
	if err := table.WriteCSV(t.Context(), &whole); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"Writer": file.String(), "WriteCSV": whole.String()} {
		t.Run(name, func(t *testing.T) {
			if got, _ := readString(t, text); got[0] != want {
				t.Errorf("%s and Read make\n%+v of\n%+v", name, got[0], want)
			}
		})
	}
	if got := table.Customer(0); got != want {
		t.Errorf("a table makes\n%+v of\n%+v", got, want)
	}
	if got := testenv.Must(table.Rows(t.Context(), []int{0})).Engineered(0); got != EngineerCustomer(want, newYear2015) {
		t.Errorf("a table makes\n%+v", got)
	}
	if got, err := CustomersFromFrame(t.Context(), frameOf([]Customer{want})); err != nil || got[0] != want {
		t.Errorf("a frame makes\n%+v of\n%+v, %v", got, want, err)
	}
	for _, f := range schema[:rawColumns] {
		if s, err := table.Column(f.Name); err != nil || s.Missing(0) {
			t.Errorf("the table has no %s (%v)", f.Name, err)
		}
	}
}
