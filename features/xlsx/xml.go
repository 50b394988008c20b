package xlsx

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"
)

// A tokenKind is what a scanner has found.
type tokenKind uint8

const (
	startElement tokenKind = iota + 1
	endElement
	characters
)

// A scanner yields elements and text of a part of a workbook. It bounds what
// encoding/xml holds in memory at once.
type scanner struct {
	d     *xml.Decoder
	in    *tokenReader
	depth int
	name  string // of the element, without prefix
	attrs []xml.Attr
	text  []byte
	rich  []byte
}

const (
	maxToken = 1 << 20 // a cell has 32,767 characters at most
	maxDepth = 64
)

var (
	errSyntax = errors.New("the XML is damaged")
	errToken  = errors.New("an element or a text has more than a mebibyte")
)

// tokenReader refuses tokens that are too long: encoding/xml reads each as a whole.
type tokenReader struct {
	r    io.Reader
	left int
}

func (t *tokenReader) Read(p []byte) (int, error) {
	if t.left < 0 {
		return 0, errToken
	}
	n, err := t.r.Read(p)
	t.left -= n
	return n, err
}

func newScanner(r io.Reader) *scanner {
	in := &tokenReader{r: r}
	return &scanner{d: xml.NewDecoder(in), in: in}
}

// next returns the kind of the next token; io.EOF behind the last element.
func (s *scanner) next() (tokenKind, error) {
	for {
		s.in.left = maxToken
		token, err := s.d.RawToken()
		if err == io.EOF && s.depth > 0 {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return 0, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			if s.depth++; s.depth > maxDepth {
				return 0, fmt.Errorf("%w: elements are nested more than %d deep", errSyntax, maxDepth)
			}
			s.name, s.attrs = token.Name.Local, token.Attr
			return startElement, nil
		case xml.EndElement:
			if s.depth--; s.depth < 0 {
				return 0, errSyntax
			}
			s.name = token.Name.Local
			return endElement, nil
		case xml.CharData:
			s.text = token
			return characters, nil
		}
	}
}

// attr returns the value of an attribute of the start element at hand, by its
// name without prefix; empty where it has none.
func (s *scanner) attr(name string) string {
	for i := range s.attrs {
		if s.attrs[i].Name.Local == name {
			return s.attrs[i].Value
		}
	}
	return ""
}

// attrFlag reports whether an attribute says true.
func (s *scanner) attrFlag(name string) bool {
	v := s.attr(name)
	return v == "1" || v == "true"
}

// skip reads to the end of the start element at hand.
func (s *scanner) skip() error {
	for to := s.depth - 1; s.depth > to; {
		if _, err := s.next(); err != nil {
			return err
		}
	}
	return nil
}

// content appends the text within the start element at hand to dst and reads to
// its end; text of elements in it is left out.
func (s *scanner) content(dst []byte) ([]byte, error) {
	for to := s.depth - 1; ; {
		switch kind, err := s.next(); {
		case err != nil:
			return dst, err
		case kind == characters && s.depth == to+1:
			if dst = append(dst, s.text...); len(dst) > maxToken {
				return dst, errToken
			}
		case kind == endElement && s.depth == to:
			return dst, nil
		}
	}
}

// richText returns the text of the element at hand, a shared or inline string:
// that of its t elements, of runs too, but not how it is pronounced (rPh).
func (s *scanner) richText() (string, error) {
	s.rich = s.rich[:0]
	for to := s.depth - 1; ; {
		kind, err := s.next()
		switch {
		case err != nil:
			return "", err
		case kind == endElement && s.depth == to:
			return decodeText(s.rich), nil
		case kind != startElement:
		case s.name == "rPh":
			err = s.skip()
		case s.name == "t":
			s.rich, err = s.content(s.rich)
		}
		if err != nil {
			return "", err
		}
		if len(s.rich) > maxToken {
			return "", errToken
		}
	}
}

// decodeText returns a text with the escapes _x000D_ of characters that XML
// cannot hold (ECMA-376 part 1, 22.9.2.19, ST_Xstring) replaced.
func decodeText(text []byte) string {
	if !bytes.Contains(text, []byte("_x")) {
		return string(text)
	}
	const size = len("_x000D_")
	var out []byte
	for i := 0; i < len(text); i++ {
		if i+size <= len(text) && text[i] == '_' && text[i+1] == 'x' && text[i+size-1] == '_' {
			if c, err := strconv.ParseUint(string(text[i+2:i+size-1]), 16, 16); err == nil && c > 0 && utf8.ValidRune(rune(c)) {
				out = utf8.AppendRune(out, rune(c))
				i += size - 1
				continue
			}
		}
		out = append(out, text[i])
	}
	return string(out)
}
