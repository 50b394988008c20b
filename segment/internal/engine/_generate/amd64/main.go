// Command amd64 writes the AVX2+FMA kernels of package engine:
//
//	go generate ./segment/internal/engine
//
// Every kernel takes rows in blocks of 16 as structure of arrays: value j of
// row i of block b is x[b·blockStep + j·colStep + i]. A row stays in one lane
// from its first column to its last, so each distance is the very chain of
// fused multiply-adds that the Go kernels compute.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func main() {
	ConstraintExpr("!purego")
	nearest()
	nearestWide()
	nearestTwo()
	relax("potentialVector", "potentialVector adds to the 16 lanes of pot what min(near, squared distance to c), times the weights where w is not nil, sums to.", false)
	relax("relaxVector", "relaxVector is potentialVector and lowers near to the squared distance to c.", true)
	moments()
	count()
	differ()
	transpose()
	Generate()
}

// rows are the parameters that say where the rows lie.
type rows struct {
	x, block, column, d, blocks Register
}

func loadRows() rows {
	r := rows{
		x:      Load(Param("x"), GP64()),
		block:  Load(Param("blockStep"), GP64()),
		column: Load(Param("colStep"), GP64()),
		d:      Load(Param("d"), GP64()),
		blocks: Load(Param("blocks"), GP64()),
	}
	SHLQ(Imm(3), r.block)
	SHLQ(Imm(3), r.column)
	return r
}

func load(name string) GPVirtual { return Load(Param(name), GP64()).(GPVirtual) }

// lanes returns n vector registers.
func lanes(n int) []VecVirtual {
	out := make([]VecVirtual, n)
	for i := range out {
		out[i] = YMM()
	}
	return out
}

// infinite fills v with +Inf.
func infinite(v VecVirtual) {
	one := GP64()
	MOVQ(U64(0x7ff0000000000000), one)
	VMOVQ(one, v.AsX())
	VBROADCASTSD(v.AsX(), v)
}

// label writes four labels of 64 bits as four of 32.
func label(v VecVirtual, to Mem) {
	half := XMM()
	VEXTRACTF128(Imm(1), v, half)
	VSHUFPS(Imm(0x88), half, v.AsX(), v.AsX())
	VMOVUPS(v.AsX(), to)
}

func at(base Register, bytes int) Mem { return Mem{Base: base, Disp: bytes} }

// squared leaves in acc the squared distances of the 16 rows at each x from the
// point at c, and moves c behind it.
func squared(r rows, c Register, acc []VecVirtual, name string, x ...Register) {
	if len(x) == 0 {
		x = []Register{r.x}
	}
	var p []Register
	for range x {
		p = append(p, GP64())
	}
	j, b, t := GP64(), YMM(), lanes(len(x))
	for i := range x {
		MOVQ(x[i], p[i])
	}
	MOVQ(r.d, j)
	VBROADCASTSD(at(c, 0), b)
	each := len(acc) / len(x)
	for i, a := range acc {
		VSUBPD(at(p[i/each], 32*(i%each)), b, a)
		VMULPD(a, a, a)
	}
	ADDQ(Imm(8), c)
	DECQ(j)
	JZ(LabelRef(name + "_done"))
	Label(name + "_column")
	for i := range p {
		ADDQ(r.column, p[i])
	}
	VBROADCASTSD(at(c, 0), b)
	for i, a := range acc {
		t := t[i%len(t)]
		VSUBPD(at(p[i/each], 32*(i%each)), b, t)
		VFMADD231PD(t, t, a)
	}
	ADDQ(Imm(8), c)
	DECQ(j)
	JNZ(LabelRef(name + "_column"))
	Label(name + "_done")
}

