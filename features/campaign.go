package features

import "slices"

// A ColumnGroup is several columns of the campaign schema that are of one kind
// and shown beside each other.
type ColumnGroup struct {
	Name    string
	Columns []string
}

// ColumnGroups returns the groups of the campaign schema: what is spent on each
// of the products, the purchases by each of the channels, and which of the
// campaigns were accepted. The products and the channels that customers buy most
// of come first.
func ColumnGroups() []ColumnGroup {
	return []ColumnGroup{
		{"products", []string{"mnt_wines", "mnt_meat_products", "mnt_gold_prods", "mnt_fish_products", "mnt_sweet_products", "mnt_fruits"}},
		{"channels", []string{"num_store_purchases", "num_web_purchases", "num_catalog_purchases", "num_deals_purchases"}},
		{"campaigns", []string{"accepted_cmp1", "accepted_cmp2", "accepted_cmp3", "accepted_cmp4", "accepted_cmp5", "response"}},
	}
}

// GroupColumns returns the columns of the group of that name, nil for none.
func GroupColumns(name string) []string {
	groups := ColumnGroups()
	if i := slices.IndexFunc(groups, func(g ColumnGroup) bool { return g.Name == name }); i >= 0 {
		return groups[i].Columns
	}
	return nil
}
