package main

import "fmt"

// rows are the parameters that say where the rows lie, steps in bytes.
type rows struct{ x, block, column, blocks gp }

const rowParams = "x blocks blockStep colStep d "

func (w writer) rows() rows {
	return rows{w.arg("x"), w.bytes("blockStep"), w.bytes("colStep"), w.arg("blocks")}
}

// infinite fills vectors with +Inf.
func (w writer) infinite(v []vec, scratch gp) {
	w.move("$0x7ff0000000000000", scratch)
	w.spread(scratch, 64, v[0])
	for _, u := range v[1:] {
		w.copy(v[0], u)
	}
}

// squared leaves in acc the squared distances of the rows that lie offset behind each of
// x from the point at c, and moves c behind it.
func (w writer) squared(x []gp, offset int, column, c gp, acc []vec, b, t vec, name string) {
	taken := w.gps
	defer func() { w.gps = taken }()
	p := make([]gp, len(x))
	for i := range x {
		p[i] = w.gp()
		w.move(x[i], p[i])
	}
	j := w.arg("d")
	each := len(acc) / len(x)
	w.broadcast(c, b)
	for i, a := range acc {
		w.subRead(b, p[i/each], offset+w.size*(i%each), a)
		w.mul(a, a, a)
	}
	w.advance(-1, j)
	w.jump("EQ", j, 0, name+"_done")
	w.label(name + "_column")
	for _, p := range p {
		w.advance(column, p)
	}
	w.broadcast(c, b)
	for i, a := range acc {
		w.subRead(b, p[i/each], offset+w.size*(i%each), t)
		w.fma(t, t, a)
	}
	w.repeat(j, name+"_column")
	w.label(name + "_done")
}

// tiles writes body for as many blocks at once as fill four vectors, and where that is more
// than one, once more for those that are left, one by one.
func (w writer) tiles(blocks gp, most int, body func(n int, stage string)) {
	for n := most; n >= 1; n-- {
		stage := fmt.Sprint("blocks", n)
		w.label(stage)
		if most > 1 {
			w.jump("LT", blocks, n, stage+"_end")
		}
		body(n, stage)
		if most > 1 {
			w.advance(-n, blocks)
			w.op("JMP", stage)
			w.label(stage + "_end")
		} else {
			w.repeat(blocks, stage)
		}
	}
}

// follow returns the places of n blocks, of which those behind the first are written to next.
func (w writer) follow(x, block gp, next ...gp) []gp {
	for i, p := range next {
		w.move(append([]gp{x}, next...)[i], p)
		w.advance(block, p)
	}
	return append([]gp{x}, next...)
}

// nearest takes the rows of a block in two halves where the second-nearest point is
// wanted and more do not fit.
func (w writer) nearest(name string, two bool) {
	params, parts := "c k labels dist", 1
	if two {
		params += " second"
		if w.vectors/w.each < 32 {
			parts = 2
		}
	}
	w.function(name, rowParams+params, "")
	r := w.rows()
	labels, dist, points, c, p := w.arg("labels"), w.arg("dist"), w.arg("k"), w.gp(), w.gp()
	n := 4 / parts
	best, which, acc := w.vec(n), w.vec(n), w.vec(n)
	b, mask, t := w.one(), w.mask(w.vec(1)[0]), w.vec(1)[0]
	var second gp
	var next []vec
	if two {
		second, next = w.arg("second"), w.vec(n)
	}
	var following []gp
	for range w.tile() - 1 {
		following = append(following, w.gp())
	}

	w.tiles(r.blocks, w.tile(), func(blocks int, stage string) {
		x := w.follow(r.x, r.block, following[:blocks-1]...)
		taken := n * blocks / w.tile()
		best, which, acc := best[:taken], which[:taken], acc[:taken]
		for part := range parts {
			point, at := fmt.Sprint(stage, "point", part), w.size*n*part
			fill := best[:taken:taken]
			if two {
				fill = append(fill, next[:taken]...)
			}
			w.infinite(fill, c)
			w.zero(which...)
			w.load("c", c)
			w.move(0, p)
			w.label(point)
			w.squared(x, at, r.column, c, acc, b, t, point)
			w.spread(p, 64, b)
			for i, a := range acc {
				w.less(a, best[i], mask)
				w.choose(mask, b, which[i])
				if two {
					w.larger(mask, a, best[i], t) // NaN where a is, which least passes over
				}
				w.lower(mask, a, best[i])
				if two {
					w.least(t, next[i], next[i], a)
				}
			}
			w.advance(1, p)
			w.jump("LT", p, points, point)
			for i := range best {
				w.write(best[i], dist, at+w.size*i)
				if two {
					w.write(next[i], second, at+w.size*i)
				}
				w.writeLabels(which[i], labels, (at+w.size*i)/2, t)
			}
		}
		for range blocks {
			w.advance(r.block, r.x)
		}
		w.advance(128*blocks, dist)
		w.advance(64*blocks, labels)
		if two {
			w.advance(128*blocks, second)
		}
	})
	w.ret()
}

