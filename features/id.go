package features

import (
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Names of columns of ids are made of an owner and a noun: customer_id, Client
// No., id_cliente. The owners are in the order of preference. Some names have a
// noun only or none; these come last, and their values are checked (doubtIDs).
var (
	idOwners = []string{"customer", "client", "cust", "kunden", "kunde", "kund", "cliente", "klant", "klient", "klienta", "müşteri", "клиента", "клиент",
		"account", "acct", "member", "user", "person", "客户", "顧客", "会员", "用户", "고객", "العميل"}
	idAfter  = []string{"id", "no", "nr", "num", "number", "nbr", "nummer", "key", "code", "ref", "uuid", "guid", "uniqueid", "kodu", "编号", "号", "番号", "번호"}
	idBefore = []string{"id", "n", "nº", "nr", "num", "numero", "número", "numéro", "cod", "cód", "code", "codigo", "código", "codice", "номер", "код", "رقم",
		"iddo", "iddel", "idde", "códigodo", "codigodo", "códigodel", "codigodel", "numerodel", "númerodo", "numérodu", "codicedel"}
	idOthers = []string{"cid", "uid", "uuid", "guid", "householdid", "contactid", "visitorid", "shopperid", "buyerid", "guestid", "subscriberid", "respondentid",
		"identifiant", "identificador", "identifier", "customer", "client", "cust", "account", "acct"}
)

// idColumn returns the column of ids in a header, −1 for none: the one that is
// named id, else the first of those whose names are preferred most.
func idColumn(names []string) int {
	at, best := -1, 0
	for i, name := range names {
		if rank := idRank(key(name)); rank > 0 && (at < 0 || rank < best) {
			at, best = i, rank
		}
	}
	return at
}

// idRank returns the rank of the key of a name as that of the ids: 1 is
// preferred most, 0 is no name of ids.
func idRank(key string) int {
	switch key {
	case "":
		return 0
	case "id":
		return 1
	}
	for i, owner := range idOwners {
		if noun, ok := strings.CutPrefix(key, owner); ok && slices.Contains(idAfter, noun) {
			return 2 + i
		}
		if noun, ok := strings.CutSuffix(key, owner); ok && slices.Contains(idBefore, noun) {
			return 2 + i
		}
	}
	if i := slices.Index(idOthers, key); i >= 0 {
		return doubtfulID + i
	}
	return 0
}

// doubtfulID is the first rank of names that other columns may have too.
var doubtfulID = 2 + len(idOwners)

// doubtIDs checks the rows in memory where the column of ids has a doubtful
// name: one that repeats itself in most of them is a category, such as the kind
// of account, and is left alone.
func (r *Reader) doubtIDs() {
	if idRank(key(r.report.IDColumn)) < doubtfulID {
		return
	}
	seen, rows := map[string]bool{}, 0
	for p, size := r.pos, 0; ; p += size {
		size = r.poll(p, func(_ *Reader, s step, b []byte) {
			if s.kind == Identifier {
				seen[string(b)] = true
				rows++
			}
		})
		if size == 0 {
			break
		}
	}
	if 2*len(seen) >= rows {
		return
	}
	for i, s := range r.plan {
		if s.kind == Identifier {
			r.plan[i] = step{}
		}
	}
	r.report.Ignored = append(r.report.Ignored, r.report.IDColumn)
	r.report.Absent = append([]string{schema[colID].Name}, r.report.Absent...)
	r.report.IDColumn, r.report.Numbered = "", true
}

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
	r.idText = append(r.idText[:0], b...)
	r.id = r.idText
	return nil
}

// checkID returns why trimmed text cannot be an id, nil where it can.
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

// fastID reads the id at p, possibly in quotes, if it is of ASCII characters
// with no blanks and no further quotes, and returns its end, or p.
func (r *Reader) fastID(b []byte, p int) int {
	q := indexDelim(b, p, r.delim)
	id := b[p:q]
	if len(id) > 2 && id[0] == '"' && id[len(id)-1] == '"' {
		id = id[1 : len(id)-1]
	}
	if len(id) == 0 || len(id) > maxID || missing(id) {
		return p
	}
	for _, c := range id {
		if c <= ' ' || c == '"' || c >= 0x7f {
			return p
		}
	}
	r.id = id
	return q
}

