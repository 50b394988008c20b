package main

import "fmt"

// avx writes instructions of AVX2 and FMA; a vec is a register.
type avx struct {
	*target
	letter string // of the registers
}

func newAVX2() machine {
	return avx{&target{
		vectors: 16, each: 1, size: 32, mov: "MOVQ", plus: "ADDQ", left: "SHLQ",
		general: []gp{"AX", "BX", "CX", "DX", "SI", "DI", "R8", "R9", "R10", "R11", "R12", "R13", "R14", "R15"},
	}, "Y"}
}

func (m avx) v(v vec) string { return fmt.Sprint(m.letter, v[0]) }
func (v vec) y() string      { return fmt.Sprint("Y", v[0]) }
func (v vec) x() string      { return fmt.Sprint("X", v[0]) }

func (m avx) output() *target { return m.target }

func (m avx) repeat(n gp, label string) {
	m.op("DECQ", n)
	m.op("JNE", label)
}

func (m avx) jump(condition string, x gp, y any, label string) {
	m.op("CMPQ", x, y)
	m.op("J"+condition, label)
}

func (m avx) ret() {
	m.op("VZEROUPPER")
	m.op("RET")
}

func (m avx) read(base gp, offset int, v vec)  { m.op("VMOVUPD", at(base, offset), m.v(v)) }
func (m avx) write(v vec, base gp, offset int) { m.op("VMOVUPD", m.v(v), at(base, offset)) }

func (m avx) broadcast(base gp, v vec) {
	m.op("VBROADCASTSD", at(base, 0), m.v(v))
	m.advance(8, base)
}

func (m avx) spread(r gp, bits int, v vec) {
	size := map[int]string{32: "D", 64: "Q"}[bits]
	m.op("VMOV"+size, r, v.x())
	m.op("VPBROADCAST"+size, v.x(), m.v(v))
}

func (m avx) zero(v ...vec) {
	for _, v := range v {
		m.op("VXORPD", m.v(v), m.v(v), m.v(v))
	}
}

func (m avx) copy(from, to vec) { m.op("VMOVAPD", m.v(from), m.v(to)) }

func (m avx) add(a, b, d vec)       { m.op("VADDPD", m.v(b), m.v(a), m.v(d)) }
func (m avx) sub(a, b, d vec)       { m.op("VSUBPD", m.v(b), m.v(a), m.v(d)) }
func (m avx) mul(a, b, d vec)       { m.op("VMULPD", m.v(b), m.v(a), m.v(d)) }
func (m avx) fma(a, b, d vec)       { m.op("VFMADD231PD", m.v(b), m.v(a), m.v(d)) }
func (m avx) or(a, b, d vec)        { m.op("VORPD", m.v(b), m.v(a), m.v(d)) }
func (m avx) tally(mask, d vec)     { m.op("VPSUBD", m.v(mask), m.v(d), m.v(d)) }
func (m avx) less(a, b, d vec)      { m.op("VCMPPD", 0x11, m.v(b), m.v(a), m.v(d)) }
func (m avx) lower(_, a, b vec)     { m.op("VMINPD", m.v(b), m.v(a), m.v(b)) }
func (m avx) larger(_, a, b, d vec) { m.op("VMAXPD", m.v(a), m.v(b), m.v(d)) }
func (m avx) least(a, b, d, _ vec)  { m.op("VMINPD", m.v(b), m.v(a), m.v(d)) }

func (m avx) subRead(a vec, base gp, offset int, d vec) {
	m.op("VSUBPD", at(base, offset), m.v(a), m.v(d))
}

func (m avx) addWhere(mask, a, d, scratch vec) {
	m.op("VANDPD", mask.y(), a.y(), scratch.y())
	m.add(d, scratch, d)
}

func (m avx) equal(a, b vec, bits int, mask vec) {
	m.op(map[int]string{32: "VPCMPEQD", 64: "VPCMPEQQ"}[bits], m.v(b), m.v(a), m.v(mask))
}

func (m avx) choose(mask, from, to vec) { m.op("VBLENDVPD", m.v(mask), m.v(from), m.v(to), m.v(to)) }

func (m avx) readLabels(base gp, offset int, v vec) { m.op("VPMOVSXDQ", at(base, offset), m.v(v)) }

func (m avx) writeLabels(v vec, base gp, offset int, scratch vec) {
	m.op("VEXTRACTF128", 1, v.y(), scratch.x())
	m.op("VSHUFPS", 0x88, scratch.x(), v.x(), v.x())
	m.op("VMOVUPS", v.x(), at(base, offset))
}

func (m avx) total(v vec, base gp, scratch vec) {
	m.op("VEXTRACTF128", 1, v.y(), scratch.x())
	m.op("VADDPD", scratch.x(), v.x(), v.x())
	m.op("VPERMILPD", 1, v.x(), scratch.x())
	m.op("VADDSD", scratch.x(), v.x(), v.x())
	m.op("VMOVSD", v.x(), at(base, 0))
}

func (m avx) unset(masks []vec, base gp) {
	r, s := m.gp(), m.gp()
	m.op("VMOVMSKPS", masks[0].y(), r)
	m.op("VMOVMSKPS", masks[1].y(), s)
	m.op("SHLL", 8, s)
	m.op("ORL", s, r)
	m.op("NOTL", r)
	m.op("MOVW", r, at(base, 0))
}

func (m avx) prepare(gp) {}

func (m avx) pick(_, _, _ vec)        { panic("there is no such instruction") }
func (m avx) table(string, []int, gp) { panic("there is no use for it") }

func (m avx) gather(row, width gp, v, scratch vec) {
	for _, v := range []vec{v, scratch} {
		m.op("VMOVSD", at(row, 0), v.x())
		m.op("VMOVHPD", fmt.Sprintf("(%s)(%s*1)", row, width), v.x(), v.x())
		m.op("LEAQ", fmt.Sprintf("(%s)(%s*2)", row, width), row)
	}
	m.op("VINSERTF128", 1, scratch.x(), v.y(), v.y())
}

func (m avx) prefetch(base gp) {
	m.op("PREFETCHT0", at(base, 0))
	m.op("PREFETCHT0", at(base, 64))
}

func (m avx) none(v vec, result string) {
	m.op("VPTEST", v.y(), v.y())
	m.op("SETEQ", m.parameter(result))
}
