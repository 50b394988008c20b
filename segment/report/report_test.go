package report

import (
	"bytes"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/testenv"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/plots"
	"github.com/customer-personality/segmentation/testdata"
)

// sample returns the customers of the bundled sample after a change to each.
func sample(t *testing.T, change func(*features.Customer)) *features.Table {
	t.Helper()
	customers, _, err := features.ReadAll(t.Context(), bytes.NewReader(testdata.Customers), features.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	customers = customers[:600]
	for i := range customers {
		change(&customers[i])
	}
	return testenv.Must(features.Engineer(t.Context(), customers, features.AsOf(testdata.AsOf)))
}

func page(t *testing.T, source string, table *features.Table, read features.Report, o segment.TrainOptions) (*Report, string) {
	t.Helper()
	o.Seed = 1
	result, err := segmentation.Train(t.Context(), table, segmentation.TrainOptions{Model: o, Report: read})
	if err != nil {
		t.Fatal(err)
	}
	r, err := New(t.Context(), result, Options{Source: source, Choice: insight.SelectionOptions{References: -1, Resamples: -1}})
	if err != nil {
		t.Fatal(err)
	}
	p, err := r.Page(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	return r, b.String()
}

func TestPage(t *testing.T) {
	table := sample(t, func(*features.Customer) {})
	r, html := page(t, "dir/<b>file.csv", table, features.Report{}, segment.TrainOptions{
		TierNames: []string{"<script>alert(1)</script>", "Gold & co", "Silver", "Bronze"},
	})
	if strings.Contains(html, "<script") || strings.Contains(html, "<b>file") || !strings.Contains(html, "data: &lt;b&gt;file.csv") || !strings.Contains(html, "Gold &amp; co") {
		t.Error("names are not escaped")
	}
	if m := regexp.MustCompile(`(?i)<iframe|<img|@import|url\(|\ssrc\s*=|href="(?:[^#d]|d[^a])`).FindString(html); m != "" {
		t.Errorf("the page has %q", m)
	}
	if n := strings.Count(html, "<figure>"); n != 15 {
		t.Errorf("%d pictures", n)
	}
	answer, evidence, doubts := strings.Index(html, `class="cards"`), strings.Index(html, `id="worth"`), strings.Index(html, `id="doubts"`)
	if !(answer > 0 && answer < evidence && evidence < doubts) {
		t.Errorf("the answer is at %d, the evidence at %d, the doubts at %d", answer, evidence, doubts)
	}
	if !slices.Contains(r.doubts(), r.Dropped.String()) {
		t.Errorf("doubts: %q", r.doubts())
	}
	// The cards say what the profile says.
	shares := 0.0
	for i, card := range r.Front().Cards {
		tier := r.Profile.Tiers[i]
		shares += card.Share
		if card.Name != tier.Name || card.Revenue != tier.RevenueShare || len(card.Marks) == 0 || len(card.Marks) > most || len(card.Advice) > most {
			t.Errorf("card %+v of %s", card, tier.Name)
		}
	}
	if math.Abs(shares-1) > 1e-12 {
		t.Errorf("the shares add up to %v", shares)
	}
}

// TestPageOfLittle: a file of the required columns alone, one group, nothing
// bought: what there is nothing of is left out, and nothing fails.
func TestPageOfLittle(t *testing.T) {
	bare := func(c *features.Customer) {
		*c = features.Customer{ID: c.ID, YearBirth: c.YearBirth, Education: "Diploma", Income: c.Income, Kidhome: c.Kidhome, DtCustomer: c.DtCustomer, MntWines: c.MntWines}
	}
	_, html := page(t, "bare.csv", sample(t, bare), features.Report{Absent: []string{"recency", "response"}}, segment.TrainOptions{})
	if strings.Contains(html, "Acceptance of campaigns") || strings.Contains(html, "purchases per customer by channel") {
		t.Error("pictures are drawn of what the file does not have")
	}
	if !strings.Contains(html, "The file has no recency and response") {
		t.Error("the absent columns are not told")
	}

	r, html := page(t, "one.csv", sample(t, func(*features.Customer) {}), features.Report{}, segment.TrainOptions{K: 1})
	if len(r.Profile.Tiers) != 1 || strings.Contains(html, "Silhouettes") || strings.Contains(html, "Keep them") {
		t.Errorf("one group: %d tiers", len(r.Profile.Tiers))
	}

	poor := func(c *features.Customer) {
		c.MntWines, c.MntFruits, c.MntMeatProducts, c.MntFishProducts, c.MntSweetProducts, c.MntGoldProds = 0, 0, 0, 0, 0, 0
	}
	_, html = page(t, "poor.csv", sample(t, poor), features.Report{}, segment.TrainOptions{K: 3})
	if strings.Contains(html, "NaN") || !strings.Contains(html, "What is doubtful") {
		t.Error("a file without revenue")
	}
}

// Customers who are all alike have nothing that goes together.
func TestPageOfOneKind(t *testing.T) {
	var first *features.Customer
	alike := func(c *features.Customer) {
		if first == nil {
			copied := *c
			first = &copied
		}
		id := c.ID
		*c = *first
		c.ID = id
	}
	r, html := page(t, "alike.csv", sample(t, alike), features.Report{}, segment.TrainOptions{K: 1})
	if picture, err := r.correlations(t.Context()); picture != nil || err != nil {
		t.Errorf("correlations of nothing: %v", err)
	}
	if strings.Contains(html, "NaN") {
		t.Error("the page has NaN")
	}
}

func TestHighlight(t *testing.T) {
	got := string(highlight("if a < \"<b>\" { // c\n\treturn 1.5\n}"))
	want := `<span class="k">if</span> a &lt; <span class="s">&#34;&lt;b&gt;&#34;</span> { <span class="c">// c</span>` + "\n\t" + `<span class="k">return</span> <span class="n">1.5</span>` + "\n}"
	if got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

func TestWrite(t *testing.T) {
	p := &Page{Title: "T", Sections: []Section{{ID: "a", Title: "A", Pictures: []*plots.Figure{{}}}}}
	if err := p.Write(new(bytes.Buffer)); err == nil {
		t.Error("a figure that cannot be drawn is no error")
	}
}

// The clusterings of the training are not fitted anew, but for another seed.
func TestChoiceOfTheTraining(t *testing.T) {
	result, err := segmentation.Train(t.Context(), sample(t, func(*features.Customer) {}), segmentation.TrainOptions{Model: segment.TrainOptions{Seed: 1}})
	if err != nil {
		t.Fatal(err)
	}
	for seed, want := range map[uint64]bool{0: false, 1: false, 2: true} {
		calls := 0
		r, err := New(t.Context(), result, Options{Choice: insight.SelectionOptions{Seed: seed, References: -1, Resamples: -1, Progress: func(p insight.SelectionProgress) {
			if p.Stage == "sweep" {
				calls++
			}
		}}})
		if err != nil {
			t.Fatal(err)
		}
		if fitted := calls > 1; fitted != want {
			t.Errorf("seed %d: a sweep of %d steps", seed, calls)
		}
		for _, p := range result.Model.Sweep() {
			if got, ok := r.Choice.Point(p.K); !ok || !want && got.Inertia != p.Inertia {
				t.Errorf("seed %d, k = %d: inertia %v, in the training %v", seed, p.K, got.Inertia, p.Inertia)
			}
		}
	}
}
