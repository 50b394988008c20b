package features

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"time"
)

// A Customer is one row of a campaign file: the 29 columns of the schema as
// typed fields. [Columns] describes them by name. A column that is optional and
// absent from the file, or empty in the row, leaves its field at zero; a
// [Report] lists which.
//
// Amounts are in the currency of the file. The amounts and numbers of
// purchases cover the last two years.
type Customer struct {
	ID            string    // id: the customer's id as the file has it; numbered from 1 in file order where the file has none
	YearBirth     int       // year_birth: four digits, 1000 to 9999
	Education     string    // education: 2n Cycle, Basic, Graduation, Master or PhD, or another known degree such as Bachelor; any other value is kept as it is written
	MaritalStatus string    // marital_status: Absurd, Alone, Divorced, Married, Single, Together, Widow or YOLO, or another known one such as Couple; any other value is kept
	Income        float64   // income: yearly household income, 0 or more; NaN where it is missing
	Kidhome       int       // kidhome: small children in the household, 0 or more
	Teenhome      int       // teenhome: teenagers in the household, 0 or more
	DtCustomer    time.Time // dt_customer: day of enrolment, at midnight UTC
	Recency       int       // recency: days since the last purchase, 0 or more

	MntWines         float64 // mnt_wines: spent on wine, 0 or more
	MntFruits        float64 // mnt_fruits: spent on fruit, 0 or more
	MntMeatProducts  float64 // mnt_meat_products: spent on meat, 0 or more
	MntFishProducts  float64 // mnt_fish_products: spent on fish, 0 or more
	MntSweetProducts float64 // mnt_sweet_products: spent on sweets, 0 or more
	MntGoldProds     float64 // mnt_gold_prods: spent on gold, 0 or more

	NumDealsPurchases   int // num_deals_purchases: purchases with a discount, 0 or more
	NumWebPurchases     int // num_web_purchases: purchases on the web site, 0 or more
	NumCatalogPurchases int // num_catalog_purchases: purchases from the catalogue, 0 or more
	NumStorePurchases   int // num_store_purchases: purchases in shops, 0 or more
	NumWebVisitsMonth   int // num_web_visits_month: visits of the web site in the last month, 0 or more

	AcceptedCmp3 int // accepted_cmp3: 1 if the offer of campaign 3 was accepted, else 0
	AcceptedCmp4 int // accepted_cmp4: the same for campaign 4
	AcceptedCmp5 int // accepted_cmp5: the same for campaign 5
	AcceptedCmp1 int // accepted_cmp1: the same for campaign 1
	AcceptedCmp2 int // accepted_cmp2: the same for campaign 2
	Complain     int // complain: 1 if the customer complained in the last two years, else 0

	ZCostContact float64 // z_cost_contact: cost of one contact, a constant in the known files, 0 or more
	ZRevenue     float64 // z_revenue: revenue of one accepted offer, a constant in the known files, 0 or more
	Response     int     // response: 1 if the offer of the last campaign was accepted, else 0
}

// Validate reports whether every field lies in the range that its column
// allows: what [Read] yields always does. The error is a [*ValueError] that
// names the first column that does not. An unknown education or marital status
// is no error.
func (c *Customer) Validate() error {
	c = orZero(c)
	for i := range schema[:rawColumns] {
		f := &schema[i]
		var value, want string
		switch p := f.raw(c).(type) {
		case *string:
			switch {
			case f.Kind == Category && len(*p) <= maxWord:
				continue
			case f.Kind == Identifier && checkID([]byte(*p)) == nil && len(trimBlanks([]byte(*p))) == len(*p):
				continue
			}
			value = *p
		case *int:
			low, high := f.limits()
			if n := int64(*p); n >= low && n <= high {
				continue
			}
			value = strconv.Itoa(*p)
		case *float64:
			if x := *p; x >= 0 && !math.IsInf(x, 1) || f.Nullable && math.IsNaN(x) {
				continue
			}
			value = fmt.Sprint(*p)
		case *time.Time:
			if y := p.Year(); y >= minYear && y <= maxYear && midnight(*p).Equal(*p) && !p.IsZero() {
				continue
			}
			value, want = p.Format(time.RFC3339), "a day at midnight UTC, from the years 1000 to 9999"
		}
		return &ValueError{Row: -1, Column: f.Name, Value: value, Want: cmp.Or(want, f.want()), Err: ErrValue}
	}
	return nil
}

// Years of birth and of enrolment have four digits.
const (
	minYear = 1000
	maxYear = 9999
)

// maxInteger is 2⁵³: up to here a float64 holds every integer.
const maxInteger = 1 << 53

// midnight returns the calendar day of t, as its own location writes it, at
// midnight UTC.
func midnight(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}
