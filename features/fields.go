package features

import (
	"fmt"
	"math"
	"slices"
)

// A Field is a column of the campaign schema with the way to its value in a
// [Customer]. [Fields] lists all of them; readers, writers, tables, data frames
// and databases go by that list.
type Field struct {
	Column
	raw        func(*Customer) any   // pointer to the value of a raw column
	engineered func(*Engineered) any // and of an engineered one
	known      map[string]meaning    // the known words by key; nil where any word is known
	stems      []string              // what other names of the column contain
	encoded    bool                  // whether the encoded table has the column
}

// Fields returns the 29 columns of a campaign file in the order of [Customer].
func Fields() []Field { return slices.Clone(schema[:rawColumns]) }

// Pointer returns a pointer to the field of a customer: *int for Integer and
// Flag, *float64 for Amount, *string for Category and Identifier, *time.Time
// for Date. It is nil for the zero Field.
func (f Field) Pointer(c *Customer) any {
	if f.raw == nil {
		return nil
	}
	return f.raw(orZero(c))
}

// schema describes the columns of a table of customers, the raw ones first. A
// column is added by a field of [Customer] and a line here.
var schema = []Field{
	{Column: Column{Name: "id", Kind: Identifier, Meaning: "id of the customer, as the file has it"}, raw: func(c *Customer) any { return &c.ID }},
	{Column: Column{Name: "year_birth", Kind: Integer, Required: true, Meaning: "year of birth, four digits"}, raw: func(c *Customer) any { return &c.YearBirth }, stems: []string{"birth"}},
	{Column: Column{Name: "education", Kind: Category, Required: true, Nullable: true, Meaning: "highest degree: 2n Cycle, Basic, Graduation, Master or PhD", Levels: []string{"Basic", "2n Cycle", "Graduation", "Master", "PhD"}},
		raw: func(c *Customer) any { return &c.Education }, known: educations, stems: []string{"educat"}, encoded: true},
	{Column: Column{Name: "marital_status", Kind: Category, Required: true, Nullable: true, Meaning: "Absurd, Alone, Divorced, Married, Single, Together, Widow or YOLO", Levels: []string{"Single", "Together", "Married", "Divorced", "Widow"}},
		raw: func(c *Customer) any { return &c.MaritalStatus }, known: maritalStatuses, stems: []string{"marital"}},
	{Column: Column{Name: "income", Kind: Amount, Required: true, Nullable: true, Meaning: "yearly household income; may be missing"},
		raw: func(c *Customer) any { return &c.Income }, stems: []string{"income", "salary"}, encoded: true},
	{Column: Column{Name: "kidhome", Kind: Integer, Required: true, Meaning: "small children in the household"},
		raw: func(c *Customer) any { return &c.Kidhome }, stems: []string{"kid"}, encoded: true},
	{Column: Column{Name: "teenhome", Kind: Integer, Required: true, Meaning: "teenagers in the household"},
		raw: func(c *Customer) any { return &c.Teenhome }, stems: []string{"teen"}, encoded: true},
	{Column: Column{Name: "dt_customer", Kind: Date, Required: true, Meaning: "day of enrolment"},
		raw: func(c *Customer) any { return &c.DtCustomer }, stems: []string{"enrol", "joined", "registr"}},
	{Column: Column{Name: "recency", Kind: Integer, Unit: "days", Meaning: "days since the last purchase"}, raw: func(c *Customer) any { return &c.Recency }, encoded: true},
	{Column: Column{Name: "mnt_wines", Kind: Amount, Required: true, Meaning: "spent on wine in the last two years"},
		raw: func(c *Customer) any { return &c.MntWines }, stems: []string{"wine"}, encoded: true},
	{Column: Column{Name: "mnt_fruits", Kind: Amount, Required: true, Meaning: "spent on fruit in the last two years"},
		raw: func(c *Customer) any { return &c.MntFruits }, stems: []string{"fruit"}, encoded: true},
	{Column: Column{Name: "mnt_meat_products", Kind: Amount, Required: true, Meaning: "spent on meat in the last two years"},
		raw: func(c *Customer) any { return &c.MntMeatProducts }, stems: []string{"meat"}, encoded: true},
	{Column: Column{Name: "mnt_fish_products", Kind: Amount, Required: true, Meaning: "spent on fish in the last two years"},
		raw: func(c *Customer) any { return &c.MntFishProducts }, stems: []string{"fish"}, encoded: true},
	{Column: Column{Name: "mnt_sweet_products", Kind: Amount, Required: true, Meaning: "spent on sweets in the last two years"},
		raw: func(c *Customer) any { return &c.MntSweetProducts }, stems: []string{"sweet"}, encoded: true},
	{Column: Column{Name: "mnt_gold_prods", Kind: Amount, Required: true, Meaning: "spent on gold in the last two years"},
		raw: func(c *Customer) any { return &c.MntGoldProds }, stems: []string{"gold"}, encoded: true},
	{Column: Column{Name: "num_deals_purchases", Kind: Integer, Meaning: "purchases with a discount"}, raw: func(c *Customer) any { return &c.NumDealsPurchases }, encoded: true},
	{Column: Column{Name: "num_web_purchases", Kind: Integer, Meaning: "purchases on the web site"}, raw: func(c *Customer) any { return &c.NumWebPurchases }, encoded: true},
	{Column: Column{Name: "num_catalog_purchases", Kind: Integer, Meaning: "purchases from the catalogue"}, raw: func(c *Customer) any { return &c.NumCatalogPurchases }, encoded: true},
	{Column: Column{Name: "num_store_purchases", Kind: Integer, Meaning: "purchases in shops"}, raw: func(c *Customer) any { return &c.NumStorePurchases }, encoded: true},
	{Column: Column{Name: "num_web_visits_month", Kind: Integer, Meaning: "visits of the web site in the last month"},
		raw: func(c *Customer) any { return &c.NumWebVisitsMonth }, encoded: true},
	{Column: Column{Name: "accepted_cmp3", Kind: Flag, Meaning: "1 if the offer of campaign 3 was accepted"}, raw: func(c *Customer) any { return &c.AcceptedCmp3 }, encoded: true},
	{Column: Column{Name: "accepted_cmp4", Kind: Flag, Meaning: "1 if the offer of campaign 4 was accepted"}, raw: func(c *Customer) any { return &c.AcceptedCmp4 }, encoded: true},
	{Column: Column{Name: "accepted_cmp5", Kind: Flag, Meaning: "1 if the offer of campaign 5 was accepted"}, raw: func(c *Customer) any { return &c.AcceptedCmp5 }, encoded: true},
	{Column: Column{Name: "accepted_cmp1", Kind: Flag, Meaning: "1 if the offer of campaign 1 was accepted"}, raw: func(c *Customer) any { return &c.AcceptedCmp1 }, encoded: true},
	{Column: Column{Name: "accepted_cmp2", Kind: Flag, Meaning: "1 if the offer of campaign 2 was accepted"}, raw: func(c *Customer) any { return &c.AcceptedCmp2 }, encoded: true},
	{Column: Column{Name: "complain", Kind: Flag, Meaning: "1 if the customer complained in the last two years"}, raw: func(c *Customer) any { return &c.Complain }, encoded: true},
	{Column: Column{Name: "z_cost_contact", Kind: Amount, Meaning: "cost of one contact"}, raw: func(c *Customer) any { return &c.ZCostContact }},
	{Column: Column{Name: "z_revenue", Kind: Amount, Meaning: "revenue of one accepted offer"}, raw: func(c *Customer) any { return &c.ZRevenue }},
	{Column: Column{Name: "response", Kind: Flag, Meaning: "1 if the offer of the last campaign was accepted"}, raw: func(c *Customer) any { return &c.Response }, encoded: true},

	{Column: Column{Name: "tenure", Kind: Integer, Unit: "months", Meaning: "whole calendar months since enrolment"}, engineered: func(e *Engineered) any { return &e.Tenure }, encoded: true},
	{Column: Column{Name: "age", Kind: Integer, Unit: "years", Meaning: "years: the year of AsOf less the year of birth"}, engineered: func(e *Engineered) any { return &e.Age }, encoded: true},
	{Column: Column{Name: "spent", Kind: Amount, Meaning: "sum of the six product columns"}, engineered: func(e *Engineered) any { return &e.Spent }, encoded: true},
	{Column: Column{Name: "living_with", Kind: Category, Meaning: "Partner, Single or Unknown", Levels: []string{"Single", "Partner", Unknown}},
		engineered: func(e *Engineered) any { return &e.LivingWith }},
	{Column: Column{Name: "children", Kind: Integer, Meaning: "kidhome and teenhome together"}, engineered: func(e *Engineered) any { return &e.Children }, encoded: true},
	{Column: Column{Name: "family_size", Kind: Integer, Meaning: "grown-ups of the household: 1 for Single, 2 for Partner"},
		engineered: func(e *Engineered) any { return &e.FamilySize }, encoded: true},
	{Column: Column{Name: "is_parent", Kind: Bool, Meaning: "whether there are children"}, engineered: func(e *Engineered) any { return &e.IsParent }, encoded: true},
	{Column: Column{Name: "education_level", Kind: Category, Meaning: "Undergraduate, Graduate, Postgraduate or Unknown", Levels: []string{"Undergraduate", "Graduate", "Postgraduate", Unknown}},
		engineered: func(e *Engineered) any { return &e.EducationLevel }, encoded: true},
	{Column: Column{Name: "age_group", Kind: Category, Meaning: "Teen, Adult, Middle-Aged Adult or Senior Adult", Levels: []string{"Teen", "Adult", "Middle-Aged Adult", "Senior Adult"}},
		engineered: func(e *Engineered) any { return &e.AgeGroup }},
}

