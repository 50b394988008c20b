package plots

import (
	"cmp"
	"fmt"
	"image/color"
	"image/png"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgimg"

	"github.com/customer-personality/segmentation/internal/atomicfile"
)

// Figure is a picture that is ready to be written, in any format and theme. The
// words may be changed before that. A Figure that nobody changes may be written
// by many goroutines.
type Figure struct {
	Heading
	// Alt describes the picture to those who cannot see it. It is in the SVG file,
	// and belongs into the alt attribute of an image.
	Alt string
	// Width and Height are the size in centimetres that suits the picture. Height
	// is 0 where it follows from the width.
	Width, Height float64

	draw func(p *pen, area rect)
	// tall is the height without words, in points, for a width; nil where Height is set.
	tall func(p *pen, width float64) float64
}

// Heading stands above a picture.
type Heading struct {
	// Title is what is shown, with the unit; Subtitle is one sentence on how to
	// read it or what it shows.
	Title, Subtitle string
}

// Theme is the set of colours in which a figure is drawn.
type Theme int

const (
	// Light is dark text on white, for print and light pages; the default.
	Light Theme = iota
	// Dark is light text on near-black (#12181F).
	Dark
	// Auto leaves the theme to the page: each colour is a light-dark() of CSS,
	// which follows the color-scheme of the element that holds the picture. For
	// SVG inside pages only; browsers know it since 2024.
	Auto
)

// String returns "light", "dark" or "auto".
func (t Theme) String() string {
	if t < Light || t > Auto {
		return fmt.Sprintf("Theme(%d)", int(t))
	}
	return [...]string{"light", "dark", "auto"}[t]
}

// Format is a kind of file, named by its extension.
type Format string

// The formats in which a [Figure] can be written.
const (
	PNG Format = "png"
	SVG Format = "svg"
	PDF Format = "pdf"
)

// Style is how a figure is written. The zero value is the light theme on an
// opaque background, with the title, at the figure's own size.
type Style struct {
	Theme Theme
	// Width and Height are the size in centimetres, 4 to 200; 0 takes that of
	// the figure. Text keeps its size, so a phone wants a figure of 9 cm rather
	// than one scaled down; the height then is what suits that width.
	Width, Height float64
	// DPI are the dots per inch of a PNG, 36 to 600; 0 means 192, twice a screen's.
	DPI float64
	// Transparent leaves out the background.
	Transparent bool
	// Bare leaves out title and subtitle, for pages that print them themselves.
	Bare bool
}

const defaultDPI = 192

// Save writes the figure to a file whose extension is .png, .svg or .pdf. An
// existing file is replaced only when the new one is complete.
//
// Errors: [ErrStyle], and those of the file system.
func (f *Figure) Save(path string, s Style) error {
	ext := strings.ToLower(strings.TrimPrefix(filepath.Ext(path), "."))
	if err := f.check(Format(ext), s); err != nil {
		return fmt.Errorf("%w (file %q)", err, path)
	}
	return atomicfile.Write(path, func(w io.Writer) error { return f.Write(w, Format(ext), s) })
}

