package sample

import "strconv"

const header = "ID\tYear_Birth\tEducation\tMarital_Status\tIncome\tKidhome\tTeenhome\tDt_Customer\tRecency\t" +
	"MntWines\tMntFruits\tMntMeatProducts\tMntFishProducts\tMntSweetProducts\tMntGoldProds\t" +
	"NumDealsPurchases\tNumWebPurchases\tNumCatalogPurchases\tNumStorePurchases\tNumWebVisitsMonth\t" +
	"AcceptedCmp3\tAcceptedCmp4\tAcceptedCmp5\tAcceptedCmp1\tAcceptedCmp2\tComplain\tZ_CostContact\tZ_Revenue\tResponse\n"

// Constants of the schema that are the same for all customers.
const costContact, revenue = 3, 11

// A customer is one row of the file, in the order of its columns.
type customer struct {
	group     *group // whom the row was made for; not written
	id        int
	born      int
	education string
	marital   string
	income    int // a negative one is missing
	kids      int
	teens     int
	enrolled  string
	recency   int
	products  [6]int
	purchases [4]int // with a deal, on the web, by catalogue, in the store
	visits    int
	campaigns [5]int // the third, fourth, fifth, first, second
	complain  int
	response  int
}

func (c *customer) spent() int {
	sum := 0
	for _, p := range c.products {
		sum += p
	}
	return sum
}

func (c *customer) appendTo(buf []byte) []byte {
	number := func(x int) { buf = append(strconv.AppendInt(buf, int64(x), 10), '\t') }
	text := func(s string) { buf = append(append(buf, s...), '\t') }

	number(c.id)
	number(c.born)
	text(c.education)
	text(c.marital)
	if c.income < 0 {
		text("")
	} else {
		number(c.income)
	}
	number(c.kids)
	number(c.teens)
	text(c.enrolled)
	number(c.recency)
	for _, list := range [][]int{c.products[:], c.purchases[:], {c.visits}, c.campaigns[:], {c.complain, costContact, revenue, c.response}} {
		for _, x := range list {
			number(x)
		}
	}
	buf[len(buf)-1] = '\n'
	return buf
}
