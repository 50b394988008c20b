package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

func TestKernelsAreWhatIsGenerated(t *testing.T) {
	for name, want := range files() {
		got, err := os.ReadFile("../" + name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what this command writes: run go generate ./segment/internal/engine", name)
		}
	}
}

// The words are those of GNU's assembler for aarch64 (binutils 2.40).
func TestWords(t *testing.T) {
	for _, test := range []struct {
		write func(m neon)
		want  string
	}{
		{func(m neon) { m.word("FADD", 0, 0, 0) }, "WORD $0x4e60d400 // FADD V0.2D, V0.2D, V0.2D"},
		{func(m neon) { m.word("FADD", 31, 1, 18) }, "WORD $0x4e72d43f // FADD V31.2D, V1.2D, V18.2D"},
		{func(m neon) { m.word("FSUB", 5, 31, 2) }, "WORD $0x4ee2d7e5 // FSUB V5.2D, V31.2D, V2.2D"},
		{func(m neon) { m.word("FSUB", 16, 8, 31) }, "WORD $0x4effd510 // FSUB V16.2D, V8.2D, V31.2D"},
		{func(m neon) { m.word("FMUL", 31, 31, 31) }, "WORD $0x6e7fdfff // FMUL V31.2D, V31.2D, V31.2D"},
		{func(m neon) { m.word("FMUL", 3, 20, 9) }, "WORD $0x6e69de83 // FMUL V3.2D, V20.2D, V9.2D"},
		{func(m neon) { m.word("FCMGT", 7, 30, 17) }, "WORD $0x6ef1e7c7 // FCMGT V7.2D, V30.2D, V17.2D"},
		{func(m neon) { m.word("FCMGT", 24, 1, 2) }, "WORD $0x6ee2e438 // FCMGT V24.2D, V1.2D, V2.2D"},
		{func(m neon) { m.pair(0, 0) }, "WORD $0x7e70d800 // FADDP D0, V0.2D"},
		{func(m neon) { m.pair(31, 21) }, "WORD $0x7e70dabf // FADDP D31, V21.2D"},
	} {
		m := newNEON().(neon)
		test.write(m)
		if got := strings.TrimSpace(m.String()); got != test.want {
			t.Errorf("%s, want %s", got, test.want)
		}
	}
}