func nearest() {
	TEXT("nearestVector", NOSPLIT, "func(x *float64, blocks, blockStep, colStep, d int, c *float64, k int, labels *int32, dist *float64)")
	Doc("nearestVector computes label and squared distance of the nearest of k points; for few columns.")
	Pragma("noescape")
	r := loadRows()
	labels, dist := load("labels"), load("dist")
	one := GLOBL("one", RODATA|NOPTR)
	for i := range 4 {
		DATA(8*i, U64(1))
	}
	best, which, acc := lanes(4), lanes(4), lanes(4)
	index, mask := YMM(), YMM()
	c, k := GP64(), GP64()

	Label("nearest_block")
	infinite(best[0])
	for i := range best {
		if i > 0 {
			VMOVAPD(best[0], best[i])
		}
		VXORPD(which[i], which[i], which[i])
	}
	VXORPD(index, index, index)
	Load(Param("c"), c)
	Load(Param("k"), k)
	Label("nearest_point")
	squared(r, c, acc, "nearest")
	for i, a := range acc {
		VCMPPD(Imm(0x11), best[i], a, mask)
		VMINPD(best[i], a, best[i])
		VBLENDVPD(mask, index, which[i], which[i])
	}
	VPADDQ(one, index, index)
	DECQ(k)
	JNZ(LabelRef("nearest_point"))
	for i := range best {
		VMOVUPD(best[i], at(dist, 32*i))
		label(which[i], at(labels, 16*i))
	}
	ADDQ(r.block, r.x)
	ADDQ(Imm(128), dist)
	ADDQ(Imm(64), labels)
	DECQ(r.blocks)
	JNZ(LabelRef("nearest_block"))
	VZEROUPPER()
	RET()
}

func nearestWide() {
	TEXT("nearestWideVector", NOSPLIT, "func(x *float64, blocks, blockStep, colStep, d int, c *float64, k int, labels *int32, dist *float64)")
	Doc("nearestWideVector is nearestVector for many columns: a tile of 16 rows by 2 points stays in registers. k is even.")
	Pragma("noescape")
	r := loadRows()
	labels, dist := load("labels"), load("dist")
	which := AllocLocal(128)
	one := Mem{Symbol: Symbol{Name: "one", Static: true}, Base: StaticBase}
	index := AllocLocal(32)
	c, second, k, p, j, width := GP64(), GP64(), GP64(), GP64(), GP64(), GP64()
	MOVQ(r.d, width)
	SHLQ(Imm(3), width)

	Label("wide_block")
	{
		v := YMM()
		infinite(v)
		for i := range 4 {
			VMOVUPD(v, at(dist, 32*i))
		}
		VXORPD(v, v, v)
		VMOVUPD(v, index)
		for i := range 4 {
			VMOVUPD(v, which.Offset(32*i))
		}
	}
	Load(Param("c"), c)
	Load(Param("k"), k)
	Label("wide_points")
	MOVQ(c, second)
	ADDQ(width, second)
	MOVQ(r.x, p)
	MOVQ(r.d, j)
	acc := lanes(8)
	for _, a := range acc {
		VXORPD(a, a, a)
	}
	Label("wide_column")
	{
		x, b, t := lanes(4), YMM(), lanes(2)
		VBROADCASTSD(at(c, 0), b)
		for i := range x {
			VMOVUPD(at(p, 32*i), x[i])
			VSUBPD(x[i], b, t[i%2])
			VFMADD231PD(t[i%2], t[i%2], acc[i])
		}
		VBROADCASTSD(at(second, 0), b)
		for i := range x {
			VSUBPD(x[i], b, t[i%2])
			VFMADD231PD(t[i%2], t[i%2], acc[4+i])
		}
	}
	ADDQ(Imm(8), c)
	ADDQ(Imm(8), second)
	ADDQ(r.column, p)
	DECQ(j)
	JNZ(LabelRef("wide_column"))
	{
		i1, i2, best, w, mask := YMM(), YMM(), YMM(), YMM(), YMM()
		VMOVUPD(index, i1)
		VPADDQ(one, i1, i2)
		for i := range 4 {
			VMOVUPD(at(dist, 32*i), best)
			VMOVUPD(which.Offset(32*i), w)
			VCMPPD(Imm(0x11), best, acc[i], mask)
			VMINPD(best, acc[i], best)
			VBLENDVPD(mask, i1, w, w)
			VCMPPD(Imm(0x11), best, acc[4+i], mask)
			VMINPD(best, acc[4+i], best)
			VBLENDVPD(mask, i2, w, w)
			VMOVUPD(best, at(dist, 32*i))
			VMOVUPD(w, which.Offset(32*i))
		}
		VPADDQ(one, i2, i1)
		VMOVUPD(i1, index)
	}
	ADDQ(width, c)
	SUBQ(Imm(2), k)
	JNZ(LabelRef("wide_points"))
	for i := range 4 {
		v := YMM()
		VMOVUPD(which.Offset(32*i), v)
		label(v, at(labels, 16*i))
	}
	ADDQ(r.block, r.x)
	ADDQ(Imm(128), dist)
	ADDQ(Imm(64), labels)
	DECQ(r.blocks)
	JNZ(LabelRef("wide_block"))
	VZEROUPPER()
	RET()
}