func (w writer) nearestWide() {
	w.function("nearestWideVector", rowParams+"c k labels dist", "")
	r := w.rows()
	labels, dist, width, points := w.arg("labels"), w.arg("dist"), w.bytes("d"), w.arg("k")
	c, second, p, row, j := w.gp(), w.gp(), w.gp(), w.gp(), w.gp()
	acc, which, b, x, t := w.vec(8), w.vec(4), [2]vec{w.one(), w.one()}, w.vec(1)[0], w.vec(1)[0]
	mask := w.mask(t)
	var following []gp
	for range w.tile() - 1 {
		following = append(following, w.gp())
	}

	w.tiles(r.blocks, w.tile(), func(blocks int, stage string) {
		n := 4 * blocks / w.tile()
		w.infinite([]vec{x}, c)
		for i := range n { // the nearest so far lie in memory
			w.write(x, dist, w.size*i)
		}
		w.zero(which[:n]...)
		w.load("c", c)
		w.move(0, p)
		w.label(stage + "_points")
		w.move(c, second)
		w.advance(width, second)
		w.move(r.x, row)
		rows := w.follow(row, r.block, following[:blocks-1]...)
		w.load("d", j)
		for q := range b {
			w.zero(acc[4*q : 4*q+n]...)
		}
		w.label(stage + "_column")
		w.broadcast(c, b[0])
		w.broadcast(second, b[1])
		for i := range n {
			w.read(rows[i*blocks/n], w.size*(i%(n/blocks)), x)
			for q := range b {
				w.sub(b[q], x, t)
				w.fma(t, t, acc[4*q+i])
			}
		}
		for _, row := range rows {
			w.advance(r.column, row)
		}
		w.repeat(j, stage+"_column")
		for q := range b {
			w.spread(p, 64, b[q])
			w.advance(1, p)
		}
		for i := range n {
			w.read(dist, w.size*i, x)
			for q := range b {
				w.less(acc[4*q+i], x, mask)
				w.choose(mask, b[q], which[i])
				w.lower(mask, acc[4*q+i], x)
			}
			w.write(x, dist, w.size*i)
		}
		w.move(second, c)
		w.jump("LT", p, points, stage+"_points")
		for i, v := range which[:n] {
			w.writeLabels(v, labels, w.size/2*i, t)
		}
		for range blocks {
			w.advance(r.block, r.x)
		}
		w.advance(128*blocks, dist)
		w.advance(64*blocks, labels)
	})
	w.ret()
}

// relax takes two blocks at once as long as there are two: the sums of one alone would
// wait for each other.
func (w writer) relax(name string, lower bool) {
	w.function(name, rowParams+"c near w pot", "")
	r := w.rows()
	near, weights, pot, c, second := w.arg("near"), w.arg("w"), w.arg("pot"), w.gp(), w.gp()
	each := 128 / w.size
	acc, b, t, m := w.vec(2*each), w.one(), w.vec(1)[0], w.vec(1)[0]
	w.tiles(r.blocks, 2, func(n int, stage string) {
		acc := acc[:each*n]
		w.load("c", c)
		x := w.follow(r.x, r.block, []gp{second}[:n-1]...)
		w.squared(x, 0, r.column, c, acc, b, t, stage)
		for i, a := range acc {
			w.read(near, w.size*i, m)
			w.least(a, m, a, t)
			if lower {
				w.write(a, near, w.size*i)
			}
		}
		w.jump("EQ", weights, 0, stage+"_unweighted")
		for i, a := range acc {
			w.read(weights, w.size*i, m)
			w.mul(a, m, a)
		}
		w.advance(128*n, weights)
		w.label(stage + "_unweighted")
		for i := range each {
			w.read(pot, w.size*i, m)
			for q := range n {
				w.add(m, acc[each*q+i], m)
			}
			w.write(m, pot, w.size*i)
		}
		w.advance(128*n, near)
		for range n {
			w.advance(r.block, r.x)
		}
	})
	w.ret()
}

