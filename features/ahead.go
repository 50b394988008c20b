package features

import (
	"hash/maphash"
	"runtime"
	"slices"
	"sync"
)

// An ahead has the cells of blocks looked at while the next ones are split and all is
// in the cache. Each group of columns goes through the blocks in their order, so that
// what it finds does not depend on which goroutine looks at what, and when.
type ahead struct {
	err   error   // of the options, told once the rows are read
	scans []*scan // in the order of the columns
	rows  int

	mu      sync.Mutex
	ended   sync.Cond // a group has looked at a block
	workers int       // goroutines, with the one that splits
	running int       // of them, beside that one
	groups  []lookGroup
	blocks  []*lookBlock // that not all groups have looked at, the oldest first
	first   int          // number of the oldest
	spare   [][]uint32   // ends of cells of blocks that do without
	texts   [][]byte     // the same of their texts
}

// A lookGroup is columns that are looked at together.
type lookGroup struct {
	scans []*scan
	next  int // number of the block to be looked at
	busy  bool
}

// A lookBlock is a block that is looked at.
type lookBlock struct {
	block *block
	row   int       // of the table, its first
	text  *textRows // that finds the ends of its cells again; nil where they are kept
	left  int       // groups that have not looked at it
}

// groupsEach is how many groups of columns each goroutine has, so that all have
// something to do though columns differ.
const groupsEach = 4

// newAhead returns empty scans of the columns, in groups.
func (b *tableBuilder) newAhead() *ahead {
	a := &ahead{workers: b.o.Workers}
	if a.ended.L = &a.mu; a.workers <= 0 {
		a.workers = runtime.GOMAXPROCS(0)
	}
	n := len(b.columns)
	if n > 0 {
		a.groups = make([]lookGroup, min(n, groupsEach*(a.workers-1)+1))
	}
	for i, j := range b.columns {
		s := b.newScan(j)
		g := &a.groups[i%len(a.groups)]
		a.scans, g.scans = append(a.scans, s), append(g.scans, s)
	}
	return a
}

// put has a block looked at, by this goroutine too where many wait. With a text, the
// block may give the ends of its cells away.
func (a *ahead) put(block *block, text *textRows) {
	a.mu.Lock()
	a.blocks = append(a.blocks, &lookBlock{block: block, row: a.rows, text: text, left: len(a.groups)})
	a.rows += block.n
	for ; a.running < a.workers-1; a.running++ {
		go func() {
			a.mu.Lock()
			for a.one() {
			}
			a.running--
			a.mu.Unlock()
		}()
	}
	a.help(2 * (a.workers - 1))
	if n := len(a.spare); n > 0 && text != nil {
		text.spare, a.spare = a.spare[n-1], a.spare[:n-1]
	}
	if n := len(a.texts); n > 0 && text != nil {
		text.spareText, a.texts = a.texts[n-1], a.texts[:n-1]
	}
	a.mu.Unlock()
}

// wait returns once all blocks were looked at.
func (a *ahead) wait() {
	if a != nil && a.err == nil {
		a.mu.Lock()
		a.help(0)
		a.mu.Unlock()
	}
}

// help looks at blocks until only so many are left, with the lock held.
func (a *ahead) help(most int) {
	for len(a.groups) > 0 && len(a.blocks) > most {
		if !a.one() {
			a.ended.Wait()
		}
	}
}

// one looks at the oldest block that waits for a group which is free, and reports
// whether there is one. The lock is held before and after.
func (a *ahead) one() bool {
	var g *lookGroup
	for i := range a.groups {
		if next := &a.groups[i]; !next.busy && next.next < a.first+len(a.blocks) && (g == nil || next.next < g.next) {
			g = next
		}
	}
	if g == nil {
		return false
	}
	g.busy = true
	at := a.blocks[g.next-a.first]
	a.mu.Unlock()
	lookAt(g.scans, at.block, at.row)
	again := slices.ContainsFunc(g.scans, (*scan).rereads)
	a.mu.Lock()
	g.busy, g.next = false, g.next+1
	if at.left--; again {
		at.text = nil
	}
	for len(a.blocks) > 0 && a.blocks[0].left == 0 {
		a.recycle(a.blocks[0])
		a.blocks, a.first = a.blocks[1:], a.first+1
	}
	a.ended.Signal()
	return true
}

// recycle gives the ends of the cells of a block, which is done, to one to be split, and
// its text where that can be read again, unless they are likely to be asked for: new
// memory takes as long as to find the ends.
func (a *ahead) recycle(done *lookBlock) {
	if done.text == nil {
		return
	}
	b := done.block
	a.spare, b.end = append(a.spare, b.end), nil
	b.source, b.again = done.text, sync.Once{}
	if b.at >= 0 {
		a.texts = append(a.texts, b.buf)
		b.text, b.buf = nil, nil
	}
}

// lookAhead has a block of the text that was just read looked at. The blocks come to about
// so many bytes.
func (b *tableBuilder) lookAhead(text *textRows, block *block, bytes int) {
	if b.ahead == nil {
		b.names = slices.Clone(text.names)
		if err := b.begin(); err != nil {
			b.ahead = &ahead{err: err}
		} else {
			b.room = text.likelyRows(block, bytes)
			b.ahead = b.newAhead()
		}
	}
	a := b.ahead
	if a.err != nil {
		return
	}
	if !b.o.AllRows {
		b.dropHeaders(block)
	}
	if b.text = text; block.at >= 0 && block.sum == 0 {
		block.sum = maphash.Bytes(text.seed, block.text)
	}
	if rows := a.rows + block.n; rows > b.room {
		a.wait()
		b.room = 2 * rows
		for _, s := range a.scans {
			s.extend(b.room)
		}
	}
	a.put(block, text)
}
