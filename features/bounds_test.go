package features

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/customer-personality/segmentation/internal/testenv"
)

// grows fails where f takes more than twice as long for each byte of a text as for one
// of a text of a quarter of its size, which is what work in its square comes to twice
// over, or more than six times most. It is the time of the processors without that of
// the garbage collector, which looks at larger heaps more often than in proportion. Of
// several runs the fastest of either counts, as other programs may run beside.
func grows(t *testing.T, most time.Duration, f func(quarters int)) {
	t.Helper()
	quarter, whole := time.Duration(math.MaxInt64), time.Duration(math.MaxInt64)
	for range 10 {
		for quarters, least := range map[int]*time.Duration{1: &quarter, 4: &whole} {
			runtime.GC()
			percent := debug.SetGCPercent(-1)
			began := testenv.CPUTime()
			f(quarters)
			*least = min(*least, testenv.CPUTime()-began)
			debug.SetGCPercent(percent)
		}
		if t.Failed() || whole <= 6*most && whole/8 <= quarter {
			t.Logf("it took %v, and %v for a quarter", whole, quarter)
			return
		}
	}
	t.Errorf("it took %v, and %v for a quarter, want at most %v and eight times as long", whole, quarter, 6*most)
}

// allocated returns the number of bytes that f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestHeaderOfManyNames reads headers of a mebibyte, with names that are almost
// those of the schema and with others, with all of the columns and without: in
// little time, and with an error and a report that are short.
func TestHeaderOfManyNames(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine reads long lines for ten seconds")
	}
	near := func(n int, name func(int) string) func(int) string {
		return func(quarters int) string {
			var b strings.Builder
			for i := range max(1, n*quarters/4/shorter) {
				b.WriteString(name(i))
				b.WriteByte(',')
			}
			return b.String()
		}
	}
	whole := strings.TrimSuffix(minimalTable(',', minimal()), "\n")
	head, row, _ := strings.Cut(whole, "\n")
	for what, names := range map[string]func(int) string{
		"near":     near(120_000, func(i int) string { return fmt.Sprintf("inc%04x", i%0xffff) }),
		"the same": near(140_000, func(int) string { return "Kidhom" }),
		"stems":    near(80_000, func(i int) string { return fmt.Sprintf("wine%07d", i) }),
		"long":     near(16_000, func(i int) string { return strings.Repeat("mnt_gold_prod_", 4) + fmt.Sprint(i) }),
		"very long": func(quarters int) string {
			return strings.Repeat(strings.Repeat("n", 500_000*quarters/4/shorter)+",", 2)
		},
		"ids":     near(50_000, func(i int) string { return fmt.Sprintf("kunden_nummer%d", i) }),
		"empty":   near(1_000_000, func(int) string { return "" }),
		"umlauts": near(80_000, func(i int) string { return fmt.Sprintf("Einkömmen%d", i%10) }),
	} {
		t.Run(what, func(t *testing.T) {
			grows(t, 500*time.Millisecond, func(quarters int) {
				_, report, err := ReadAll(t.Context(), strings.NewReader(names(quarters)+"Income\n1\n"), ReadOptions{})
				if !errors.Is(err, ErrHeader) {
					t.Fatalf("%.200v", err)
				}
				if n := allocated(func() { _ = err.Error() }); len(err.Error()) > 4<<10 || n > 64<<10 {
					t.Errorf("the error has %d bytes, and %d are allocated for it", len(err.Error()), n)
				}
				if n := len(report.String()); n > 16<<10 {
					t.Errorf("the report has %d bytes", n)
				}
			})
			grows(t, 500*time.Millisecond, func(quarters int) {
				names := names(quarters)
				_, report, err := ReadAll(t.Context(), strings.NewReader(names+head+"\n"+strings.Repeat(",", strings.Count(names, ","))+row+"\n"), ReadOptions{})
				if err != nil && !errors.Is(err, ErrLongRow) {
					t.Fatalf("%.200v", err)
				}
				if text := report.String(); len(text) > 16<<10 || err == nil && !strings.Contains(text, " more.") && what != "very long" {
					t.Errorf("the report has %d bytes: %.300s", len(text), text)
				}
			})
		})
	}

	// A misspelt name is found among others, and told with the right one.
	_, _, err := ReadAll(t.Context(), strings.NewReader(near(150*shorter, func(i int) string { return fmt.Sprintf("question %d", i) })(4)+strings.Replace(head, "Income", "Incme", 1)+"\n"), ReadOptions{})
	if err == nil || !strings.Contains(err.Error(), `it has "Incme"; is that income?`) {
		t.Errorf("%v", err)
	}
}