// moments sums the rows of up to three labels, from the given one upwards.
func (w writer) moments() {
	w.function("momentsVector", rowParams+"labels first m high low sum", "")
	r := w.rows()
	columns, first, m, magic, sum, width := w.arg("d"), w.arg("first"), w.arg("m"), []gp{w.arg("high"), w.arg("low")}, w.arg("sum"), w.bytes("d")
	labels, p, blocks := w.gp(), w.gp(), w.gp()
	wanted, unit := []vec{w.one(), w.one(), w.one()}, []vec{w.one(), w.one()}
	for _, v := range wanted {
		w.spread(first, 64, v)
		w.advance(1, first)
	}
	w.jump("LT", m, 2, "labels1")
	w.jump("EQ", m, 2, "labels2")
	taken := w.vecs
	for _, n := range []int{3, 2, 1} {
		w.vecs = taken
		sums, x, low, l, part, mask := w.vec(2*n), w.vec(1)[0], w.vec(1)[0], w.vec(1)[0], w.vec(1)[0], w.mask(w.vec(1)[0])
		name := fmt.Sprint("labels", n)
		w.label(name)
		w.zero(sums...)
		for i, u := range unit {
			w.broadcast(magic[i], u)
		}
		w.move(r.x, p)
		w.move(r.blocks, blocks)
		w.load("labels", labels)
		w.label(name + "_block")
		for q := range 128 / w.size {
			w.readLabels(labels, w.size/2*q, l)
			w.read(p, w.size*q, low)
			w.add(low, unit[0], x)
			w.sub(x, unit[0], x) // high part
			w.sub(low, x, low)
			w.add(low, unit[1], low)
			w.sub(low, unit[1], low)
			for i := range n {
				w.equal(wanted[i], l, 64, mask)
				for s, x := range []vec{x, low} {
					w.addWhere(mask, x, sums[2*i+s], part)
				}
			}
		}
		w.advance(64, labels)
		w.advance(r.block, p)
		w.repeat(blocks, name+"_block")
		w.move(sum, p)
		for _, v := range sums {
			w.total(v, p, x)
			w.advance(width, p)
		}
		w.advance(8, sum)
		w.advance(r.column, r.x)
		w.repeat(columns, name)
		w.ret()
	}
}

// moveRow splits the values of a row and moves both parts from the sums of one cluster, where
// there is one, to those of another.
func (w writer) moveRow() {
	w.function("moveVector", "row columns d high low out in", "")
	row, columns, width := w.arg("row"), w.arg("columns"), w.bytes("d")
	units, out, in := []gp{w.arg("high"), w.arg("low")}, w.arg("out"), w.arg("in")
	lowOut, lowIn := w.gp(), w.gp()
	outs, ins := []gp{out, lowOut}, []gp{in, lowIn}
	w.move(out, lowOut)
	w.advance(width, lowOut)
	w.move(in, lowIn)
	w.advance(width, lowIn)
	v, part, unit, sum := w.vec(1)[0], w.vec(1)[0], w.vec(1)[0], w.vec(1)[0]
	for _, from := range []bool{true, false} {
		name := map[bool]string{true: "both", false: "one"}[from]
		if from {
			w.jump("EQ", out, 0, "one")
		}
		w.label(name)
		w.read(row, 0, v)
		for i := range units {
			w.read(units[i], 0, unit)
			w.add(v, unit, part)
			w.sub(part, unit, part)
			if i == 0 {
				w.sub(v, part, v)
			}
			w.read(ins[i], 0, sum)
			w.add(sum, part, sum)
			w.write(sum, ins[i], 0)
			if from {
				w.read(outs[i], 0, sum)
				w.sub(sum, part, sum)
				w.write(sum, outs[i], 0)
			}
		}
		moved := append([]gp{row}, append(units, ins...)...)
		if from {
			moved = append(moved, outs...)
		}
		for _, p := range moved {
			w.advance(w.size, p)
		}
		w.advance(-w.size/8, columns)
		w.jump("EQ", columns, 0, name+"_end")
		w.op("JMP", name)
		w.label(name + "_end")
		w.ret()
	}
}

func (w writer) count() {
	w.function("countVector", "labels blocks first n", "")
	labels, blocks, first, n := w.arg("labels"), w.arg("blocks"), w.arg("first"), w.arg("n")
	wanted, sum, l, mask := []vec{w.one(), w.one(), w.one()}, w.vec(3), w.vec(1)[0], w.vec(1)[0]
	for _, v := range wanted {
		w.spread(first, 32, v)
		w.advance(1, first)
	}
	w.zero(sum...)
	w.label("block")
	for half := range 2 {
		w.read(labels, 32*half, l)
		for i := range wanted {
			w.equal(wanted[i], l, 32, mask)
			w.tally(mask, sum[i])
		}
	}
	w.advance(64, labels)
	w.repeat(blocks, "block")
	for i, v := range sum {
		w.write(v, n, 32*i)
	}
	w.ret()
}

func (w writer) differ() {
	w.function("differVector", "a b blocks bits", "")
	a, b, blocks, bits := w.arg("a"), w.arg("b"), w.arg("blocks"), w.arg("bits")
	var masks []vec
	for range 64 / w.size {
		masks = append(masks, w.mask(w.vec(1)[0]))
	}
	l, m := w.vec(1)[0], w.vec(1)[0]
	w.label("block")
	for i, mask := range masks {
		w.read(a, w.size*i, l)
		w.read(b, w.size*i, m)
		w.equal(l, m, 32, mask)
	}
	w.unset(masks, bits)
	w.advance(64, a)
	w.advance(64, b)
	w.advance(2, bits)
	w.repeat(blocks, "block")
	w.ret()
}

