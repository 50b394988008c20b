package features

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/customer-personality/segmentation/internal/cause"
	"github.com/customer-personality/segmentation/internal/num"
)

// ErrOrders is the error of lines of orders that lack what customers are counted by.
var ErrOrders = errors.New("features: no lines of orders")

// OrderColumns name the columns of lines of orders. Customer, Day, and Amount or
// both Quantity and Price are needed.
type OrderColumns struct {
	Customer string // who bought
	Day      string // when
	Invoice  string // which lines are one order; without it, those of one customer on one day
	Quantity string // how many pieces, below 0 for returns
	Price    string // of a piece; of the line where there is no quantity
	Amount   string // of the line; by default quantity × price
}

// RFMOptions change how lines of orders are counted. The zero value finds
// everything from the data.
type RFMOptions struct {
	Columns OrderColumns // those that are empty are found by name and kind
	AsOf    AsOf         // day on which recency and tenure are counted; by default that of the last line
}

// An RFMReport is what [RFM] found in lines of orders.
type RFMReport struct {
	Table   TableReport  // how the lines were read
	Columns OrderColumns // which columns they were counted by
	AsOf    time.Time    // day on which they were counted
	Guessed bool         // whether that is the day of the last line, as none was given

	Doubts []string // sentences on columns that tell of lines which are no purchases, or amounts that cannot be added

	Lines      int       // lines counted
	NoCustomer int       // lines left out, without a customer
	NoDay      int       // without a day
	NoAmount   int       // without an amount
	Returns    int       // lines counted that take back: a negative quantity or amount, or an invoice such as C536379
	Mark       bool      // whether invoices of C and digits are cancellations, as most are of digits alone
	OnlyBack   int       // customers with no line but such
	Ahead      int       // customers who bought after AsOf
	First      time.Time // day of the first line
	Last       time.Time // and of the last
}

// Warnings returns sentences, without their full stops, on what was left out or
// guessed.
func (r RFMReport) Warnings() []string {
	w := r.Table.Warnings()
	say := func(n int, noun, format string) {
		if n > 0 {
			w = append(w, fmt.Sprintf(format, count(n, noun), have(n)))
		}
	}
	say(r.NoCustomer, "line", "%[1]s %[2]s no customer and had to be left out")
	say(r.NoDay, "line", "%[1]s %[2]s no day and had to be left out")
	say(r.NoAmount, "line", "%[1]s %[2]s no amount and had to be left out")
	say(r.Returns, "line", "%[1]s taken as returns, which reduce what was bought")
	w = append(w, r.Doubts...)
	say(r.OnlyBack, "customer", "%[1]s %[2]s returns only, with a frequency of 0")
	say(r.Ahead, "customer", "%[1]s bought after the day of counting, with a negative recency")
	if r.Guessed {
		w = append(w, fmt.Sprintf("counted on %s, the day of the last line, as no day was given", r.AsOf.Format(time.DateOnly)))
	}
	return w
}

// Stems of names, as key leaves them, of the columns of orders, the likeliest first.
var (
	invoiceStems  = []string{"invoice", "order", "transaction", "receipt", "bill", "basket", "purchaseid", "ticket", "rechnung", "bestell", "pedido", "factura", "commande", "订单"}
	dayStems      = []string{"orderdate", "purchasedate", "invoicedate", "transactiondate", "saledate", "salesdate", "orderpurchase", "purchase", "date", "day", "time", "datum", "fecha", "日期", "data"}
	otherDays     = []string{"birth", "dob", "geburt", "nasc", "nacim", "ship", "deliver", "estimat", "approv", "due", "expir", "update", "modif", "load", "regist", "signup", "join"}
	quantityStems = []string{"quantity", "qty", "units", "pieces", "menge", "anzahl", "quantidade", "cantidad", "quantite", "数量"}
	priceStems    = []string{"unitprice", "price", "preis", "preco", "preço", "precio", "prix", "单价"}
	amountStems   = []string{"amount", "total", "revenue", "sales", "monetary", "spend", "umsatz", "betrag", "valor", "importe", "montant", "金额", "value"}
	otherAmounts  = []string{"count", "number", "request", "items", "rating", "score", "points", "discount", "rabatt", "tax", "freight", "shipping", "percent", "nights"}
	// What a column of customers has before or behind the word for them.
	ownerRest = []string{"", "name", "fullname", "email", "emailaddress", "mail", "phone", "identifier", "hash", "nome", "nomedo", "nombre", "nombredel", "nomdu", "名称", "姓名"}
)

