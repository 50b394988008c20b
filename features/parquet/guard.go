package parquet

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pierrec/lz4/v4"

	"github.com/customer-personality/segmentation/features"
)

// Bounds of a page: writers make pages of about a mebibyte, few one of a whole group of rows.
const (
	maxPage       = 256 << 20 // bytes, compressed or not
	maxPageValues = 1 << 24
)

// guard looks at the headers of the pages of a column in a group of rows, so that
// a page that expands to more than memory holds is refused before it is read:
// what decodes pages believes them.
func (f *file) guard(group, column int) error {
	m := &f.f.Metadata().RowGroups[group].Columns[column].MetaData
	switch m.Codec {
	case format.Uncompressed, format.Snappy, format.Gzip, format.Zstd, format.Brotli, format.Lz4Raw:
	default:
		return f.fail(features.ErrBinary, fmt.Sprintf("the file is compressed with %v, which is not read", m.Codec), "Snappy, gzip, Zstandard, Brotli, LZ4_RAW or no compression")
	}
	at := m.DataPageOffset
	if m.DictionaryPageOffset != 0 {
		at = m.DictionaryPageOffset
	}
	size := f.f.Size()
	if at < 0 || m.TotalCompressedSize < 0 || at > size || m.TotalCompressedSize > size-at {
		return f.damaged(errors.New("a column lies beyond the end of the file"))
	}
	var protocol thrift.CompactProtocol
	for end := at + m.TotalCompressedSize; at < end; {
		counter := &countingReader{r: io.NewSectionReader(f.r, at, end-at)}
		b := bufio.NewReaderSize(counter, 512)
		var h format.PageHeader
		if err := thrift.NewDecoder(protocol.NewReader(b)).Decode(&h); err != nil {
			return f.damaged(fmt.Errorf("the header of a page: %w", err))
		}
		at += counter.n - int64(b.Buffered())
		values := max(h.DataPageHeader.V.NumValues, h.DictionaryPageHeader.V.NumValues, h.DataPageHeaderV2.V.NumValues)
		switch {
		case h.CompressedPageSize < 0 || int64(h.CompressedPageSize) > end-at:
			return f.damaged(errors.New("a page goes beyond its column"))
		case h.CompressedPageSize > maxPage || h.UncompressedPageSize > maxPage || values > maxPageValues:
			return f.fail(features.ErrLimit, fmt.Sprintf("a page has %d bytes and %d values", h.UncompressedPageSize, values), fmt.Sprintf("pages of %d MB and %d values at most, as writers make them by default", maxPage>>20, maxPageValues))
		}
		// The levels of a page of version 2 stand before what is compressed.
		levels := int64(h.DataPageHeaderV2.V.RepetitionLevelsByteLength) + int64(h.DataPageHeaderV2.V.DefinitionLevelsByteLength)
		if levels < 0 || levels > int64(h.CompressedPageSize) {
			return f.damaged(errors.New("a page has more levels than bytes"))
		}
		codec := m.Codec
		if packed := h.DataPageHeaderV2.V.IsCompressed; packed.Valid && !packed.V {
			codec = format.Uncompressed
		}
		expands, err := f.expands(codec, at+levels, int(int64(h.CompressedPageSize)-levels))
		if err != nil {
			return f.damaged(err)
		}
		if expands > maxPage {
			return f.fail(features.ErrLimit, fmt.Sprintf("a page of %d bytes expands to more than %d MB", h.CompressedPageSize, maxPage>>20), "a file that is what its headers say")
		}
		at += int64(h.CompressedPageSize)
	}
	return nil
}

