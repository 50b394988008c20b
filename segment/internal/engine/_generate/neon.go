package main

import "fmt"

// neon writes instructions of NEON; a vec is two registers.
//
// Go's assembler does not know those that add, subtract, multiply and compare float64:
// they are written as words (Arm Architecture Reference Manual for A-profile, DDI 0487,
// chapter C7.2).
type neon struct{ *target }

func newNEON() machine {
	t := &target{vectors: 32, each: 2, size: 32, mov: "MOVD", plus: "ADD", left: "LSL"}
	for i := range 16 { // the next belong to the linker and the system
		t.general = append(t.general, gp(fmt.Sprint("R", i)))
	}
	return neon{t}
}

func (m neon) output() *target { return m.target }

func (m neon) repeat(n gp, label string) {
	m.op("SUBS", 1, n)
	m.op("BNE", label)
}

func (m neon) jump(condition string, x gp, y any, label string) {
	m.op("CMP", y, x)
	m.op("B"+condition, label)
}

func (m neon) ret() { m.op("RET") }

// lanes returns register v with its lanes: B16, S4, D2, ….
func lanes(v int, lanes string) string { return fmt.Sprintf("V%d.%s", v, lanes) }

// both writes an instruction for each register of the last vector.
func (m neon) both(name, as string, vectors ...vec) {
	for half := range vectors[len(vectors)-1].registers() {
		var operands []any
		for _, v := range vectors {
			operands = append(operands, lanes(v[half], as))
		}
		m.op(name, operands...)
	}
}

func (v vec) registers() []int {
	if v[0] == v[1] {
		return v[:1]
	}
	return v[:]
}

// words are instructions on the two float64 of vector registers that Go's assembler does
// not know. Their registers lie at the same bits in all of them.
var words = map[string]uint32{
	"FADD":  0x4e60d400, // d = n + m
	"FSUB":  0x4ee0d400, // d = n − m
	"FMUL":  0x6e60dc00, // d = n · m
	"FCMGT": 0x6ee0e400, // d = all ones where n > m, else zeros
}

// word writes an instruction with the operands in the manual's order, the target first.
func (m neon) word(name string, d, n, o int) {
	word := words[name] | uint32(o)<<16 | uint32(n)<<5 | uint32(d)
	fmt.Fprintf(m, "\tWORD $%#08x // %s V%d.2D, V%d.2D, V%d.2D\n", word, name, d, n, o)
}

// pair writes FADDP (scalar): d is the sum of the two lanes of n.
func (m neon) pair(d, n int) {
	fmt.Fprintf(m, "\tWORD $%#08x // FADDP D%d, V%d.2D\n", 0x7e70d800|uint32(n)<<5|uint32(d), d, n)
}

func (m neon) float(name string, n, o, d vec) {
	for half := range d {
		m.word(name, d[half], n[half], o[half])
	}
}

func (m neon) read(base gp, offset int, v vec) {
	if v[0] == v[1] {
		m.op("FMOVQ", at(base, offset), fmt.Sprint("F", v[0]))
		return
	}
	m.op("FLDPQ", at(base, offset), fmt.Sprintf("(F%d, F%d)", v[0], v[1]))
}

func (m neon) write(v vec, base gp, offset int) {
	m.op("FSTPQ", fmt.Sprintf("(F%d, F%d)", v[0], v[1]), at(base, offset))
}

func (m neon) broadcast(base gp, v vec) {
	m.op("VLD1R.P", at(base, 8), "["+lanes(v[0], "D2")+"]")
}

func (m neon) spread(r gp, bits int, v vec) {
	for _, half := range v.registers() {
		m.op("VDUP", r, lanes(half, integers[bits]))
	}
}

// integers are the lanes of so many bits.
var integers = map[int]string{32: "S4", 64: "D2"}

func (m neon) zero(v ...vec) {
	for _, v := range v {
		m.both("VEOR", "B16", v, v, v)
	}
}

func (m neon) copy(from, to vec) { m.both("VMOV", "B16", from, to) }

