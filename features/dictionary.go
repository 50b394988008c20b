package features

import "hash/maphash"

// A dictionary gives each different word a code, in the order in which they come. It
// is a hash table in open addressing.
type dictionary struct {
	words *textsBuilder // by code; nil where there are none
	seed  maphash.Seed
	slots []uint64 // the upper half of a word's hash, and its code + 1; at most half are taken
}

// len returns the number of words.
func (d *dictionary) len() int {
	if d.words == nil {
		return 0
	}
	return d.words.len()
}

// word returns the word of a code.
func (d *dictionary) word(code int32) string { return d.words.at(int(code)) }

// list returns the words by code.
func (d *dictionary) list() []string {
	words := make([]string, d.len())
	for code := range words {
		words[code] = d.words.at(code)
	}
	return words
}

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
		if code := int32(uint32(slot)) - 1; (slot^hash)>>32 == 0 && d.word(code) == string(word) {
			return code, true
		}
	}
}

// add returns the code of a word that has none yet.
func (d *dictionary) add(word []byte) int32 {
	if d.words == nil {
		d.words = newTexts(0)
	}
	if 2*d.len() >= len(d.slots) {
		d.grow()
	}
	d.words.add(word)
	d.put(maphash.Bytes(d.seed, word), d.len())
	return int32(d.len() - 1)
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
	for code := range d.len() {
		d.put(maphash.String(d.seed, d.words.at(code)), code+1)
	}
}
