package features

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/customer-personality/segmentation/internal/cause"
)

// CampaignHeader returns which of the columns that a campaign file must have a
// header has, by names as [Read] takes them, and which it lacks; by canonical
// name. A header that lacks none is that of a campaign file.
func CampaignHeader(header []string) (has, lacking []string) {
	found := map[int]bool{}
	for _, name := range header {
		if col, ok := byKey[key(name)]; ok {
			found[col] = true
		}
	}
	for col, f := range schema[:rawColumns] {
		switch {
		case !f.Required:
		case found[col]:
			has = append(has, f.Name)
		default:
			lacking = append(lacking, f.Name)
		}
	}
	return has, lacking
}

// CampaignID returns the name in a header under which [Read] and [CustomersFromFrame]
// take the ids of customers; empty where there is none, and they number them.
func CampaignID(header []string) string {
	if i := idColumn(header); i >= 0 {
		return header[i]
	}
	return ""
}

// CampaignHints pairs names of a header that the schema does not know with the
// columns of a campaign file that the header lacks and that they may stand for:
// misspelt, or named longer or shorter.
func CampaignHints(header []string) [][2]string {
	_, lacking := CampaignHeader(header)
	unknown := slices.DeleteFunc(slices.Clone(header), func(name string) bool { _, ok := byKey[key(name)]; return ok })
	return hints(unknown, lacking)
}

// daysAMonth is the mean length of a month: 365.25 ÷ 12 days.
const daysAMonth = 30.4375

// Names, as key leaves them, under which tables that were engineered elsewhere
// have the training columns.
var (
	ageNames      = []string{"age", "customerage"}
	spentNames    = []string{"spent", "totalspent", "mnttotal", "totalmnt", "totalspending", "totalspend", "spending", "totalexpenses", "expenses", "amountspent", "totalamountspent", "totalamount"}
	monthsNames   = []string{"tenure", "tenuremonths", "customertenure", "monthscustomer", "customermonths"}
	daysNames     = []string{"customerdays", "customerfor", "dayscustomer", "daysenrolled", "enrolleddays", "daysenrolment", "seniority", "dayssinceenrolment", "dayssinceenrollment", "tenuredays"}
	childrenNames = []string{"children", "totalchildren", "numchildren", "numberofchildren", "childrenhome"}
)

// CampaignTable returns a table that has, or allows to calculate, the five
// [TrainingColumns], with those that it lacks behind its own. Told has a
// sentence, without its full stop, for each column that was taken for another
// or calculated; ok is false where a table is none of a campaign.
//
// Age is that column, or the year of the table's day less year_birth; spent that
// column, MntTotal and the like, or the sum of the six product columns; tenure
// that column, the days as a customer in months of 30.4375 days, or the calendar
// months since dt_customer; children that column, or kidhome + teenhome; income
// that column. The error is that of ctx.
func CampaignTable(ctx context.Context, t *Table) (out *Table, told []string, ok bool, err error) {
	t = orZero(t)
	calculations, ok := t.trainingColumns()
	if !ok {
		return nil, nil, false, cause.Of(ctx)
	}
	added := make([]Series, len(calculations))
	for j, c := range calculations {
		values := make([]float64, t.n)
		err := eachBlock(ctx, t.n, func(from, to int) error {
			for i := from; i < to; i++ {
				values[i] = c.value(i)
			}
			return nil
		})
		if err != nil {
			return nil, nil, false, err
		}
		added[j] = NumberSeries(schema[byKey[key(c.name)]].Column, values)
		told = append(told, fmt.Sprintf("%s is %s", c.name, c.from))
	}
	out, failed := t.With(added...)
	return out, told, failed == nil, nil
}

// A calculation makes a training column of others.
type calculation struct {
	name  string
	value func(row int) float64
	from  string // of what, in words
}

// trainingColumns returns how the training columns that the table lacks are calculated;
// ok is false where one cannot be.
func (t *Table) trainingColumns() (list []calculation, ok bool) {
	asOf := AsOf(t.asOf).Day()
	add := func(name string, value func(row int) float64, from string) {
		list = append(list, calculation{name, value, from})
	}
	named := func(names []string) Series {
		for _, s := range t.series {
			if slices.Contains(names, key(s.Name())) && s.Kind().Numeric() {
				return s
			}
		}
		return Series{}
	}
	// one takes a column under another name.
	one := func(name string, names []string) bool {
		s := named(names)
		if !s.IsZero() && key(s.Name()) != key(name) {
			add(name, s.Number, "the column "+s.Name())
		}
		return !s.IsZero()
	}
	// sum adds columns of the schema.
	sum := func(name string, of []string) bool {
		var parts []Series
		var names []string
		for _, col := range of {
			s, err := t.numbers(col)
			if err != nil {
				return false
			}
			parts, names = append(parts, s), append(names, s.Name())
		}
		add(name, func(row int) (x float64) {
			for _, s := range parts {
				x += s.Number(row)
			}
			return x
		}, strings.Join(names, " + "))
		return true
	}
	if _, err := t.numbers("income"); err != nil {
		return nil, false
	}
	if !one("age", ageNames) {
		birth, err := t.numbers("year_birth")
		if err != nil {
			return nil, false
		}
		add("age", func(row int) float64 { return float64(asOf.Year()) - birth.Number(row) }, fmt.Sprintf("%d less %s", asOf.Year(), birth.Name()))
	}
	if !one("spent", spentNames) && !sum("spent", CampaignSubjects().Group("products")) {
		return nil, false
	}
	if !one("children", childrenNames) && !sum("children", []string{"kidhome", "teenhome"}) {
		return nil, false
	}
	days, enrolled := named(daysNames), Series{}
	if s, err := t.Column("dt_customer"); err == nil && s.Kind() == Date {
		enrolled = s
	}
	switch {
	case one("tenure", monthsNames):
	case !days.IsZero() && days.greatest() < 100*366:
		add("tenure", func(row int) float64 { return math.Trunc(days.Number(row) / daysAMonth) }, days.Name()+" in months of 30.4375 days")
	case !enrolled.IsZero():
		y, m, _ := asOf.Date()
		add("tenure", func(row int) float64 {
			d := enrolled.Day(row)
			if d.IsZero() {
				return math.NaN()
			}
			return float64(12*(y-d.Year()) + int(m) - int(d.Month()))
		}, fmt.Sprintf("the months from %s to %s", enrolled.Name(), asOf.Format("2006-01-02")))
	default:
		return nil, false
	}
	return list, true
}

func (s Series) greatest() float64 {
	most := math.Inf(-1)
	for _, x := range s.numbers {
		if x > most { // false for NaN
			most = x
		}
	}
	return most
}

func (s Series) least() float64 {
	least := math.Inf(1)
	for _, x := range s.numbers {
		if x < least {
			least = x
		}
	}
	return least
}
