package plots

import (
	"math"

	"gonum.org/v1/gonum/stat"
)

// ellipseSides is how many corners stand for an ellipse: at the size of a picture none
// can be seen.
const ellipseSides = 64

// Ellipse returns the concentration ellipse of n points, as the 64 corners of a polygon,
// anticlockwise: where the share level of a bivariate normal distribution lies that has
// their mean x̄ and their covariance S (divided by n−1),
//
//	{x : (x−x̄)ᵀ S⁻¹ (x−x̄) ≤ 2 F⁻¹(level; 2, n−1)}
//
// F⁻¹ being the quantile of the F distribution: Fox & Weisberg, An R Companion to
// Applied Regression, 3rd ed. 2019, dataEllipse of R's package car; stat_ellipse of
// ggplot2 with type = "norm". Points with a value that is not finite are left out. It
// is nil for fewer than three points, for points on one line, and for a level that is
// not between 0 and 1.
func Ellipse(points [][2]float64, level float64) [][2]float64 {
	var x, y []float64
	for _, p := range points {
		if !math.IsNaN(p[0]-p[0]) && !math.IsNaN(p[1]-p[1]) {
			x, y = append(x, p[0]), append(y, p[1])
		}
	}
	n := float64(len(x))
	if n < 3 || !(level > 0 && level < 1) {
		return nil
	}
	cx, sx := stat.MeanStdDev(x, nil)
	cy, sy := stat.MeanStdDev(y, nil)
	r := stat.Correlation(x, y, nil)
	if !(math.Abs(r) < 1-1e-12) {
		return nil
	}
	// With two degrees of freedom above, F⁻¹ has a closed form; the corners are those of
	// a circle behind the Cholesky factor of S.
	radius := math.Sqrt((n - 1) * (math.Pow(1-level, -2/(n-1)) - 1))
	out := make([][2]float64, ellipseSides)
	for i := range out {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / ellipseSides)
		out[i] = [2]float64{cx + float64(radius*sx*cos), cy + float64(radius*sy*(float64(r*cos)+float64(math.Sqrt(1-float64(r*r))*sin)))}
	}
	return out
}