// namesCustomers reports whether a name, as key leaves it, is that of a column of
// customers: the word for them alone, or with that of a name behind or before it.
func namesCustomers(k string) bool {
	if k == "email" || k == "buyer" || k == "shopper" {
		return true
	}
	return slices.ContainsFunc(idOwners, func(owner string) bool {
		behind, first := strings.CutPrefix(k, owner)
		before, last := strings.CutSuffix(k, owner)
		return first && slices.Contains(ownerRest, behind) || last && slices.Contains(ownerRest, before)
	})
}

// FindOrderColumns finds the columns of lines of orders by name and kind; ok is
// false where customer, day or amount is not among them, so that a table is
// hardly one of orders. A customer that no line repeats makes it one of customers.
// The error is that of ctx.
func FindOrderColumns(ctx context.Context, t *Table) (c OrderColumns, ok bool, err error) {
	t = orZero(t)
	taken := map[string]bool{}
	find := func(stems []string, fits func(Series) bool) string {
		for _, stem := range stems {
			for _, s := range t.series {
				if k := key(s.Name()); strings.Contains(k, stem) && !taken[s.Name()] && fits(s) {
					taken[s.Name()] = true
					return s.Name()
				}
			}
		}
		return ""
	}
	// Of several columns of ids, the one that repeats: an order may have a customer of its own.
	best := 0
	for _, s := range t.series {
		k := key(s.Name())
		rank := idRank(k)
		if rank == 0 && namesCustomers(k) {
			rank = 2 * doubtfulID
		}
		if rank > 1 && s.identifies(ctx) {
			rank += 4 * doubtfulID
		}
		if kind := s.Kind(); rank > 1 && (best == 0 || rank < best) && kind != Date && kind != Amount && kind != Percent && !kind.Binary() {
			c.Customer, best = s.Name(), rank
		}
	}
	taken[c.Customer] = true
	isDay := func(s Series) bool { return s.Kind() == Date }
	isNumber := func(s Series) bool { return s.Kind().Numeric() }
	c.Day = find(dayStems, func(s Series) bool { return isDay(s) && !hasStem(s.Name(), otherDays) })
	for _, but := range [][]string{otherDays, nil} { // a day of any name, of other days last
		if c.Day == "" {
			c.Day = find([]string{""}, func(s Series) bool { return isDay(s) && !hasStem(s.Name(), but) })
		}
	}
	c.Quantity = find(quantityStems, isNumber)
	c.Price = find(priceStems, isNumber)
	c.Invoice = find(invoiceStems, func(s Series) bool { return s.Kind() != Date && s.Kind() != Amount })
	if c.Quantity == "" || c.Price == "" {
		c.Amount = cmp.Or(find(amountStems, func(s Series) bool {
			return (s.Kind() == Amount || s.Kind() == Integer) && !hasStem(s.Name(), otherAmounts)
		}), c.Price)
	}
	ok = c.Customer != "" && !t.Series(c.Customer).identifies(ctx) && c.Day != "" && (c.Amount != "" || c.Quantity != "" && c.Price != "")
	if err = cause.Of(ctx); err != nil {
		return OrderColumns{}, false, err
	}
	return c, ok, nil
}

// Resolve returns the columns that the lines of a table are counted by: those of the
// options, the others as FindOrderColumns finds them.
//
// Errors: ErrOrders where a column is not found, a [*ColumnError] for one that the
// table does not have, and that of ctx.
func (o RFMOptions) Resolve(ctx context.Context, t *Table) (OrderColumns, error) {
	err := o.resolve(ctx, orZero(t), "")
	return o.Columns, err
}

