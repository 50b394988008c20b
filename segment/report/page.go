package report

import (
	"bytes"
	_ "embed"
	"errors"
	"go/scanner"
	"go/token"
	"html/template"
	"io"
	"strings"

	"github.com/customer-personality/segmentation/segment/plots"
)

// Page is an HTML page that holds all that it shows: pictures, styles, no
// script, and no address of anything else. It is light or dark as the reader's
// machine is, and prints on A4.
type Page struct {
	Kicker   string // above the title
	Title    string
	Lead     []string // sentences below it
	Facts    []string // small print: the day, the source
	Cards    []Card
	Sections []Section
}

// Card describes one segment.
type Card struct {
	Name           string
	Color          plots.Color
	Customers      string // number
	Share, Revenue float64
	Mean           string // revenue of one customer
	Marks          []string
	Advice         []Advice
}

// Section is a part of a page with a heading.
type Section struct {
	ID, Title string
	Number    int // of a notebook's cell; 0 for none
	Lead      template.HTML
	Pictures  []*plots.Figure // side by side where there is room
	Blocks    []Block
}

// Block is one thing on a page; each field that is set is shown, in order.
type Block struct {
	Heading string
	Code    string // Go
	Text    []string
	List    []string
	Head    []string // of a table
	Rows    [][]string
	Figure  *plots.Figure
	More    []string // behind a summary that opens on a click
	Summary string
}

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"css":     func() template.CSS { return template.CSS(pageCSS) },
	"go":      highlight,
	"svg":     func(f *plots.Figure) (template.HTML, error) { return svg(f, 0) },
	"small":   func(f *plots.Figure) (template.HTML, error) { return svg(f, 13.4) },
	"percent": percent,
	"width":   func(share float64) template.CSS { return template.CSS(printer.Sprintf("width:%.1f%%", 100*share)) },
	"tint": func(c plots.Color) template.CSS {
		return template.CSS("--tier:light-dark(" + c.Light + "," + c.Dark + ")")
	},
	"known":   func(v float64) bool { return v == v },
	"numeric": numeric,
}).Parse(pageHTML))

// Write writes the page.
func (p *Page) Write(w io.Writer) error {
	if w == nil {
		return errors.New("report: the writer is nil")
	}
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, p); err != nil {
		return err
	}
	_, err := b.WriteTo(w)
	return err
}

// svg draws a figure for wide pages, in a width in centimetres or that of the
// figure, and for phones; the style shows one.
func svg(f *plots.Figure, width float64) (template.HTML, error) {
	wide, err := f.SVG(plots.Style{Theme: plots.Auto, Transparent: true, Bare: true, Width: width})
	if err != nil {
		return "", err
	}
	narrow, err := f.SVG(plots.Style{Theme: plots.Auto, Transparent: true, Bare: true, Width: 9.2})
	if err != nil {
		return "", err
	}
	return template.HTML(`<div class="wide">` + wide + `</div><div class="narrow">` + narrow + `</div>`), nil
}

// numeric reports whether a table's cell is to be set to the right.
func numeric(cell string) bool {
	return cell != "" && strings.Trim(cell, "0123456789.,−-+–% ()…\u00a0") == ""
}

// highlight marks the words of Go code for the eye.
func highlight(code string) template.HTML {
	var s scanner.Scanner
	files := token.NewFileSet()
	source := []byte(code)
	file := files.AddFile("", files.Base(), len(source))
	s.Init(file, source, nil, scanner.ScanComments)
	var b strings.Builder
	at := 0
	classes := map[token.Token]string{token.COMMENT: "c", token.STRING: "s", token.CHAR: "s", token.INT: "n", token.FLOAT: "n"}
	for {
		pos, kind, text := s.Scan()
		if kind == token.EOF {
			break
		}
		class := classes[kind]
		if kind.IsKeyword() {
			class = "k"
		}
		if class == "" {
			continue
		}
		from := file.Offset(pos)
		template.HTMLEscape(&b, source[at:from])
		b.WriteString(`<span class="` + class + `">` + template.HTMLEscapeString(text) + `</span>`)
		at = from + len(text)
	}
	template.HTMLEscape(&b, source[at:])
	return template.HTML(b.String())
}
