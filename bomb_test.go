package segmentation_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
)

// repeated yields a text over and over, up to so many bytes.
func repeated(text string, size int64) io.Reader {
	text = strings.Repeat(text, 1+(64<<10)/len(text))
	return io.LimitReader(readerFunc(func(p []byte) (int, error) { return copy(p, text), nil }), size)
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// packed writes a text of so many bytes in a packing.
func packed(t *testing.T, text string, size int64, by func(io.Writer) (io.WriteCloser, error)) io.Reader {
	t.Helper()
	var b bytes.Buffer
	w, err := by(&b)
	if err == nil {
		_, err = io.Copy(w, io.MultiReader(strings.NewReader("id,age,income\n"), repeated(text, size)))
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	if int64(b.Len()) > size/50 {
		t.Fatalf("%d bytes of %d are no bomb", b.Len(), size)
	}
	return bytes.NewReader(b.Bytes())
}

// peak runs f and returns the most bytes that objects on the heap had meanwhile,
// beyond those before, with a collector that is to keep them few.
func peak(f func()) uint64 {
	defer debug.SetGCPercent(debug.SetGCPercent(20))
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	read := func() uint64 { metrics.Read(sample); return sample[0].Value.Uint64() }
	debug.FreeOSMemory()
	before, most := read(), uint64(0)
	var done atomic.Bool
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		for !done.Load() {
			most = max(most, read())
			time.Sleep(time.Millisecond)
		}
	}()
	f()
	done.Store(true)
	<-watched
	return most - min(most, before)
}

// Files that are small, or endless, and would fill the memory end in an error that
// says why, in little of it.
func TestBombs(t *testing.T) {
	if testing.Short() {
		t.Skip("it expands gigabytes, which takes half a minute")
	}
	const rows, size, limit = "1,40,30000\n", 256 << 20, 32 << 20
	bounded := segmentation.OpenOptions{MaxBytes: limit}
	for _, test := range []struct {
		name string
		file func(t *testing.T) io.Reader
		o    segmentation.OpenOptions
		err  error
		says string
	}{
		{"gzip", func(t *testing.T) io.Reader {
			return packed(t, rows, size, func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriterLevel(w, gzip.BestSpeed) })
		}, bounded, nil, "more than 33554432 bytes when it is unpacked"},
		{"zstd", func(t *testing.T) io.Reader {
			return packed(t, rows, size, func(w io.Writer) (io.WriteCloser, error) {
				return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
			})
		}, bounded, nil, "more than 33554432 bytes when it is unpacked"},
		{"zip", func(t *testing.T) io.Reader {
			return packed(t, rows, size, func(w io.Writer) (io.WriteCloser, error) {
				z := zip.NewWriter(w)
				file, err := z.Create("customers.csv")
				return archived{file, z}, err
			})
		}, bounded, nil, "more than 33554432 bytes when it is unpacked"},
		{"sheet", func(t *testing.T) io.Reader { return sheetBomb(t, size) }, bounded, features.ErrLimit, "more than 33 MB when expanded"},
		{"deep array", func(*testing.T) io.Reader { return repeated("[", 16<<20) }, segmentation.OpenOptions{}, features.ErrBinary, "stands where an object should"},
		{"deep object", func(*testing.T) io.Reader { return repeated(`{"a":`, 16<<20) }, segmentation.OpenOptions{}, features.ErrBinary, `the key "a" holds an object`},
		{"450,000 columns", func(*testing.T) io.Reader {
			return io.MultiReader(repeated("a,", 900_000), strings.NewReader("b\n1\n"))
		}, segmentation.OpenOptions{}, features.ErrHeader, "more than 16384 columns"},
		{"a million columns", func(*testing.T) io.Reader { return io.MultiReader(repeated("a,", 2<<20), strings.NewReader("b\n1\n")) }, segmentation.OpenOptions{}, features.ErrLongRow, "the first line is longer than 1048576 bytes"},
		{"a long header", func(*testing.T) io.Reader { return repeated("x", 1<<30) }, bounded, nil, "more than 33554432 bytes"},
		{"a long line", func(*testing.T) io.Reader {
			return io.MultiReader(strings.NewReader("id,age,income\n1,40,"), repeated("1", 30<<20))
		}, bounded, features.ErrLongRow, "line 2: the row is longer than a mebibyte"},
		{"an open quote", func(*testing.T) io.Reader {
			return io.MultiReader(strings.NewReader("id,age,income\n1,40,\""), repeated("1\n", 30<<20))
		}, bounded, features.ErrQuote, "line 2: a quoted field does not end"},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := test.file(t)
			var err error
			used := peak(func() { _, err = segmentation.Open(t.Context(), file, test.o) })
			if err == nil || test.err != nil && !errors.Is(err, test.err) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%v", err)
			}
			if most := uint64(96 << 20); used > most {
				t.Errorf("%d MiB were needed, of %d", used>>20, most>>20)
			}
			t.Logf("%d MiB: %v", used>>20, err)
		})
	}
	// A reader of rows holds a line of a gigabyte as little.
	var err error
	used := peak(func() {
		_, _, err = features.ReadTable(t.Context(), repeated("x", 1<<30), features.TableOptions{})
	})
	if !errors.Is(err, features.ErrLongRow) && !errors.Is(err, features.ErrHeader) || used > 96<<20 {
		t.Errorf("%v, %d MiB", err, used>>20)
	}
}

type archived struct {
	io.Writer
	z *zip.Writer
}

func (a archived) Close() error { return a.z.Close() }

// sheetBomb returns a workbook whose sheet has so many bytes when expanded.
func sheetBomb(t *testing.T, size int64) io.Reader {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, part := range [][2]string{
		{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>`},
		{"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="A" sheetId="1" r:id="r1"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`},
	} {
		w, err := z.Create(part[0])
		if err == nil {
			_, err = io.WriteString(w, part[1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	w, err := z.Create("xl/worksheets/sheet1.xml")
	if err == nil {
		_, err = io.Copy(w, io.MultiReader(strings.NewReader(`<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row><c t="inlineStr"><is><t>id</t></is></c><c t="inlineStr"><is><t>age</t></is></c></row>`),
			repeated(fmt.Sprintf("<row><c><v>1</v></c><c><v>40</v></c></row>%100s", ""), size)))
	}
	if err = errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(b.Bytes())
}

// A file of any form that expands without end is scored in little memory, up to the
// limit.
func TestScoreBomb(t *testing.T) {
	if testing.Short() {
		t.Skip("it expands 128 MiB, which takes seconds")
	}
	trained, err := segmentation.TrainReader(t.Context(), strings.NewReader(mall(60)), segmentation.TrainOptions{Model: segment.TrainOptions{K: 2}})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	rows := strings.Repeat(`{"Customer ID":"1","Gender":"Male","Country":"DE","Age":40,"Annual Income (k$)":30,"Score":50}`+"\n", 10_000)
	for range 256 << 20 / len(rows) {
		if _, err := io.WriteString(w, rows); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	scored := 0
	used := peak(func() {
		o := segmentation.ScoreOptions{Open: segmentation.OpenOptions{MaxBytes: 128 << 20}}
		var r *segmentation.Result
		for r, err = range segmentation.ScoreReader(t.Context(), trained.Model, &b, o) {
			if err == nil {
				scored += r.Table.Len()
			}
		}
	})
	if err == nil || !strings.Contains(err.Error(), "more than 134217728 bytes when it is unpacked") || scored < 1e6 || used > 96<<20 {
		t.Errorf("%d rows, %d MiB: %v", scored, used>>20, err)
	}
	t.Logf("%d rows, %d MiB", scored, used>>20)
}
