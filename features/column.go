package features

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// A Kind is the type of a column.
type Kind uint8

const (
	Integer    Kind = iota + 1 // a whole number
	Amount                     // a number, of money as a rule
	Category                   // one of a few words
	Date                       // a calendar day
	Flag                       // 0 or 1
	Bool                       // true or false, in files and matrices 1 or 0
	Identifier                 // the id of a row: text, and no number even where it is written in digits
)

// String is the name of the kind in lower case.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

var kindNames = [...]string{"unknown", "integer", "amount", "category", "date", "flag", "bool", "identifier"}

// A Column describes one column of a table.
type Column struct {
	Name     string // canonical name, as our files, matrices and frames have it: "year_birth"
	Kind     Kind   // type of the values
	Required bool   // whether a campaign file must have it
	Doc      string // what it means, with unit
}

// Columns describes the 29 columns of a campaign file in the order of
// [Customer]. Those that the engineered features and the cleaning need are
// required. The slice is the caller's own.
func Columns() []Column { return slices.Clone(schema[:rawColumns]) }

// EngineeredColumns describes the nine columns that [Engineer] adds, in their
// order in a table. The slice is the caller's own.
func EngineeredColumns() []Column { return slices.Clone(schema[rawColumns:]) }

// TrainingColumns names the five columns that segments are trained on, in the
// order that models and programs keep: age, spent, tenure, children, income.
// It is meant to be read, not changed.
var TrainingColumns = []string{"age", "spent", "tenure", "children", "income"}

// ValueColumns names those of the training columns that make a segment
// valuable: income and spent. It is meant to be read, not changed.
var ValueColumns = []string{"income", "spent"}

// Positions in schema.
const (
	colID = iota
	colYearBirth
	colEducation
	colMaritalStatus
	colIncome
	colKidhome
	colTeenhome
	colDtCustomer
	colRecency
	colMntWines
	colMntFruits
	colMntMeatProducts
	colMntFishProducts
	colMntSweetProducts
	colMntGoldProds
	colNumDealsPurchases
	colNumWebPurchases
	colNumCatalogPurchases
	colNumStorePurchases
	colNumWebVisitsMonth
	colAcceptedCmp3
	colAcceptedCmp4
	colAcceptedCmp5
	colAcceptedCmp1
	colAcceptedCmp2
	colComplain
	colZCostContact
	colZRevenue
	colResponse
	rawColumns // 29

	colTenure = iota - 1
	colAge
	colSpent
	colLivingWith
	colChildren
	colFamilySize
	colIsParent
	colEducationLevel
	colAgeGroup
	allColumns // 38
)

var schema = [allColumns]Column{
	colID:                  {"id", Identifier, false, "id of the customer, as the file has it"},
	colYearBirth:           {"year_birth", Integer, true, "year of birth, four digits"},
	colEducation:           {"education", Category, true, "highest degree: 2n Cycle, Basic, Graduation, Master or PhD"},
	colMaritalStatus:       {"marital_status", Category, true, "Absurd, Alone, Divorced, Married, Single, Together, Widow or YOLO"},
	colIncome:              {"income", Amount, true, "yearly household income; may be missing"},
	colKidhome:             {"kidhome", Integer, true, "small children in the household"},
	colTeenhome:            {"teenhome", Integer, true, "teenagers in the household"},
	colDtCustomer:          {"dt_customer", Date, true, "day of enrolment"},
	colRecency:             {"recency", Integer, false, "days since the last purchase"},
	colMntWines:            {"mnt_wines", Amount, true, "spent on wine in the last two years"},
	colMntFruits:           {"mnt_fruits", Amount, true, "spent on fruit in the last two years"},
	colMntMeatProducts:     {"mnt_meat_products", Amount, true, "spent on meat in the last two years"},
	colMntFishProducts:     {"mnt_fish_products", Amount, true, "spent on fish in the last two years"},
	colMntSweetProducts:    {"mnt_sweet_products", Amount, true, "spent on sweets in the last two years"},
	colMntGoldProds:        {"mnt_gold_prods", Amount, true, "spent on gold in the last two years"},
	colNumDealsPurchases:   {"num_deals_purchases", Integer, false, "purchases with a discount"},
	colNumWebPurchases:     {"num_web_purchases", Integer, false, "purchases on the web site"},
	colNumCatalogPurchases: {"num_catalog_purchases", Integer, false, "purchases from the catalogue"},
	colNumStorePurchases:   {"num_store_purchases", Integer, false, "purchases in shops"},
	colNumWebVisitsMonth:   {"num_web_visits_month", Integer, false, "visits of the web site in the last month"},
	colAcceptedCmp3:        {"accepted_cmp3", Flag, false, "1 if the offer of campaign 3 was accepted"},
	colAcceptedCmp4:        {"accepted_cmp4", Flag, false, "1 if the offer of campaign 4 was accepted"},
	colAcceptedCmp5:        {"accepted_cmp5", Flag, false, "1 if the offer of campaign 5 was accepted"},
	colAcceptedCmp1:        {"accepted_cmp1", Flag, false, "1 if the offer of campaign 1 was accepted"},
	colAcceptedCmp2:        {"accepted_cmp2", Flag, false, "1 if the offer of campaign 2 was accepted"},
	colComplain:            {"complain", Flag, false, "1 if the customer complained in the last two years"},
	colZCostContact:        {"z_cost_contact", Amount, false, "cost of one contact"},
	colZRevenue:            {"z_revenue", Amount, false, "revenue of one accepted offer"},
	colResponse:            {"response", Flag, false, "1 if the offer of the last campaign was accepted"},

	colTenure:         {"tenure", Integer, false, "whole calendar months since enrolment"},
	colAge:            {"age", Integer, false, "years: the year of AsOf less the year of birth"},
	colSpent:          {"spent", Amount, false, "sum of the six product columns"},
	colLivingWith:     {"living_with", Category, false, "Partner, Single or Unknown"},
	colChildren:       {"children", Integer, false, "kidhome and teenhome together"},
	colFamilySize:     {"family_size", Integer, false, "grown-ups of the household: 1 for Single, 2 for Partner"},
	colIsParent:       {"is_parent", Bool, false, "whether there are children"},
	colEducationLevel: {"education_level", Category, false, "Undergraduate, Graduate, Postgraduate or Unknown"},
	colAgeGroup:       {"age_group", Category, false, "Teen, Adult, Middle-Aged Adult or Senior Adult"},
}

