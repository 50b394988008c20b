package xlsx

import (
	"bytes"
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

// A scanner splits the XML of a part of a workbook into elements and text. It
// knows what such parts have and what is cheap to know: encoding/xml takes ten
// times as long for a sheet. Names are without their prefix. Document types,
// which these parts may not have, are refused, and with them entities that
// expand.
type scanner struct {
	r        io.Reader
	buf      []byte
	pos, end int
	eof      bool
	depth    int
	single   bool   // the element at hand is <a/>: its end comes next
	name     []byte // of the element, in buf
	attrs    []byte // of a start element, as written, in buf
	text     []byte // with entities replaced
	scratch  []byte
	rich     []byte
}

const (
	scannerBuffer = 64 << 10
	maxToken      = 1 << 20 // a cell has 32,767 characters at most
	maxDepth      = 64
)

var (
	errSyntax = errors.New("the XML is damaged")
	errToken  = errors.New("an element or a text has more than a mebibyte")
)

func newScanner(r io.Reader) *scanner {
	return &scanner{r: r, buf: make([]byte, scannerBuffer)}
}

// more reads on, keeping buf[pos:]. It returns io.ErrUnexpectedEOF at the end.
func (s *scanner) more() error {
	if s.eof {
		return io.ErrUnexpectedEOF
	}
	if s.pos > 0 {
		s.end = copy(s.buf, s.buf[s.pos:s.end])
		s.pos = 0
	}
	if s.end == len(s.buf) {
		if s.end >= maxToken {
			return errToken
		}
		s.buf = append(s.buf, make([]byte, len(s.buf))...)
	}
	for range 100 {
		n, err := s.r.Read(s.buf[s.end:])
		s.end += n
		if err == io.EOF {
			s.eof = true
			err = nil
		}
		if n > 0 || err != nil || s.eof {
			return err
		}
	}
	return io.ErrNoProgress
}

// index returns the position of what, behind pos, at or after from.
func (s *scanner) index(from int, what string) (int, error) {
	for {
		if i := bytes.Index(s.buf[s.pos+from:s.end], []byte(what)); i >= 0 {
			return from + i, nil
		}
		from = max(from, s.end-s.pos-len(what)+1)
		if err := s.more(); err != nil {
			return 0, err
		}
		if s.eof && s.pos+from >= s.end {
			return 0, io.ErrUnexpectedEOF
		}
	}
}

// next returns the kind of the next token; io.EOF behind the last element.
func (s *scanner) next() (tokenKind, error) {
	if s.single {
		s.single = false
		s.depth--
		return endElement, nil
	}
	for {
		n := bytes.IndexByte(s.buf[s.pos:s.end], '<')
		switch {
		case n < 0 && s.depth == 0 && s.eof:
			if len(bytes.TrimSpace(s.buf[s.pos:s.end])) > 0 {
				return 0, errSyntax
			}
			return 0, io.EOF
		case n < 0 && s.depth == 0:
			if err := s.more(); err != nil {
				return 0, err
			}
			continue
		case n < 0:
			var err error
			if n, err = s.index(0, "<"); err != nil {
				return 0, err
			}
		}
		if n > 0 {
			text := s.buf[s.pos : s.pos+n]
			s.pos += n
			if s.depth == 0 {
				if len(bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\ufeff")))) > 0 {
					return 0, errSyntax
				}
				continue
			}
			var err error
			s.text, err = s.unescape(text)
			return characters, err
		}
		kind, err := s.markup()
		if kind != 0 || err != nil {
			return kind, err
		}
	}
}

// markup reads what begins with < at pos. It returns 0 for a comment and an
// instruction.
func (s *scanner) markup() (tokenKind, error) {
	for s.end-s.pos < 2 {
		if err := s.more(); err != nil {
			return 0, err
		}
	}
	switch s.buf[s.pos+1] {
	case '?':
		n, err := s.index(2, "?>")
		if err == nil {
			err = encodingOf(s.buf[s.pos : s.pos+n])
			s.pos += n + 2
		}
		return 0, err
	case '!':
		return s.declaration()
	}
	n, err := s.tagEnd()
	if err != nil {
		return 0, err
	}
	tag := s.buf[s.pos+1 : s.pos+n]
	s.pos += n + 1
	if tag[0] == '/' {
		if s.depth == 0 {
			return 0, errSyntax
		}
		s.depth--
		s.name = local(trim(tag[1:]))
		return endElement, nil
	}
	if last := len(tag) - 1; tag[last] == '/' {
		s.single, tag = true, tag[:last]
	}
	if s.depth++; s.depth > maxDepth {
		return 0, fmt.Errorf("%w: elements are nested more than %d deep", errSyntax, maxDepth)
	}
	s.name, s.attrs = tag, nil
	for i, c := range tag {
		if blank(c) {
			s.name, s.attrs = tag[:i], tag[i+1:]
			break
		}
	}
	s.name = local(s.name)
	return startElement, nil
}

// tagEnd returns the position of the > that closes the tag at pos; one in quotes
// does not.
func (s *scanner) tagEnd() (int, error) {
	var quote byte
	for n := 1; ; n++ {
		if s.pos+n >= s.end {
			if err := s.more(); err != nil {
				return 0, err
			}
			if s.pos+n >= s.end {
				return 0, io.ErrUnexpectedEOF
			}
		}
		switch c := s.buf[s.pos+n]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			if n == 1 {
				return 0, errSyntax
			}
			return n, nil
		case c == '<':
			return 0, errSyntax
		}
	}
}