// resolve finds the columns that the options leave open in the first lines.
func (o *RFMOptions) resolve(ctx context.Context, t *Table, file string) error {
	found, _, err := FindOrderColumns(ctx, t)
	if err != nil {
		return err
	}
	c := &o.Columns
	for _, p := range []struct{ set, found *string }{{&c.Customer, &found.Customer}, {&c.Day, &found.Day}, {&c.Invoice, &found.Invoice},
		{&c.Quantity, &found.Quantity}, {&c.Price, &found.Price}} {
		if *p.set == "" {
			*p.set = *p.found
			continue
		}
		s, err := t.Column(*p.set)
		if err != nil {
			return err
		}
		*p.set = s.Name()
	}
	if c.Amount != "" || c.Quantity == "" || c.Price == "" {
		if found.Amount == found.Price { // as where no quantity and no other amount is found
			found.Amount = c.Price
		}
		c.Amount = cmp.Or(c.Amount, found.Amount)
		if c.Amount != "" {
			s, err := t.Column(c.Amount)
			if err != nil {
				return err
			}
			c.Amount = s.Name()
		}
	}
	amount := c.Amount
	if c.Price != "" {
		amount = cmp.Or(amount, c.Quantity)
	}
	var lacking []string
	for _, p := range []struct{ name, what string }{{c.Customer, "the customer"}, {c.Day, "the day"}, {amount, "the amount, or quantity and price"}} {
		if p.name == "" {
			lacking = append(lacking, p.what)
		}
	}
	if len(lacking) > 0 {
		return &ReadError{File: file, Reason: "no column is known for " + list(lacking, "and for"), Want: "it named, among " + listCut(t.ColumnNames()), Err: ErrOrders}
	}
	return nil
}

// A buyer is what is known of a customer.
type buyer struct {
	id                  string
	first, last         int32 // days of purchases
	firstBack, lastBack int32 // days of returns
	orders              int32
	bought, returned    sum
}

// A sum adds numbers with the rounding errors of all additions added at the end
// (Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher
// Summen", 1974), so that the amounts of many lines lose no cents.
type sum struct{ total, rest float64 }

func (s *sum) add(x float64) {
	t := s.total + x
	if math.Abs(s.total) >= math.Abs(x) {
		s.rest += s.total - t + x
	} else {
		s.rest += x - t + s.total
	}
	s.total = t
}

func (s *sum) value() float64 { return s.total + s.rest }

// RFM counts lines of orders to one row a customer, in the order in which they
// first come, with the columns
//
//	(the customer)  id, as the lines have it; 17001 for 17001.0
//	recency         days from the last purchase to AsOf
//	frequency       orders: different invoices with a purchase, or days where there are no invoices
//	monetary        amount of all purchases less returns
//	basket          monetary ÷ frequency; missing without a purchase
//	tenure          days from the first purchase to AsOf
//	days_between    mean days between orders, from the first to the last; missing with fewer than two
//	returns         returns in percent of the purchases, by amount; missing without a purchase
//
// Lines with a negative quantity or amount, and those of invoices such as C536379,
// a C and digits, where most are of digits alone, are returns: they reduce monetary
// and are no orders. A customer with returns only has a frequency of 0, and the days of those.
// Lines without a customer, a day or an amount are left out, counted and told.
//
// The lines are read once; memory is some hundred bytes a customer and up to 32 an
// order.
//
// Errors: ErrOrders, in a [*ReadError], where a column is not found; ErrNoRows
// where no line is left; those of [TableReader].
func RFM(ctx context.Context, lines *TableReader, o RFMOptions) (*Table, RFMReport, error) {
	sample, err := lines.Sample(ctx)
	if err != nil {
		return nil, RFMReport{Table: lines.Report()}, err
	}
	name := lines.o.Name
	if err := o.resolve(ctx, sample, name); err != nil {
		return nil, RFMReport{}, err
	}
	lines.only(o.Columns, sample)
	t, report, err := countLines(ctx, sample, lines.Blocks(ctx), name, o)
	report.Table = lines.Report()
	return t, report, err
}