// maxRaw is the number of columns that a [Reader] can tell apart.
const maxRaw = 32

// rawColumns is the number of columns of a campaign file, 29.
var rawColumns = slices.IndexFunc(schema, func(f Field) bool { return f.raw == nil })

// Positions in schema of the columns with a part of their own in reading.
var (
	colID            = position("id")
	colYearBirth     = position("year_birth")
	colEducation     = position("education")
	colMaritalStatus = position("marital_status")
	colDtCustomer    = position("dt_customer")
)

func position(name string) int {
	return slices.IndexFunc(schema, func(f Field) bool { return f.Name == name })
}

// of returns a pointer to the value of the column, as [Field.Pointer] does, or
// *bool for Bool.
func (f *Field) of(e *Engineered) any {
	if f.raw != nil {
		return f.raw(&e.Customer)
	}
	return f.engineered(e)
}

// number returns what a pointer to a numeric value points to; NaN for others.
func number(p any) float64 {
	switch p := p.(type) {
	case *int:
		return float64(*p)
	case *float64:
		return *p
	case *bool:
		if *p {
			return 1
		}
		return 0
	}
	return math.NaN()
}

// setNumber stores a number that fits in what a pointer to a numeric value points to.
func setNumber(p any, x float64) {
	switch p := p.(type) {
	case *int:
		*p = int(x)
	case *float64:
		*p = x
	case *bool:
		*p = x != 0
	}
}

// want returns what a right value of a raw column looks like; it ends the
// sentence "…; want".
func (f *Field) want() string {
	switch f.Kind {
	case Identifier:
		return fmt.Sprintf("an id such as 5524 or C10001, of up to %d bytes and without control characters", maxID)
	case Category:
		return fmt.Sprintf("a word of up to %d bytes", maxWord)
	case Date:
		return "a day such as 2012-09-04 or 04-09-2012"
	case Flag:
		return "0 or 1"
	case Amount:
		if f.Nullable {
			return "an amount from 0 up, such as 58138, or nothing where it is unknown"
		}
		return "an amount from 0 up, such as 635"
	}
	if f.Name == "year_birth" {
		return "a year of four digits, such as 1957"
	}
	return "a whole number from 0 up"
}

// limits returns the least and the greatest value of an Integer or Flag
// column. The greatest is well inside what a float64 holds exactly.
func (f *Field) limits() (low, high int64) {
	switch {
	case f.Name == "year_birth":
		return minYear, maxYear
	case f.Kind == Flag:
		return 0, 1
	}
	return 0, min(maxInteger, math.MaxInt) // the fields are of type int, which may have 32 bits
}
