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

func (m ClusterMatch) MarshalJSON() ([]byte, error)     { return jsonfloat.Marshal(m) }
func (s ClusterStability) MarshalJSON() ([]byte, error) { return jsonfloat.Marshal(s) }
func (s ColumnShare) MarshalJSON() ([]byte, error)      { return jsonfloat.Marshal(s) }
func (c Comparison) MarshalJSON() ([]byte, error)       { return jsonfloat.Marshal(c) }
func (c Contribution) MarshalJSON() ([]byte, error)     { return jsonfloat.Marshal(c) }
func (d Drift) MarshalJSON() ([]byte, error)            { return jsonfloat.Marshal(d) }
func (g Group) MarshalJSON() ([]byte, error)            { return jsonfloat.Marshal(g) }
func (l Level) MarshalJSON() ([]byte, error)            { return jsonfloat.Marshal(l) }
func (n Neighbours) MarshalJSON() ([]byte, error)       { return jsonfloat.Marshal(n) }
func (s NumericSummary) MarshalJSON() ([]byte, error)   { return jsonfloat.Marshal(s) }
func (p SelectionPoint) MarshalJSON() ([]byte, error)   { return jsonfloat.Marshal(p) }
func (s Statement) MarshalJSON() ([]byte, error)        { return jsonfloat.Marshal(s) }
func (s TierShare) MarshalJSON() ([]byte, error)        { return jsonfloat.Marshal(s) }

func (m *ClusterMatch) UnmarshalJSON(data []byte) error     { return jsonfloat.Unmarshal(data, m) }
func (s *ClusterStability) UnmarshalJSON(data []byte) error { return jsonfloat.Unmarshal(data, s) }
func (s *ColumnShare) UnmarshalJSON(data []byte) error      { return jsonfloat.Unmarshal(data, s) }
func (c *Comparison) UnmarshalJSON(data []byte) error       { return jsonfloat.Unmarshal(data, c) }
func (c *Contribution) UnmarshalJSON(data []byte) error     { return jsonfloat.Unmarshal(data, c) }
func (d *Drift) UnmarshalJSON(data []byte) error            { return jsonfloat.Unmarshal(data, d) }
func (g *Group) UnmarshalJSON(data []byte) error            { return jsonfloat.Unmarshal(data, g) }
func (l *Level) UnmarshalJSON(data []byte) error            { return jsonfloat.Unmarshal(data, l) }
func (n *Neighbours) UnmarshalJSON(data []byte) error       { return jsonfloat.Unmarshal(data, n) }
func (s *NumericSummary) UnmarshalJSON(data []byte) error   { return jsonfloat.Unmarshal(data, s) }
func (p *SelectionPoint) UnmarshalJSON(data []byte) error   { return jsonfloat.Unmarshal(data, p) }
func (s *Statement) UnmarshalJSON(data []byte) error        { return jsonfloat.Unmarshal(data, s) }
func (s *TierShare) UnmarshalJSON(data []byte) error        { return jsonfloat.Unmarshal(data, s) }