// nearestTwo takes the rows of a block in two halves: more do not fit.
func nearestTwo() {
	TEXT("nearestTwoVector", NOSPLIT, "func(x *float64, blocks, blockStep, colStep, d int, c *float64, k int, labels *int32, dist, second *float64)")
	Doc("nearestTwoVector computes label and squared distance of the nearest of k points, and the squared distance of the second-nearest.")
	Pragma("noescape")
	r := loadRows()
	labels, dist, second := load("labels"), load("dist"), load("second")
	one := Mem{Symbol: Symbol{Name: "one", Static: true}, Base: StaticBase}
	c, k, half := GP64(), GP64(), GP64()
	best, next, which, acc := lanes(2), lanes(2), lanes(2), lanes(2)
	index, mask := YMM(), YMM()

	Label("two_block")
	MOVQ(U32(2), half)
	Label("two_half")
	infinite(best[0])
	VMOVAPD(best[0], best[1])
	VMOVAPD(best[0], next[0])
	VMOVAPD(best[0], next[1])
	VXORPD(which[0], which[0], which[0])
	VXORPD(which[1], which[1], which[1])
	VXORPD(index, index, index)
	Load(Param("c"), c)
	Load(Param("k"), k)
	Label("two_point")
	squared(r, c, acc, "two")
	for i, a := range acc {
		VCMPPD(Imm(0x11), best[i], a, mask)
		VBLENDVPD(mask, index, which[i], which[i])
		VMAXPD(a, best[i], mask) // NaN where the new one is, which the next passes over
		VMINPD(next[i], mask, next[i])
		VMINPD(best[i], a, best[i])
	}
	VPADDQ(one, index, index)
	DECQ(k)
	JNZ(LabelRef("two_point"))
	for i := range best {
		VMOVUPD(best[i], at(dist, 32*i))
		VMOVUPD(next[i], at(second, 32*i))
		label(which[i], at(labels, 16*i))
	}
	ADDQ(Imm(64), r.x)
	ADDQ(Imm(64), dist)
	ADDQ(Imm(64), second)
	ADDQ(Imm(32), labels)
	DECQ(half)
	JNZ(LabelRef("two_half"))
	SUBQ(Imm(128), r.x)
	ADDQ(r.block, r.x)
	DECQ(r.blocks)
	JNZ(LabelRef("two_block"))
	VZEROUPPER()
	RET()
}

// relax takes two blocks at once as long as there are two: the sums of one
// alone would wait for each other.
func relax(name, doc string, write bool) {
	TEXT(name, NOSPLIT, "func(x *float64, blocks, blockStep, colStep, d int, c, near, w *float64, pot *[16]float64)")
	Doc(doc)
	Pragma("noescape")
	r := loadRows()
	near, w, pot := load("near"), load("w"), load("pot")
	c, second := GP64(), GP64()
	sum := YMM()
	for _, stage := range []struct {
		name string
		n    int
	}{{"two", 2}, {"one", 1}} {
		acc := lanes(4 * stage.n)
		Label(stage.name)
		CMPQ(r.blocks, Imm(uint64(stage.n)))
		JL(LabelRef(stage.name + "_end"))
		Load(Param("c"), c)
		x := []Register{r.x, second}[:stage.n]
		if stage.n == 2 {
			MOVQ(r.x, second)
			ADDQ(r.block, second)
		}
		squared(r, c, acc, "relax_"+stage.name, x...)
		for i, a := range acc {
			VMINPD(at(near, 32*i), a, a)
			if write {
				VMOVUPD(a, at(near, 32*i))
			}
		}
		TESTQ(w, w)
		JZ(LabelRef(stage.name + "_unweighted"))
		for i, a := range acc {
			VMULPD(at(w, 32*i), a, a)
		}
		ADDQ(U32(128*stage.n), w)
		Label(stage.name + "_unweighted")
		for i := range 4 {
			VADDPD(at(pot, 32*i), acc[i], sum)
			if stage.n == 2 {
				VADDPD(acc[4+i], sum, sum)
			}
			VMOVUPD(sum, at(pot, 32*i))
		}
		ADDQ(U32(128*stage.n), near)
		for range stage.n {
			ADDQ(r.block, r.x)
		}
		SUBQ(Imm(uint64(stage.n)), r.blocks)
		JMP(LabelRef(stage.name))
		Label(stage.name + "_end")
	}
	VZEROUPPER()
	RET()
}

