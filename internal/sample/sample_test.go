package sample

import (
	"bytes"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestWriteRows(t *testing.T) {
	for _, n := range []int{1, 2, 999, 5000} {
		var b bytes.Buffer
		if err := Write(&b, n, 7); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
		if len(lines) != n+1 {
			t.Errorf("n = %d: %d lines, want a header and %d rows", n, len(lines), n)
		}
		for i, line := range lines {
			if fields := strings.Count(line, "\t") + 1; fields != 29 {
				t.Fatalf("n = %d: line %d has %d fields, want 29: %q", n, i+1, fields, line)
			}
		}
	}
}

func TestSeedDecides(t *testing.T) {
	made := func(seed uint64) string {
		var b bytes.Buffer
		if err := Write(&b, 100, seed); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	first, again, other := made(3), made(3), made(4)
	if first != again {
		t.Error("two files of one seed differ")
	}
	if first == other {
		t.Error("two seeds make one file")
	}
}

// A full disk must not go unnoticed, neither at the first flush nor at the last.
func TestWriteReportsErrors(t *testing.T) {
	for _, room := range []int{0, 100_000} {
		if err := Write(&limited{room}, 2000, 1); !errors.Is(err, io.ErrShortWrite) {
			t.Errorf("with room for %d bytes the error is %v, want %v", room, err, io.ErrShortWrite)
		}
	}
}

type limited struct{ room int }

func (l *limited) Write(p []byte) (int, error) {
	if l.room -= len(p); l.room < 0 {
		return 0, io.ErrShortWrite
	}
	return len(p), nil
}

func TestGroupsAddUp(t *testing.T) {
	check := func(what string, weights []int) {
		sum := 0
		for _, w := range weights {
			sum += w
		}
		if sum != 1000 {
			t.Errorf("%s add up to %d, want 1000", what, sum)
		}
	}
	check("shares", shares[:])
	for _, g := range groups {
		check(g.name+": kids", g.kids[:])
		check(g.name+": teens", g.teens[:])
		check(g.name+": education", g.education[:])
		check(g.name+": marital", g.marital[:])
		check(g.name+": products", g.products[:])
	}
}

// The bundled file must hold what a real one makes hard: all categories, the
// rare ones too, missing incomes, and values for the cleaning to drop.
func TestBundledFileHasRoughEdges(t *testing.T) {
	customers := make2000()
	count := map[string]int{}
	for _, c := range customers {
		count[c.education]++
		count[c.marital]++
		switch {
		case c.income < 0:
			count["missing income"]++
		case c.income == 666666:
			count["income 666666"]++
		case c.income > 120000:
			count["income above 120000"]++
		}
		if c.born < 1905 {
			count["born before 1905"]++
		}
		if c.complain == 1 {
			count["complaint"]++
		}
		if c.response == 1 {
			count["response"]++
		}
	}
	for _, tt := range []struct {
		what      string
		low, high int
	}{
		{"missing income", 18, 26},
		{"income 666666", 1, 1},
		{"income above 120000", 5, 10},
		{"born before 1905", 3, 4},
		{"complaint", 10, 30},
		{"response", 200, 400},
		{"Basic", 20, 80}, {"2n Cycle", 120, 260}, {"Graduation", 900, 1150}, {"Master", 250, 420}, {"PhD", 320, 520},
		{"Married", 650, 900}, {"Together", 450, 650}, {"Single", 300, 500}, {"Divorced", 150, 300},
		{"Widow", 50, 110}, {"Alone", 1, 6}, {"Absurd", 1, 6}, {"YOLO", 1, 6},
	} {
		if n := count[tt.what]; n < tt.low || n > tt.high {
			t.Errorf("%s: %d customers, want %d to %d", tt.what, n, tt.low, tt.high)
		}
	}
	if !slices.IsSortedFunc(customers, func(a, b customer) int { return a.id - b.id }) {
		t.Error("ids do not rise, so they may repeat")
	}
}

// What an analyst would look for first: who earns more spends more, who has
// children buys with deals, who earns little visits the web site, who spends
// answers campaigns.
func TestCorrelations(t *testing.T) {
	var rows []customer
	for _, c := range make2000() {
		if c.income >= 0 && c.income <= 120000 {
			rows = append(rows, c)
		}
	}
	income := func(c customer) float64 { return float64(c.income) }
	spent := func(c customer) float64 { return float64(c.spent()) }
	children := func(c customer) float64 { return float64(c.kids + c.teens) }
	for _, tt := range []struct {
		name      string
		a, b      func(customer) float64
		low, high float64
	}{
		{"income and spending", income, spent, 0.7, 0.95},
		{"children and spending", children, spent, -0.6, -0.25},
		{"children and deals", children, func(c customer) float64 { return float64(c.purchases[0]) }, 0.4, 0.8},
		{"income and web visits", income, func(c customer) float64 { return float64(c.visits) }, -0.8, -0.5},
		{"income and catalogue", income, func(c customer) float64 { return float64(c.purchases[2]) }, 0.5, 0.9},
		{"spending and fifth campaign", spent, func(c customer) float64 { return float64(c.campaigns[2]) }, 0.3, 0.7},
		{"spending and response", spent, func(c customer) float64 { return float64(c.response) }, 0.15, 0.5},
		{"children and response", children, func(c customer) float64 { return float64(c.response) }, -0.4, -0.1},
	} {
		if r := correlation(rows, tt.a, tt.b); r < tt.low || r > tt.high {
			t.Errorf("%s: r = %.2f, want %.2f to %.2f", tt.name, r, tt.low, tt.high)
		}
	}
}

// The groups must be far enough apart in the five training columns to be found
// again. A customer belongs to the nearest group mean, each column divided by
// its deviation: if that gets nine of ten right, so can a clustering.
func TestGroupsCanBeFound(t *testing.T) {
	var (
		points [][5]float64
		truth  []int
	)
	for _, c := range make2000() {
		if c.income < 0 || c.income > 120000 || c.born < 1905 {
			continue
		}
		points = append(points, training(c))
		truth = append(truth, slices.IndexFunc(groups[:], func(g group) bool { return g.name == c.group.name }))
	}
	for j := range 5 {
		mean, dev := moments(points, func(p [5]float64) float64 { return p[j] })
		for i := range points {
			points[i][j] = (points[i][j] - mean) / dev
		}
	}
	var means [len(groups)][5]float64
	var sizes [len(groups)]float64
	for i, p := range points {
		sizes[truth[i]]++
		for j, x := range p {
			means[truth[i]][j] += x
		}
	}
	for g := range means {
		for j := range means[g] {
			means[g][j] /= sizes[g]
		}
	}
	right := 0
	for i, p := range points {
		nearest, least := -1, math.Inf(1)
		for g, m := range means {
			sum := 0.0
			for j := range p {
				sum += (p[j] - m[j]) * (p[j] - m[j])
			}
			if sum < least {
				nearest, least = g, sum
			}
		}
		if nearest == truth[i] {
			right++
		}
	}
	if share := float64(right) / float64(len(points)); share < 0.9 {
		t.Errorf("%.3f of the customers are nearest to the mean of their own group, want 0.9", share)
	}
	for g, size := range sizes {
		if want := float64(groups[g].share) / 1000 * float64(len(points)); math.Abs(size-want) > 0.15*want {
			t.Errorf("%s: %v customers, want about %.0f", groups[g].name, size, want)
		}
	}
}

func TestBell(t *testing.T) {
	g := newGenerator(1, 1)
	draws := make([]int, 100_000)
	for i := range draws {
		draws[i] = g.bell()
	}
	mean, dev := moments(draws, func(z int) float64 { return float64(z) })
	// Four standard errors: 1000/√n of the mean, 1000/√(2n) of the deviation.
	if math.Abs(mean) > 13 || math.Abs(dev-1000) > 9 {
		t.Errorf("mean %.1f and deviation %.1f, want 0 and 1000", mean, dev)
	}
	if least, most := slices.Min(draws), slices.Max(draws); least < -3464 || most > 3464 {
		t.Errorf("draws from %d to %d, want them within ±3464", least, most)
	}
}

func TestFold(t *testing.T) {
	for _, tt := range []struct{ x, high, want int }{
		{0, 10, 0}, {10, 10, 10}, {-3, 10, 3}, {12, 10, 8}, {25, 10, 0}, {-13, 10, 7}, {-40, 10, 0},
	} {
		if got := fold(tt.x, tt.high); got != tt.want {
			t.Errorf("fold(%d, %d) = %d, want %d", tt.x, tt.high, got, tt.want)
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	const n = 10_000
	for b.Loop() {
		if err := Write(io.Discard, n, 1); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// make2000 makes the customers of the bundled file.
func make2000() []customer {
	g := newGenerator(2000, 1)
	customers := make([]customer, 2000)
	for i := range customers {
		customers[i] = g.next()
	}
	return customers
}

func moments[T any](xs []T, value func(T) float64) (mean, dev float64) {
	for _, x := range xs {
		mean += value(x) / float64(len(xs))
	}
	for _, x := range xs {
		dev += (value(x) - mean) * (value(x) - mean) / float64(len(xs))
	}
	return mean, math.Sqrt(dev)
}

func correlation[T any](xs []T, a, b func(T) float64) float64 {
	ma, da := moments(xs, a)
	mb, db := moments(xs, b)
	sum := 0.0
	for _, x := range xs {
		sum += (a(x) - ma) * (b(x) - mb)
	}
	return sum / float64(len(xs)) / da / db
}

// TestTraining: the blocks are the customers of the file, a missing income is NaN, and
// far more rows than a block are all there.
func TestTraining(t *testing.T) {
	const n = 2*blockRows + 7
	rows, missing := 0, 0
	for block, err := range Training(n, 1) {
		if err != nil || len(block)%5 != 0 {
			t.Fatalf("a block of %d values, %v", len(block), err)
		}
		for ; len(block) > 0; block = block[5:] {
			if rows++; math.IsNaN(block[4]) {
				missing++
			}
		}
	}
	if rows != n || missing == 0 || missing > n/20 {
		t.Errorf("%d rows of which %d without an income; want %d", rows, missing, n)
	}
	g, i := newGenerator(n, 1), 0
	for block := range Training(n, 1) {
		for ; len(block) > 0; block = block[5:] {
			c := g.next()
			if block[1] != float64(c.spent()) || block[0] != float64(2015-c.born) {
				t.Fatalf("row %d is %v; the customer is %+v", i, block[:5], c)
			}
			i++
		}
	}
}
