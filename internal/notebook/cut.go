package notebook

import (
	"fmt"
	"go/ast"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"reflect"
	"runtime"
	"slices"
	"strings"

	"github.com/customer-personality/segmentation/segment/report"
)

// A Cell is a function of a Go file whose comment begins with a heading: its
// prose, its code and what it showed.
type Cell struct {
	Name, Title string
	Code        string       // the function as it stands in the file
	prose       *comment.Doc // without its heading
	sets, uses  []string     // fields of the analysis that it assigns, and that it reads
	results     []report.Block
}

// Cut finds the cells in Go files, in their order: the functions whose comment begins
// with a heading.
func Cut(sources ...string) ([]Cell, error) {
	var cells []Cell
	for _, source := range sources {
		more, err := cut(source)
		if err != nil {
			return nil, err
		}
		cells = append(cells, more...)
	}
	return cells, nil
}

func cut(source string) ([]Cell, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "", source, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	var cells []Cell
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Doc == nil {
			continue
		}
		prose := new(comment.Parser).Parse(f.Doc.Text())
		heading, ok := prose.Content[0].(*comment.Heading)
		if !ok {
			continue
		}
		prose.Content = prose.Content[1:]
		c := Cell{
			Name: f.Name.Name, Title: plain(heading), prose: prose,
			Code: source[files.Position(f.Pos()).Offset:files.Position(f.End()).Offset],
		}
		c.sets, c.uses = fields(f)
		cells = append(cells, c)
	}
	return cells, nil
}

func plain(h *comment.Heading) string {
	return strings.TrimSpace(strings.TrimPrefix(string(new(comment.Printer).Comment(&comment.Doc{Content: []comment.Block{h}})), "#"))
}

// fields lists the fields of the analysis, a, that a function assigns, and the
// others that it uses.
func fields(f *ast.FuncDecl) (sets, uses []string) {
	add := func(to *[]string, n ast.Node) {
		if s, ok := n.(*ast.SelectorExpr); ok && !slices.Contains(*to, s.Sel.Name) {
			if x, ok := s.X.(*ast.Ident); ok && x.Name == "a" {
				*to = append(*to, s.Sel.Name)
			}
		}
	}
	for n := range ast.Preorder(f.Body) {
		if s, ok := n.(*ast.AssignStmt); ok {
			for _, to := range s.Lhs {
				add(&sets, to)
			}
		}
		add(&uses, n)
	}
	return sets, slices.DeleteFunc(uses, func(name string) bool { return slices.Contains(sets, name) })
}

// Before lists the cells that must run before cell i, by name and in order: those
// that set what it uses, and what those use.
func Before(cells []Cell, i int) []string {
	need := slices.Clone(cells[i].uses)
	var names []string
	for j := i - 1; j >= 0; j-- {
		if slices.ContainsFunc(cells[j].sets, func(field string) bool { return slices.Contains(need, field) }) {
			names = append(names, cells[j].Name)
			need = append(need, cells[j].uses...)
		}
	}
	slices.Reverse(names)
	return names
}

// functionName returns the name of a function, without its package.
func functionName(f any) string {
	full := runtime.FuncForPC(reflect.ValueOf(f).Pointer()).Name()
	return full[strings.LastIndexByte(full, '.')+1:]
}

func (c *Cell) markdown(number int) string {
	return fmt.Sprintf("## %d. %s\n\n%s", number, c.Title, new(comment.Printer).Markdown(c.prose))
}
