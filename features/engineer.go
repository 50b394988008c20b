package features

import (
	"context"
	"time"
)

// AsOf is the day on which ages and tenures are counted: the calendar day of
// the time, as its own location writes it. The zero AsOf is today.
type AsOf time.Time

// Day returns the day at midnight UTC; for the zero AsOf it is today, where the
// program runs.
func (a AsOf) Day() time.Time {
	t := time.Time(a)
	if t.IsZero() {
		t = time.Now()
	}
	return midnight(t)
}

// Engineered is a customer with the nine engineered columns.
type Engineered struct {
	Customer
	Tenure         int     // tenure: calendar months from enrolment to AsOf, 12·(Y−y)+(M−m); negative if it lies ahead
	Age            int     // age: year of AsOf less year of birth
	Spent          float64 // spent: sum of the six product columns
	LivingWith     string  // living_with: Partner (Married, Together, Partner, Couple, Cohabiting, Civil Union, Common-Law), Single (the other known values) or Unknown
	Children       int     // children: Kidhome + Teenhome
	FamilySize     int     // family_size: 2 with a partner, else 1
	IsParent       bool    // is_parent: whether Children > 0
	EducationLevel string  // education_level: Undergraduate (Basic, 2n Cycle, Undergraduate, schools), Graduate (Graduation, Graduate, Bachelor), Postgraduate (Master, PhD, Postgraduate, MBA, MSc) or Unknown
	AgeGroup       string  // age_group: Teen to 19, Adult to 39, Middle-Aged Adult to 59, Senior Adult
}

// Engineer returns the table of the customers with their 29 columns and the
// nine engineered ones. The error is that of ctx.
func Engineer(ctx context.Context, customers []Customer, asOf AsOf) (*Table, error) {
	day := asOf.Day()
	y, m, _ := day.Date()
	b := newBuilder(len(customers))
	var e Engineered
	err := eachBlock(ctx, len(customers), func(from, to int) error {
		for i := from; i < to; i++ {
			e.Customer = customers[i]
			e.engineer(y, m)
			b.add(&e)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return b.table(day), nil
}

// EngineerCustomer adds the engineered columns to one customer: what
// [Engineer] does, for customers that come one at a time.
func EngineerCustomer(c Customer, asOf AsOf) Engineered {
	e := Engineered{Customer: c}
	y, m, _ := asOf.Day().Date()
	e.engineer(y, m)
	return e
}

func (e *Engineered) engineer(year int, month time.Month) {
	y, m, _ := e.DtCustomer.Date()
	e.Tenure = 12*(year-y) + int(month) - int(m)
	e.Age = year - e.YearBirth
	e.Spent = e.MntWines + e.MntFruits + e.MntMeatProducts + e.MntFishProducts + e.MntSweetProducts + e.MntGoldProds
	e.Children = e.Kidhome + e.Teenhome
	e.IsParent = e.Children > 0

	e.FamilySize, e.LivingWith, e.EducationLevel = 1, Unknown, Unknown
	if m, ok := schema[colMaritalStatus].meaning(e.MaritalStatus); ok {
		e.LivingWith = m.class
	}
	if e.LivingWith == partner {
		e.FamilySize = 2
	}
	if m, ok := schema[colEducation].meaning(e.Education); ok {
		e.EducationLevel = m.class
	}
	switch {
	case e.Age < 20:
		e.AgeGroup = "Teen"
	case e.Age < 40:
		e.AgeGroup = "Adult"
	case e.Age < 60:
		e.AgeGroup = "Middle-Aged Adult"
	default:
		e.AgeGroup = "Senior Adult"
	}
}

// Unknown is the living_with or education_level of a customer whose marital
// status or education the schema does not know.
const Unknown = "Unknown"
