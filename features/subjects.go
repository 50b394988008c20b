package features

import (
	"context"
	"slices"
	"strings"

	"github.com/customer-personality/segmentation/internal/cause"
)

// A Named is a column and what it is about, in one word: "wine".
type Named struct {
	Column, Name string
	// Do is the advice on customers in whom the column is high, a sentence; empty for none.
	Do string
}

// Subjects names the columns of a table by what they are about, for texts on
// its customers. What a table does not have is empty.
type Subjects struct {
	Columns    []string // numeric columns that tell something of a segment
	Categories []string // columns of words that do

	Revenue    string  // what a customer is worth
	Products   []Named // its parts
	Period     string  // over which it was counted: "two years"
	Income     string  // what a customer has to spend
	Channels   []Named // purchases by channel
	Discounts  string  // purchases at a discount
	Visits     string  // visits of the web site a month
	Offers     []Named // 1 where the offer was accepted
	Recency    string  // days since the last purchase
	Tenure     string  // months as a customer
	Complaints string  // 1 where there was one

	// Same maps a column to the one that has the same content in more detail: the
	// age group to the age.
	Same map[string]string
	// Ages is the column of words for the age.
	Ages string
	// Household are the columns by which households differ, words and flags.
	Household []Named
}

// CampaignSubjects returns the subjects of the campaign schema.
func CampaignSubjects() Subjects {
	return Subjects{
		Columns: []string{
			"age", "income", "spent", "tenure", "children", "recency",
			"mnt_wines", "mnt_fruits", "mnt_meat_products", "mnt_fish_products", "mnt_sweet_products", "mnt_gold_prods",
			"num_web_purchases", "num_catalog_purchases", "num_store_purchases", "num_deals_purchases", "num_web_visits_month",
			"accepted_cmp1", "accepted_cmp2", "accepted_cmp3", "accepted_cmp4", "accepted_cmp5", "response", "complain",
		},
		Categories: []string{"age_group", "education_level", "living_with"},
		Revenue:    "spent",
		Products: []Named{
			{Column: "mnt_wines", Name: "wine"}, {Column: "mnt_meat_products", Name: "meat"}, {Column: "mnt_gold_prods", Name: "gold products"},
			{Column: "mnt_fish_products", Name: "fish"}, {Column: "mnt_sweet_products", Name: "sweets"}, {Column: "mnt_fruits", Name: "fruit"},
		},
		Period: "two years",
		Income: "income",
		Channels: []Named{
			{"num_store_purchases", "stores", "Meet them in the stores."},
			{"num_web_purchases", "web site", "Reach them on the web site."},
			{"num_catalog_purchases", "catalogue", "Reach them by catalogue."},
		},
		Discounts: "num_deals_purchases",
		Visits:    "num_web_visits_month",
		Offers: []Named{
			{Column: "accepted_cmp1", Name: "campaign 1"}, {Column: "accepted_cmp2", Name: "campaign 2"}, {Column: "accepted_cmp3", Name: "campaign 3"},
			{Column: "accepted_cmp4", Name: "campaign 4"}, {Column: "accepted_cmp5", Name: "campaign 5"}, {Column: "response", Name: "the last campaign"},
		},
		Recency:    "recency",
		Tenure:     "tenure",
		Complaints: "complain",
		Same:       map[string]string{"age_group": "age"},
		Ages:       "age_group",
		Household: []Named{
			{Column: "living_with", Name: "family"}, {Column: "education_level", Name: "education"}, {Column: "is_parent", Name: "children"},
		},
	}
}

// Stems of names, as key leaves them, of what customers bring and of what they
// have to spend, and parts of names that tell of neither.
var (
	revenueStems = []string{"revenue", "spent", "spend", "sales", "monetary", "turnover", "lifetimevalue", "gasto", "umsatz", "harcama", "消费"}
	incomeStems  = []string{"income", "salary", "renda", "ingreso", "einkommen", "gelir", "收入", "年収"}
	noAmounts    = []string{"score", "rate", "ratio", "index", "rank", "avg", "average", "mean", "number", "count", "frequency", "share", "percent", "limit"}
)

// SubjectsOf returns the subjects of a table whose columns serve for the given
// roles: the numbers and words that segments are made of and described by, and what
// the names of these tell of revenue, income and recency. Revenue is an amount of
// the value columns that is nowhere negative, or monetary of [RFM]. The error is that
// of ctx.
func SubjectsOf(ctx context.Context, t *Table, r Roles) (Subjects, error) {
	var s Subjects
	tells := func(name string, stems []string) bool {
		k := key(name)
		has := func(stem string) bool { return strings.Contains(k, stem) }
		return slices.ContainsFunc(stems, has) && !slices.ContainsFunc(noAmounts, has)
	}
	more := map[string]bool{}
	for _, v := range r.Value {
		more[v.Column] = !v.Less
	}
	for _, name := range slices.Concat(r.Features, r.Describe) {
		if err := cause.Of(ctx); err != nil {
			return Subjects{}, err
		}
		column, err := t.Column(name)
		if err != nil || slices.Contains(s.Columns, column.Name()) || slices.Contains(s.Categories, column.Name()) {
			continue
		}
		name, kind := column.Name(), column.Kind()
		if kind == Category {
			s.Categories = append(s.Categories, name)
			continue
		}
		if !kind.Numeric() || column.missing() == column.Len() {
			continue
		}
		s.Columns = append(s.Columns, name)
		amount := kind == Amount || kind == Integer
		switch {
		case amount && more[name] && s.Revenue == "" && tells(name, revenueStems) && (column.least() >= 0 || name == monetaryColumn):
			s.Revenue = name
		case amount && s.Income == "" && tells(name, incomeStems):
			s.Income = name
		case name == recencyColumn && column.Column().Unit == "days":
			s.Recency = name
		}
	}
	return s, nil
}

// Group returns the columns of one kind, to show beside each other: "products",
// "channels", with the purchases at a discount last, or "campaigns". It is nil
// for another name.
func (s Subjects) Group(name string) []string {
	var columns []string
	switch name {
	case "products":
		columns = namedColumns(s.Products)
	case "channels":
		columns = append(namedColumns(s.Channels), s.Discounts)
	case "campaigns":
		columns = namedColumns(s.Offers)
	}
	return columns
}

func namedColumns(named []Named) []string {
	columns := make([]string, len(named))
	for i, n := range named {
		columns[i] = n.Column
	}
	return columns
}
