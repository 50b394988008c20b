// Package sample makes customers in the schema of a campaign file, with the habits
// of a real one: five groups of customers who differ in age, spending, tenure,
// children and income, missing incomes, impossible birth years and incomes far
// outside the rest.
package sample

import "io"

// Write writes the header and n customers to w, tab separated. The same seed
// writes the same bytes on every machine. It needs no memory.
func Write(w io.Writer, n int, seed uint64) error {
	const flushAt = 1 << 16
	buf := append(make([]byte, 0, flushAt+1024), header...)
	g := newGenerator(n, seed)
	for range n {
		c := g.next()
		if buf = c.appendTo(buf); len(buf) >= flushAt {
			if _, err := w.Write(buf); err != nil {
				return err
			}
			buf = buf[:0]
		}
	}
	_, err := w.Write(buf)
	return err
}
