package xlsx

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/klauspost/compress/flate"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/cause"
)

// A Sheet is a sheet of a workbook.
type Sheet struct {
	Name   string
	Hidden bool // whether the workbook does not show it
	part   string
}

// A workbook is the parts of an Office Open XML package (ISO/IEC 29500) that
// tables are in.
type workbook struct {
	o       Options
	parts   map[string]*zip.File
	sheets  []Sheet
	from    epoch
	formats []format
	strings []string
}

const (
	maxParts   = 1 << 16
	maxSheets  = 1 << 12
	maxStrings = 256 << 20 // bytes of memory for shared strings
	stringSize = 16        // bytes of a string beside its text
)

// openWorkbook reads everything but the sheets.
func openWorkbook(ctx context.Context, r io.ReaderAt, size int64, o Options) (*workbook, error) {
	w := &workbook{o: o, parts: map[string]*zip.File{}}
	if r == nil {
		return nil, w.fail(features.ErrEmpty, "there is nothing to read from", "a workbook")
	}
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, w.fail(features.ErrBinary, fmt.Sprintf("the file is no workbook of Excel (xlsx): %v", err), "a file that Excel, LibreOffice or Google Sheets has saved as .xlsx")
	}
	if len(z.File) > maxParts {
		return nil, w.fail(features.ErrLimit, fmt.Sprintf("the file has %d parts", len(z.File)), "the few of a workbook")
	}
	z.RegisterDecompressor(zip.Deflate, func(r io.Reader) io.ReadCloser { return flate.NewReader(r) })
	for _, f := range z.File {
		// Names of parts differ in case and have a leading slash at times.
		w.parts[strings.ToLower(strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(f.Name, `\`, "/")), "/"))] = f
	}
	main, err := w.mainPart(ctx)
	if err != nil {
		return nil, err
	}
	related, err := w.relations(ctx, main)
	if err != nil {
		return nil, err
	}
	if err := w.readSheets(ctx, main, related); err != nil {
		return nil, err
	}
	for _, target := range related {
		switch target.kind {
		case "styles":
			err = w.read(ctx, target.part, func(s *scanner) (err error) {
				w.formats, err = readStyles(s)
				return err
			})
		case "sharedStrings":
			err = w.read(ctx, target.part, func(s *scanner) error { return w.readStrings(ctx, s) })
		}
		if err != nil {
			return nil, err
		}
	}
	return w, nil
}

// fail returns an error of the file.
func (w *workbook) fail(err error, reason, want string) error {
	return &features.ReadError{File: w.o.Table.Name, Reason: reason, Want: want, Err: err}
}

// open returns the scanner of a part.
func (w *workbook) open(ctx context.Context, part string) (*scanner, io.Closer, error) {
	f := w.parts[strings.ToLower(part)]
	if f == nil {
		return nil, nil, w.fail(features.ErrBinary, fmt.Sprintf("the workbook is damaged: its part %s is missing", part), "a whole workbook")
	}
	r, err := f.Open()
	if err != nil {
		return nil, nil, w.damaged(part, err)
	}
	return newScanner(&limited{ctx: ctx, r: r, left: w.o.MaxBytes, max: w.o.MaxBytes}), r, nil
}

// read opens a part and hands it to a function.
func (w *workbook) read(ctx context.Context, part string, with func(*scanner) error) error {
	s, closer, err := w.open(ctx, part)
	if err != nil {
		return err
	}
	defer closer.Close()
	return w.damaged(part, with(s))
}

// damaged returns the error of a part with its place; nil for nil.
func (w *workbook) damaged(part string, err error) error {
	var told *features.ReadError
	switch {
	case err == nil, errors.As(err, &told), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, features.ErrLimit):
		return w.fail(err, fmt.Sprintf("%s of the workbook: %v", part, err), "a smaller sheet, or a higher Options.MaxBytes")
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = fmt.Errorf("%w: it ends too early", errSyntax)
	}
	return w.fail(errors.Join(features.ErrBinary, err), fmt.Sprintf("%s of the workbook cannot be read: %v", part, err), "a whole workbook, as Excel saves it again after opening this one")
}

// endOfPart returns nil for the end of a part, else the error.
func endOfPart(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}

// limited reads up to a limit of bytes, and until the context ends.
type limited struct {
	ctx       context.Context
	r         io.Reader
	left, max int64
}

func (l *limited) Read(p []byte) (int, error) {
	if err := cause.Of(l.ctx); err != nil {
		return 0, err
	}
	n, err := l.r.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, fmt.Errorf("%w: it has more than %d MB when expanded", features.ErrLimit, l.max/1e6)
	}
	return n, err
}

// mainPart returns the part that lists the sheets.
func (w *workbook) mainPart(ctx context.Context) (string, error) {
	if w.parts["_rels/.rels"] != nil {
		related, err := w.relations(ctx, "")
		if err != nil {
			return "", err
		}
		for _, r := range related {
			if r.kind == "officeDocument" {
				if strings.HasSuffix(r.part, ".bin") {
					return "", w.fail(features.ErrBinary, "the file is a binary workbook (xlsb)", "the workbook saved as .xlsx")
				}
				return r.part, nil
			}
		}
	}
	if w.parts["xl/workbook.xml"] != nil {
		return "xl/workbook.xml", nil
	}
	return "", w.fail(features.ErrBinary, "the file is an archive without a workbook of Excel (xlsx)", "a file that Excel, LibreOffice or Google Sheets has saved as .xlsx")
}

// A relation names a part that another one uses.
type relation struct {
	id, kind, part string
}

// relations returns the parts that a part uses.
func (w *workbook) relations(ctx context.Context, of string) ([]relation, error) {
	dir, file := path.Split(of)
	name := dir + "_rels/" + file + ".rels"
	if w.parts[strings.ToLower(name)] == nil {
		return nil, nil
	}
	var list []relation
	err := w.read(ctx, name, func(s *scanner) error {
		for {
			kind, err := s.next()
			if err != nil {
				return endOfPart(err)
			}
			if kind != startElement || s.name != "Relationship" || s.attr("TargetMode") == "External" {
				continue
			}
			target := s.attr("Target")
			if !strings.HasPrefix(target, "/") {
				target = "/" + dir + target
			}
			list = append(list, relation{s.attr("Id"), path.Base(s.attr("Type")), path.Clean(target)[1:]})
			if len(list) > maxParts {
				return errSyntax
			}
		}
	})
	return list, err
}

// readSheets reads the list of sheets and the epoch of days.
func (w *workbook) readSheets(ctx context.Context, main string, related []relation) error {
	parts := map[string]relation{}
	for _, r := range related {
		parts[r.id] = r
	}
	return w.read(ctx, main, func(s *scanner) error {
		for {
			kind, err := s.next()
			if err != nil {
				return endOfPart(err)
			}
			if kind != startElement {
				continue
			}
			switch s.name {
			case "workbookPr":
				if s.attrFlag("date1904") {
					w.from = epoch1904
				}
			case "sheet":
				if len(w.sheets) == maxSheets {
					return w.fail(features.ErrLimit, fmt.Sprintf("the workbook has more than %d sheets", maxSheets), "a workbook of fewer")
				}
				// A sheet that is a chart has no cells.
				if r := parts[s.attr("id")]; r.kind == "worksheet" {
					state := s.attr("state")
					w.sheets = append(w.sheets, Sheet{s.attr("name"), state == "hidden" || state == "veryHidden", r.part})
				}
			}
		}
	})
}

// readStrings reads the strings that cells share.
func (w *workbook) readStrings(ctx context.Context, s *scanner) error {
	size := 0
	for {
		kind, err := s.next()
		if err != nil {
			return endOfPart(err)
		}
		if kind != startElement || s.name != "si" {
			continue
		}
		text, err := s.richText()
		if err != nil {
			return err
		}
		if size += len(text) + stringSize; size > maxStrings {
			return fmt.Errorf("%w: its texts take more than %d MB", features.ErrLimit, maxStrings>>20)
		}
		w.strings = append(w.strings, text)
	}
}
