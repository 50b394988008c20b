package features

import (
	"hash/maphash"
	"strings"
)

// A dictionary gives each different word a code, in the order in which they come. It
// is a hash table in open addressing; the words are kept in few pieces of memory, so
// that a new one costs no allocation.
type dictionary struct {
	levels []string // by code
	seed   maphash.Seed
	slots  []uint64 // the upper half of a word's hash, and its code + 1; at most half are taken
	words  strings.Builder
}

// wordsAtOnce is the memory that words are kept in.
const wordsAtOnce = 1 << 12

// code returns the code of a word, which it gives to a new one; −1 for the empty word.
func (d *dictionary) code(word string) int32 {
	if word == "" {
		return -1
	}
	code, ok := d.find([]byte(word))
	if !ok {
		code = d.add([]byte(word))
	}
	return code
}

// find returns the code of a word that came before.
func (d *dictionary) find(word []byte) (code int32, ok bool) {
	if len(d.slots) == 0 {
		return -1, false
	}
	hash := maphash.Bytes(d.seed, word)
	for at := hash; ; at++ {
		slot := d.slots[at&uint64(len(d.slots)-1)]
		if slot == 0 {
			return -1, false
		}
		if code := int32(uint32(slot)) - 1; (slot^hash)>>32 == 0 && d.levels[code] == string(word) {
			return code, true
		}
	}
}

// add returns the code of a word that has none yet.
func (d *dictionary) add(word []byte) int32 {
	if 2*len(d.levels) >= len(d.slots) {
		d.grow()
	}
	if d.words.Len()+len(word) > d.words.Cap() {
		d.words = strings.Builder{}
		d.words.Grow(max(min(wordsAtOnce, 16*(len(d.levels)+1)), len(word)))
	}
	from := d.words.Len()
	d.words.Write(word)
	d.levels = append(d.levels, d.words.String()[from:])
	d.put(maphash.Bytes(d.seed, word), len(d.levels))
	return int32(len(d.levels) - 1)
}

// put keeps a code + 1 under the hash of its word.
func (d *dictionary) put(hash uint64, code int) {
	at := hash
	for d.slots[at&uint64(len(d.slots)-1)] != 0 {
		at++
	}
	d.slots[at&uint64(len(d.slots)-1)] = hash>>32<<32 | uint64(code)
}

// grow makes room for more words.
func (d *dictionary) grow() {
	if d.slots == nil {
		d.seed = maphash.MakeSeed() // random, so that no file can be made whose words collide
	}
	d.slots = make([]uint64, max(16, 4*len(d.slots)))
	for code, word := range d.levels {
		d.put(maphash.String(d.seed, word), code+1)
	}
}
