package snapshot

import (
	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
)

// A Listed is a customer as programs see it, with the values that it was scored by.
type Listed struct {
	*CampaignFigures                // of the campaign schema
	ID               string         `json:"id"`
	Values           map[string]any `json:"values,omitempty"` // by column, of any other
	Cluster          int            `json:"cluster"`
	Tier             string         `json:"tier"`
	Distance         float64        `json:"distance"`

	Warnings []segment.Warning `json:"warnings"`
}

// CampaignFigures are those of a customer of the campaign schema.
type CampaignFigures struct {
	Age      float64  `json:"age"`
	Spent    float64  `json:"spent"`
	Tenure   float64  `json:"tenure"`
	Children float64  `json:"children"`
	Income   *float64 `json:"income"`
}

// Listed returns a customer by its row.
func (s *Snapshot) Listed(i int) Listed {
	v := s.Customers.X.RawRowView(i)
	p := s.Customers.Predictions[i]
	c := Listed{ID: s.IDs[i], Cluster: p.Cluster, Tier: p.Tier, Distance: p.Distance, Warnings: append([]segment.Warning{}, p.Warnings...)}
	if !s.Campaign {
		c.Values = map[string]any{}
		for _, name := range s.Model.Columns() {
			c.Values[name] = s.ValueAt(name, i)
		}
		return c
	}
	c.CampaignFigures = &CampaignFigures{Age: v[0], Spent: v[1], Tenure: v[2], Children: v[3]}
	if v[4] == v[4] {
		c.Income = &v[4]
	}
	customer := s.Customers.Table.Customer(i)
	c.Warnings = append([]segment.Warning{}, segmentation.Warnings(s.Model, p, &customer, features.AsOf(s.Customers.Table.AsOf()))...)
	return c
}
