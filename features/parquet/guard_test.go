package parquet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pierrec/lz4/v4"

	"github.com/customer-personality/segmentation/features"
)

// TestZstdBound bounds what frames expand to, from above and not by much more.
func TestZstdBound(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 300_000)
	for i := range noise {
		noise[i] = byte(rng.IntN(256))
	}
	skippable := append([]byte{0x53, 0x2a, 0x4d, 0x18, 5, 0, 0, 0}, "hello"...)
	for _, data := range [][]byte{nil, []byte("a"), noise, make([]byte, 10<<20), bytes.Repeat([]byte("some text, again and again; "), 50_000), noise[:200]} {
		for _, options := range [][]zstd.EOption{nil, {zstd.WithEncoderCRC(false)}, {zstd.WithSingleSegment(true)}, {zstd.WithWindowSize(1 << 10)}, {zstd.WithZeroFrames(true)}} {
			w, err := zstd.NewWriter(nil, options...)
			if err != nil {
				t.Fatal(err)
			}
			frame := w.EncodeAll(data, nil)
			for name, b := range map[string][]byte{"a frame": frame, "two": append(bytes.Clone(frame), frame...), "behind what is skipped": append(bytes.Clone(skippable), frame...)} {
				n := int64(len(data))
				if name == "two" {
					n *= 2
				}
				if got := zstdBound(b); got < n || got > 2*n+2*128<<10 {
					t.Errorf("%s of %d bytes: %d", name, len(data), got)
				}
			}
		}
	}
	for _, b := range [][]byte{nil, {0x28}, []byte("no frame at all"), {0x28, 0xb5, 0x2f, 0xfd, 0xff, 1, 2, 3}} {
		if got := zstdBound(b); got != 0 {
			t.Errorf("%x: %d", b, got)
		}
	}
}

// Blocks of LZ4 expand to their size, and those that do not decode are refused.
func TestLZ4Size(t *testing.T) {
	for _, data := range [][]byte{[]byte("a"), bytes.Repeat([]byte("text, again; "), 5000), make([]byte, 1<<20)} {
		block := make([]byte, lz4.CompressBlockBound(len(data)))
		n, err := lz4.CompressBlock(data, block, nil)
		if err != nil || n == 0 {
			t.Fatal(n, err)
		}
		block = block[:n]
		if size, err := lz4Size(block); err != nil || size != int64(len(data)) {
			t.Errorf("%d bytes: %d, %v", len(data), size, err)
		}
		if _, err := lz4Size(block[:n-1]); err == nil {
			t.Errorf("%d bytes, cut, are no error", len(data))
		}
	}
	for _, b := range [][]byte{{0xf0}, {0xf0, 255}, {0x10}, {0x10, 'a', 1}, {0x1f, 'a', 1, 0}, {0x10, 'a', 9, 0, 0}, {0x10, 'a', 0, 0, 0}} {
		if size, err := lz4Size(b); err == nil {
			t.Errorf("%x: %d", b, size)
		}
	}
}

// TestBomb refuses a page that comes to more than memory is meant for, though its
// header says otherwise.
func TestBomb(t *testing.T) {
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	page := w.EncodeAll(make([]byte, maxPage+1), nil)
	f := &file{r: bytes.NewReader(page)}
	if n, err := f.expands(format.Zstd, 0, len(page)); err != nil || n <= maxPage {
		t.Errorf("zstd: %d, %v", n, err)
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	for range maxPage>>20 + 1 {
		if _, err := z.Write(make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	f.r = bytes.NewReader(b.Bytes())
	if n, err := f.expands(format.Gzip, 0, b.Len()); err != nil || n <= maxPage {
		t.Errorf("gzip: %d, %v", n, err)
	}
	b.Reset()
	br := brotli.NewWriterLevel(&b, brotli.BestSpeed)
	for range maxPage>>20 + 1 {
		if _, err := br.Write(make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := br.Close(); err != nil {
		t.Fatal(err)
	}
	f.r = bytes.NewReader(b.Bytes())
	if n, err := f.expands(format.Brotli, 0, b.Len()); err != nil || n <= maxPage {
		t.Errorf("brotli: %d, %v", n, err)
	}
	page = append([]byte{0x1f, 0, 1, 0}, bytes.Repeat([]byte{255}, maxPage/255+1)...)
	page = append(page, 0)
	f.r = bytes.NewReader(page)
	if n, err := f.expands(format.Lz4Raw, 0, len(page)); err != nil || n <= maxPage {
		t.Errorf("lz4: %d, %v", n, err)
	}
	page = binary.AppendUvarint(nil, 1<<31)
	f.r = bytes.NewReader(page)
	if n, err := f.expands(format.Snappy, 0, len(page)); err != nil || n <= maxPage {
		t.Errorf("snappy: %d, %v", n, err)
	}
}

// TestGuard looks at the headers of all pages of the files.
func TestGuard(t *testing.T) {
	for _, name := range []string{"kinds.parquet", "plain.parquet", "v2.parquet", "v2snappy.parquet", "gzip96.parquet", "brotli.parquet", "lz4.parquet"} {
		r := load(t, name)
		f, err := openFile(r, r.Size(), name)
		if err != nil {
			t.Fatal(err)
		}
		for g, group := range f.f.Metadata().RowGroups {
			for c := range group.Columns {
				if err := f.guard(g, c); err != nil {
					t.Errorf("%s, group %d, column %d: %v", name, g, c, err)
				}
				m := &f.f.Metadata().RowGroups[g].Columns[c].MetaData
				was := m.TotalCompressedSize
				m.TotalCompressedSize = was - 1
				if err := f.guard(g, c); !errors.Is(err, features.ErrBinary) {
					t.Errorf("%s, group %d, column %d, cut: %v", name, g, c, err)
				}
				m.TotalCompressedSize = was
				codec := m.Codec
				if m.Codec = format.LZO; !strings.Contains(fmt.Sprint(f.guard(g, c)), "the file is compressed with LZO, which is not read; want Snappy") {
					t.Errorf("%s: %v", name, f.guard(g, c))
				}
				m.Codec = codec
			}
		}
	}
}