// Write writes the figure in the given format.
//
// Errors: [ErrStyle] for an unknown format or theme, a size or DPI out of
// range, or Auto for what is not SVG; those of w.
func (f *Figure) Write(w io.Writer, format Format, s Style) error {
	if err := f.check(format, s); err != nil {
		return err
	}
	width, height := f.size(s)
	switch format {
	case SVG:
		_, err := io.WriteString(w, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"+f.svg(s))
		return err
	case PDF:
		return f.writePDF(w, s)
	default:
		c := vgimg.NewWith(
			vgimg.UseWH(vg.Length(width), vg.Length(height)),
			vgimg.UseDPI(int(math.Round(cmp.Or(s.DPI, defaultDPI)))),
			vgimg.UseBackgroundColor(color.Transparent),
		)
		f.paint(&pen{c: vgCanvas{c}}, s)
		return png.Encode(w, c.Image())
	}
}

// SVG returns the figure as an svg element to be put into a page as it is: all
// text in it is escaped. It carries role="img" and an aria-label, no style
// element and no script, and asks for no other file.
func (f *Figure) SVG(s Style) (string, error) {
	if err := f.check(SVG, s); err != nil {
		return "", err
	}
	return f.svg(s), nil
}

func (f *Figure) svg(s Style) string {
	width, height := f.size(s)
	c := &svgCanvas{w: width, h: height}
	f.paint(&pen{c: c}, s)
	return c.element(f.label())
}

// label returns the text for screen readers.
func (f *Figure) label() string {
	var out []string
	for _, p := range []string{f.Title, f.Subtitle, f.Alt} {
		if p = strings.TrimRight(p, ". "); p != "" {
			out = append(out, p+".")
		}
	}
	return clean(strings.Join(out, " "))
}

const pointsPerCentimetre = 72 / 2.54

// size returns the size in points: where only the width is given, the height follows.
func (f *Figure) size(s Style) (width, height float64) {
	width, height = f.Width*pointsPerCentimetre, f.Height*pointsPerCentimetre
	p := &pen{}
	words := f.words(p, rect{w: width - 2*margin})
	height -= words
	if s.Width != 0 {
		width = s.Width * pointsPerCentimetre
		words = f.words(p, rect{w: width - 2*margin})
	}
	if f.Height == 0 && f.tall != nil {
		height = f.tall(p, width-2*margin) + 2*margin
	}
	if s.Height != 0 {
		return width, s.Height * pointsPerCentimetre
	}
	if s.Bare {
		words = 0
	}
	return width, height + words
}

func (f *Figure) check(format Format, s Style) error {
	if f == nil || f.draw == nil {
		return fmt.Errorf("%w: an empty figure; take one from a Figure method", ErrStyle)
	}
	width, height := f.size(s)
	dpi := cmp.Or(s.DPI, defaultDPI)
	dots := width / 72 * dpi * height / 72 * dpi
	outside := func(v, lo, hi float64) bool { return v != 0 && !(v >= lo && v <= hi) }
	const size = "%w: the %s is %v cm; it must lie in 4 to 200, or be 0 for what suits the figure"
	switch {
	case !slices.Contains([]Format{PNG, SVG, PDF}, format):
		return fmt.Errorf("%w: the format is %q; it must be png, svg or pdf", ErrStyle, format)
	case s.Theme == Auto && format != SVG:
		return fmt.Errorf("%w: the theme is auto, which only SVG can be; take Light or Dark for %s", ErrStyle, format)
	case s.Theme < Light || s.Theme > Auto:
		return fmt.Errorf("%w: the theme is %v; it must be Light, Dark or Auto", ErrStyle, s.Theme)
	case outside(s.Width, 4, 200):
		return fmt.Errorf(size, ErrStyle, "width", s.Width)
	case outside(s.Height, 4, 200):
		return fmt.Errorf(size, ErrStyle, "height", s.Height)
	case !(width >= 100 && width < 6000 && height >= 50 && height < 20000):
		return fmt.Errorf("%w: the figure is %.1f×%.1f cm; set a width and height of 4 to 200", ErrStyle, width/pointsPerCentimetre, height/pointsPerCentimetre)
	case outside(s.DPI, 36, 600):
		return fmt.Errorf("%w: DPI is %v; it must lie in 36 to 600, or be 0 for %d", ErrStyle, s.DPI, defaultDPI)
	case format == PNG && dots > 1e8:
		return fmt.Errorf("%w: %.0f million dots; take a smaller size or DPI, for at most 100 million", ErrStyle, dots/1e6)
	}
	return nil
}

const margin = 14 // points around everything

// paint draws background, words and picture.
func (f *Figure) paint(p *pen, s Style) {
	width, height := f.size(s)
	p.height, p.theme = height, s.Theme
	if !s.Transparent {
		p.fill(paper, 1, p.box(rect{0, 0, width, height}))
	}
	area := rect{margin, margin, width - 2*margin, height - 2*margin}
	if !s.Bare {
		area = area.inset(0, f.words(p, area), 0, 0)
	}
	f.draw(p, area)
}

// words writes title and subtitle into an area and returns the height that they
// take; with a pen that draws nowhere only that.
func (f *Figure) words(p *pen, r rect) (height float64) {
	write := func(s string, l lettering, most int, leading float64) {
		for _, line := range p.wrap(s, l, r.w, most) {
			p.text(line, r.x, r.y+height, l.at(left, top))
			height += l.size * leading
		}
	}
	write(f.Title, titleText, 2, 1.25)
	height += 2
	write(f.Subtitle, subtitleText, 3, 1.3)
	return height + 9
}

// picture returns a figure 16 cm wide; the height 0 stands for that of tall.
func picture(h Heading, height float64, alt string, draw func(*pen, rect)) *Figure {
	return &Figure{Heading: h, Alt: alt, Width: 16, Height: height, draw: draw}
}
