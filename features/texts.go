package features

import "strings"

// texts are words one behind another: less memory than a string for each, and nothing
// that the garbage collector goes through.
type texts struct {
	all string
	end []int // behind each word, with 0 before the first; nil where there are no words
}

// textsOf returns a copy of words.
func textsOf(words []string) texts {
	b := newTexts(len(words))
	for _, word := range words {
		b.all.WriteString(word)
		b.end = append(b.end, b.all.Len())
	}
	return b.texts()
}

func (t texts) len() int { return max(0, len(t.end)-1) }

func (t texts) at(i int) string { return t.all[t.end[i]:t.end[i+1]] }

// rows returns a copy of some of the words.
func (t texts) rows(rows []int) texts {
	b := newTexts(len(rows))
	for _, row := range rows {
		b.all.WriteString(t.at(row))
		b.end = append(b.end, b.all.Len())
	}
	return b.texts()
}

// slice returns some of the words, in the same memory.
func (t texts) slice(from, to int) texts {
	if t.end != nil {
		t.end = t.end[from : to+1 : to+1]
	}
	return t
}

// A textsBuilder makes texts of words that come one at a time.
type textsBuilder struct {
	all  strings.Builder
	end  []int
	room int // words that are likely to come
}

// mostTextsAhead bounds the bytes that room is made for before they come.
const mostTextsAhead = 1 << 27

func newTexts(room int) *textsBuilder {
	return &textsBuilder{end: make([]int, 1, room+1), room: room}
}

func (b *textsBuilder) add(word []byte) {
	if n := b.all.Len(); n+len(word) > b.all.Cap() {
		// As much as words of the mean length so far take.
		likely := 1.02 * float64(n) / float64(len(b.end)) * float64(b.room)
		b.all.Grow(max(1<<6, len(word), int(min(likely, mostTextsAhead))-n))
	}
	b.all.Write(word)
	b.end = append(b.end, b.all.Len())
}

func (b *textsBuilder) len() int { return len(b.end) - 1 }

func (b *textsBuilder) at(i int) string { return b.all.String()[b.end[i]:b.end[i+1]] }

// texts returns the words, after which no more can be added.
func (b *textsBuilder) texts() texts { return texts{b.all.String(), b.end} }