type countingReader struct {
	r io.Reader
	n int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// expands returns a bound of the bytes that a compressed page comes to; those of
// Snappy come to what they say at their start, 4 GB at most of memory that is not touched.
func (f *file) expands(codec format.CompressionCodec, at int64, size int) (int64, error) {
	const gzipMost = 1032 // times
	switch codec {
	case format.Gzip:
		if int64(size)*gzipMost <= maxPage {
			return int64(size) * gzipMost, nil
		}
		z, err := gzip.NewReader(io.NewSectionReader(f.r, at, int64(size)))
		if err != nil {
			return 0, err
		}
		return io.Copy(io.Discard, io.LimitReader(z, maxPage+1))
	case format.Snappy:
		var head [binary.MaxVarintLen64]byte
		n, err := f.r.ReadAt(head[:min(len(head), size)], at)
		if err != nil && err != io.EOF {
			return 0, err
		}
		length, _ := binary.Uvarint(head[:n])
		return int64(min(length, maxPage+1)), nil
	case format.Brotli: // without a bound
		if size == 0 {
			return 0, nil
		}
		return io.Copy(io.Discard, io.LimitReader(brotli.NewReader(io.NewSectionReader(f.r, at, int64(size))), maxPage+1))
	case format.Zstd, format.Lz4Raw:
		b := make([]byte, size)
		if _, err := f.r.ReadAt(b, at); err != nil && err != io.EOF {
			return 0, err
		}
		if codec == format.Lz4Raw {
			return lz4Size(b)
		}
		return zstdBound(b), nil
	}
	return int64(size), nil
}

var errLZ4 = errors.New("a block of LZ4 is damaged")

// lz4Size returns the bytes that a block of LZ4 expands to, and an error for one that
// does not: what decodes it would try for ever, in more and more memory. Format:
// https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md.
func lz4Size(b []byte) (int64, error) {
	size := int64(0)
	for rest := b; len(rest) > 0; {
		literals, match := int(rest[0]>>4), int(rest[0]&15)
		rest = rest[1:]
		var ok bool
		if literals, rest, ok = lz4Length(literals, rest); !ok || literals > len(rest) {
			return 0, errLZ4
		}
		rest, size = rest[literals:], size+int64(literals)
		if len(rest) == 0 { // the last sequence has no match
			break
		}
		if len(rest) < 2 {
			return 0, errLZ4
		}
		if match, rest, ok = lz4Length(match, rest[2:]); !ok {
			return 0, errLZ4
		}
		if size += int64(match) + 4; size > maxPage {
			return size, nil
		}
	}
	dst := make([]byte, size)
	if n, err := lz4.UncompressBlock(b, dst); err != nil || int64(n) != size {
		return 0, errLZ4
	}
	return size, nil
}

// lz4Length returns a length, of which the first four bits are given, and what follows.
func lz4Length(n int, b []byte) (int, []byte, bool) {
	if n < 15 {
		return n, b, true
	}
	for i, c := range b {
		if n += int(c); c < 255 {
			return n, b[i+1:], true
		}
	}
	return 0, nil, false
}

// zstdBound returns a bound of the bytes that frames of Zstandard expand to, by
// the headers of their blocks (RFC 8878, 3.1.1): a compressed one has 128 KiB at
// most. What is no frame expands to nothing: it is an error when it is read.
func zstdBound(b []byte) (total int64) {
	const blockMost, frame, skippable = 128 << 10, 0xfd2fb528, 0x184d2a50
	for len(b) >= 8 {
		magic := binary.LittleEndian.Uint32(b)
		if magic&^15 == skippable {
			size := int64(binary.LittleEndian.Uint32(b[4:]))
			b = b[min(8+size, int64(len(b))):]
			continue
		}
		if magic != frame {
			break
		}
		descriptor := b[4]
		size := 5 + [4]int{0, 1, 2, 4}[descriptor&3] + [4]int{0, 2, 4, 8}[descriptor>>6]
		most := int64(blockMost) // of a block: no more than the window
		if single := descriptor&0x20 != 0; !single {
			window := int64(1) << (10 + b[5]>>3)
			most = min(most, window+window/8*int64(b[5]&7))
			size++
		} else if descriptor>>6 == 0 {
			size++ // the size of the content in a byte
		}
		if size > len(b) {
			return total
		}
		b = b[size:]
		for last := false; !last; {
			if len(b) < 3 {
				return total
			}
			header := int(b[0]) | int(b[1])<<8 | int(b[2])<<16
			last = header&1 != 0
			n := header >> 3
			switch b = b[3:]; header >> 1 & 3 {
			case 0:
				total += int64(n)
			case 1: // one byte, again and again
				total += int64(n)
				n = 1
			default:
				total += most
			}
			if n > len(b) {
				return total
			}
			b = b[n:]
		}
		if descriptor&4 != 0 { // a checksum
			b = b[min(4, len(b)):]
		}
	}
	return total
}
