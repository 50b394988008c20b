package insight

import (
	"github.com/customer-personality/segmentation/internal/jsonfloat"
	"github.com/customer-personality/segmentation/segment"
)

// The JSON of facts has null for numbers that are not finite or, where that would
// be another one, a string, and is read back so.

// MarshalJSON writes the prediction and what explains it in one object.
func (e Explanation) MarshalJSON() ([]byte, error) {
	if e.Warnings == nil {
		e.Warnings = []segment.Warning{}
	}
	return jsonfloat.Marshal(e)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (e *Explanation) UnmarshalJSON(data []byte) error { return jsonfloat.Unmarshal(data, e) }

// MarshalJSON adds By.
func (c Counterfactual) MarshalJSON() ([]byte, error) {
	return jsonfloat.Marshal(c, jsonfloat.Member{Name: "by", Value: c.By()})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (c *Counterfactual) UnmarshalJSON(data []byte) error { return jsonfloat.Unmarshal(data, c) }

// MarshalJSON writes the fields, see [Explanation.MarshalJSON] for numbers.
func (m ClusterMatch) MarshalJSON() ([]byte, error) { return jsonfloat.Marshal(m) }

// MarshalJSON writes the fields, see [Explanation.MarshalJSON] for numbers.
func (s ClusterStability) MarshalJSON() ([]byte, error) { return jsonfloat.Marshal(s) }

// MarshalJSON writes the fields, see [Explanation.MarshalJSON] for numbers.
func (s ColumnShare) MarshalJSON() ([]byte, error) { return jsonfloat.Marshal(s) }

// MarshalJSON writes the fields, see [Explanation.MarshalJSON] for numbers.
func (c Comparison) MarshalJSON() ([]byte, error) { return jsonfloat.Marshal(c) }

// MarshalJSON writes the fields, see [Explanation.MarshalJSON] for numbers.
func (c Contribution) MarshalJSON() ([]byte, error) { return jsonfloat.Marshal(c) }

// MarshalJSON writes the fields, see [Explanation.MarshalJSON] for numbers.
func (d Difference) MarshalJSON() ([]byte, error) { return jsonfloat.Marshal(d) }

// MarshalJSON writes the fields, see [Explanation.MarshalJSON] for numbers.
func (d Drift) MarshalJSON() ([]byte, error) { return jsonfloat.Marshal(d) }

// MarshalJSON writes the fields, see [Explanation.MarshalJSON] for numbers.
func (g Group) MarshalJSON() ([]byte, error) { return jsonfloat.Marshal(g) }

// MarshalJSON writes the fields, see [Explanation.MarshalJSON] for numbers.
func (l Level) MarshalJSON() ([]byte, error) { return jsonfloat.Marshal(l) }

// MarshalJSON writes the fields, see [Explanation.MarshalJSON] for numbers.
func (n Neighbours) MarshalJSON() ([]byte, error) { return jsonfloat.Marshal(n) }

// MarshalJSON writes the fields, see [Explanation.MarshalJSON] for numbers.
func (s NumericSummary) MarshalJSON() ([]byte, error) { return jsonfloat.Marshal(s) }

// MarshalJSON writes the fields, see [Explanation.MarshalJSON] for numbers.
func (p SelectionPoint) MarshalJSON() ([]byte, error) { return jsonfloat.Marshal(p) }

// MarshalJSON writes the fields, see [Explanation.MarshalJSON] for numbers.
func (s Statement) MarshalJSON() ([]byte, error) { return jsonfloat.Marshal(s) }

// MarshalJSON writes the fields, see [Explanation.MarshalJSON] for numbers.
func (s TierShare) MarshalJSON() ([]byte, error) { return jsonfloat.Marshal(s) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (m *ClusterMatch) UnmarshalJSON(data []byte) error { return jsonfloat.Unmarshal(data, m) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (s *ClusterStability) UnmarshalJSON(data []byte) error { return jsonfloat.Unmarshal(data, s) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (s *ColumnShare) UnmarshalJSON(data []byte) error { return jsonfloat.Unmarshal(data, s) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (c *Comparison) UnmarshalJSON(data []byte) error { return jsonfloat.Unmarshal(data, c) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (c *Contribution) UnmarshalJSON(data []byte) error { return jsonfloat.Unmarshal(data, c) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (d *Difference) UnmarshalJSON(data []byte) error { return jsonfloat.Unmarshal(data, d) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (d *Drift) UnmarshalJSON(data []byte) error { return jsonfloat.Unmarshal(data, d) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (g *Group) UnmarshalJSON(data []byte) error { return jsonfloat.Unmarshal(data, g) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (l *Level) UnmarshalJSON(data []byte) error { return jsonfloat.Unmarshal(data, l) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (n *Neighbours) UnmarshalJSON(data []byte) error { return jsonfloat.Unmarshal(data, n) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (s *NumericSummary) UnmarshalJSON(data []byte) error { return jsonfloat.Unmarshal(data, s) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (p *SelectionPoint) UnmarshalJSON(data []byte) error { return jsonfloat.Unmarshal(data, p) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (s *Statement) UnmarshalJSON(data []byte) error { return jsonfloat.Unmarshal(data, s) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (s *TierShare) UnmarshalJSON(data []byte) error { return jsonfloat.Unmarshal(data, s) }
