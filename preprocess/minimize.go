package preprocess

import "math"

// minimize returns where f is least between from and to, by golden sections and
// parabolas (Brent 1973, Algorithms for Minimization without Derivatives, chapter
// 5): step by step scipy.optimize.fminbound with xtol=1.48e-8 and at most 500
// evaluations. An error of f ends it.
func minimize(from, to float64, f func(float64) (float64, error)) (float64, error) {
	const tolerance, most = 1.48e-8, 500
	section := float64(0.5 * (3 - math.Sqrt(5)))
	best := point{x: from + float64(section*(to-from))}
	var err error
	if best.f, err = f(best.x); err != nil {
		return 0, err
	}
	second, third := best, best
	step, before := 0.0, 0.0 // the latest step, and the one before it
	for evaluations := 1; evaluations < most; evaluations++ {
		middle := float64(0.5 * (from + to))
		near := float64(math.Sqrt(2.2e-16)*math.Abs(best.x)) + tolerance/3
		if math.Abs(best.x-middle) <= float64(2*near)-float64(0.5*(to-from)) {
			break
		}
		parabola := false
		if math.Abs(before) > near {
			p, q := vertex(best, second, third)
			last := before
			before = step
			if math.Abs(p) < math.Abs(float64(0.5*q*last)) && p > float64(q*(from-best.x)) && p < float64(q*(to-best.x)) {
				parabola = true
				step = p / q
				if x := best.x + step; x-from < 2*near || to-x < 2*near {
					step = signed(near, middle-best.x)
				}
			}
		}
		if !parabola {
			if before = to - best.x; best.x >= middle {
				before = from - best.x
			}
			step = float64(section * before)
		}
		next := point{x: best.x + signed(max(math.Abs(step), near), step)}
		if next.f, err = f(next.x); err != nil {
			return 0, err
		}
		switch {
		case next.f <= best.f:
			if next.x >= best.x {
				from = best.x
			} else {
				to = best.x
			}
			third, second, best = second, best, next
			continue
		case next.x < best.x:
			from = next.x
		default:
			to = next.x
		}
		if next.f <= second.f || second.x == best.x {
			third, second = second, next
		} else if next.f <= third.f || third.x == best.x || third.x == second.x {
			third = next
		}
	}
	return best.x, nil
}

// point is a place and the value of the function there.
type point struct{ x, f float64 }

// vertex returns numerator and denominator of the step from the best of three
// points to the vertex of their parabola.
func vertex(best, second, third point) (p, q float64) {
	r := float64((best.x - second.x) * (best.f - third.f))
	q = float64((best.x - third.x) * (best.f - second.f))
	p = float64((best.x-third.x)*q) - float64((best.x-second.x)*r)
	q = float64(2 * (q - r))
	if q > 0 {
		p = -p
	}
	return p, math.Abs(q)
}

// signed returns size ≥ 0 with the sign of v, and plus for 0.
func signed(size, v float64) float64 {
	if v < 0 {
		return -size
	}
	return size
}
