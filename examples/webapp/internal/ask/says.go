package ask

import (
	"math"

	"github.com/customer-personality/segmentation/examples/webapp/internal/site/texts"
	"github.com/customer-personality/segmentation/segment/insight"
)

// Says is a statement on a tier in words, without naming the tier: "spends 2.3
// times the average (1,394 against 606)".
func Says(l *texts.Language, s insight.Statement) string {
	if s.Kind == insight.KindShare {
		return l.T("says.share", many(l, s.Value, s.Overall), does(l, s), l.Percent(s.Overall, digits(s.Overall)))
	}
	value, everybody := readable(l, s.Value), readable(l, s.Overall)
	key, gap := "says."+s.Column, s.Value-s.Overall
	switch {
	case l.Has(key+".more") && gap > 0:
		return l.T(key+".more", readable(l, gap), value, everybody)
	case l.Has(key + ".less"):
		return l.T(key+".less", readable(l, -gap), value, everybody)
	case l.Has(key) && s.Overall > 0 && s.Value >= 0:
		return l.T(key, Ratio(l, s.Value/s.Overall), value, everybody)
	}
	return l.T("says.mean", l.Noun(s.Column), value, everybody)
}

// does tells what those do that a share is of.
func does(l *texts.Language, s insight.Statement) string {
	key, other := "level."+s.Column+"."+s.Level, "says.level"
	switch s.Level {
	case ">0":
		key, other = "did."+s.Column, "says.some"
	case "0":
		key, other = "didnot."+s.Column, "says.none"
	}
	if l.Has(key) {
		return l.T(key)
	}
	return l.T(other, l.Noun(s.Column), s.Level)
}

// many is a share p in words where those are plain, beside everybody's q.
func many(l *texts.Language, p, q float64) string {
	switch {
	case p > 0.995:
		return l.T("many.all")
	case p > 0.95:
		return l.T("many.nearly")
	case p < 0.005:
		return l.T("many.nobody")
	case p < 0.05:
		return l.T("many.hardly")
	case math.Round(10*p) == math.Round(10*q):
		return l.Percent(p, 0)
	}
	return l.T("many.of", int(math.Round(10*p)))
}

// Ratio tells how far a figure is above or below the average, before that word:
// "2.3 times", "40 % less than".
func Ratio(l *texts.Language, r float64) string {
	switch {
	case r >= 1.95 && r < 2.05:
		return l.T("ratio.twice")
	case r >= 1.5:
		return l.T("ratio.times", readable(l, r))
	case r >= 1:
		return l.T("ratio.more", l.Percent(r-1, 0))
	}
	return l.T("ratio.less", l.Percent(1-r, 0))
}

// readable writes a figure with as many decimals as make two or three digits.
func readable(l *texts.Language, v float64) string {
	decimals := 0
	switch a := math.Abs(v); {
	case a < 0.995:
		decimals = 2
	case a < 99.95:
		decimals = 1
	}
	for scale := math.Pow10(decimals - 1); decimals > 0 && math.Round(v*scale*10) == 10*math.Round(v*scale); scale /= 10 {
		decimals--
	}
	return l.Number(v, decimals)
}

// digits are the decimals of a share in per cent.
func digits(share float64) int {
	if share > 0 && share < 0.01 {
		return 1
	}
	return 0
}