// wants says what a right value of a raw column looks like; it ends the
// sentence "…; want".
var wants = [rawColumns]string{}

func init() {
	for col := range wants {
		switch {
		case col == colYearBirth:
			wants[col] = "a year of four digits, such as 1957"
		case col == colID:
			wants[col] = fmt.Sprintf("an id such as 5524 or C10001, of up to %d bytes and without control characters", maxID)
		case col == colIncome:
			wants[col] = "an amount from 0 up, such as 58138, or nothing where it is unknown"
		case schema[col].Kind == Integer:
			wants[col] = "a whole number from 0 up"
		case schema[col].Kind == Amount:
			wants[col] = "an amount from 0 up, such as 635"
		case schema[col].Kind == Flag:
			wants[col] = "0 or 1"
		case schema[col].Kind == Category:
			wants[col] = fmt.Sprintf("a word of up to %d bytes", maxWord)
		case schema[col].Kind == Date:
			wants[col] = "a day such as 2012-09-04 or 04-09-2012"
		}
	}
}

// byKey finds a column by the key of its name.
var byKey = func() map[string]int {
	m := make(map[string]int, allColumns)
	for i, c := range schema {
		m[key(c.Name)] = i
	}
	return m
}()

// key is a name without all that people vary: case, blanks, underscores,
// hyphens, dots and marks.
func key(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

// lookup finds a column of a table by name, as people write it.
func lookup(name string) (int, error) {
	if col, ok := byKey[key(name)]; ok {
		return col, nil
	}
	return 0, &ColumnError{Column: name, Near: nearest(name), Err: ErrUnknownColumn}
}

// nearest gives up to three column names that a misspelt one may stand for,
// the closest first.
func nearest(name string) []string {
	k := key(name)
	if k == "" || len(k) > 64 {
		return nil
	}
	type candidate struct {
		name string
		far  int
	}
	var near []candidate
	for _, c := range schema {
		ck := key(c.Name)
		far := distance(k, ck)
		if len(k) >= 3 && (strings.Contains(ck, k) || strings.Contains(k, ck)) {
			far = min(far, 2)
		}
		if far <= max(2, len(k)/3) {
			near = append(near, candidate{c.Name, far})
		}
	}
	slices.SortStableFunc(near, func(a, b candidate) int { return a.far - b.far })
	var names []string
	for _, c := range near[:min(3, len(near))] {
		names = append(names, c.name)
	}
	return names
}

// stems are what other names of the required columns contain.
var stems = map[int][]string{
	colYearBirth: {"birth"}, colEducation: {"educat"}, colMaritalStatus: {"marital"}, colIncome: {"income", "salary"},
	colKidhome: {"kid"}, colTeenhome: {"teen"}, colDtCustomer: {"enrol", "joined", "registr"},
	colMntWines: {"wine"}, colMntFruits: {"fruit"}, colMntMeatProducts: {"meat"}, colMntFishProducts: {"fish"},
	colMntSweetProducts: {"sweet"}, colMntGoldProds: {"gold"},
}

// hints pairs columns that are not known with lacking ones that they may be:
// misspelt, or named longer or shorter. Several that may be the same one are
// not: they hold parts of it, such as a column for each education. Only the
// first hinted columns are looked at, which take some 15 ms.
func hints(unknown, lacking []string) [][2]string {
	const hinted = 200
	var pairs [][2]string
	takers := map[string]int{}
	for _, name := range unknown[:min(len(unknown), hinted)] {
		k := key(name)
		if k == "" || len(k) > 64 {
			continue
		}
		meant := ""
		for _, near := range nearest(name) {
			if meant == "" && slices.Contains(lacking, near) && distance(k, key(near)) <= 3 {
				meant = near
			}
		}
		for _, lack := range lacking {
			if meant == "" && slices.ContainsFunc(stems[byKey[key(lack)]], func(stem string) bool { return strings.Contains(k, stem) }) {
				meant = lack
			}
		}
		if meant == "" {
			continue
		}
		takers[meant]++
		for _, start := range append(stems[byKey[key(meant)]], key(meant)) {
			if rest, ok := strings.CutPrefix(k, start); ok {
				if _, ok := known(byKey[key(meant)], rest); ok {
					takers[meant]++ // education_PhD
				}
			}
		}
		pairs = append(pairs, [2]string{name, meant})
	}
	return slices.DeleteFunc(pairs, func(p [2]string) bool { return takers[p[1]] > 1 })
}

// distance is the Levenshtein distance between two short strings, in bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
