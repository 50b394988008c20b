package notebook

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"html"
	"io"
	"path"
	"runtime"
	"slices"
	"strings"

	"github.com/customer-personality/segmentation/segment/plots"
	"github.com/customer-personality/segmentation/segment/report"
)

// jupyterCell is a cell of a notebook of format 4.5:
// https://nbformat.readthedocs.io/en/latest/format_description.html
type jupyterCell struct {
	Type     string           `json:"cell_type"`
	ID       string           `json:"id"`
	Metadata struct{}         `json:"metadata"`
	Source   []string         `json:"source"`
	Count    *int             `json:"execution_count,omitempty"`
	Outputs  *[]jupyterOutput `json:"outputs,omitempty"`
}

type jupyterOutput struct {
	Type     string              `json:"output_type"`
	Metadata struct{}            `json:"metadata"`
	Data     map[string][]string `json:"data"`
}

// WriteJupyter writes cells of Go files as a Jupyter notebook with their results. About is its first text, in Markdown. Setup is what the cells need under
// GoNB, a Go kernel for Jupyter: commands that find the library and, after an empty
// line, how a cell shows its results.
func WriteJupyter(w io.Writer, sources []string, about, setup string, cells []Cell) error {
	commands, display, _ := strings.Cut(setup, "\n\n")
	imports, types, err := declared(sources, display, cells)
	if err != nil {
		return err
	}
	out := []jupyterCell{prose("about", about), code("setup", 1, commands, nil), code("declarations", 2, imports+display+types, nil)}
	for i, c := range cells {
		var outputs []jupyterOutput
		for _, r := range c.results {
			o, err := jupyter(r)
			if err != nil {
				return err
			}
			outputs = append(outputs, o)
		}
		calls := strings.Join(append(Before(cells, i), c.Name), ", ")
		out = append(out, prose(c.Name+"-text", c.markdown(i+1)), code(c.Name, i+3, c.Code+"\n\n%%\nrun("+calls+")", outputs))
	}
	notebook := map[string]any{
		"nbformat": 4, "nbformat_minor": 5, "cells": out,
		"metadata": map[string]any{
			"kernelspec":    map[string]string{"name": "gonb", "display_name": "Go (gonb)", "language": "go"},
			"language_info": map[string]string{"name": "go", "file_extension": ".go", "mimetype": "text/x-go", "version": runtime.Version()},
		},
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	return encoder.Encode(notebook)
}

func prose(id, text string) jupyterCell {
	return jupyterCell{Type: "markdown", ID: id, Source: split(text)}
}

func code(id string, count int, text string, outputs []jupyterOutput) jupyterCell {
	if outputs == nil {
		outputs = []jupyterOutput{}
	}
	return jupyterCell{Type: "code", ID: id, Source: split(text), Count: &count, Outputs: &outputs}
}

// split returns a text by lines, each with its end, as notebooks keep it.
func split(text string) []string {
	return slices.AppendSeq([]string{}, strings.Lines(text))
}

// declared returns the imports of Go files that cells and declarations use, but for
// those that the display has, and the declarations of types and variables.
func declared(sources []string, display string, cells []Cell) (imports, types string, err error) {
	var specs []*ast.ImportSpec
	for _, source := range sources {
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, "", source, parser.ParseComments)
		if err != nil {
			return "", "", err
		}
		specs = append(specs, file.Imports...)
		for _, d := range file.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok == token.IMPORT {
				continue
			}
			from := g.Pos()
			if g.Doc != nil {
				from = g.Doc.Pos()
			}
			types += "\n" + source[files.Position(from).Offset:files.Position(g.End()).Offset] + "\n"
		}
	}
	code := display + types
	for _, c := range cells {
		code += c.Code
	}
	var lines []string
	for _, spec := range specs {
		line, name := spec.Path.Value, path.Base(strings.Trim(spec.Path.Value, `"`))
		if spec.Name != nil {
			line, name = spec.Name.Name+" "+line, spec.Name.Name
		}
		if strings.Contains(code, name+".") && !strings.Contains(display, line) && !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return "import (\n\t" + strings.Join(lines, "\n\t") + "\n)\n\n", types, nil
}

// jupyter returns a result as Jupyter shows it.
func jupyter(r report.Block) (jupyterOutput, error) {
	data := map[string][]string{}
	switch {
	case r.Figure != nil:
		svg, err := r.Figure.SVG(plots.Style{})
		if err != nil {
			return jupyterOutput{}, err
		}
		data["image/svg+xml"], data["text/plain"] = split(svg), split(r.Figure.Title)
	case r.Rows != nil || r.Head != nil:
		data["text/html"], data["text/plain"] = split(htmlTable(r.Head, r.Rows)), split(align(r.Head, r.Rows, ""))
	default:
		var b strings.Builder
		for _, line := range r.Text {
			fmt.Fprintf(&b, "<p>%s</p>\n", html.EscapeString(line))
		}
		data["text/html"], data["text/plain"] = split(b.String()), split(strings.Join(r.Text, "\n"))
	}
	return jupyterOutput{Type: "display_data", Data: data}, nil
}

func htmlTable(head []string, rows [][]string) string {
	var b strings.Builder
	line := func(tag string, cells []string) {
		b.WriteString("<tr>")
		for _, c := range cells {
			fmt.Fprintf(&b, "<%s>%s</%s>", tag, html.EscapeString(c), tag)
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("<table>\n")
	line("th", head)
	for _, row := range rows {
		line("td", row)
	}
	b.WriteString("</table>")
	return b.String()
}