// widen copies labels as integers of 64 bits and takes the greatest distance in each of eight
// lanes.
func (w writer) widen() {
	w.function("widenVector", "labels dist blocks out most", "")
	labels, dist, blocks, out, most := w.arg("labels"), w.arg("dist"), w.arg("blocks"), w.arg("out"), w.arg("most")
	greatest, v := w.vec(64/w.size), w.vec(1)[0]
	mask := w.mask(w.vec(1)[0])
	w.zero(greatest...)
	w.label("block")
	for q := range 128 / w.size {
		w.readLabels(labels, w.size/2*q, v)
		w.write(v, out, w.size*q)
		w.read(dist, w.size*q, v)
		g := greatest[q%len(greatest)]
		w.less(g, v, mask)
		w.choose(mask, v, g)
	}
	w.advance(64, labels)
	w.advance(128, dist)
	w.advance(128, out)
	w.repeat(blocks, "block")
	for i, g := range greatest {
		w.write(g, most, w.size*i)
	}
	w.ret()
}

// transpose turns blocks of 16 rows into columns of 16.
func (w writer) transpose() {
	w.function("transposeVector", "x blocks d out", "finite")
	x, blocks, out, width := w.arg("x"), w.arg("blocks"), w.arg("out"), w.bytes("d")
	j, p, row, ahead := w.gp(), w.gp(), w.gp(), w.gp()
	n := 128 / w.size
	bad, zero, v, t := w.vec(n), w.one(), w.vec(1)[0], w.vec(1)[0]
	w.prepare(j)
	w.zero(bad...)
	w.zero(zero)
	w.move(x, ahead) // the processor's own prefetching stops at the end of a page
	w.advance(4096, ahead)
	w.load("d", j)
	for d := 2; d <= w.permuted; d++ {
		w.jump("EQ", j, d, fmt.Sprint("columns", d))
	}
	w.label("block")
	w.load("d", j)
	w.move(x, p)
	w.label("column")
	w.prefetch(ahead)
	w.advance(128, ahead)
	w.move(p, row)
	for q := range n {
		w.gather(row, width, v, t)
		w.write(v, out, w.size*q)
		w.fma(v, zero, bad[q]) // stays +0, and becomes NaN where v is not finite
	}
	w.advance(128, out)
	w.advance(8, p)
	w.repeat(j, "column")
	for range 16 {
		w.advance(width, x)
	}
	w.repeat(blocks, "block")
	w.label("end")
	for _, v := range bad[1:] {
		w.or(v, bad[0], bad[0])
	}
	w.none(bad[0], "finite")
	w.ret()
	taken := w.vecs
	for d := 2; d <= w.permuted; d++ {
		w.vecs = taken
		w.label(fmt.Sprint("columns", d))
		w.permute(d, x, blocks, out, ahead, p, bad, zero)
		w.op("JMP", "end")
	}
}

// permute transposes blocks of d columns, few, whose rows lie in as many vectors for each
// vector's number of rows. A column is put together from the first two of them and then
// each further one, by indices that say which value of both each lane takes.
func (w writer) permute(d int, x, blocks, out, ahead, scratch gp, bad []vec, zero vec) {
	lanes := w.size / 8
	rows, column := w.vec(d), w.vec(1)[0]
	var indices [][]vec // of each column, for each vector but the first
	var table []int
	for j := range d {
		of := w.vec(d - 1)
		indices = append(indices, of)
		for q := range of {
			for lane := range lanes {
				from, at := (lane*d+j)/lanes, (lane*d+j)%lanes
				switch {
				case from == q+1:
					at += lanes
				case q > 0 || from > q:
					at = lane
				}
				table = append(table, at)
			}
		}
	}
	w.table(fmt.Sprint("columns", d), table, scratch)
	for i, of := range indices {
		for q, v := range of {
			w.read(scratch, w.size*(i*len(of)+q), v)
		}
	}
	loop := fmt.Sprintf("columns%d_block", d)
	w.label(loop)
	for range d {
		w.prefetch(ahead)
		w.advance(128, ahead)
	}
	for half := range 128 / w.size {
		for q, v := range rows {
			w.read(x, w.size*(half*d+q), v)
			w.fma(v, zero, bad[half])
		}
		for j, of := range indices {
			w.copy(rows[0], column)
			for q, v := range of {
				w.pick(v, rows[q+1], column)
			}
			w.write(column, out, 128*j+w.size*half)
		}
	}
	w.advance(128*d, x)
	w.advance(128*d, out)
	w.repeat(blocks, loop)
}
