package xlsx

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation/features"
)

// FuzzRead reads workbooks that are damaged in any way: it ends, in an error
// that says of what, or in a table.
func FuzzRead(f *testing.F) {
	for _, name := range must(filepath.Glob("testdata/*.xlsx")) {
		f.Add(must(os.ReadFile(name)), "")
	}
	for _, data := range []string{
		`<row r="2"><c r="B2" t="str"><v>a</v></c><c r="C2" t="inlineStr"><is><t>b</t></is></c></row><row r="4"><c r="B4"><f>1+1</f></c><c r="C4" t="e"><v>#N/A</v></c></row>`,
		`<row><c t="str"><v>a_x0041_</v></c></row><row hidden="1"><c t="d"><v>2024-01-02</v></c></row></sheetData><mergeCells><mergeCell ref="A1:A2"/></mergeCells><sheetData>`,
	} {
		f.Add([]byte(nil), data)
	}
	f.Fuzz(func(t *testing.T, file []byte, data string) {
		r := bytes.NewReader(file)
		if len(file) == 0 {
			r = sheetOf(t, data)
		}
		table, report, err := Read(context.Background(), r, r.Size(), Options{MaxBytes: 1 << 20, MaxCells: 1 << 16, Table: features.TableOptions{Workers: 1}})
		if err != nil {
			var told *features.ReadError
			if !errors.As(err, &told) {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		if table.Len() > report.Rows || table.Len() == 0 {
			t.Fatalf("%d rows, the report has %d", table.Len(), report.Rows)
		}
	})
}

// FuzzScanner splits XML as encoding/xml does, wherever both take it.
func FuzzScanner(f *testing.F) {
	f.Add(`<?xml version="1.0" encoding="UTF-8"?><a:b x='1>2' y="&lt;"><!-- < -->t&amp;&#x41;<![CDATA[<c>]]><d/></a:b>`)
	f.Add("<a>\r\n</a >")
	f.Add("<a><b></a></b>")
	f.Fuzz(func(t *testing.T, text string) {
		want, err := tokensOf(text)
		if err != nil || strings.Contains(text, "\r") { // encoding/xml makes line ends one
			return
		}
		s := newScanner(strings.NewReader(text))
		var got []string
		for {
			kind, err := s.next()
			if err == io.EOF {
				break
			} else if err != nil {
				return
			}
			switch kind {
			case startElement:
				got = append(got, "<"+string(s.name)+">", "")
			case endElement:
				got = append(got, "</>", "")
			case characters:
				if len(got) > 0 {
					got[len(got)-1] += string(s.text)
				}
			}
		}
		if a, b := strings.Join(got, "\n"), strings.Join(want, "\n"); a != b {
			t.Fatalf("got %q, encoding/xml has %q", a, b)
		}
	})
}

// tokensOf returns elements and the text behind each, as encoding/xml reads them.
func tokensOf(text string) ([]string, error) {
	d := xml.NewDecoder(strings.NewReader(text))
	var all []string
	depth := 0
	for {
		token, err := d.Token()
		if err == io.EOF {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			depth++
			all = append(all, "<"+token.Name.Local+">", "")
		case xml.EndElement:
			depth--
			all = append(all, "</>", "")
		case xml.CharData:
			if depth > 0 {
				all[len(all)-1] += string(token)
			}
		}
	}
}
