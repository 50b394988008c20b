package main

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/features/xlsx"
)

//go:embed table.py
var tableScript string

// tables compares reading tables and counting orders with what Python has for it:
// the campaign reader of this library, pandas, openpyxl and DuckDB. Each runs in a
// process of its own; the seconds are those of the job without the start of the
// process, the memory is all of it.
//
// Like wholeProgram it has to run while this program is small.
func tables(ctx context.Context, folder, python, campaign string, quick bool, progress func(string, ...any)) ([]line, error) {
	rows, lines, rounds := 1_000_000, 10_000_000, 3
	if quick {
		rows, lines, rounds = 200_000, 1_000_000, 2
	}
	many, csv, sheet, orders := filepath.Join(folder, "campaign.csv"), filepath.Join(folder, "customers.csv"), filepath.Join(folder, "customers.xlsx"), filepath.Join(folder, "orders.csv")
	if err := errors.Join(repeatCampaign(many, campaign, rows/5), writeCustomers(csv, rows), writeOrders(orders, lines)); err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	var out []line
	for _, c := range []struct {
		name, file, job, peer, text string
	}{
		{"T-campaign", many, "campaign", "", "a campaign file as any table, one core"},
		{"T-one", csv, "csv1", "pandas", "a table of text, one core"},
		{"T-csv", csv, "csv", "pandas", "a table of text"},
		{"T-xlsx", sheet, "xlsx", "openpyxl", "a sheet"},
		{"T-rfm", orders, "rfm", "pandas", "orders to recency, frequency, money"},
		{"T-rfm", orders, "rfm", "DuckDB", "the same"},
	} {
		progress("%s: %s beside %s", c.name, c.text, c.peer)
		if c.file == sheet {
			// By a process of its own, for this one is to stay small.
			if _, _, err := largeJob(ctx, folder, 1, self, "table", "write", csv); err != nil {
				return nil, err
			}
		}
		name, args := python, []string{"-c", tableScript, c.peer, c.job, c.file}
		if c.peer == "" {
			c.peer, name, args = "the campaign reader", self, []string{"table", "typed", c.file}
		}
		info, err := os.Stat(c.file)
		if err != nil {
			return nil, err
		}
		l := line{Case: c.name, Peer: c.peer}
		var ours, theirs []float64
		for range rounds {
			a, memory, err := largeJob(ctx, folder, runtime.NumCPU(), self, "table", c.job, c.file)
			if err != nil {
				return nil, err
			}
			b, peerMemory, err := largeJob(ctx, folder, runtime.NumCPU(), name, args...)
			if err != nil {
				return nil, err
			}
			for i, x := range a.Inertia { // figures of what was read
				if math.Abs(x-b.Inertia[i]) > 1e-9*math.Abs(x) {
					return nil, fmt.Errorf("%s: figure %d is %v here and %v by %s", c.name, i, x, b.Inertia[i], c.peer)
				}
			}
			ours, theirs = append(ours, a.Seconds), append(theirs, b.Seconds)
			l.Memory, l.PeerMemory = max(l.Memory, memory), max(l.PeerMemory, peerMemory)
		}
		l.compare(timingOf(ours), timingOf(theirs))
		size := float64(info.Size()) / 1e6
		l.text = fmt.Sprintf("%s: %.0f MB, %.0f and %.0f MB/s; memory %d MB and %d MB", c.text, size, size/l.OursLeast, size/l.TheirsLeast, l.Memory/1e6, l.PeerMemory/1e6)
		progress("%s: %s beside %s, %s", c.name, seconds(l.OursLeast), seconds(l.TheirsLeast), l.text)
		out = append(out, l)
	}
	return out, nil
}