// RFMTable counts lines of orders that are in memory; see [RFM].
func RFMTable(ctx context.Context, lines *Table, o RFMOptions) (*Table, RFMReport, error) {
	return RFMTables(ctx, lines, nil, o)
}

// RFMTables counts lines of orders that come in tables of the same columns, the blocks
// of a database say; see [RFM]. What the columns are is found from the first.
func RFMTables(ctx context.Context, first *Table, more iter.Seq2[*Table, error], o RFMOptions) (*Table, RFMReport, error) {
	if err := o.resolve(ctx, first, ""); err != nil {
		return nil, RFMReport{}, err
	}
	return countLines(ctx, first, func(yield func(*Table, error) bool) {
		if yield(first, nil) && more != nil {
			more(yield)
		}
	}, "", o)
}

func countLines(ctx context.Context, sample *Table, blocks iter.Seq2[*Table, error], file string, o RFMOptions) (*Table, RFMReport, error) {
	var report RFMReport
	report.Columns, report.Doubts = o.Columns, o.Columns.Doubts(sample)
	c := counter{report: &report, columns: o.Columns, at: map[string]int32{}, orders: idSet{all: true}, first: noDay, last: noDay, latest: -1}
	if err := c.mark(ctx, sample); err != nil {
		return nil, report, err
	}
	for t, err := range blocks {
		if err == nil {
			err = c.add(ctx, t)
		}
		if err != nil {
			return nil, report, err
		}
	}
	if len(c.buyers) == 0 {
		n := report.NoCustomer + report.NoDay + report.NoAmount
		return nil, report, &ReadError{File: file, Reason: fmt.Sprintf("none of the %s has a customer, a day and an amount", count(n, "line")), Err: ErrNoRows}
	}
	t, err := c.table(o.AsOf)
	return t, report, err
}

// Words, as key leaves them, of the states of orders that were not bought.
var undone = []string{"cancelled", "canceled", "refunded", "returned", "failed", "declined", "unpaid", "fraud", "storniert", "cancelado", "cancelada", "annulé", "annulée", "cancel", "refund", "return", "已取消", "已退款"}

// Doubts returns sentences, without their full stops, on other columns of lines that
// tell against adding them: states of orders that were not bought, several currencies.
func (c OrderColumns) Doubts(lines *Table) (told []string) {
	for _, s := range orZero(lines).series {
		if s.Kind() != Category || s.Name() == c.Customer || s.Name() == c.Invoice {
			continue
		}
		for _, word := range s.levels {
			if hasStem(s.Name(), []string{"status", "state"}) && slices.Contains(undone, key(word)) {
				told = append(told, fmt.Sprintf("lines whose %s is %q are counted as purchases: leave them out beforehand if they are none", s.Name(), cut(word)))
			}
		}
		if hasStem(s.Name(), []string{"currency", "währung", "moneda", "moeda", "币种"}) && len(s.levels) > 1 {
			told = append(told, fmt.Sprintf("the amounts are in %s by the column %s, and added as if they were in one currency", listCut(s.levels), s.Name()))
		}
	}
	return told
}

// only makes the reader read the columns of orders alone, ids as text. Days that are
// found to be some stay so, as a day that cannot be read is an error in a column set.
func (t *TableReader) only(c OrderColumns, sample *Table) {
	kinds := map[string]Kind{c.Customer: Identifier}
	for name, kind := range t.o.Kinds {
		if s, err := sample.Column(name); err == nil && s.Name() != c.Customer && s.Name() != c.Invoice {
			kinds[s.Name()] = kind
		}
	}
	if sample.Series(c.Day).Kind() != Date {
		kinds[c.Day] = Date
	}
	t.build.o.Kinds = kinds
	for _, name := range []string{c.Customer, c.Day, c.Invoice, c.Quantity, c.Price, c.Amount} {
		if name == "" || (name == c.Price && c.Amount != "" && c.Amount != c.Price) {
			continue
		}
		t.build.o.Columns = append(t.build.o.Columns, name)
	}
	if c.Invoice != "" {
		t.build.o.Kinds[c.Invoice] = Identifier
	}
}

