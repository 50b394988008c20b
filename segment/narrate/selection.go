package narrate

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/customer-personality/segmentation/internal/jsonfloat"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
)

// Selection returns the sentences on what each criterion chooses, whether they
// agree, and how many clusters are taken.
func (v Voice) Selection(s *insight.Selection) []string {
	s = cmp.Or(s, &insight.Selection{})
	var out []string
	for _, n := range s.Notes {
		switch n.Kind {
		case insight.FewDistinct:
			out = append(out, v.Count("select.distinct", n.Distinct, n.Distinct, n.Wanted))
		case insight.FewDistinctSample:
			out = append(out, v.Count("select.sample", n.Distinct, n.Rows, n.Distinct))
		case insight.FewInResamples:
			out = append(out, v.T("select.resamples", n.Rows, n.Wanted))
		}
	}
	by := map[int][]string{}
	for _, c := range s.Choices {
		out = append(out, v.Choice(s, c.Index))
		if c.K > 0 {
			by[c.K] = append(by[c.K], v.T("criterion."+string(c.Index)))
		}
	}
	switch ks := slices.Sorted(maps.Keys(by)); {
	case len(ks) == 1 && len(by[ks[0]]) > 1:
		out = append(out, v.T("select.agree", ks[0]))
	case len(ks) > 1:
		var parts []string
		for _, k := range ks {
			parts = append(parts, fmt.Sprintf("%d (%s)", k, strings.Join(by[k], ", ")))
		}
		out = append(out, v.T("select.disagree", strings.Join(parts, ", ")))
	}
	taken := v.T("select.taken"+map[segment.By]string{segment.ByKnee: ".knee", segment.BySilhouette: ".silhouette"}[s.By], s.K)
	if p, ok := s.Point(s.K); ok && p.Stability != nil {
		stable := 0
		for _, c := range p.Stability {
			if c.Jaccard >= insight.StableFrom {
				stable++
			}
		}
		taken = v.Count("select.stable", stable, taken, stable, len(p.Stability))
	}
	return append(out, taken+".")
}

// SelectionJSON returns a choice of k as JSON, with its sentences.
func (v Voice) SelectionJSON(s *insight.Selection) ([]byte, error) {
	s = cmp.Or(s, &insight.Selection{})
	return jsonfloat.Marshal(*s, jsonfloat.Member{Name: "sentences", Value: v.Selection(s)})
}

// Choice returns the sentence on what one criterion chooses, and why.
func (v Voice) Choice(s *insight.Selection, of insight.Criterion) string {
	s = cmp.Or(s, &insight.Selection{})
	c := s.Choice(of)
	p, _ := s.Point(c.K)
	switch of {
	case insight.CriterionKnee:
		return v.knee(s, c.K)
	case insight.CriterionGap:
		switch c.K {
		case 0:
			largest := 0
			for _, p := range s.Points {
				if !math.IsNaN(p.Gap) {
					largest = p.K
				}
			}
			return v.T("select.gap.none", largest)
		case 1:
			return v.T("select.gap.one")
		}
		return v.T("select.gap", c.K)
	case insight.CriterionStability:
		if c.K == 0 {
			return v.T("select.stability.none", v.Number(insight.StableFrom, 2))
		}
		return v.T("select.stability", c.K, v.Number(p.LeastStability, 2))
	}
	if c.K == 0 {
		return v.T("select.novalue", v.T("criterion."+string(of)))
	}
	figure := map[insight.Criterion]string{
		insight.CriterionSilhouette:       v.Number(p.Silhouette, 3),
		insight.CriterionCalinskiHarabasz: fmt.Sprintf("%.0f", p.CalinskiHarabasz),
		insight.CriterionDaviesBouldin:    v.Number(p.DaviesBouldin, 3),
	}[of]
	return v.T("select."+string(of), c.K, figure)
}

func (v Voice) knee(s *insight.Selection, k int) string {
	out := v.T("select.noknee", s.MinK, s.MaxK)
	if k > 0 {
		out = v.T("select.knee", k, s.MinK, s.MaxK)
	}
	switch {
	case s.MinK <= 1 || s.KneeFromOne == k:
		return out
	case s.KneeFromOne == 0:
		return out + " " + v.T("select.knee.fromone.none", s.MaxK)
	}
	return out + " " + v.T("select.knee.fromone", s.MaxK, s.KneeFromOne)
}
