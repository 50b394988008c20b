package segmentation

import "github.com/customer-personality/segmentation/segment"

// idOf returns the column of ids that a model was trained with.
func idOf(m *segment.Model) string {
	if w, ok := any(m).(interface{ ID() string }); ok {
		return w.ID()
	}
	return ""
}