// Sample returns the first rows, those of 16 MiB of text, as a table; they are read
// again afterwards.
func (t *TableReader) Sample(ctx context.Context) (*Table, error) {
	t = orZero(t)
	table, err := t.next(ctx, t.ahead)
	if err != nil {
		return nil, err
	}
	t.held = append(t.build.blocks, t.held...)
	t.report.Columns, t.report.Rows, t.report.Headers, t.report.Blank, t.report.Below, t.report.IndexColumn = nil, 0, 0, 0, nil, ""
	t.build = tableBuilder{o: t.o, report: &t.report}
	return table, nil
}

// A counter counts lines of orders by customer.
type counter struct {
	report      *RFMReport
	columns     OrderColumns
	buyers      []buyer
	at          map[string]int32
	orders      idSet
	first, last int32
	key, spare  []byte // the order of the purchase before
	latest      int32  // the customer of the line before
}

// mark decides whether a C before invoices marks cancellations.
func (c *counter) mark(ctx context.Context, t *Table) error {
	s := t.Series(c.columns.Invoice)
	plain, all := 0, 0
	err := eachBlock(ctx, s.Len(), func(from, to int) error {
		for i := from; i < to; i++ {
			if id := s.id(i); id != "" {
				all++
				if allDigits([]byte(id)) {
					plain++
				}
			}
		}
		return nil
	})
	c.report.Mark = 2*plain > all
	return err
}

// cancels reports whether an invoice is marked as a cancellation.
func cancels(invoice string) bool {
	return len(invoice) > 1 && (invoice[0] == 'C' || invoice[0] == 'c') && allDigits([]byte(invoice[1:]))
}

// id returns the value of a row as that of an id: without what a number of a data
// frame has behind it, 17001 for 17001.0.
func (s Series) id(row int) string {
	if s.IsZero() || s.Missing(row) {
		return ""
	}
	if s.numbers != nil {
		return string(appendNumber(nil, s.numbers[row]))
	}
	id := s.Word(row)
	if head, ok := strings.CutSuffix(id, ".0"); ok && allDigits([]byte(head)) {
		return head
	}
	return id
}

// IDs returns the values of a column as ids: words as they stand, whole numbers
// in digits, days as 2012-09-04; empty for a missing one.
func (s Series) IDs() []string {
	ids := make([]string, s.Len())
	for i := range ids {
		switch k := s.Kind(); {
		case k.words():
			ids[i] = s.Word(i)
		case k != Date:
			ids[i] = s.id(i)
		case !s.Missing(i):
			ids[i] = s.Day(i).Format("2006-01-02")
		}
	}
	return ids
}

func (c *counter) add(ctx context.Context, t *Table) error {
	customer, day, invoice := t.Series(c.columns.Customer), t.Series(c.columns.Day), t.Series(c.columns.Invoice)
	quantity, price, amount := t.Series(c.columns.Quantity), t.Series(c.columns.Price), t.Series(c.columns.Amount)
	for i := range t.n {
		if i%4096 == 0 {
			if err := cause.Of(ctx); err != nil {
				return err
			}
		}
		id := customer.id(i)
		d := int32(noDay)
		if day.days != nil {
			d = day.days[i]
		}
		q := math.NaN()
		if !quantity.IsZero() {
			q = quantity.Number(i)
		}
		value := amount.Number(i)
		if amount.IsZero() {
			value = q * price.Number(i)
		}
		switch {
		case id == "":
			c.report.NoCustomer++
			continue
		case d == noDay:
			c.report.NoDay++
			continue
		case value != value || math.IsInf(value, 0):
			c.report.NoAmount++
			continue
		}
		order := invoice.id(i)
		back := value < 0 || q < 0 || c.report.Mark && cancels(order)
		c.count(id, order, d, value, back)
	}
	return nil
}

