package main

import (
	"image/color"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// Colours that people with colour-blindness can tell apart (Okabe & Ito).
var colours = []color.Color{
	color.RGBA{0, 114, 178, 255}, color.RGBA{230, 159, 0, 255}, color.RGBA{0, 158, 115, 255}, color.RGBA{204, 121, 167, 255},
	color.RGBA{213, 94, 0, 255}, color.RGBA{86, 180, 233, 255}, color.RGBA{240, 228, 66, 255}, color.RGBA{0, 0, 0, 255},
}

// draw writes ratios.png and, where there is a curve, rows.png.
func draw(folder string, lines []line, curve []series) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	// Its bar would be one of the others again.
	lines = slices.DeleteFunc(slices.Clone(lines), func(l line) bool { return l.Peer == fastest })
	if len(lines) > 0 {
		if err := drawRatios(filepath.Join(folder, "ratios.png"), lines); err != nil {
			return err
		}
	}
	if len(curve) == 0 {
		return nil
	}
	return drawRows(filepath.Join(folder, "rows.png"), curve)
}

// drawRatios draws a bar for each line, from 1, where both are equally fast:
// a logarithmic axis has no natural foot.
func drawRatios(path string, lines []line) error {
	p := plot.New()
	p.Title.Text = "How many times as long the peers take"
	p.Title.Padding = vg.Points(6)
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, powers{}
	p.X.Min, p.X.Max = 1, 2
	grid := plotter.NewGrid()
	grid.Horizontal.Width = 0
	p.Add(grid)
	labels := plotter.XYLabels{}
	names := make([]string, len(lines))
	var inLegend []string
	for i, l := range lines {
		y := len(lines) - 1 - i // the first on top
		names[y] = "  " + l.Case
		if i > 0 && lines[i-1].Case == l.Case {
			names[y] = ""
		}
		bar, err := plotter.NewLine(plotter.XYs{{X: 1, Y: float64(y)}, {X: l.Ratio, Y: float64(y)}})
		if err != nil {
			return err
		}
		bar.Width = vg.Points(9)
		peer := slices.Index(inLegend, l.Peer)
		if peer < 0 {
			peer = len(inLegend)
			inLegend = append(inLegend, l.Peer)
			p.Legend.Add(l.Peer, bar) // drawn later, in the colour of then
		}
		bar.Color = colours[peer%len(colours)]
		p.Add(bar)
		labels.XYs = append(labels.XYs, plotter.XY{X: max(l.Ratio, 1), Y: float64(y)})
		labels.Labels = append(labels.Labels, strconv.FormatFloat(l.Ratio, 'g', 2, 64))
		if l.Ratio >= 100 {
			labels.Labels[i] = strconv.Itoa(int(math.Round(l.Ratio)))
		}
		p.X.Min, p.X.Max = min(p.X.Min, l.Ratio), max(p.X.Max, 1.5*l.Ratio)
	}
	text, err := plotter.NewLabels(labels)
	if err != nil {
		return err
	}
	for i := range text.TextStyle {
		text.TextStyle[i].YAlign = -0.5
	}
	text.Offset.X = vg.Points(3)
	p.Add(text)
	p.NominalY(names...)
	p.Y.Max = float64(len(lines)) + 2.5 // room for the legend
	p.Legend.Top, p.Legend.Padding = true, vg.Points(2)
	return p.Save(16*vg.Centimeter, vg.Length(4+0.5*float64(len(lines)))*vg.Centimeter, path)
}

// powers marks powers of ten by plain numbers, and 2…9 between them by ticks.
type powers struct{}

func (powers) Ticks(least, most float64) []plot.Tick {
	var out []plot.Tick
	for e := math.Floor(math.Log10(least)); e <= math.Ceil(math.Log10(most)); e++ {
		p := math.Pow(10, e)
		label := strconv.FormatFloat(p, 'f', max(0, int(-e)), 64)
		switch {
		case e >= 6:
			label = strconv.Itoa(int(p/1e6)) + " million"
		case e >= 4:
			label = strconv.Itoa(int(p/1e3)) + ",000"
		}
		out = append(out, plot.Tick{Value: p, Label: label})
		for m := 2.0; m <= 9; m++ {
			out = append(out, plot.Tick{Value: m * p})
		}
	}
	return slices.DeleteFunc(out, func(t plot.Tick) bool { return t.Value < least*0.999 || t.Value > most*1.001 })
}

func drawRows(path string, curve []series) error {
	p := plot.New()
	p.Title.Text = "One fit, k = 4 in three columns"
	p.Title.Padding = vg.Points(6)
	p.X.Label.Text, p.Y.Label.Text = "rows", "seconds"
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	p.X.Tick.Marker, p.Y.Tick.Marker = powers{}, powers{}
	p.Add(plotter.NewGrid())
	for i, s := range curve {
		if len(s.rows) == 0 {
			continue
		}
		points := make(plotter.XYs, len(s.rows))
		for j := range points {
			points[j] = plotter.XY{X: s.rows[j], Y: s.times[j]}
		}
		line, dots, err := plotter.NewLinePoints(points)
		if err != nil {
			return err
		}
		line.Color, dots.Color = colours[i], colours[i]
		line.Width = vg.Points(2)
		p.Add(line, dots)
		p.Legend.Add(s.name, line, dots)
	}
	p.Legend.Top, p.Legend.Left, p.Legend.Padding = true, true, vg.Points(2)
	p.Legend.XOffs, p.Legend.YOffs = vg.Points(6), -vg.Points(6)
	return p.Save(16*vg.Centimeter, 11*vg.Centimeter, path)
}
