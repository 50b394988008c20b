package main

import (
	"fmt"
	"image/color"
	"os"
	"path/filepath"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// Colours that people with colour-blindness can tell apart (Okabe & Ito).
var colours = []color.Color{
	color.RGBA{0, 114, 178, 255}, color.RGBA{230, 159, 0, 255}, color.RGBA{0, 158, 115, 255},
}

// draw writes ratios.png and, where there is a curve, rows.png.
func draw(folder string, lines []line, curve []series) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
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

func drawRatios(path string, lines []line) error {
	p := plot.New()
	p.Title.Text = "How many times as long the peers take"
	p.Y.Label.Text = "ratio of medians"
	p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: 0}
	p.Y.Min = 0.5
	at := map[string]int{}
	var names []string
	for _, l := range lines {
		if _, ok := at[l.Case]; !ok {
			at[l.Case] = len(names)
			names = append(names, l.Case)
		}
	}
	for i, peer := range []string{"scikit-learn", "faiss", "pandas, scikit-learn"} {
		points := plotter.XYs{}
		for _, l := range lines {
			if l.Peer == peer {
				points = append(points, plotter.XY{X: float64(at[l.Case]) + 0.22*float64(i%2) - 0.11, Y: max(l.Ratio, 0.5)})
			}
		}
		if len(points) == 0 {
			continue
		}
		// Bars on a logarithmic axis have no natural foot: they stand on 1,
		// where both are equally fast.
		for j, pt := range points {
			bar, err := plotter.NewLine(plotter.XYs{{X: pt.X, Y: 1}, pt})
			if err != nil {
				return err
			}
			bar.Width, bar.Color = vg.Points(9), colours[i]
			p.Add(bar)
			if j == 0 {
				p.Legend.Add(peer, bar)
			}
		}
		labels := plotter.XYLabels{XYs: points}
		for _, pt := range points {
			labels.Labels = append(labels.Labels, fmt.Sprintf("%.3g", pt.Y))
		}
		text, err := plotter.NewLabels(labels)
		if err != nil {
			return err
		}
		for j := range text.TextStyle {
			text.TextStyle[j].XAlign = -0.5
		}
		text.Offset.Y = vg.Points(3)
		p.Add(text)
		p.Y.Max = max(p.Y.Max, 2*maxY(points))
	}
	p.NominalX(names...)
	p.Legend.Top = true
	return p.Save(18*vg.Centimeter, 10*vg.Centimeter, path)
}

func maxY(points plotter.XYs) float64 {
	most := 1.0
	for _, p := range points {
		most = max(most, p.Y)
	}
	return most
}

func drawRows(path string, curve []series) error {
	p := plot.New()
	p.Title.Text = "One fit, k = 4 in three columns"
	p.X.Label.Text, p.Y.Label.Text = "rows", "seconds"
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	p.X.Tick.Marker, p.Y.Tick.Marker = plot.LogTicks{Prec: 0}, plot.LogTicks{Prec: 0}
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
		line.Color, dots.Color = colours[i%len(colours)], colours[i%len(colours)]
		line.Width = vg.Points(2)
		p.Add(line, dots)
		p.Legend.Add(s.name, line, dots)
	}
	p.Legend.Top, p.Legend.Left = true, true
	return p.Save(16*vg.Centimeter, 11*vg.Centimeter, path)
}
