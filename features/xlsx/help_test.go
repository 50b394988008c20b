package xlsx

import (
	"archive/zip"
	"bytes"
	"io"
	"maps"
	"testing"
)

// workbookOf returns a workbook of one sheet, Sheet1, with parts as given; an
// empty one is left out.
func workbookOf(t testing.TB, parts map[string]string) *bytes.Reader {
	return workbookWith(t, parts, nil)
}

// workbookWith returns a workbook of one sheet with parts as given, and the one
// that a function writes as the sheet.
func workbookWith(t testing.TB, parts map[string]string, sheet func(io.Writer)) *bytes.Reader {
	t.Helper()
	all := map[string]string{
		"xl/workbook.xml":            `<workbook><sheets><sheet name="Sheet1" r:id="1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="1" Type="x/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
	}
	maps.Copy(all, parts)
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	part := func(name string) io.Writer {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	for name, text := range all {
		if text != "" {
			io.WriteString(part(name), text)
		}
	}
	if sheet != nil {
		sheet(part("xl/worksheets/sheet1.xml"))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(b.Bytes())
}
