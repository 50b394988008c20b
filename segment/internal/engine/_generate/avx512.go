package main

import "fmt"

// avx512 writes instructions of AVX-512 (F, DQ, BW and VL): those of AVX2 on twice the
// width, but for masks, which have registers of their own.
type avx512 struct{ avx }

func newAVX512() machine {
	m := newAVX2().(avx)
	m.letter = "Z"
	m.variant, m.vectors, m.size, m.apart = "512<>", 32, 64, true
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
