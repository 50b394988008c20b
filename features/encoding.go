package features

import (
	"unicode/utf8"

	enc "golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
)

// encodings are those that a text is decoded from by name.
var encodings = map[string]enc.Encoding{
	"utf8": enc.Nop, "utf16le": unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), "utf16be": unicode.UTF16(unicode.BigEndian, unicode.UseBOM),
	"windows1252": charmap.Windows1252, "latin1": charmap.Windows1252, "iso88591": charmap.Windows1252, "iso885915": charmap.ISO8859_15,
	"windows1250": charmap.Windows1250, "windows1251": charmap.Windows1251, "windows1253": charmap.Windows1253, "windows1254": charmap.Windows1254,
	"iso88592": charmap.ISO8859_2, "iso88599": charmap.ISO8859_9, "koi8r": charmap.KOI8R, "windows1255": charmap.Windows1255, "windows1256": charmap.Windows1256,
	"gbk": simplifiedchinese.GB18030, "gb18030": simplifiedchinese.GB18030, "gb2312": simplifiedchinese.GB18030, "big5": traditionalchinese.Big5,
	"shiftjis": japanese.ShiftJIS, "sjis": japanese.ShiftJIS, "eucjp": japanese.EUCJP, "euckr": korean.EUCKR, "cp949": korean.EUCKR, "macroman": charmap.Macintosh,
}

// encodingOf finds the encoding of a text by its first bytes. A nil decoder
// stands for UTF-8. All others but UTF-16 are the likeliest of several.
func encodingOf(head []byte, whole bool) (string, enc.Encoding) {
	name := encodingName(head)
	switch {
	case name == "UTF-16LE":
		return name, encodings["utf16le"]
	case name == "UTF-16BE":
		return name, encodings["utf16be"]
	case name != "UTF-8" || validPrefix(head) || whole && utf8.Valid(head):
		return name, nil
	}
	b := countBytes(head)
	switch {
	case 2*b.runs <= b.high && 10*b.lower >= 6*b.high: // words of small letters, D8 and up
		if 30*b.tonos > b.high {
			return "Windows-1253", charmap.Windows1253
		}
		return "Windows-1251", charmap.Windows1251
	case 20*b.double >= 19*b.pairs && 5*b.kana >= b.pairs:
		return "EUC-JP", japanese.EUCJP
	case 20*b.double >= 19*b.pairs && b.hangul && b.signs >= 8:
		return "EUC-KR", korean.EUCKR
	case 20*b.double >= 19*b.pairs:
		return "GBK", simplifiedchinese.GB18030
	case 50*b.brokenJIS <= b.pairsJIS && (10*b.kanaJIS >= b.pairsJIS || 10*b.kanji >= 6*b.pairsJIS):
		return "Shift-JIS", japanese.ShiftJIS
	case 4*b.turkish >= b.high && !b.nordic:
		return "Windows-1254", charmap.Windows1254
	case 4*b.polish >= b.high || b.czech == 3:
		return "Windows-1250", charmap.Windows1250
	}
	return "Windows-1252", charmap.Windows1252
}

// byteCounts are what tells encodings apart: counts of bytes from 80 up.
type byteCounts struct {
	high, runs int // bytes, and how often they follow one that is lower
	lower      int // E0 to FF: small letters of Cyrillic and Greek
	tonos      int // of them, DC to DF behind another: small letters of Greek with an accent

	pairs, double, kana int // pairs, those of EUC (both bytes from A1 up), and kana among them
	signs               int // different pairs from B0 up
	hangul              bool

	pairsJIS, brokenJIS, kanaJIS, kanji int

	turkish, polish int   // bytes of letters that only these have, between others
	nordic          bool  // letters that Turkish has not
	czech           uint8 // bits: ě, ř, which no Western language has both
}

func countBytes(head []byte) byteCounts {
	var b byteCounts
	signs := map[[2]byte]bool{}
	isLetter := func(i int) bool {
		return i >= 0 && i < len(head) && (head[i]|0x20 >= 'a' && head[i]|0x20 <= 'z')
	}
	b.hangul = true
	for i := 0; i < len(head)-1; i++ { // as pairs of EUC
		if head[i] < utf8.RuneSelf {
			continue
		}
		p, q := head[i], head[i+1]
		b.pairs++
		if p >= 0xa1 && p <= 0xf7 && q >= 0xa1 && q != 0xff {
			b.double++
			if p == 0xa4 || p == 0xa5 {
				b.kana++
			}
			if p >= 0xb0 {
				signs[[2]byte{p, q}] = true
				b.hangul = b.hangul && p <= 0xc8
			}
		}
		i++
	}
	b.signs = len(signs)
	for i := 0; i < len(head)-1; i++ { // as Shift-JIS
		if head[i] < utf8.RuneSelf {
			continue
		}
		p, q := head[i], head[i+1]
		b.pairsJIS++
		switch {
		case p >= 0xa1 && p <= 0xdf: // half-width kana, one byte
			continue
		case q < 0x40 || q == 0x7f || q > 0xfc || p > 0xef || p == 0x80 || p == 0xa0:
			b.brokenJIS++
		case p == 0x82 && q >= 0x9f && q <= 0xf1 || p == 0x83 && q <= 0x96:
			b.kanaJIS++
			b.kanji++
		case p <= 0x9f:
			b.kanji++
		}
		i++
	}
	for i, c := range head { // as one byte a letter
		if c < utf8.RuneSelf {
			continue
		}
		b.high++
		behind := i > 0 && head[i-1] >= utf8.RuneSelf
		if !behind {
			b.runs++
		}
		between := isLetter(i-1) || isLetter(i+1) || behind
		switch {
		case c >= 0xe0:
			b.lower++
		case c >= 0xdc && behind && head[i-1] >= 0xe0:
			b.tonos++
		}
		switch c {
		case 0xd0, 0xdd, 0xde, 0xf0, 0xfd, 0xfe: // Ğİşğış in Windows-1254
			b.turkish++
		case 0xe1, 0xe6, 0xed, 0xfa, 0xc6:
			b.nordic = true
		case 0xec:
			b.czech |= 1
		case 0xf8:
			b.czech |= 2
		case 0x8c, 0x8f, 0x9c, 0x9f, 0xa3, 0xa5, 0xaf, 0xb3, 0xb9, 0xbf: // ŚŹśźŁĄŻłąż in Windows-1250
			if between {
				b.polish++
			}
		}
	}
	return b
}
