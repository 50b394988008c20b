package report

import (
	"math"

	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment/narrate"
)

// printer prints numbers with thousands separators.
var printer = message.NewPrinter(language.English)

// voice writes facts on customers of the campaign schema as sentences.
var voice = narrate.English(features.CampaignWords())

func upper(s string) string { return voice.Capital(s) }

// counted returns a number with its noun: 1 tier, 4 tiers.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return printer.Sprintf("%d %ss", n, noun)
}

// percent returns a share, with more digits where it is small.
func percent(share float64) string {
	switch {
	case math.IsNaN(share):
		return "an unknown part"
	case share > 0 && share < 0.0095:
		return printer.Sprintf("%.1f%%", 100*share)
	}
	return printer.Sprintf("%.0f%%", 100*share)
}

// number returns a figure with as many decimals as its range asks for.
func number(v, size float64) string {
	switch {
	case math.IsNaN(v):
		return "–"
	case size < 2:
		return printer.Sprintf("%.2f", v)
	case size < 100:
		return printer.Sprintf("%.1f", v)
	}
	// A mean of whole numbers may lie a last bit below the half.
	return printer.Sprintf("%.0f", math.Round(v*(1+1e-12)))
}