func (m neon) add(a, b, d vec)   { m.float("FADD", a, b, d) }
func (m neon) sub(a, b, d vec)   { m.float("FSUB", a, b, d) }
func (m neon) mul(a, b, d vec)   { m.float("FMUL", a, b, d) }
func (m neon) fma(a, b, d vec)   { m.both("VFMLA", "D2", b, a, d) }
func (m neon) or(a, b, d vec)    { m.both("VORR", "B16", b, a, d) }
func (m neon) tally(mask, d vec) { m.both("VSUB", "S4", mask, d, d) }
func (m neon) less(a, b, d vec)  { m.float("FCMGT", b, a, d) }

func (m neon) subRead(a vec, base gp, offset int, d vec) {
	m.read(base, offset, d)
	m.sub(a, d, d)
}

func (m neon) addWhere(mask, a, d, scratch vec) {
	m.both("VAND", "B16", mask, a, scratch)
	m.add(d, scratch, d)
}

func (m neon) equal(a, b vec, bits int, mask vec) { m.both("VCMEQ", integers[bits], b, a, mask) }

func (m neon) choose(mask, from, to vec) { m.both("VBIT", "B16", mask, from, to) }
func (m neon) lower(mask, a, b vec)      { m.choose(mask, a, b) }

func (m neon) larger(mask, a, b, d vec) {
	m.copy(mask, d)
	m.both("VBSL", "B16", a, b, d)
}

func (m neon) least(a, b, d, scratch vec) {
	m.less(a, b, scratch)
	m.both("VBSL", "B16", b, a, scratch)
	m.copy(scratch, d)
}

func (m neon) readLabels(base gp, offset int, v vec) {
	m.op("FMOVQ", at(base, offset), fmt.Sprint("F", v[1]))
	m.op("VUXTL", lanes(v[1], "S2"), lanes(v[0], "D2"))
	m.op("VUXTL2", lanes(v[1], "S4"), lanes(v[1], "D2"))
}

func (m neon) writeLabels(v vec, base gp, offset int, _ vec) {
	m.op("VUZP1", lanes(v[1], "S4"), lanes(v[0], "S4"), lanes(v[0], "S4"))
	m.op("FMOVQ", fmt.Sprint("F", v[0]), at(base, offset))
}

func (m neon) total(v vec, base gp, _ vec) {
	m.word("FADD", v[0], v[0], v[1])
	m.pair(v[0], v[0])
	m.op("FMOVD", fmt.Sprint("F", v[0]), at(base, 0))
}

// unset packs the masks to one byte for each of the 16, then to one bit.
func (m neon) unset(masks []vec, base gp) {
	lo, hi := masks[0], masks[1]
	r, power := m.gp(), m.one()[0]
	narrow := func(a, b int, as string) { m.op("VUZP1", lanes(b, as), lanes(a, as), lanes(a, as)) }
	narrow(lo[0], lo[1], "H8")
	narrow(hi[0], hi[1], "H8")
	narrow(lo[0], hi[0], "B16")
	bits := lanes(lo[0], "B16")
	m.op("MOVD", "$0x8040201008040201", r) // bit i of byte i
	m.op("VDUP", r, lanes(power, "D2"))
	m.op("VAND", lanes(power, "B16"), bits, bits)
	for range 3 {
		m.op("VADDP", bits, bits, bits)
	}
	m.op("VMOV", lanes(lo[0], "H[0]"), r)
	m.op("MVN", r, r)
	m.op("MOVH", r, at(base, 0))
}

func (m neon) prepare(gp) {}

func (m neon) pick(_, _, _ vec)        { panic("there is no such instruction") }
func (m neon) table(string, []int, gp) { panic("there is no use for it") }

func (m neon) gather(row, width gp, v, _ vec) {
	for _, half := range v {
		next := fmt.Sprintf("(%s)(%s)", row, width)
		m.op("VLD1.P", next, "["+lanes(half, "D1")+"]")
		m.op("VLD1.P", next, lanes(half, "D[1]"))
	}
}

// prefetch leaves it to the processor: what it would bring has not been measured.
func (m neon) prefetch(gp) {}

func (m neon) none(v vec, result string) {
	r, s := m.gp(), m.gp()
	m.op("VORR", lanes(v[1], "B16"), lanes(v[0], "B16"), lanes(v[0], "B16"))
	m.op("VMOV", lanes(v[0], "D[0]"), r)
	m.op("VMOV", lanes(v[0], "D[1]"), s)
	m.op("ORR", s, r)
	m.op("CMP", 0, r)
	m.op("CSET", "EQ", r)
	m.op("MOVB", r, m.parameter(result))
}