// count counts one line.
func (c *counter) count(id, order string, day int32, value float64, back bool) {
	at, ok := c.latest, true
	if at < 0 || c.buyers[at].id != id { // lines of an order stand together
		at, ok = c.at[id]
	}
	if !ok {
		at = int32(len(c.buyers))
		id = strings.Clone(id)
		c.at[id] = at
		c.buyers = append(c.buyers, buyer{id: id, first: noDay, last: noDay, firstBack: noDay, lastBack: noDay})
	}
	b := &c.buyers[at]
	c.latest = at
	c.report.Lines++
	span := func(first, last *int32) {
		if *first == noDay || day < *first {
			*first = day
		}
		*last = max(*last, day)
	}
	span(&c.first, &c.last)
	if back {
		c.report.Returns++
		b.returned.add(math.Abs(value))
		span(&b.firstBack, &b.lastBack)
		return
	}
	b.bought.add(value)
	span(&b.first, &b.last)
	key := binary.LittleEndian.AppendUint32(c.spare[:0], uint32(at))
	if order == "" {
		key = binary.LittleEndian.AppendUint32(key, uint32(day))
	} else {
		key = append(append(key, 0), order...)
	}
	if bytes.Equal(key, c.key) {
		c.spare = key
		return
	}
	c.key, c.spare = key, c.key
	if seen, _ := c.orders.add(key); !seen {
		b.orders++
	}
}

// table returns the customers.
func (c *counter) table(asOf AsOf) (*Table, error) {
	r := c.report
	r.First, r.Last = unixDayTime(c.first), unixDayTime(c.last)
	if r.AsOf = r.Last; time.Time(asOf).IsZero() {
		r.Guessed = true
	} else {
		r.AsOf = asOf.Day()
	}
	today := unixDay(r.AsOf)
	n := len(c.buyers)
	ids := make([]string, n)
	column := func() []float64 { return make([]float64, n) }
	recency, frequency, monetary, basket, tenure, between, returns := column(), column(), column(), column(), column(), column(), column()
	for i, b := range c.buyers {
		ids[i] = b.id
		first, last := b.first, b.last
		if b.orders == 0 {
			first, last = b.firstBack, b.lastBack
			r.OnlyBack++
		}
		if last > today {
			r.Ahead++
		}
		bought, returned := b.bought.value(), b.returned.value()
		recency[i], tenure[i] = float64(today-last), float64(today-first)
		frequency[i], monetary[i] = float64(b.orders), bought-returned
		basket[i], between[i], returns[i] = math.NaN(), math.NaN(), math.NaN()
		if b.orders > 0 {
			basket[i] = monetary[i] / frequency[i]
		}
		if b.orders > 1 {
			between[i] = float64(last-first) / float64(b.orders-1)
		}
		if bought > 0 {
			returns[i] = 100 * returned / bought
		}
	}
	columns := RFMColumns(c.columns.Customer)
	list := []Series{WordSeries(columns[0], ids)}
	for i, values := range [][]float64{recency, frequency, monetary, basket, tenure, between, returns} {
		list = append(list, NumberSeries(columns[i+1], values))
	}
	return NewTable(r.AsOf, list...)
}

// RFMAt returns the table of [RFM] as it is counted on another day, today for the zero
// AsOf: recency and tenure are the days to it. That is exact, as all lines of orders
// count, whatever the day. Of any other table, and of one without a day, it is At. The
// error is that of ctx.
func RFMAt(ctx context.Context, t *Table, asOf AsOf) (*Table, error) {
	out := t.At(asOf)
	columns := RFMColumns("")
	recency, tenure := columns[1], columns[5]
	if s := out.Series(recency.Name); orZero(t).asOf.IsZero() || s.IsZero() || s.column.Meaning != recency.Meaning {
		return out, nil
	}
	days := out.asOf.Sub(t.asOf).Hours() / 24
	out.series = slices.Clone(out.series)
	for i, s := range out.series {
		if c := s.column; (c.Name == recency.Name || c.Name == tenure.Name && c.Meaning == tenure.Meaning) && s.numbers != nil {
			later := make([]float64, len(s.numbers))
			err := eachBlock(ctx, len(later), func(from, to int) error {
				for row := from; row < to; row++ {
					later[row] = s.numbers[row] + days
				}
				return nil
			})
			if err != nil {
				return nil, err
			}
			out.series[i] = NumberSeries(s.Column(), later)
		}
	}
	return out, nil
}

