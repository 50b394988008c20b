package features

// Words gives a column of words (education, marital_status, living_with,
// education_level, age_group), a value for each row; an empty word stands for
// a field that was empty. A name that is no column of words is a *ColumnError.
// The slice is the caller's own.
func (t *Table) Words(column string) ([]string, error) {
	col, err := lookup(column)
	if err != nil {
		return nil, err
	}
	if schema[col].Kind != Category {
		return nil, &ColumnError{Column: column, Near: []string{"education", "marital_status", "living_with", "education_level", "age_group"}, Err: ErrNotWords}
	}
	out := make([]string, len(t.Rows))
	for i := range t.Rows {
		out[i] = *t.Rows[i].wordAt(col)
	}
	return out, nil
}
