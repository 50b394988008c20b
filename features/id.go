package features

import (
	"fmt"
	"unicode"
	"unicode/utf8"
)

// maxID is the longest id in bytes. Longer ones are text that shifted into
// the column.
const maxID = 256

// idBlock is the size of the blocks of memory that ids share.
const idBlock = 4 << 10

// identifier reads an id: what stands in the field, without the blanks around.
func (r *Reader) identifier(b []byte) *problem {
	b, ok := r.utf8(b)
	if !ok {
		return notUTF8
	}
	b = trimBlanks(b)
	if p := checkID(b); p != nil {
		return p
	}
	r.id = append(r.id[:0], b...)
	return nil
}

// checkID tells what keeps text without blanks around from being an id.
func checkID(b []byte) *problem {
	switch {
	case missing(b):
		return &problem{ErrValue, "is no id", ""}
	case len(b) > maxID:
		return &problem{ErrValue, fmt.Sprintf("is %d bytes long", len(b)), ""}
	case !utf8.Valid(b):
		return notUTF8
	}
	for _, c := range string(b) {
		if unicode.IsControl(c) {
			return &problem{ErrValue, "holds control characters", ""}
		}
	}
	return nil
}

// fastID reads the id at p, if it is of ASCII characters with no blanks and no
// quotes, and returns its end, or p.
func (r *Reader) fastID(b []byte, p int) int {
	q := indexDelim(b, p, r.delim)
	id := b[p:q]
	if len(id) == 0 || len(id) > maxID || missing(id) {
		return p
	}
	for _, c := range id {
		if c <= ' ' || c == '"' || c >= 0x7f {
			return p
		}
	}
	r.id = append(r.id[:0], id...)
	return q
}

// keep makes a string of an id, in a block of memory that many share.
func (r *Reader) keep(id []byte) string {
	if r.ids.Cap()-r.ids.Len() < len(id) {
		r.ids.Reset()
		r.ids.Grow(idBlock)
	}
	from := r.ids.Len()
	r.ids.Write(id)
	return r.ids.String()[from:]
}