// moments sums the rows of up to three labels, from the given one upwards.
func moments() {
	TEXT("momentsVector", NOSPLIT, "func(x *float64, blocks, blockStep, colStep, d int, labels *int32, first, m int, magic, sum *float64)")
	Doc("momentsVector writes to sum, for each of the m ≤ 3 labels from first, the d high and then the d low parts of the sums of its rows.")
	Pragma("noescape")
	r := loadRows()
	first, m, magic, sum := load("first"), load("m"), load("magic"), load("sum")
	labelsAt, width := GP64(), GP64()
	MOVQ(r.d, width)
	SHLQ(Imm(3), width)
	wanted := lanes(3)
	{
		// The labels as 64-bit lanes, as bits to compare with.
		for i := range wanted {
			t := GP64()
			MOVQ(first, t)
			ADDQ(Imm(uint64(i)), t)
			VMOVQ(t, wanted[i].AsX())
			VPBROADCASTQ(wanted[i].AsX(), wanted[i])
		}
	}
	CMPQ(m, Imm(2))
	JL(LabelRef("one_column"))
	JE(LabelRef("two_column"))
	for _, size := range []struct {
		name string
		n    int
	}{{"three", 3}, {"two", 2}, {"one", 1}} {
		name, n := size.name, size.n
		Label(name + "_column")
		high, low := lanes(n), lanes(n)
		for i := range n {
			VXORPD(high[i], high[i], high[i])
			VXORPD(low[i], low[i], low[i])
		}
		p, b := GP64(), GP64()
		MOVQ(r.x, p)
		Load(Param("blocks"), b)
		Load(Param("labels"), labelsAt)
		Label(name + "_block")
		for q := range 4 {
			l, x, t := YMM(), YMM(), YMM()
			VPMOVSXDQ(at(labelsAt, 16*q), l)
			VMOVUPD(at(p, 32*q), t)
			{
				VADDPD(brd(magic, 0), t, x)
				VSUBPD(brd(magic, 0), x, x) // high part
				VSUBPD(x, t, t)
				VADDPD(brd(magic, 32), t, t)
				VSUBPD(brd(magic, 32), t, t) // low part
			}
			for i := range n {
				mask, part := YMM(), YMM()
				VPCMPEQQ(wanted[i], l, mask)
				VANDPD(x, mask, part)
				VADDPD(part, high[i], high[i])
				VANDPD(t, mask, mask)
				VADDPD(mask, low[i], low[i])
			}
		}
		ADDQ(Imm(64), labelsAt)
		ADDQ(r.block, p)
		DECQ(b)
		JNZ(LabelRef(name + "_block"))
		out := GP64()
		MOVQ(sum, out)
		for i := range n {
			for _, v := range []VecVirtual{high[i], low[i]} {
				h := XMM()
				VEXTRACTF128(Imm(1), v, h)
				VADDPD(h, v.AsX(), v.AsX())
				VPERMILPD(Imm(1), v.AsX(), h)
				VADDSD(h, v.AsX(), v.AsX())
				VMOVSD(v.AsX(), at(out, 0))
				ADDQ(width, out)
			}
		}
		ADDQ(Imm(8), sum)
		ADDQ(Imm(64), magic)
		ADDQ(r.column, r.x)
		DECQ(r.d)
		JNZ(LabelRef(name + "_column"))
		VZEROUPPER()
		RET()
	}
}

// brd returns four equal values in memory.
func brd(base Register, disp int) Mem { return at(base, disp) }

