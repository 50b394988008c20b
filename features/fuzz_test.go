package features

import (
	"bytes"
	"encoding/binary"
	"errors"
	"github.com/customer-personality/segmentation/internal/testenv"
	"io"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// FuzzRead reads anything: nothing panics, every error is a ReadError,
// whatever the sizes in which the source hands its bytes out, and what was
// read comes back the same when it is written and read again.
func FuzzRead(f *testing.F) {
	f.Add([]byte(minimalTable(',', minimal(), minimal("Income", "$ 1.234,50", "Education", "a \"b\"\nc"))))
	f.Add([]byte(minimalTable('\t', minimal("Dt_Customer", "6/16/14 12:00 AM"), minimal("Income", ""))))
	f.Add([]byte(utf16Text(minimalTable(';', minimal("Education", "é")), binary.LittleEndian)))
	f.Add([]byte("\ufeff" + strings.ReplaceAll(minimalTable('|', minimal("Income", "58.138")), "\n", "\r")))
	f.Add([]byte(minimalTable(',', minimal("Education", "\xe9"), minimal("Income", "5,8e3"), minimal()[:3])))
	f.Add([]byte("sep=;\n" + minimalTable(';', minimal("Education", "2n;Cycle"))))
	f.Fuzz(func(t *testing.T, text []byte) {
		opts := ReadOptions{Name: "fuzz.csv", Policy: Skip}
		customers, report, err := ReadAll(t.Context(), bytes.NewReader(text), opts)
		again, report2, err2 := ReadAll(t.Context(), iotest.HalfReader(onlyReader{bytes.NewReader(text)}), opts)
		if (err == nil) != (err2 == nil) || err != nil && err.Error() != err2.Error() {
			t.Fatalf("whole: %v, in pieces: %v", err, err2)
		}
		if report.String() != report2.String() {
			t.Fatalf("whole: %v, in pieces: %v", report, report2)
		}
		if err != nil {
			if e := new(ReadError); !errors.As(err, &e) {
				t.Fatalf("%#v", err)
			}
			return
		}
		sameAll(t, again, customers)
		if len(customers) != report.Rows || len(customers) == 0 {
			t.Fatalf("%d customers, report %v", len(customers), report)
		}
		for i := range customers {
			if err := customers[i].Validate(); err != nil {
				t.Fatal(err)
			}
		}
		roundTrip(t, customers)
	})
}

// FuzzFields reads a file that is well formed but for what stands in some of
// its fields.
func FuzzFields(f *testing.F) {
	f.Add("58138", "04-09-2012", "Graduation", "1957", "635", byte(0))
	f.Add("$ 58.138,00", "6/16/14 12:00 AM", "2n;Cycle", "1957.0", "1 234", byte(1))
	f.Add("58,138", "4-Sep-12T00:00:00Z", "Second\ncycle", "(5)", "1e3", byte(2))
	f.Add("NA", "Sep. 4, 2012", "\xe9", "−5", "12,34,567.8", byte(3))
	f.Add("USD 58’138", "20120904T101112", "", "1,957", "5.", byte(3))
	f.Fuzz(func(t *testing.T, income, date, education, year, wines string, delim byte) {
		text := table(rune("\t,;|"[delim%4]), minimalHeader,
			minimal("Income", income, "Dt_Customer", date, "Education", education, "Year_Birth", year, "MntWines", wines),
			minimal("Dt_Customer", "5/6/2012", "Income", "1.234"), minimal())
		got, report, err := ReadAll(t.Context(), strings.NewReader(text), ReadOptions{Policy: Skip})
		if err != nil {
			if !errors.Is(err, ErrContradiction) && !errors.Is(err, ErrNoRows) && !errors.Is(err, ErrBinary) {
				t.Fatal(err)
			}
			return
		}
		if report.Rows+report.BadRows != 3 {
			t.Fatalf("%d customers and %d bad rows of 3", report.Rows, report.BadRows)
		}
		for i := range got {
			if err := got[i].Validate(); err != nil {
				t.Fatal(err)
			}
		}
		roundTrip(t, got)
	})
}

// FuzzDates reads a column of any dates: as a file that can seek, as a pipe
// and as a pipe in pieces they come out the same, every date that was read is
// one of those that its parts can make, and the report counts each once.
func FuzzDates(f *testing.F) {
	f.Add("09/04/12\n21-08-2013\n02/10/14\n30-07-2012")
	f.Add("2012-04-09 00:00:00\n21-08-2013\n19-01-2014\n2014-10-02 00:00:00\n13-11-2012")
	f.Add("13-08-21\n14-05-30\n12-09-04\n13-8-4")
	f.Add("4/9/2012\n21/08/2013\n10/11/2012\n05/06/2013\n")
	f.Add("6/16/14\n04-12-2012\n9-Apr-12\nSep 4, 2012\n20120904")
	f.Fuzz(func(t *testing.T, column string) {
		if !isASCII([]byte(column)) {
			t.Skip("encodings are another subject")
		}
		lines := strings.Split(column, "\n")
		rows := [][]string{minimalHeader}
		for _, d := range lines {
			rows = append(rows, minimal("Dt_Customer", d))
		}
		text := table(';', rows...)
		opts := ReadOptions{Policy: Skip}
		want, report, err := ReadAll(t.Context(), strings.NewReader(text), opts)
		for _, r := range []io.Reader{onlyReader{strings.NewReader(text)}, iotest.HalfReader(onlyReader{strings.NewReader(text)})} {
			got, report2, err2 := ReadAll(t.Context(), r, opts)
			if (err == nil) != (err2 == nil) || report.String() != report2.String() {
				t.Fatalf("%v\n%v\n%v\n%v", err, err2, report, report2)
			}
			if err == nil {
				sameAll(t, got, want)
			}
		}
		if err != nil {
			return
		}
		counted := 0
		for _, d := range report.Dates {
			if counted += d.Count; d.Open > d.Count || d.String() == "" {
				t.Fatalf("%+v", d)
			}
		}
		if counted != len(want) {
			t.Fatalf("%d dates of %d customers: %+v", counted, len(want), report.Dates)
		}
		for _, c := range want {
			possible := false
			for _, line := range lines {
				p := parseDate([]byte(line))
				for o := OrderFromData; o <= OrderExchanged && p.form == dateRead; o++ {
					y, m, d, ok := p.layout.in(p.parts, o)
					possible = possible || ok && day(y, m, d) == c.DtCustomer
				}
			}
			if !possible {
				t.Fatalf("%s stands nowhere in %q", c.DtCustomer, column)
			}
		}
	})
}

// roundTrip writes customers in each way and reads them back.
func roundTrip(t *testing.T, customers []Customer) {
	t.Helper()
	var alone, engineered bytes.Buffer
	w := NewWriter(&alone)
	for i := range customers {
		if err := w.Write(&customers[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := testenv.Must(Engineer(t.Context(), customers, AsOf{})).WriteCSV(t.Context(), &engineered); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{alone.String(), engineered.String()} {
		got, report := readString(t, text)
		sameAll(t, got, customers)
		if len(report.Absent) != 0 || report.DateGuessed || report.NumberGuessed {
			t.Fatalf("%v", report)
		}
	}
}

// randomCustomer returns any customer that the schema allows.
func randomCustomer(rnd *rand.Rand) Customer {
	amount := func() float64 {
		switch rnd.IntN(5) {
		case 0:
			return float64(rnd.IntN(2000))
		case 1:
			return float64(rnd.IntN(1e6)) / 1000 // 58.138
		case 2:
			return math.Float64frombits(rnd.Uint64N(math.Float64bits(math.MaxFloat64) + 1))
		case 3:
			return 0
		}
		return rnd.ExpFloat64() * 1000
	}
	words := []string{"", "PhD", "2n Cycle", "Graduation", "Married", "YOLO", "a,b", `"`, "x\r\ny", "é", "10", "sep=", "−", "2n;Zyklus"}
	ids := []string{strconv.FormatUint(rnd.Uint64(), 10), "-5", "0001", "12347.0", "C10001", "7590-VHVEG", "1 234", "a,b", `"`, "é", "sep=", "€5", "2n;Cycle", strings.Repeat("x", maxID)}
	c := Customer{
		ID: ids[rnd.IntN(len(ids))], YearBirth: minYear + rnd.IntN(9000),
		Education: words[rnd.IntN(len(words))], MaritalStatus: words[rnd.IntN(len(words))],
		Income:  amount(),
		Kidhome: rnd.IntN(3), Teenhome: rnd.IntN(3),
		DtCustomer: time.Date(minYear+rnd.IntN(9000), 1, 1+rnd.IntN(365), 0, 0, 0, 0, time.UTC),
		Recency:    rnd.IntN(1 << 30),
		MntWines:   amount(), MntFruits: amount(), MntMeatProducts: amount(), MntFishProducts: amount(), MntSweetProducts: amount(), MntGoldProds: amount(),
		NumDealsPurchases: rnd.IntN(10), NumWebPurchases: rnd.IntN(1e8), NumCatalogPurchases: rnd.IntN(1e9), NumStorePurchases: rnd.IntN(1e7), NumWebVisitsMonth: rnd.IntN(100),
		AcceptedCmp3: rnd.IntN(2), AcceptedCmp4: rnd.IntN(2), AcceptedCmp5: rnd.IntN(2), AcceptedCmp1: rnd.IntN(2), AcceptedCmp2: rnd.IntN(2), Complain: rnd.IntN(2),
		ZCostContact: amount(), ZRevenue: amount(), Response: rnd.IntN(2),
	}
	if rnd.IntN(4) == 0 {
		c.Income = math.NaN()
	}
	return c
}

func TestRoundTrip(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		customers := make([]Customer, 1+rnd.IntN(20))
		for i := range customers {
			customers[i] = randomCustomer(rnd)
			if err := customers[i].Validate(); err != nil {
				t.Fatal(err)
			}
		}
		roundTrip(t, customers)
	}
}

// The date algorithm is that of package time.
func TestDay(t *testing.T) {
	// Every day of one era of 400 years, every thirteenth of the others.
	step := 13
	for d := time.Date(minYear, 1, 1, 0, 0, 0, 0, time.UTC); d.Year() <= maxYear; d = d.AddDate(0, 0, step) {
		if step = 13; 1999 <= d.Year() && d.Year() <= 2400 {
			step = 1
		}
		y, m, dd := d.Date()
		if got := day(y, int(m), dd); got != d {
			t.Fatalf("%v, want %v", got, d)
		}
	}
}

// Numbers of up to seven digits on both sides of the point go the fast way:
// they are those of strconv, as the liberal way returns them.
func TestFastNumbers(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	digits := func() string {
		return "0123456789"[rnd.IntN(10):][:1] + strings.Repeat("0123456789"[rnd.IntN(10):][:1], rnd.IntN(4)) + []string{"", "7", "05", "999"}[rnd.IntN(4)]
	}
	rows := [][]string{minimal("Income", "0.5")}
	var want []float64
	for range 5000 {
		s := digits()
		if rnd.IntN(2) == 0 {
			s += "." + digits()
		}
		x, form := parseNumber([]byte(s), DecimalPoint)
		if form == formBad {
			t.Fatalf("%q is no number", s)
		}
		want = append(want, x)
		rows = append(rows, minimal("Income", s))
	}
	got, _ := readString(t, minimalTable(';', rows...))
	for i, x := range want {
		if got[i+1].Income != x {
			t.Fatalf("%s is %v, want %v", rows[i+1][3], got[i+1].Income, x)
		}
	}
}

// Once it runs, reading allocates nothing, in any of the usual forms.
func TestReadAllocatesNothing(t *testing.T) {
	for name, change := range map[string][]string{
		"plain":      {},
		"quoted":     {"Education", "a, \"b\""},
		"US":         {"Dt_Customer", "6/16/14 12:00 AM", "Income", "$58,138.50"},
		"continent":  {"Dt_Customer", "16.6.2014", "Income", "58.138,50 €"},
		"missing":    {"Income", "", "Education", "", "Marital_Status", "Separated"},
		"long words": {"Education", strings.Repeat("long ", 50)},
	} {
		t.Run(name, func(t *testing.T) {
			const rows = 1000
			var all [][]string
			for range rows + 20 {
				all = append(all, minimal(change...))
			}
			for _, delim := range ",;" {
				text := minimalTable(delim, all...)
				r := Read(strings.NewReader(text), ReadOptions{})
				var c Customer
				allocs := testing.AllocsPerRun(rows, func() {
					if err := r.Read(&c); err != nil {
						t.Fatal(err)
					}
				})
				if allocs != 0 {
					t.Errorf("%s: %v allocations a row", name, allocs)
				}
				for range 20 {
					if err := r.Read(&c); err == io.EOF {
						break
					}
				}
			}
		})
	}
}

// Memory does not grow with the file.
func TestConstantMemory(t *testing.T) {
	line := strings.Join(minimal("Dt_Customer", "21-08-2013"), ",") + "\n"
	r := Read(io.MultiReader(strings.NewReader(strings.Join(minimalHeader, ",")+"\n"), &repeat{line: line, n: 500_000}), ReadOptions{})
	var c Customer
	n := 0
	for ; ; n++ {
		if err := r.Read(&c); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if n != 500_000 || len(r.buf) != bufferSize+pad {
		t.Errorf("%d customers, the buffer has %d bytes", n, len(r.buf))
	}
}

// repeat is a source that returns a line n times.
type repeat struct {
	line string
	at   int
	n    int
}

func (r *repeat) Read(b []byte) (int, error) {
	n := 0
	for n < len(b) && r.n > 0 {
		k := copy(b[n:], r.line[r.at:])
		n += k
		if r.at += k; r.at == len(r.line) {
			r.at = 0
			r.n--
		}
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}
