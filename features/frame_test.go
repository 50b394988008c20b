package features

import "slices"

// testFrame is a frame of values by column.
type testFrame struct {
	names  []string
	values [][]any
}

func (f testFrame) Columns() []Column {
	var list []Column
	for _, name := range f.names {
		list = append(list, Column{Name: name})
	}
	return list
}

func (f testFrame) Len() int { return len(f.values[0]) }

func (f testFrame) Value(column, row int) any { return f.values[column][row] }

// without returns the frame without a column, with another one behind the rest.
func (f testFrame) without(name string, names []string, values ...[]any) testFrame {
	at := slices.Index(f.names, name)
	return testFrame{append(slices.Delete(slices.Clone(f.names), at, at+1), names...), append(slices.Delete(slices.Clone(f.values), at, at+1), values...)}
}

// frameOf returns the raw columns of customers as a frame.
func frameOf(customers []Customer) testFrame {
	var f testFrame
	for _, field := range Fields() {
		f.names = append(f.names, field.Name)
		values := make([]any, len(customers))
		for i := range customers {
			switch p := field.Pointer(&customers[i]).(type) {
			case *string:
				values[i] = *p
			case *int:
				values[i] = *p
			case *float64:
				values[i] = *p
			default:
				values[i] = customers[i].DtCustomer.Format("2006-01-02")
			}
		}
		f.values = append(f.values, values)
	}
	return f
}