// count counts labels.
func count() {
	TEXT("countVector", NOSPLIT, "func(labels *int32, blocks, first int, n *[24]int32)")
	Doc("countVector counts how often each of three labels from first occurs, in eight lanes each.")
	Pragma("noescape")
	labels, blocks, first, n := load("labels"), load("blocks"), load("first"), load("n")
	wanted, sum := lanes(3), lanes(3)
	for i := range wanted {
		VMOVD(first.As32(), wanted[i].AsX())
		VPBROADCASTD(wanted[i].AsX(), wanted[i])
		VPXOR(sum[i], sum[i], sum[i])
		INCQ(first)
	}
	Label("block")
	for half := range 2 {
		l, mask := YMM(), YMM()
		VMOVDQU(at(labels, 32*half), l)
		for i := range wanted {
			VPCMPEQD(wanted[i], l, mask)
			VPSUBD(mask, sum[i], sum[i])
		}
	}
	ADDQ(Imm(64), labels)
	DECQ(blocks)
	JNZ(LabelRef("block"))
	for i := range sum {
		VMOVDQU(sum[i], at(n, 32*i))
	}
	VZEROUPPER()
	RET()
}

func differ() {
	TEXT("differVector", NOSPLIT, "func(a, b *int32, blocks int, bits *uint16)")
	Doc("differVector sets bit i of bits[b] where label i of block b differs.")
	Pragma("noescape")
	a, b, blocks, bits := load("a"), load("b"), load("blocks"), load("bits")
	Label("block")
	lo, hi := YMM(), YMM()
	VMOVUPS(at(a, 0), lo)
	VPCMPEQD(at(b, 0), lo, lo)
	VMOVUPS(at(a, 32), hi)
	VPCMPEQD(at(b, 32), hi, hi)
	l, h := GP32(), GP32()
	VMOVMSKPS(lo, l)
	VMOVMSKPS(hi, h)
	SHLL(Imm(8), h)
	ORL(h, l)
	NOTL(l)
	MOVW(l.As16(), at(bits, 0))
	ADDQ(Imm(64), a)
	ADDQ(Imm(64), b)
	ADDQ(Imm(2), bits)
	DECQ(blocks)
	JNZ(LabelRef("block"))
	VZEROUPPER()
	RET()
}

// transpose turns blocks of 16 rows into columns of 16.
func transpose() {
	TEXT("transposeVector", NOSPLIT, "func(x *float64, blocks, d int, out *float64) (finite bool)")
	Doc("transposeVector turns blocks of 16 rows of d values into blocks of d columns of 16 values, and reports whether all values are finite.")
	Pragma("noescape")
	x, blocks, d, out := load("x"), load("blocks"), load("d"), load("out")
	width, three := GP64(), GP64()
	MOVQ(d, width)
	SHLQ(Imm(3), width)
	LEAQ(Mem{Base: width, Index: width, Scale: 2}, three)
	bad, zero := YMM(), YMM()
	VXORPD(bad, bad, bad)
	VXORPD(zero, zero, zero)
	j, p, row, ahead := GP64(), GP64(), GP64(), GP64()
	LEAQ(at(x, 4096), ahead) // the processor's own prefetching stops at the end of a page
	Label("block")
	MOVQ(d, j)
	MOVQ(x, p)
	Label("column")
	PREFETCHT0(at(ahead, 0))
	PREFETCHT0(at(ahead, 64))
	ADDQ(Imm(128), ahead)
	MOVQ(p, row)
	for q := range 4 {
		a, b, v := XMM(), XMM(), YMM()
		VMOVSD(Mem{Base: row}, a)
		VMOVHPD(Mem{Base: row, Index: width, Scale: 1}, a, a)
		VMOVSD(Mem{Base: row, Index: width, Scale: 2}, b)
		VMOVHPD(Mem{Base: row, Index: three, Scale: 1}, b, b)
		VINSERTF128(Imm(1), b, a.AsY(), v)
		VMOVUPD(v, at(out, 32*q))
		VMULPD(zero, v, v) // NaN where v is not finite
		VORPD(v, bad, bad)
		if q < 3 {
			LEAQ(Mem{Base: row, Index: width, Scale: 4}, row)
		}
	}
	ADDQ(Imm(128), out)
	ADDQ(Imm(8), p)
	DECQ(j)
	JNZ(LabelRef("column"))
	t := GP64()
	MOVQ(width, t)
	SHLQ(Imm(4), t)
	ADDQ(t, x)
	DECQ(blocks)
	JNZ(LabelRef("block"))
	VCMPPD(Imm(3), bad, bad, bad) // unordered: some lane is NaN
	m := GP32()
	VMOVMSKPD(bad, m)
	TESTL(m, m)
	ok, err := ReturnIndex(0).Resolve()
	if err != nil {
		panic(err)
	}
	SETEQ(ok.Addr)
	VZEROUPPER()
	RET()
}
