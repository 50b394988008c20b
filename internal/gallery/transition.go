package gallery

import (
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/narrate"
	"github.com/customer-personality/segmentation/segment/plots"
)

// Transition returns who moves between the tiers of two models, of such names, as svg
// elements for a wide and for a narrow screen.
func Transition(c *insight.Comparison, title, before, after string, l *narrate.Language) (svg string, err error) {
	m := plots.TransitionMatrixOf(c)
	m.Before, m.After = before, after
	m.Number, m.Share = func(v float64) string { return l.Number(v, 0) }, l.P
	figure, err := m.Figure()
	if err != nil {
		return "", err
	}
	figure.Title, figure.Subtitle, figure.Alt = title, "", ""
	for _, width := range []float64{0, Narrow} {
		drawn, err := figure.SVG(plots.Style{Theme: plots.Auto, Transparent: true, Bare: true, Width: width})
		if err != nil {
			return "", err
		}
		svg += drawn
	}
	return svg, nil
}