// TestNamesInErrorsAreCut: names of a header that are long are cut where they
// are told.
func TestNamesInErrorsAreCut(t *testing.T) {
	marks := strings.Repeat("-", 900_000)
	head, rows, _ := strings.Cut(minimalTable(',', minimal()), "\n")
	_, _, err := ReadAll(t.Context(), strings.NewReader(marks+"Income,"+head+"\n"+rows), ReadOptions{})
	if !errors.Is(err, ErrDuplicateColumn) || len(err.Error()) > 500 {
		t.Errorf("an error of %d bytes: %.200v", len(err.Error()), err)
	}
	_, report, err := ReadAll(t.Context(), strings.NewReader(strings.Replace(head, "ID", "", 1)+",customer id"+marks+"\n"+strings.TrimSpace(rows)+",1\n"), ReadOptions{})
	if err != nil || len(report.IDColumn) > 64 || len(report.String()) > 4096 {
		t.Errorf("%.200v; the column of ids is told in %d bytes", err, len(report.IDColumn))
	}
}

// TestUnknownWordsAreBounded: what is kept of unknown words is bounded in number
// and in bytes, and so is what is said of them; a longer word than an id may be
// is an error of its row.
func TestUnknownWordsAreBounded(t *testing.T) {
	var rows [][]string
	for i := range 3000 {
		rows = append(rows, minimal("Education", fmt.Sprintf("%04d%s", i, strings.Repeat("é", 100))))
	}
	for range 5 {
		rows = append(rows, minimal("Education", "frequent"))
	}
	customers, report, err := ReadAll(t.Context(), strings.NewReader(minimalTable(',', rows...)), ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	bytes, counted := 0, 0
	for _, u := range report.Unknown {
		bytes += len(u.Value)
		counted += u.Count
	}
	if len(report.Unknown) > maxUnknown+1 || bytes > 64<<10 || counted != len(rows) {
		t.Errorf("%d unknown words of %d bytes for %d customers", len(report.Unknown), bytes, counted)
	}
	if len(customers[0].Education) != 204 {
		t.Errorf("a customer's word has %d bytes, want all of 204", len(customers[0].Education))
	}
	text := report.String()
	for _, want := range []string{"0000éé", "…\"", "and 981 more unknown values"} {
		if !strings.Contains(text, want) {
			t.Errorf("the report does not say %q: …%s", want, text[max(0, len(text)-500):])
		}
	}
	if len(text) > 8<<10 {
		t.Errorf("the report has %d bytes", len(text))
	}
	if most := report.MostUnknown(1); len(most) != 1 || most[0].Value != "…" || len(report.MostUnknown(-1)) != len(report.Unknown) {
		t.Errorf("the most frequent is %v", most)
	}

	for n, good := range map[int]bool{256: true, 257: false, 900_000: false} {
		for column, quote := range map[string]string{"Education": "", "Marital_Status": `"`} {
			t.Run(column, func(t *testing.T) {
				word := strings.Repeat("w", n)
				_, report, err := ReadAll(t.Context(), strings.NewReader(strings.Replace(minimalTable(',', minimal(), minimal(column, "WORD")), "WORD", quote+word+quote, 1)), ReadOptions{Policy: Skip})
				if err != nil {
					t.Fatal(err)
				}
				if report.BadRows > 0 == good {
					t.Errorf("a word of %d bytes: %v", n, report.Errors)
				}
				if !good {
					e := report.Errors[0]
					if e.Line != 3 || !errors.Is(e, ErrValue) || len(e.Error()) > 300 || !strings.Contains(e.Error(), fmt.Sprintf("is %d bytes long; want a word of up to 256 bytes", n)) {
						t.Errorf("%.300v", e)
					}
				}
				c := Customer{ID: "1", YearBirth: 1970, DtCustomer: time.Date(2013, 1, 1, 0, 0, 0, 0, time.UTC), Education: word}
				if err := c.Validate(); (err == nil) != good {
					t.Errorf("a customer with a word of %d bytes: %.200v", n, err)
				}
			})
		}
	}
}

// TestLongWordsTakeLittleMemory reads 30 MB of words of 900 kB, as they come
// from a pipe.
func TestLongWordsTakeLittleMemory(t *testing.T) {
	head, row, _ := strings.Cut(minimalTable(',', minimal("Education", "WORD")), "\n")
	sources := []io.Reader{strings.NewReader(head + "\n" + strings.TrimSuffix(strings.Replace(row, "WORD", "short", 1), "\n") + "\n")}
	for i := range 34 {
		sources = append(sources, strings.NewReader(strings.Replace(row, "WORD", fmt.Sprint(i)+strings.Repeat("x", 900_000), 1)))
	}
	r := Read(onlyReader{io.MultiReader(sources...)}, ReadOptions{Policy: Skip})
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for _, err := range r.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if rep := r.Report(); rep.BadRows != 34 {
		t.Errorf("%d rows are refused, want 34", rep.BadRows)
	}
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 16<<20 {
		t.Errorf("the reader holds %d MB", grown>>20)
	}
	runtime.KeepAlive(r)
}

// TestOneByteSource: rows and headers of almost a mebibyte that come a byte at
// a time are read in time that grows with their length.
func TestOneByteSource(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine reads long lines byte by byte")
	}
	head, row, _ := strings.Cut(minimalTable(',', minimal("Education", "WORD")), "\n")
	repeat := func(s string, quarters int) string {
		return strings.Repeat(s, 225_000*quarters/shorter/len(s))
	}
	in := func(word string) string { return head + "\n" + strings.Replace(row, "WORD", word, 1) }
	for what, of := range map[string]func(quarters int) string{
		"row":              func(n int) string { return in(repeat("x", n)) },
		"quoted row":       func(n int) string { return in(`"` + repeat("x", n) + `"`) },
		"quoted lines":     func(n int) string { return in(`"` + repeat("x\n", n) + `"`) },
		"quotes":           func(n int) string { return in(`"` + repeat(`""`, n) + `"`) },
		"fields":           func(n int) string { return head + "\n" + repeat(",", n) + "\n" },
		"an unended quote": func(n int) string { return in(`"` + repeat("x\n", n)) },
		"header":           func(n int) string { return head + "," + repeat("x", n) + "\n" + row },
		"quoted header":    func(n int) string { return head + `,"` + repeat("x\n", n) + `"` + "\n" + row },
		"old Mac":          func(n int) string { return strings.ReplaceAll(in(repeat("x", n)), "\n", "\r") },
		"UTF-16":           func(n int) string { return utf16Text(in(repeat("x", n)[:112_500*n/shorter]), binary.LittleEndian) },
		"lines in quotes": func(n int) string {
			return strings.ReplaceAll("\""+strings.TrimSpace(in(repeat("x", n)))+"\"\n", head+"\n", head+"\"\n\"")
		},
	} {
		t.Run(what, func(t *testing.T) {
			for source, from := range map[string]func(text string) io.Reader{
				"pipe": func(text string) io.Reader { return onlyReader{iotest.OneByteReader(strings.NewReader(text))} },
				"file": func(text string) io.Reader { return &oneByteFile{bytes.NewReader([]byte(text))} },
			} {
				t.Run(source, func(t *testing.T) {
					grows(t, 500*time.Millisecond, func(quarters int) {
						text := of(quarters)
						_, got, err := ReadAll(t.Context(), from(text), ReadOptions{Policy: Skip})
						_, want, wantErr := ReadAll(t.Context(), strings.NewReader(text), ReadOptions{Policy: Skip})
						if fmt.Sprint(err) != fmt.Sprint(wantErr) || got.String() != want.String() {
							t.Errorf("%s: a byte at a time: %.300v %.300v\nat once: %.300v %.300v", source, err, got, wantErr, want)
						}
					})
				})
			}
		})
	}
}

// oneByteFile is a file that hands out single bytes.
type oneByteFile struct{ *bytes.Reader }

func (f *oneByteFile) Read(b []byte) (int, error) { return f.Reader.Read(b[:min(len(b), 1)]) }

// TestRowsComeAsTheyArrive: a reader waits for no more than the row at hand.
func TestRowsComeAsTheyArrive(t *testing.T) {
	table := minimalTable(',', minimal())
	head, row, _ := strings.Cut(table, "\n")
	in, out := io.Pipe()
	t.Cleanup(func() { _ = in.Close() })
	go func() { // the head of the file is looked at as a whole
		_, _ = io.WriteString(out, head+"\n"+strings.Repeat(row, 2*sniffSize/len(row)))
		for range 3 {
			_, _ = io.WriteString(out, row[:10])
			_, _ = io.WriteString(out, row[10:])
		}
	}()
	r := Read(in, ReadOptions{DateOrder: DayFirst, Decimal: DecimalPoint})
	done := make(chan error, 1)
	go func() {
		var c Customer
		for range 2*sniffSize/len(row) + 3 {
			if err := r.Read(&c); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Error("the reader waits for more than the row")
	}
}
