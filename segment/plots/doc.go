// Package plots draws what a segmentation found: how many clusters there are,
// who is in them, what sets them apart, and why a customer is where it is.
//
// There are general charts of any values ([Bars], [BarTable], [StackedBars],
// [DotPlot], [Lines], [Scatter], [Boxes], [Densities], [Steps], [Shares],
// [HeatMap], [Icicle]), whose words and way of writing numbers the caller hands
// in, and those of a segmentation ([Elbow], [Silhouette], [Waterfall], …), which
// speak English and are made of them where they can be.
//
// Each picture is a struct of plain values ([Elbow], [Shares], [HeatMap], …)
// that can be filled by hand with anybody's data; functions named for what they
// take ([ElbowOf], [ScatterMatrixOf], …) fill them from the results of package
// segment. Its Figure method checks the values and returns a [Figure], which is
// written as PNG, SVG or PDF, in a light or a dark theme:
//
//	figure, err := plots.ElbowOf(sweep).Figure()
//	err = figure.Save("elbow.png", plots.Style{})
//	svg, err := figure.SVG(plots.Style{Theme: plots.Auto, Transparent: true})
//
// Drawing is done on the canvases of gonum.org/v1/plot with the Liberation
// fonts that it brings, so a picture needs no font on the machine. The same
// values yield the same bytes of PNG and SVG.
//
// # Colours
//
// The tiers have the same four colours in every picture ([TierColor]), which
// differ in hue and in lightness: they stay apart in print without colour and
// for the colour-blind. On dark each has a lighter shade of the same hue.
package plots
