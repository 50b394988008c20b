package main

import "fmt"

// avx512 writes instructions of AVX-512 (F, DQ, BW and VL): those of AVX2 on twice the
// width, but for masks, which have registers of their own.
type avx512 struct{ avx }

func newAVX512() machine {
	m := newAVX2().(avx)
	m.letter = "Z"
	m.variant, m.vectors, m.size, m.apart, m.permuted = "512<>", 32, 64, true, 4
	return avx512{m}
}

func (v vec) k() string { return fmt.Sprint("K", v[0]) }

func (m avx512) zero(v ...vec) {
	for _, v := range v {
		m.op("VPXORQ", m.v(v), m.v(v), m.v(v))
	}
}

func (m avx512) less(a, b, mask vec) { m.op("VCMPPD", 0x11, m.v(b), m.v(a), mask.k()) }

func (m avx512) choose(mask, from, to vec) { m.op("VMOVAPD", m.v(from), mask.k(), m.v(to)) }

func (m avx512) addWhere(mask, a, d, _ vec) { m.op("VADDPD", m.v(a), m.v(d), mask.k(), m.v(d)) }

func (m avx512) equal(a, b vec, bits int, mask vec) {
	m.op(map[int]string{32: "VPCMPEQD", 64: "VPCMPEQQ"}[bits], m.v(b), m.v(a), mask.k())
}

func (m avx512) writeLabels(v vec, base gp, offset int, _ vec) {
	m.op("VPMOVQD", m.v(v), at(base, offset))
}

func (m avx512) total(v vec, base gp, scratch vec) {
	m.op("VEXTRACTF64X4", 1, m.v(v), scratch.y())
	m.op("VADDPD", scratch.y(), v.y(), v.y())
	m.avx.total(v, base, scratch)
}

func (m avx512) unset(masks []vec, base gp) {
	r := m.gp()
	m.op("KNOTW", masks[0].k(), masks[0].k())
	m.op("KMOVW", masks[0].k(), r)
	m.op("MOVW", r, at(base, 0))
}

// prepare leaves lane i alone in mask register i.
func (m avx512) prepare(scratch gp) {
	for lane := 1; lane < 8; lane++ {
		m.op("MOVL", 1<<lane, scratch)
		m.op("KMOVW", scratch, vec{lane}.k())
	}
}

func (m avx512) gather(row, width gp, v, _ vec) {
	m.op("VMOVSD", at(row, 0), v.x())
	for lane := 1; lane < 8; lane++ {
		m.op("VBROADCASTSD", fmt.Sprintf("(%s)(%s*%d)", row, width, 2-lane%2), vec{lane}.k(), m.v(v))
		if lane%2 == 0 {
			m.op("LEAQ", fmt.Sprintf("(%s)(%s*2)", row, width), row)
		}
	}
	m.op("LEAQ", fmt.Sprintf("(%s)(%s*2)", row, width), row)
}

func (m avx512) none(v vec, result string) {
	m.op("VPTESTMQ", m.v(v), m.v(v), vec{1}.k())
	m.op("KORTESTW", vec{1}.k(), vec{1}.k())
	m.op("SETEQ", m.parameter(result))
}

func (m avx512) pick(index, a, v vec) { m.op("VPERMT2PD", m.v(a), m.v(index), m.v(v)) }

func (m avx512) table(name string, values []int, base gp) {
	m.op("LEAQ", name+"<>(SB)", base)
	for i, v := range values {
		fmt.Fprintf(&m.data, "DATA %s<>+%d(SB)/8, $%d\n", name, 8*i, v)
	}
	fmt.Fprintf(&m.data, "GLOBL %s<>(SB), RODATA|NOPTR, $%d\n", name, 8*len(values))
}
