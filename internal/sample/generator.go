package sample

import (
	"math/bits"
	"math/rand/v2"
	"time"
)

// Customers enrolled between these two days, both included.
var (
	firstDay = time.Date(2012, time.July, 30, 0, 0, 0, 0, time.UTC)
	lastDay  = time.Date(2014, time.June, 29, 0, 0, 0, 0, time.UTC)
)

// A generator makes customers one by one. It calculates in integers alone:
// floating point may round differently where a processor fuses multiplication
// and addition, and the file has to be the same everywhere.
type generator struct {
	random *rand.PCG
	dates  []string // by days after firstDay
	made   int
	oddity int // the customer with the famous income of 666666
	id     int
}

func newGenerator(n int, seed uint64) *generator {
	g := &generator{random: rand.NewPCG(seed, 0), oddity: n / 2}
	for day := firstDay; !day.After(lastDay); day = day.AddDate(0, 0, 1) {
		g.dates = append(g.dates, day.Format("02-01-2006"))
	}
	return g
}

func (g *generator) next() customer {
	kind := &groups[g.pick(shares[:])]
	g.id += 1 + g.below(9)
	day := fold(kind.enrolled.at(g.bell()), len(g.dates)-1)
	c := customer{
		group:     kind,
		id:        g.id,
		born:      clamp(kind.born.at(g.bell()), 1925, 1996),
		education: educations[g.pick(kind.education[:])],
		marital:   maritals[g.pick(kind.marital[:])],
		kids:      g.pick(kind.kids[:]),
		teens:     g.pick(kind.teens[:]),
		enrolled:  g.dates[day],
		recency:   g.below(100),
	}

	// Within a group, too, who earns more spends more: r = 0.6.
	wealth := g.bell()
	c.income = max(kind.income.at(wealth), 1500)
	total := kind.spent.at(skew((6*wealth + 8*g.bell()) / 10))
	for i, share := range kind.products {
		tenths := total * share / 100
		c.products[i] = max((tenths*(1000+g.bell()*2/5)/1000+5)/10, 0)
	}

	spent, children := c.spent(), c.kids+c.teens
	c.purchases = [4]int{
		g.count(10 + 11*children),
		g.count(15 + min(spent, 1200)/25),
		g.count(spent / 22),
		g.count(25 + min(spent, 1000)/16),
	}
	c.visits = g.count(max(95-c.income/1000, 12))
	c.campaigns = [5]int{
		g.chance(70),
		g.chance(10 + spent/10),
		g.chance((spent - 700) / 3),
		g.chance((spent - 500) / 5),
		g.chance(4 + spent/80),
	}
	c.complain = g.chance(9)
	// The last campaign reached those who have stayed long, bought lately and
	// have no children to look after.
	c.response = g.chance(140 + spent/6 + (350-day)/4 - c.recency - 50*children)

	g.blemish(&c)
	return c
}

// blemish spoils a few customers as real files are. It draws the same numbers
// for everyone, so that a customer spoilt leaves those after as they are.
func (g *generator) blemish(c *customer) {
	missing, rich, early := g.below(120), g.below(270), g.below(400)
	income, born := 140000+g.below(25000), 1893+g.below(10)
	switch {
	case g.made == g.oddity:
		c.income = 666666
	case rich == 0:
		c.income = income
	case missing == 0:
		c.income = -1
	}
	if early == 0 {
		c.born = born
	}
	g.made++
}

// below draws a number from 0 to n-1 from one number of the source. (rand.Rand
// may draw again, and runs other code on 32-bit machines.) For n this small the
// bias is below 2^-40.
func (g *generator) below(n int) int {
	high, _ := bits.Mul64(g.random.Uint64(), uint64(n))
	return int(high)
}

// chance returns 1 in so many cases of a thousand, else 0.
func (g *generator) chance(thousandths int) int {
	if g.below(1000) < thousandths {
		return 1
	}
	return 0
}

// pick draws an index of weights, which add up to 1000.
func (g *generator) pick(weights []int) int {
	at := g.below(1000)
	for i, w := range weights {
		if at -= w; at < 0 {
			return i
		}
	}
	return len(weights) - 1
}

// bell draws from a distribution close to the normal one with mean 0 and
// standard deviation 1000, never beyond 3464: the sum of four 16-bit numbers,
// of which each has the variance (2^32-1)/12.
func (g *generator) bell() int {
	u := g.random.Uint64()
	sum := int(u&0xffff) + int(u>>16&0xffff) + int(u>>32&0xffff) + int(u>>48)
	return (sum - 2*0xffff) * 1000 / 37837
}

// count draws a small number of events with the given mean in tenths.
func (g *generator) count(tenths int) int {
	return max((tenths+(tenths/3+5)*g.bell()/1000+5)/10, 0)
}

// skew maps thousandths of a deviation to ones with a longer tail to the right
// and an end to the left at -1250.
func skew(z int) int { return z + (z*z/1000-1000)/4 }

func clamp(x, low, high int) int { return min(max(x, low), high) }

// fold reflects x into 0 … high, where clamp would heap up values at the ends.
func fold(x, high int) int {
	if x < 0 {
		x = -x
	}
	if x > high {
		x = 2*high - x
	}
	return clamp(x, 0, high)
}

var shares = func() (s [len(groups)]int) {
	for i := range groups {
		s[i] = groups[i].share
	}
	return s
}()