// declaration reads a comment or character data in brackets; all else that
// begins with <! is refused.
func (s *scanner) declaration() (tokenKind, error) {
	const comment, cdata = "<!--", "<![CDATA["
	for s.end-s.pos < len(cdata) && !s.eof {
		if err := s.more(); err != nil {
			return 0, err
		}
	}
	head := s.buf[s.pos:s.end]
	switch {
	case bytes.HasPrefix(head, []byte(comment)):
		n, err := s.index(len(comment), "-->")
		s.pos += n + 3
		return 0, err
	case bytes.HasPrefix(head, []byte(cdata)) && s.depth > 0:
		n, err := s.index(len(cdata), "]]>")
		if err != nil {
			return 0, err
		}
		s.text = s.buf[s.pos+len(cdata) : s.pos+n]
		s.pos += n + 3
		return characters, nil
	}
	return 0, fmt.Errorf("%w: a document type, which the XML of a workbook has not", errSyntax)
}

// encodingOf refuses an XML declaration of another encoding than UTF-8, in which
// every program writes workbooks.
func encodingOf(instruction []byte) error {
	if !bytes.HasPrefix(instruction, []byte("<?xml ")) {
		return nil
	}
	name := attribute(instruction[len("<?xml "):], "encoding")
	if name == nil || bytes.EqualFold(name, []byte("utf-8")) || bytes.EqualFold(name, []byte("us-ascii")) {
		return nil
	}
	return fmt.Errorf("%w: it is written in %q and not in UTF-8", errSyntax, name)
}

func blank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// trim returns what is between blanks.
func trim(b []byte) []byte {
	for len(b) > 0 && blank(b[0]) {
		b = b[1:]
	}
	for len(b) > 0 && blank(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

// local returns a name without its prefix.
func local(name []byte) []byte {
	return name[bytes.IndexByte(name, ':')+1:]
}

// attr returns the value of an attribute of the start element at hand, as it is
// written; nil where it has none.
func (s *scanner) attr(name string) []byte { return attribute(s.attrs, name) }

// attribute finds a value by its name without prefix.
func attribute(attrs []byte, name string) []byte {
	for {
		eq := bytes.IndexByte(attrs, '=')
		if eq < 0 {
			return nil
		}
		key, rest := local(trim(attrs[:eq])), trim(attrs[eq+1:])
		if len(rest) == 0 {
			return nil
		}
		end := bytes.IndexByte(rest[1:], rest[0])
		if end < 0 {
			return nil
		}
		if string(key) == name {
			return rest[1 : 1+end]
		}
		attrs = rest[end+2:]
	}
}

// attrText returns the value of an attribute with entities replaced.
func (s *scanner) attrText(name string) (string, error) {
	text, err := s.unescape(s.attr(name))
	return string(text), err
}

// attrFlag reports whether an attribute says true.
func (s *scanner) attrFlag(name string) bool {
	v := string(s.attr(name))
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

// content returns the text within the start element at hand and reads to its
// end; text of elements in it is left out.
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

var entities = map[string]string{"lt": "<", "gt": ">", "amp": "&", "quot": `"`, "apos": "'"}

// unescape returns text with entities replaced, in scratch where there are any.
func (s *scanner) unescape(text []byte) ([]byte, error) {
	if bytes.IndexByte(text, '&') < 0 {
		return text, nil
	}
	out := s.scratch[:0]
	for {
		before, rest, found := bytes.Cut(text, []byte("&"))
		out = append(out, before...)
		if !found {
			s.scratch = out
			return out, nil
		}
		name, after, found := bytes.Cut(rest, []byte(";"))
		if !found {
			return nil, errSyntax
		}
		text = after
		if e, ok := entities[string(name)]; ok {
			out = append(out, e...)
			continue
		}
		c, ok := characterOf(name)
		if !ok {
			return nil, fmt.Errorf("%w: there is no entity &%s;", errSyntax, name[:min(len(name), 20)])
		}
		out = utf8.AppendRune(out, c)
	}
}

// characterOf returns the character of a reference by number, such as #10 or #xA.
func characterOf(name []byte) (rune, bool) {
	digits, base := "", 10
	if len(name) > 1 && name[0] == '#' {
		if digits = string(name[1:]); digits[0] == 'x' || digits[0] == 'X' {
			digits, base = digits[1:], 16
		}
	}
	n, err := strconv.ParseUint(digits, base, 21)
	return rune(n), err == nil && n > 0 && utf8.ValidRune(rune(n))
}
