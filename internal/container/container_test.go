package container

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

func gzipped(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zstandard(t testing.TB, data []byte) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll(data, nil)
}

// zipped returns an archive of files, given as name and content in turn.
func zipped(t testing.TB, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.Create(files[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, files[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestOpen(t *testing.T) {
	const text, objects = "a,b\n1,2\n", `[{"a":1}]`
	workbook := zipped(t, "[Content_Types].xml", "<Types/>", "xl/workbook.xml", "<workbook/>")
	for _, c := range []struct {
		name   string
		data   []byte
		form   Form
		packed []string
		want   string // unpacked
	}{
		{"text", []byte(text), Text, nil, text},
		{"empty", nil, Text, nil, ""},
		{"header in brackets", []byte("[id],[name]\n1,2\n"), Text, nil, "[id],[name]\n1,2\n"},
		{"a header that begins as ORC does", []byte("ORC,a\n1,2\n"), Text, nil, "ORC,a\n1,2\n"},
		{"as encrypted Parquet", []byte("PARENTESCO,IDADE\n1,2\n"), Text, nil, "PARENTESCO,IDADE\n1,2\n"},
		{"as Parquet", []byte("PAR1,PAR2\n1,2\n"), Text, nil, "PAR1,PAR2\n1,2\n"},
		{"as bzip2", []byte("BZh,a\n1,2\n"), Text, nil, "BZh,a\n1,2\n"},
		{"as Arrow", []byte("ARROW1,a\n1,2\n"), Text, nil, "ARROW1,a\n1,2\n"},
		{"array", []byte("\ufeff \n[ {}]"), JSON, nil, "\ufeff \n[ {}]"},
		{"lines", []byte("{\"a\":1}\n{\"a\":2}\n"), JSON, nil, "{\"a\":1}\n{\"a\":2}\n"},
		{"workbook", workbook, XLSX, nil, string(workbook)},
		{"workbook of another layout", zipped(t, "[Content_Types].xml", "<Types/>", "book/wb.xml", "", "book/a.xml", ""), XLSX, nil, ""},
		{"Parquet", []byte("PAR1\x15…PAR1"), Parquet, nil, "PAR1\x15…PAR1"},
		{"gzip", gzipped(t, []byte(text)), Text, []string{"gzip"}, text},
		{"two gzip members", append(gzipped(t, []byte(text)), gzipped(t, []byte(text))...), Text, []string{"gzip"}, text + text},
		{"zstd", zstandard(t, []byte(objects)), JSON, []string{"zstd"}, objects},
		{"zip", zipped(t, "data/", "", "data/orders.csv", text, "__MACOSX/data/._orders.csv", "x", "data/.DS_Store", "x"), Text, []string{"zip (data/orders.csv)"}, text},
		{"zip of a workbook", zipped(t, "a.xlsx", string(workbook)), XLSX, []string{"zip (a.xlsx)"}, string(workbook)},
		{"gzip in zstd", zstandard(t, gzipped(t, []byte(text))), Text, []string{"zstd", "gzip"}, text},
		{"zip in gzip", gzipped(t, zipped(t, "a.csv", text)), Text, []string{"gzip", "zip (a.csv)"}, text},
	} {
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, c.data, 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		for how, r := range map[string]io.Reader{"bytes": bytes.NewReader(c.data), "pipe": iotest.HalfReader(bytes.NewBuffer(c.data)), "file": file} {
			for _, inOrder := range []bool{true, false} {
				if s, ok := r.(io.Seeker); ok {
					if _, err := s.Seek(0, io.SeekStart); err != nil {
						t.Fatal(err)
					}
				} else if !inOrder {
					r = bytes.NewBuffer(c.data)
				}
				f, err := Open(context.Background(), r, Options{})
				if err != nil {
					t.Errorf("%s, %s: %v", c.name, how, err)
					continue
				}
				if f.Form != c.form || !slices.Equal(f.Packed, c.packed) {
					t.Errorf("%s, %s: %v in %q", c.name, how, f.Form, f.Packed)
				}
				content := f.Reader()
				if !inOrder {
					at, size, err := f.ReaderAt()
					if err != nil {
						t.Fatal(err)
					}
					content = io.NewSectionReader(at, 0, size)
				}
				got, err := io.ReadAll(content)
				if err != nil || c.want != "" && string(got) != c.want {
					t.Errorf("%s, %s: %q, %v", c.name, how, got, err)
				}
				if err := f.Close(); err != nil {
					t.Error(err)
				}
			}
		}
	}
}

// TestGiven reads a file that is not packed in place, so that it can be sought.
func TestGiven(t *testing.T) {
	r := strings.NewReader("title\na,b\n1,2\n")
	if _, err := r.Seek(6, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	f, err := Open(context.Background(), r, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := f.Reader(); got != io.Reader(r) {
		t.Errorf("got %T", got)
	}
	if text, err := io.ReadAll(f.Reader()); err != nil || string(text) != "a,b\n1,2\n" {
		t.Errorf("%q, %v", text, err)
	}
}

func TestRefusals(t *testing.T) {
	boredom := errors.New("nobody waits")
	ended, cancel := context.WithCancelCause(context.Background())
	cancel(boredom)
	zeros := make([]byte, 1<<20)
	locked := zipped(t, "a.csv", "a,b\n")
	for _, mark := range []string{"PK\x03\x04", "PK\x01\x02"} { // the flag of encryption in both headers
		at := bytes.Index(locked, []byte(mark))
		locked[at+6+2*strings.Count(mark, "\x01")] |= 1
	}
	packedOften := []byte("a,b\n")
	for range 5 {
		packedOften = gzipped(t, packedOften)
	}
	cut := gzipped(t, []byte(strings.Repeat("a,b\n", 100)))
	for _, c := range []struct {
		name string
		data []byte
		o    Options
		ctx  context.Context
		err  error
		text string
	}{
		{"xls", []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 W\x00o\x00r\x00k\x00"), Options{}, nil, ErrForm, "an old Excel workbook (xls); want it saved as .xlsx"},
		{"password", []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00"), Options{}, nil, ErrForm, "with a password"},
		{"xlsb", zipped(t, "[Content_Types].xml", "", "xl/workbook.bin", ""), Options{}, nil, ErrForm, "xlsb"},
		{"ods", zipped(t, "mimetype", "application/vnd.oasis.opendocument.spreadsheet", "content.xml", ""), Options{}, nil, ErrForm, "a spreadsheet of LibreOffice (ods); want the table saved as .xlsx or CSV"},
		{"odt", zipped(t, "mimetype", "application/vnd.oasis.opendocument.text"), Options{}, nil, ErrForm, "opendocument.text"},
		{"docx", zipped(t, "[Content_Types].xml", "", "word/document.xml", ""), Options{}, nil, ErrForm, "Word"},
		{"Numbers", zipped(t, "Index/Document.iwa", "x"), Options{}, nil, ErrForm, "Numbers"},
		{"several", zipped(t, "a.csv", "a", "b.csv", "b", "c", "", "d", "", "e", "", "f", ""), Options{}, nil, ErrForm, `holds 6 files: "a.csv", "b.csv", "c", "d", "e", …`},
		{"none", zipped(t, "a/", ""), Options{}, nil, ErrForm, "holds no file"},
		{"empty archive", zipped(t), Options{}, nil, ErrForm, "without files"},
		{"locked", locked, Options{}, nil, ErrForm, "password"},
		{"damaged zip", []byte("PK\x03\x04 and nothing"), Options{}, nil, ErrDamaged, "its zip cannot be unpacked"},
		{"damaged gzip", []byte("\x1f\x8b\x08 and nothing"), Options{}, nil, ErrDamaged, "its gzip cannot be unpacked"},
		{"cut gzip", cut[:len(cut)-4], Options{}, nil, ErrDamaged, "its gzip cannot be unpacked"},
		{"damaged zstd", []byte("\x28\xb5\x2f\xfd and nothing"), Options{}, nil, ErrDamaged, "its zstd cannot be unpacked"},
		{"bzip2", []byte("BZh91AY&SY\x1b\x00"), Options{}, nil, ErrForm, "bzip2"},
		{"encrypted Parquet", []byte("PARE\x00\x15"), Options{}, nil, ErrForm, "encrypted"},
		{"xz", []byte("\xfd7zXZ\x00"), Options{}, nil, ErrForm, "unxz"},
		{"7z", []byte("7z\xbc\xaf\x27\x1c"), Options{}, nil, ErrForm, "7z"},
		{"Arrow", []byte("ARROW1\x00\x00"), Options{}, nil, ErrForm, "to_parquet"},
		{"ORC", []byte("ORC\x0a\x0b\x00"), Options{}, nil, ErrForm, "ORC"},
		{"often", packedOften, Options{}, nil, ErrForm, "more than 3 times"},
		{"gzip bomb", gzipped(t, zeros), Options{MaxBytes: 1e5}, nil, ErrLimit, "more than 100000 bytes when it is unpacked"},
		{"zstd bomb", zstandard(t, zeros), Options{MaxBytes: 1e5}, nil, ErrLimit, "more than 100000 bytes"},
		{"zip bomb", zipped(t, "a.csv", string(zeros)), Options{MaxBytes: 1e5}, nil, ErrLimit, "more than 100000 bytes"},
		{"cancelled", gzipped(t, zeros), Options{}, ended, boredom, "nobody waits"},
		{"option", nil, Options{MaxBytes: -1}, nil, nil, "MaxBytes is -1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.ctx == nil {
				c.ctx = context.Background()
			}
			for _, r := range []io.Reader{bytes.NewReader(c.data), bytes.NewBuffer(c.data)} {
				f, err := Open(c.ctx, r, c.o)
				if err == nil {
					_, err = io.Copy(io.Discard, f.Reader())
					f.Close()
				}
				if err == nil || c.err != nil && !errors.Is(err, c.err) || !strings.Contains(err.Error(), c.text) {
					t.Errorf("got %v, want %v with %q", err, c.err, c.text)
				}
			}
		})
	}
}

// TestFailure tells damage once, and an error of the source as it is.
func TestFailure(t *testing.T) {
	text := make([]byte, 1<<18) // of digits, which do not pack well
	for i, digits := 0, rand.New(rand.NewPCG(1, 2)); i < len(text); i++ {
		text[i] = byte('0' + digits.IntN(10))
	}
	broken := errors.New("the line is broken")
	for name, data := range map[string][]byte{
		"text": text, "gzip": gzipped(t, text), "zstd": zstandard(t, text), "gzip in gzip": gzipped(t, gzipped(t, text)), "gzip in zstd": zstandard(t, gzipped(t, text)), "zip in gzip": gzipped(t, zipped(t, "a.csv", string(text))),
	} {
		for _, n := range []int{3, 100, len(data) / 2} { // before and behind the first bytes
			read := func(r io.Reader) error {
				f, err := Open(context.Background(), r, Options{})
				if err != nil {
					return err
				}
				defer f.Close()
				_, _, err = f.ReaderAt()
				return err
			}
			if err := read(io.MultiReader(bytes.NewReader(data[:n]), iotest.ErrReader(broken))); err != broken {
				t.Errorf("%s, broken behind %d bytes: %v", name, n, err)
			}
			if err := read(bytes.NewReader(data[:n])); name != "text" && n > 3 && (!errors.Is(err, ErrDamaged) || strings.Count(err.Error(), "damaged") != 1) {
				t.Errorf("%s, cut behind %d bytes: %v", name, n, err)
			}
		}
	}
}

// TestSpool keeps a large stream in a temporary file and removes it.
func TestSpool(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	data := append([]byte("PAR1"), bytes.Repeat([]byte("0123456789"), 1<<20)...)
	f, err := Open(context.Background(), bytes.NewBuffer(data), Options{})
	if err != nil {
		t.Fatal(err)
	}
	at, size, err := f.ReaderAt()
	if err != nil || size != int64(len(data)) {
		t.Fatalf("%d bytes, %v", size, err)
	}
	got := make([]byte, 10)
	if _, err := at.ReadAt(got, size-10); err != nil || string(got) != "0123456789" {
		t.Errorf("%q, %v", got, err)
	}
	if files, _ := os.ReadDir(dir); len(files) != 1 {
		t.Errorf("%d temporary files", len(files))
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if files, _ := os.ReadDir(dir); len(files) != 0 {
		t.Errorf("%d temporary files are left", len(files))
	}
	f, err = Open(context.Background(), bytes.NewBuffer(data), Options{MaxBytes: 9 << 20})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := f.ReaderAt(); !errors.Is(err, ErrLimit) {
		t.Errorf("got %v", err)
	}
	f.Close()
	if files, _ := os.ReadDir(dir); len(files) != 0 {
		t.Errorf("%d temporary files are left", len(files))
	}
}

// FuzzOpen unpacks anything without more bytes than the limit.
func FuzzOpen(f *testing.F) {
	f.Add([]byte("a,b\n"))
	f.Add(gzipped(f, []byte("a,b\n")))
	f.Add(zstandard(f, []byte(`{"a":1}`)))
	f.Add(zipped(f, "a.csv", "a,b\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		const limit = 1 << 16
		file, err := Open(context.Background(), bytes.NewBuffer(data), Options{MaxBytes: limit})
		if err != nil {
			return
		}
		defer file.Close()
		if n, _ := io.Copy(io.Discard, file.Reader()); n > limit && len(file.Packed) > 0 {
			t.Fatalf("%d bytes", n)
		}
	})
}
