package features

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// within fails where f takes longer than most, or six times that under the race
// detector's and other tests' load.
func within(t *testing.T, most time.Duration, f func()) {
	t.Helper()
	began := time.Now()
	f()
	if took := time.Since(began); took > 6*most {
		t.Errorf("it took %v, want at most %v", took, most)
	} else {
		t.Logf("it took %v", took)
	}
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
	near := func(n int, name func(int) string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(name(i))
			b.WriteByte(',')
		}
		return b.String()
	}
	whole := strings.TrimSuffix(minimalTable(',', minimal()), "\n")
	head, row, _ := strings.Cut(whole, "\n")
	for what, names := range map[string]string{
		"near":      near(120_000/shorter, func(i int) string { return fmt.Sprintf("inc%04x", i%0xffff) }),
		"the same":  near(140_000/shorter, func(int) string { return "Kidhom" }),
		"stems":     near(80_000/shorter, func(i int) string { return fmt.Sprintf("wine%07d", i) }),
		"long":      near(16_000/shorter, func(i int) string { return strings.Repeat("mnt_gold_prod_", 4) + fmt.Sprint(i) }),
		"very long": near(2, func(i int) string { return strings.Repeat("n", 500_000/shorter) }),
		"ids":       near(50_000/shorter, func(i int) string { return fmt.Sprintf("kunden_nummer%d", i) }),
		"empty":     strings.Repeat(",", 1_000_000/shorter),
		"umlauts":   near(80_000/shorter, func(i int) string { return fmt.Sprintf("Einkömmen%d", i%10) }),
	} {
		t.Run(what, func(t *testing.T) {
			within(t, 500*time.Millisecond, func() {
				_, report, err := ReadAll(t.Context(), strings.NewReader(names+"Income\n1\n"), ReadOptions{})
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
			within(t, 500*time.Millisecond, func() {
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
	_, _, err := ReadAll(t.Context(), strings.NewReader(near(150, func(i int) string { return fmt.Sprintf("question %d", i) })+strings.Replace(head, "Income", "Incme", 1)+"\n"), ReadOptions{})
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
	head, row, _ := strings.Cut(minimalTable(',', minimal("Education", "WORD")), "\n")
	long := strings.Repeat("x", 900_000/shorter)
	lines := strings.Repeat("x\n", 450_000/shorter)
	for what, text := range map[string]string{
		"row":              head + "\n" + strings.Replace(row, "WORD", long, 1),
		"quoted row":       head + "\n" + strings.Replace(row, "WORD", `"`+long+`"`, 1),
		"quoted lines":     head + "\n" + strings.Replace(row, "WORD", `"`+lines+`"`, 1),
		"quotes":           head + "\n" + strings.Replace(row, "WORD", `"`+strings.Repeat(`""`, 450_000/shorter)+`"`, 1),
		"fields":           head + "\n" + strings.Repeat(",", 900_000/shorter) + "\n",
		"an unended quote": head + "\n" + strings.Replace(row, "WORD", `"`+lines, 1),
		"header":           strings.TrimSuffix(head, "\n") + "," + long + "\n" + row,
		"quoted header":    head + `,"` + lines + `"` + "\n" + row,
		"old Mac":          strings.ReplaceAll(head+"\n"+strings.Replace(row, "WORD", long, 1), "\n", "\r"),
		"UTF-16":           utf16Text(head+"\n"+strings.Replace(row, "WORD", long[:len(long)/2], 1), binary.LittleEndian),
		"lines in quotes":  "\"" + head + "\"\n\"" + strings.Replace(strings.TrimSpace(row), "WORD", long, 1) + "\"\n",
	} {
		t.Run(what, func(t *testing.T) {
			for source, from := range map[string]func() io.Reader{
				"pipe": func() io.Reader { return onlyReader{iotest.OneByteReader(strings.NewReader(text))} },
				"file": func() io.Reader { return &oneByteFile{bytes.NewReader([]byte(text))} },
			} {
				t.Run(source, func(t *testing.T) {
					within(t, 500*time.Millisecond, func() {
						_, got, err := ReadAll(t.Context(), from(), ReadOptions{Policy: Skip})
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