// RFMColumns describes the columns of the table that [RFM] returns, for customers in a
// column of that name.
func RFMColumns(customer string) []Column {
	return []Column{
		{Name: customer, Kind: Identifier, Meaning: "id of the customer"},
		{Name: recencyColumn, Kind: Integer, Unit: "days", Meaning: recencyMeaning},
		{Name: frequencyColumn, Kind: Integer, Unit: "orders", Meaning: "orders"},
		{Name: monetaryColumn, Kind: Amount, Meaning: "amount of all purchases less returns"},
		{Name: "basket", Kind: Amount, Nullable: true, Meaning: "mean amount of an order"},
		{Name: "tenure", Kind: Integer, Unit: "days", Meaning: "days since the first purchase"},
		{Name: "days_between", Kind: Amount, Nullable: true, Unit: "days", Meaning: "mean days between orders"},
		{Name: "returns", Kind: Percent, Nullable: true, Unit: "%", Meaning: "returns in percent of the purchases"},
	}
}

func unixDayTime(day int32) time.Time { return time.Unix(int64(day)*86400, 0).UTC() }

// Default columns that [RFMScore] scores, and the name of those without a segment.
const (
	recencyColumn   = "recency"
	frequencyColumn = "frequency"
	monetaryColumn  = "monetary"
	otherSegment    = "Others"
	recencyMeaning  = "days since the last purchase"
)

// An RFMSegment is a name for the customers whose scores lie between bounds,
// these included.
type RFMSegment struct {
	Name                         string
	Recency, Frequency, Monetary [2]int
}

// RFMSegments returns the ten segments of the introduction to the R package rfm
// 0.3.0 (Hebbali), for scores from 1 to 5: Champions, Potential Loyalist, Loyal
// Customers, Promising, New Customers, Can't Lose Them, At Risk, Need Attention,
// About To Sleep, Lost. The first that fits counts; the slice is the caller's own.
func RFMSegments() []RFMSegment {
	return []RFMSegment{
		{"Champions", [2]int{5, 5}, [2]int{5, 5}, [2]int{5, 5}},
		{"Potential Loyalist", [2]int{3, 5}, [2]int{3, 5}, [2]int{2, 5}},
		{"Loyal Customers", [2]int{2, 4}, [2]int{2, 4}, [2]int{2, 4}},
		{"Promising", [2]int{3, 4}, [2]int{1, 3}, [2]int{3, 5}},
		{"New Customers", [2]int{4, 5}, [2]int{1, 3}, [2]int{1, 5}},
		{"Can't Lose Them", [2]int{1, 2}, [2]int{3, 4}, [2]int{4, 5}},
		{"At Risk", [2]int{1, 2}, [2]int{2, 5}, [2]int{4, 5}},
		{"Need Attention", [2]int{1, 3}, [2]int{3, 5}, [2]int{3, 5}},
		{"About To Sleep", [2]int{2, 3}, [2]int{1, 3}, [2]int{1, 4}},
		{"Lost", [2]int{1, 1}, [2]int{1, 5}, [2]int{1, 5}},
	}
}

// RFMScoreOptions change how [RFMScore] scores customers. The zero value scores
// the columns that [RFM] makes, from 1 to 5.
type RFMScoreOptions struct {
	Recency, Frequency, Monetary string       // columns; default: recency, frequency, monetary
	Bins                         int          // scores; default 5, at most 9
	Segments                     []RFMSegment // by scores; default: RFMSegments where there are five scores, else none
}

