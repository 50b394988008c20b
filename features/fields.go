package features

import "math"

// Columns by position: the one place where positions in schema and fields
// meet.

// integerAt points to the field of an Integer or Flag column; nil for the
// others.
func (e *Engineered) integerAt(col int) *int {
	switch col {
	case colYearBirth:
		return &e.YearBirth
	case colKidhome:
		return &e.Kidhome
	case colTeenhome:
		return &e.Teenhome
	case colRecency:
		return &e.Recency
	case colNumDealsPurchases:
		return &e.NumDealsPurchases
	case colNumWebPurchases:
		return &e.NumWebPurchases
	case colNumCatalogPurchases:
		return &e.NumCatalogPurchases
	case colNumStorePurchases:
		return &e.NumStorePurchases
	case colNumWebVisitsMonth:
		return &e.NumWebVisitsMonth
	case colAcceptedCmp3:
		return &e.AcceptedCmp3
	case colAcceptedCmp4:
		return &e.AcceptedCmp4
	case colAcceptedCmp5:
		return &e.AcceptedCmp5
	case colAcceptedCmp1:
		return &e.AcceptedCmp1
	case colAcceptedCmp2:
		return &e.AcceptedCmp2
	case colComplain:
		return &e.Complain
	case colResponse:
		return &e.Response
	case colTenure:
		return &e.Tenure
	case colAge:
		return &e.Age
	case colChildren:
		return &e.Children
	case colFamilySize:
		return &e.FamilySize
	}
	return nil
}

// amountAt points to the field of an Amount column; nil for the others.
func (e *Engineered) amountAt(col int) *float64 {
	switch col {
	case colIncome:
		return &e.Income
	case colMntWines:
		return &e.MntWines
	case colMntFruits:
		return &e.MntFruits
	case colMntMeatProducts:
		return &e.MntMeatProducts
	case colMntFishProducts:
		return &e.MntFishProducts
	case colMntSweetProducts:
		return &e.MntSweetProducts
	case colMntGoldProds:
		return &e.MntGoldProds
	case colZCostContact:
		return &e.ZCostContact
	case colZRevenue:
		return &e.ZRevenue
	case colSpent:
		return &e.Spent
	}
	return nil
}

// wordAt points to the field of an Identifier or Category column; nil for the
// others.
func (e *Engineered) wordAt(col int) *string {
	switch col {
	case colID:
		return &e.ID
	case colEducation:
		return &e.Education
	case colMaritalStatus:
		return &e.MaritalStatus
	case colLivingWith:
		return &e.LivingWith
	case colEducationLevel:
		return &e.EducationLevel
	case colAgeGroup:
		return &e.AgeGroup
	}
	return nil
}

// integer is the value of an Integer, Flag or Bool column; 0 for the others.
func (e *Engineered) integer(col int) int64 {
	if p := e.integerAt(col); p != nil {
		return int64(*p)
	}
	if col == colIsParent && e.IsParent {
		return 1
	}
	return 0
}

// number is the value of a numeric column; NaN for the others.
func (e *Engineered) number(col int) float64 {
	switch schema[col].Kind {
	case Amount:
		return *e.amountAt(col)
	case Integer, Flag, Bool:
		return float64(e.integer(col))
	}
	return math.NaN()
}

// setNumber puts a number that fits it into a numeric column.
func (e *Engineered) setNumber(col int, x float64) {
	switch schema[col].Kind {
	case Amount:
		*e.amountAt(col) = x
	case Bool:
		e.IsParent = x != 0
	default:
		if p := e.integerAt(col); p != nil {
			*p = int(x)
		}
	}
}
