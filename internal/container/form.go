package container

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"path"
	"strings"
)

// A Form is how a file holds a table.
type Form uint8

const (
	Text    Form = iota // text, or anything that is not recognised
	JSON                // an array of objects, or one object a line
	XLSX                // a workbook of Excel (Office Open XML)
	Parquet             // Apache Parquet
)

// String returns the name of the form.
func (f Form) String() string {
	if int(f) < len(formNames) {
		return formNames[f]
	}
	return "unknown"
}

var formNames = [...]string{"text", "JSON", "xlsx", "Parquet"}

const headSize = 64 << 10 // bytes that the form is recognised by

// packing is what a file may be packed in.
type packing uint8

const (
	unpacked packing = iota
	packedGzip
	packedZstd
	packedZip
)

// asCSV is what to do with a workbook or archive of tables that is not read.
const asCSV = "the table saved as .xlsx or CSV"

// refused are forms that hold tables and are not read, by their first bytes.
var refused = []struct{ mark, name, want string }{
	{"BZh", "compressed with bzip2", "it unpacked (bunzip2), or packed with gzip or zstd"},
	{"\xfd7zXZ\x00", "compressed with xz", "it unpacked (unxz), or packed with gzip or zstd"},
	{"7z\xbc\xaf\x27\x1c", "a 7z archive", "the one file in it unpacked"},
	{"Rar!\x1a\x07", "a RAR archive", "the one file in it unpacked"},
	{"\x04\x22\x4d\x18", "compressed with lz4", "it unpacked (lz4 -d), or packed with gzip or zstd"},
	{"PARE", "an encrypted Parquet file", "a Parquet file that is not encrypted"},
	{"ARROW1", "an Arrow (Feather) file", "the table as Parquet, as pandas.read_feather and to_parquet do"},
	{"ORC", "an ORC file", "the table as Parquet, as pandas.read_orc and to_parquet do"},
	{"Obj\x01", "an Avro file", "the table as Parquet or CSV"},
	{"PK\x05\x06", "an archive (zip) without files", "one with the table"},
	{"PK\x07\x08", "a part of an archive (zip) in several", "the table in one file"},
}

// recognise returns the form of a file, or what it is packed in, by its first
// bytes. A form that cannot be read is an error.
func recognise(head []byte) (Form, packing, error) {
	has := func(mark string) bool { return bytes.HasPrefix(head, []byte(mark)) }
	switch {
	case has("\x1f\x8b"):
		return Text, packedGzip, nil
	case has("\x28\xb5\x2f\xfd"):
		return Text, packedZstd, nil
	case has("PK\x03\x04"):
		return Text, packedZip, nil
	case has("PAR1") && !printable(head):
		return Parquet, unpacked, nil
	case has("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
		return Text, unpacked, compound(head)
	}
	for _, r := range refused {
		if has(r.mark) && !printable(head) { // such letters may begin a header
			return Text, unpacked, &Error{Reason: "the file is " + r.name, Want: r.want, Err: ErrForm}
		}
	}
	if looksLikeJSON(head) {
		return JSON, unpacked, nil
	}
	return Text, unpacked, nil
}

// printable reports whether the first bytes are text.
func printable(head []byte) bool {
	return !bytes.ContainsFunc(head[:min(len(head), 512)], func(r rune) bool { return r < ' ' && !strings.ContainsRune("\t\r\n\f", r) })
}

// compound returns the error of a compound file: an old workbook, or a new one
// with a password.
func compound(head []byte) error {
	utf16 := func(name string) []byte {
		b := make([]byte, 0, 2*len(name))
		for _, c := range []byte(name) {
			b = append(b, c, 0)
		}
		return b
	}
	if bytes.Contains(head, utf16("EncryptedPackage")) {
		return &Error{Reason: "the file is a workbook with a password", Want: "it saved without one (in Excel: File, Info, Protect Workbook)", Err: ErrForm}
	}
	return &Error{Reason: "the file is an old Excel workbook (xls)", Want: "it saved as .xlsx, as Excel and LibreOffice do", Err: ErrForm}
}

// looksLikeJSON reports whether text begins as an array of objects or an object.
func looksLikeJSON(head []byte) bool {
	text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n")
	if len(text) == 0 || text[0] != '[' && text[0] != '{' {
		return false
	}
	inner := bytes.TrimLeft(text[1:], " \t\r\n")
	if len(inner) == 0 {
		return true
	}
	if text[0] == '{' {
		return inner[0] == '"' || inner[0] == '}'
	}
	return bytes.IndexByte([]byte(`{["]-0123456789`), inner[0]) >= 0 || bytes.HasPrefix(inner, []byte("null")) // [id],[name] is a header
}

// look returns what an archive is: a workbook, or the one file in it.
func look(z *zip.Reader) (Form, *zip.File, error) {
	var files []*zip.File
	for _, f := range z.File {
		name := strings.TrimPrefix(strings.ReplaceAll(f.Name, `\`, "/"), "/")
		switch lower := strings.ToLower(name); {
		case lower == "xl/workbook.xml":
			return XLSX, nil, nil
		case lower == "xl/workbook.bin":
			return Text, nil, &Error{Reason: "the file is a binary Excel workbook (xlsb)", Want: "it saved as .xlsx", Err: ErrForm}
		case lower == "mimetype" && f.UncompressedSize64 < 200:
			return Text, nil, openDocument(f)
		case lower == "word/document.xml", lower == "ppt/presentation.xml":
			return Text, nil, &Error{Reason: "the file is a document of Word or PowerPoint", Want: asCSV, Err: ErrForm}
		case lower == "index/document.iwa":
			return Text, nil, &Error{Reason: "the file is a spreadsheet of Numbers", Want: "it exported as Excel (.xlsx) or CSV", Err: ErrForm}
		}
		base := path.Base(name)
		if strings.HasSuffix(name, "/") || strings.HasPrefix(name, "__MACOSX/") || strings.HasPrefix(base, ".") || strings.EqualFold(base, "Thumbs.db") {
			continue
		}
		files = append(files, f)
	}
	for _, f := range z.File { // a workbook whose main part has another name
		if f.Name == "[Content_Types].xml" {
			return XLSX, nil, nil
		}
	}
	switch len(files) {
	case 0:
		return Text, nil, &Error{Reason: "the archive (zip) holds no file", Want: "one with the table", Err: ErrForm}
	case 1:
		if files[0].Flags&1 != 0 {
			return Text, nil, &Error{Reason: "the archive (zip) has a password", Want: "the file in it unpacked", Err: ErrForm}
		}
		return Text, files[0], nil
	}
	var names []string
	for _, f := range files[:min(len(files), 5)] {
		names = append(names, fmt.Sprintf("%.60q", f.Name))
	}
	if len(files) > len(names) {
		names = append(names, "…")
	}
	return Text, nil, &Error{Reason: fmt.Sprintf("the archive (zip) holds %d files: %s", len(files), strings.Join(names, ", ")), Want: "an archive with one, or the one that is meant", Err: ErrForm}
}

// openDocument returns the error of an OpenDocument file, by its type.
func openDocument(f *zip.File) error {
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	kind, _ := io.ReadAll(io.LimitReader(r, 200))
	name := "a document (" + strings.ToValidUTF8(string(kind), "\ufffd") + ")"
	if bytes.HasPrefix(kind, []byte("application/vnd.oasis.opendocument.spreadsheet")) {
		name = "a spreadsheet of LibreOffice (ods)"
	}
	return &Error{Reason: "the file is " + name, Want: asCSV, Err: ErrForm}
}