// RFMScore returns the table with the columns recency_score, frequency_score,
// monetary_score, rfm_score (their three digits) and, with segments,
// rfm_segment. Scores run from 1 to Bins, the best, and are those of the R
// package rfm: a value's score is one more than the number of inner quantiles
// (type 7, at i ÷ Bins), each plus 1, that it reaches; that of recency the other
// way round. Customers of whom a value is missing have no scores. A customer that
// no segment fits is one of the Others.
//
// Errors: [*ColumnError] for a column that is not there or holds no numbers,
// ErrOptions for bins or bounds that mean nothing, ErrNoRows, and that of ctx.
func RFMScore(ctx context.Context, t *Table, o RFMScoreOptions) (*Table, error) {
	t = orZero(t)
	if o.Bins == 0 {
		o.Bins = 5
	}
	if o.Bins < 2 || o.Bins > 9 {
		return nil, fmt.Errorf("%w: there are %d scores; want 2 to 9", ErrOptions, o.Bins)
	}
	if o.Segments == nil && o.Bins == 5 {
		o.Segments = RFMSegments()
	}
	for _, s := range o.Segments {
		for _, b := range [][2]int{s.Recency, s.Frequency, s.Monetary} {
			if b[0] < 1 || b[1] > o.Bins || b[0] > b[1] {
				return nil, fmt.Errorf("%w: the segment %q has scores from %d to %d; want them in order and from 1 to %d", ErrOptions, s.Name, b[0], b[1], o.Bins)
			}
		}
	}
	if t.n == 0 {
		return nil, fmt.Errorf("%w: there are no customers to score", ErrNoRows)
	}
	var scores [3][]int
	for i, name := range []string{cmp.Or(o.Recency, recencyColumn), cmp.Or(o.Frequency, frequencyColumn), cmp.Or(o.Monetary, monetaryColumn)} {
		s, err := t.numbers(name)
		if err = cmp.Or(err, cause.Of(ctx)); err != nil {
			return nil, err
		}
		scores[i] = s.scores(o.Bins, i == 0)
	}
	columns := make([]Series, 4, 5)
	together, segments := make([]float64, t.n), make([]string, t.n)
	for i, name := range []string{"recency_score", "frequency_score", "monetary_score"} {
		values := make([]float64, t.n)
		for row, score := range scores[i] {
			if values[row] = float64(score); score == 0 {
				values[row] = math.NaN()
			}
			together[row] = float64(10*together[row]) + values[row]
		}
		columns[i] = NumberSeries(Column{Name: name, Kind: Integer, Nullable: true, Meaning: fmt.Sprintf("1 to %d, the best", o.Bins)}, values)
	}
	columns[3] = NumberSeries(Column{Name: "rfm_score", Kind: Integer, Nullable: true, Meaning: "the scores of recency, frequency and monetary as three digits"}, together)
	if len(o.Segments) == 0 {
		return t.With(columns...)
	}
	levels := []string{}
	for _, s := range o.Segments {
		levels = append(levels, s.Name)
	}
	in := func(score int, bounds [2]int) bool { return bounds[0] <= score && score <= bounds[1] }
	err := eachBlock(ctx, t.n, func(from, to int) error {
		for row := from; row < to; row++ {
			r, f, m := scores[0][row], scores[1][row], scores[2][row]
			at := slices.IndexFunc(o.Segments, func(s RFMSegment) bool { return in(r, s.Recency) && in(f, s.Frequency) && in(m, s.Monetary) })
			switch {
			case r*f*m == 0:
			case at >= 0:
				segments[row] = o.Segments[at].Name
			default:
				segments[row] = otherSegment
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	columns = append(columns, WordSeries(Column{Name: "rfm_segment", Levels: levels, Meaning: "segment by the three scores"}, segments))
	return t.With(columns...)
}

// scores returns the score of each value, 0 for a missing one.
func (s Series) scores(bins int, less bool) []int {
	sorted := slices.DeleteFunc(s.Numbers(), func(x float64) bool { return x != x })
	slices.Sort(sorted)
	var bounds []float64
	for i := 1; i < bins && len(sorted) > 0; i++ {
		bounds = append(bounds, num.Quantile(sorted, float64(i)/float64(bins))+1)
	}
	out := make([]int, s.Len())
	for i, x := range s.numbers {
		if x != x {
			continue
		}
		out[i] = 1
		for _, b := range bounds {
			if x >= b {
				out[i]++
			}
		}
		if less {
			out[i] = bins + 1 - out[i]
		}
	}
	return out
}
