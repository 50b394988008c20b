package textreport

import (
	"context"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/narrate"
)

// neighbours says how each tier differs from the next more valuable one, and which are
// made of several clusters.
func (r *Training) neighbours(ctx context.Context) (out []string, err error) {
	t, err := r.Table.Select(r.Model.Columns()...)
	if err != nil {
		return nil, err
	}
	tiers := make([]string, r.Model.K())
	for i := range tiers {
		tiers[i] = r.Model.Tier(i)
	}
	profile, err := insight.NewProfile(ctx, t, r.Labels(), tiers, insight.ProfileOptions{})
	if err != nil {
		return nil, err
	}
	contrasts, err := insight.TierContrasts(profile, r.Model, "", insight.ContrastOptions{})
	if err != nil {
		return nil, err
	}
	words := features.WordsOf(t.Columns())
	if r.Source.Campaign {
		words = features.CampaignWords()
	}
	voice := narrate.English(words)
	for _, c := range contrasts {
		out = append(out, voice.Contrast(c))
	}
	for _, g := range profile.Tiers {
		if said := voice.Clusters(g); said != "" {
			out = append(out, said)
		}
	}
	return out, nil
}