// keep returns an id as a string, in a block of memory that many share.
func (r *Reader) keep(id []byte) string {
	if r.ids.Cap()-r.ids.Len() < len(id) {
		r.ids.Reset()
		r.ids.Grow(idBlock)
	}
	from := r.ids.Len()
	r.ids.Write(id)
	return r.ids.String()[from:]
}

// RepeatedIDs counts the rows of a file whose id an earlier row has.
type RepeatedIDs struct {
	Rows      int          // rows whose id an earlier row has
	First     []RepeatedID // the first five of them
	Unchecked int          // rows whose id was compared with the first 2,097,152 different ones only, and is none of these
}

// A RepeatedID is an id that an earlier row has.
type RepeatedID struct {
	ID   string // as the file has it
	Line int    // line of the file, from 1, of the later row
}

// String returns a sentence on the repeated ids without its full stop; empty where there are none.
func (r RepeatedIDs) String() string {
	if r.Rows == 0 {
		return ""
	}
	list := []string{}
	for _, id := range r.First {
		list = append(list, fmt.Sprintf("%s (line %d)", cut(id.ID), id.Line))
	}
	if more := r.Rows - len(list); more > 0 {
		list = append(list, fmt.Sprintf("%d more", more))
	}
	return fmt.Sprintf("%s %s an id that an earlier row has: %s", count(r.Rows, "row"), have(r.Rows), strings.Join(list, ", "))
}

func (r RepeatedIDs) warnings() (w []string) {
	if r.Rows > 0 {
		w = append(w, r.String())
	}
	if r.Unchecked > 0 {
		w = append(w, fmt.Sprintf("whether the ids of the last %s repeat each other was not checked, for want of memory", count(r.Unchecked, "customer")))
	}
	return w
}

// compareID counts the current row where an earlier one has its id.
func (r *Reader) compareID(line int) {
	rep := &r.report.RepeatedIDs
	seen, room := r.seenIDs.add(r.id)
	switch {
	case seen:
		rep.Rows++
		if len(rep.First) < 5 {
			rep.First = append(rep.First, RepeatedID{string(r.id), line})
		}
	case !room:
		rep.Unchecked++
	}
}

// An idSet keeps ids as 64-bit hashes, in open addressing, so that its memory
// is bounded whatever the ids are. Among 2²¹ of them the odds that any two
// different ids have one hash are 1 in 8 million.
type idSet struct {
	seed  maphash.Seed
	slots []uint64 // 0 for a free one; at most half are taken
	n     int
	all   bool // no bound
}

// maxIDs bounds the ids that are kept, and their memory to 32 MiB.
const maxIDs = 1 << 21

// add reports whether an id is in the set, and adds it if not. Where there is
// no room for it, it stays outside.
func (s *idSet) add(id []byte) (seen, room bool) {
	if s.slots == nil {
		// The seed is random, so that no file can be made whose ids collide.
		s.seed, s.slots = maphash.MakeSeed(), make([]uint64, 1<<10)
	}
	hash := max(maphash.Bytes(s.seed, id), 1)
	at := s.find(hash)
	switch {
	case s.slots[at] == hash:
		return true, true
	case s.n == maxIDs && !s.all:
		return false, false
	}
	s.slots[at] = hash
	if s.n++; 2*s.n >= len(s.slots) && (s.n < maxIDs || s.all) {
		old, more := s.slots, 4
		if s.n > maxIDs/2 {
			more = 2
		}
		s.slots = make([]uint64, more*len(old))
		for _, hash := range old {
			if hash != 0 {
				s.slots[s.find(hash)] = hash
			}
		}
	}
	return false, true
}

// find returns the slot of a hash, or the free one where it would be.
func (s *idSet) find(hash uint64) int {
	at := int(hash & uint64(len(s.slots)-1))
	for s.slots[at] != 0 && s.slots[at] != hash {
		at = (at + 1) & (len(s.slots) - 1)
	}
	return at
}