// tableJob is our part, in a program of its own.
func tableJob(ctx context.Context, job, path string, w io.Writer) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if job == "campaign" || job == "typed" || job == "csv1" {
		runtime.GOMAXPROCS(1)
	}
	var t *features.Table
	var a answer
	begin := time.Now()
	switch job {
	case "typed": // the campaign reader
		sum, n := 0.0, 0
		for c, err := range features.Read(file, features.ReadOptions{}).All(ctx) {
			if err != nil {
				return err
			}
			if n++; c.Income == c.Income {
				sum += c.Income
			}
		}
		a.Inertia = []float64{float64(n), sum}
	case "campaign":
		if t, _, err = features.ReadTable(ctx, file, features.TableOptions{}); err == nil {
			a.Inertia = []float64{float64(t.Len()), total(t, "Income")}
		}
	case "csv", "csv1", "write":
		if t, _, err = features.ReadTable(ctx, file, features.TableOptions{}); err == nil {
			a.Inertia = []float64{float64(t.Len()), total(t, "income"), total(t, "spent")}
		}
	case "xlsx":
		if t, _, err = xlsx.ReadFile(ctx, path, xlsx.Options{}); err == nil {
			a.Inertia = []float64{float64(t.Len()), total(t, "income"), total(t, "spent")}
		}
	case "rfm":
		if t, _, err = features.RFM(ctx, features.NewTableReader(file, features.TableOptions{}), features.RFMOptions{}); err == nil {
			a.Inertia = []float64{float64(t.Len()), total(t, "recency"), total(t, "frequency"), total(t, "monetary")}
		}
	default:
		err = fmt.Errorf("there is no job %q", job)
	}
	if err != nil {
		return err
	}
	a.Seconds = time.Since(begin).Seconds()
	if job == "write" { // a tenth of the rows as a sheet
		if err := writeSheet(ctx, strings.TrimSuffix(path, ".csv")+".xlsx", t); err != nil {
			return err
		}
	}
	return json.NewEncoder(w).Encode(a)
}

func total(t *features.Table, column string) (sum float64) {
	c, err := t.Column(column)
	if err != nil {
		return math.NaN()
	}
	for i := range c.Len() {
		if x := c.Number(i); x == x {
			sum += x
		}
	}
	return sum
}

func writeSheet(ctx context.Context, path string, t *features.Table) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	rows := make([]int, t.Len()/10)
	for i := range rows {
		rows[i] = i
	}
	few, err := t.Rows(ctx, rows)
	if err == nil {
		err = xlsx.Write(ctx, file, few, xlsx.WriteOptions{})
	}
	if err != nil {
		return err
	}
	return file.Close()
}

// writeText writes a file by lines.
func writeText(path, header string, rows int, row func(b []byte, i int) []byte) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	w := bufio.NewWriterSize(file, 1<<20)
	fmt.Fprintln(w, header)
	var b []byte
	for i := range rows {
		b = append(row(b[:0], i), '\n')
		if _, err := w.Write(b); err != nil {
			return err
		}
	}
	return errors.Join(w.Flush(), file.Close())
}

// repeatCampaign writes the rows of a campaign file over and over.
func repeatCampaign(path, campaign string, rows int) error {
	text, err := os.ReadFile(campaign)
	if err != nil {
		return err
	}
	lines := bytes.Split(bytes.TrimRight(text, "\r\n"), []byte("\n"))
	return writeText(path, string(lines[0]), rows, func(b []byte, i int) []byte { return append(b, lines[1+i%(len(lines)-1)]...) })
}

func writeCustomers(path string, rows int) error {
	rng := random(dataSeed)
	cities, levels := []string{"Amsterdam", "Berlin", "København", "Madrid", "Paris"}, []string{"gold", "silver", "none"}
	return writeText(path, "customer_id,city,level,age,income,spent,orders,member,joined,score", rows, func(b []byte, i int) []byte {
		return fmt.Appendf(b, "C%07d,%s,%s,%d,%d,%.2f,%d,%t,%04d-%02d-%02d,%.3f", i, cities[rng.IntN(len(cities))], levels[rng.IntN(len(levels))],
			18+rng.IntN(70), 15_000+rng.IntN(100_000), 5000*rng.Float64(), rng.IntN(60), rng.IntN(2) == 0, 2010+rng.IntN(15), 1+rng.IntN(12), 1+rng.IntN(28), rng.Float64())
	})
}

// writeOrders writes lines of orders, three an order, a twentieth of them returns.
func writeOrders(path string, lines int) error {
	rng := random(dataSeed)
	customer, mark, sign, day := 0, "", "", time.Time{}
	begin := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	return writeText(path, "InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice,CustomerID", lines, func(b []byte, i int) []byte {
		if i%3 == 0 {
			customer, mark, sign = 10_000+rng.IntN(lines/30+1), "", ""
			day = begin.Add(time.Duration(float64(i) / float64(lines) * 4 * 365 * 24 * float64(time.Hour)))
			if rng.IntN(20) == 0 {
				mark, sign = "C", "-"
			}
		}
		b = fmt.Appendf(b, "%s%d,%d,%s%d,", mark, 1_000_000+i/3, 20_000+rng.IntN(4000), sign, 1+rng.IntN(12))
		b = day.AppendFormat(b, "2006-01-02 15:04:05")
		return fmt.Appendf(b, ",%d.%02d,%d", rng.IntN(30), rng.IntN(100), customer)
	})
}
