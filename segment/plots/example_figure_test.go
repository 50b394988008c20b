package plots_test

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/customer-personality/segmentation/segment/plots"
)

// A page takes the picture as an svg element that follows its theme, or as a
// PNG from a Writer.
func ExampleFigure() {
	figure, err := plots.ExplainedVariance{Ratios: []float64{0.43, 0.22, 0.20, 0.09, 0.06}, Kept: 3}.Figure()
	if err != nil {
		fmt.Println(err)
		return
	}
	figure.Title = "What the components hold"

	svg, err := figure.SVG(plots.Style{Theme: plots.Auto, Transparent: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(strings.HasPrefix(svg, "<svg "), strings.Contains(svg, "light-dark("))

	var png bytes.Buffer
	err = figure.Write(&png, plots.PNG, plots.Style{Theme: plots.Dark})
	fmt.Println(png.Len() > 10_000, err)
	// Output:
	// true true
	// true <nil>
}

// What cannot be drawn is an error that says why.
func ExampleFigure_errors() {
	_, err := plots.ExplainedVariance{Ratios: []float64{0.8, 0.7}}.Figure()
	fmt.Println(err)
	// Output: plots: cannot draw: the shares of the variance add up to 1.5; they must not exceed 1
}

func ExampleStyle() {
	figure, err := plots.ExplainedVariance{Ratios: []float64{0.6, 0.4}}.Figure()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, style := range []plots.Style{
		{},                         // for a report
		{Theme: plots.Dark},        // for slides
		{Width: 9},                 // for a phone
		{Bare: true, Height: 6},    // below a heading of its own
		{Theme: plots.Auto},        // for a page with two themes
		{DPI: 300},                 // for a printer
		{Theme: 9},                 // a slip
		{Width: 160, Height: 9000}, // another
	} {
		fmt.Println(figure.Write(new(bytes.Buffer), plots.SVG, style))
	}
	// Output:
	// <nil>
	// <nil>
	// <nil>
	// <nil>
	// <nil>
	// <nil>
	// plots: invalid style: the theme is Theme(9); it must be Light, Dark or Auto
	// plots: invalid style: the height is 9000 cm; it must lie in 4 to 200, or be 0 for what suits the figure
}

func ExampleTheme() {
	fmt.Println(plots.Light, plots.Dark, plots.Auto)
	// Output: light dark auto
}

func ExampleFormat() {
	figure, err := plots.ExplainedVariance{Ratios: []float64{0.6, 0.4}}.Figure()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, format := range []plots.Format{plots.PNG, plots.SVG, plots.PDF, "gif"} {
		fmt.Println(format, figure.Write(new(bytes.Buffer), format, plots.Style{}))
	}
	// Output:
	// png <nil>
	// svg <nil>
	// pdf <nil>
	// gif plots: invalid style: the format is "gif"; it must be png, svg or pdf
}

// The words of a general chart may be set before it is drawn, or in its figure.
func ExampleHeading() {
	words := plots.Heading{Title: "Age by segment", Subtitle: "Least, quartiles and greatest."}
	figure, err := plots.Boxes{Heading: words, Groups: plots.Tiers("Gold"), Five: [][5]float64{{39, 54, 58, 61, 71}}}.Figure()
	if err != nil {
		fmt.Println(err)
		return
	}
	figure.Subtitle = "In years."
	fmt.Println(figure.Title, "–", figure.Subtitle)
	// Output: Age by segment – In years.
}

func ExampleFigure_AddPDF() {
	figure, err := plots.TransitionMatrix{
		From: plots.Tiers("Gold", "Silver"), To: plots.Tiers("Gold", "Silver"),
		Customers: [][]float64{{90, 10}, {20, 80}},
	}.Figure()
	if err != nil {
		fmt.Println(err)
		return
	}
	doc := plots.NewPDF(595, 842) // A4
	doc.AddPage()
	doc.SetFont(plots.PDFFont, "B", 18)
	doc.Text(50, 60, plots.PDFText("What changed in March"))
	width, height, err := figure.Size(plots.Style{Width: 17})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := figure.AddPDF(doc, 50, 80, plots.Style{Width: 17}); err != nil {
		fmt.Println(err)
		return
	}
	var b bytes.Buffer
	if err := doc.Output(&b); err != nil {
		fmt.Println(err)
	}
	fmt.Printf("%.0f×%.0f cm in %s of %d page\n", width, height, b.Bytes()[:8], doc.PageCount())
	// Output: 17×11 cm in %PDF-1.4 of 1 page
}
