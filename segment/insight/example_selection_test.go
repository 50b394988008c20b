package insight_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
)

// prepared returns the 400 customers as they are clustered.
func prepared() *mat.Dense {
	x := customers()
	pipeline, err := segment.DefaultPipeline(5).Fit(context.Background(), x, customerColumns...)
	if err != nil {
		log.Fatal(err)
	}
	z, err := pipeline.Transform(context.Background(), x)
	if err != nil {
		log.Fatal(err)
	}
	return z
}

func ExampleSelectK() {
	report, err := insight.SelectK(context.Background(), prepared(), insight.SelectionOptions{MaxK: 6, References: 20, Resamples: 20, Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range voice.Selection(report) {
		fmt.Println(s)
	}
	// Output:
	// The knee of the inertia is at 4 over k = 2…6. Over 1…6 it is at 3: the knee depends on the range.
	// The mean silhouette is highest at 4 (0.916).
	// Calinski–Harabasz is highest at 4 (23679).
	// Davies–Bouldin is lowest at 4 (0.123).
	// The gap statistic chooses 4.
	// The largest k all of whose clusters come back in resamples is 6 (mean Jaccard at least 0.76).
	// They disagree: 4 (knee, silhouette, Calinski–Harabasz, Davies–Bouldin, gap statistic), 6 (stability). There is no one right number here; it is a choice of how fine the segments are to be.
	// Taken: 4, by the knee; 4 of its 4 clusters are stable.
}

func ExampleSelectionOptions() {
	// The quick indices alone.
	report, err := insight.SelectK(context.Background(), prepared(), insight.SelectionOptions{MaxK: 5, References: -1, Resamples: -1})
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range report.Choices {
		fmt.Println(c.Index, c.K)
	}
	// Output:
	// knee 0
	// silhouette 4
	// calinski_harabasz 4
	// davies_bouldin 4
}

func ExampleSelection() {
	selection, err := insight.SelectK(context.Background(), prepared(), insight.SelectionOptions{MinK: 3, MaxK: 5, References: -1, Resamples: -1})
	if err != nil {
		log.Fatal(err)
	}
	data, err := voice.SelectionJSON(selection)
	if err != nil {
		log.Fatal(err)
	}
	var read struct {
		insight.Selection
		Sentences []string
	}
	if err := json.Unmarshal(data, &read); err != nil {
		log.Fatal(err)
	}
	fmt.Println(read.K, read.By, len(read.Points))
	fmt.Println(read.Sentences[len(read.Sentences)-1])
	// Output:
	// 4 silhouette 5
	// Taken: 4, by the silhouette, as there is no knee.
}

// Three distinct rows are no ten clusters.
func ExampleSelectionNote() {
	x := mat.NewDense(6, 1, []float64{0, 5, 9, 0, 5, 9})
	selection, err := insight.SelectK(context.Background(), x, insight.SelectionOptions{References: -1, Resamples: -1})
	if err != nil {
		log.Fatal(err)
	}
	for _, note := range selection.Notes {
		fmt.Println(note.Kind, note.Distinct, "of", note.Wanted)
	}
	// Output: few_distinct 3 of 10
}

func ExampleNoteKind() {
	note := insight.SelectionNote{Kind: insight.FewInResamples, Rows: 8, Wanted: 6}
	fmt.Println(voice.Selection(&insight.Selection{Notes: []insight.SelectionNote{note}})[0])
	// Output: Resamples of the 8 rows hold too few distinct ones for 6 clusters and more, whose stability is left out.
}

func ExampleSelectionPoint() {
	report, err := insight.SelectK(context.Background(), prepared(), insight.SelectionOptions{MaxK: 5, References: 20, Resamples: 20})
	if err != nil {
		log.Fatal(err)
	}
	p, _ := report.Point(4)
	fmt.Printf("k = %d: silhouette %.2f, least stability %.2f\n", p.K, p.Silhouette, p.LeastStability)
	// Output: k = 4: silhouette 0.92, least stability 1.00
}

func ExampleCriterionChoice() {
	data, err := json.Marshal(insight.CriterionChoice{Index: insight.CriterionKnee, K: 4})
	fmt.Println(string(data), err)
	// Output: {"index":"knee","k":4} <nil>
}

func ExampleCriterion() {
	report, err := insight.SelectK(context.Background(), prepared(), insight.SelectionOptions{MaxK: 6, References: -1, Resamples: -1})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(voice.Choice(report, insight.CriterionSilhouette))
	// Output: The mean silhouette is highest at 4 (0.916).
}

func ExampleSelectionProgress() {
	last := map[string]insight.SelectionProgress{}
	_, err := insight.SelectK(context.Background(), prepared(), insight.SelectionOptions{
		MaxK: 4, References: 5, Resamples: 5, Progress: func(p insight.SelectionProgress) { last[p.Stage] = p },
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, stage := range []string{"sweep", "silhouette", "gap", "stability"} {
		fmt.Println(last[stage].Stage, last[stage].Done, "of", last[stage].Total)
	}
	// Output:
	// sweep 16 of 16
	// silhouette 1 of 1
	// gap 5 of 5
	// stability 5 of 5
}

func ExampleStability() {
	ctx, z := context.Background(), prepared()
	clusters, err := segment.KMeansPP{K: 4}.Fit(ctx, z)
	if err != nil {
		log.Fatal(err)
	}
	stability, err := insight.Stability{Resamples: 20, Seed: 1}.Fit(ctx, z, clusters)
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range stability[0] {
		fmt.Printf("cluster %d: mean Jaccard %.2f, stable: %v\n", s.Cluster, s.Jaccard, s.Jaccard >= insight.StableFrom)
	}
	// Output:
	// cluster 0: mean Jaccard 1.00, stable: true
	// cluster 1: mean Jaccard 1.00, stable: true
	// cluster 2: mean Jaccard 1.00, stable: true
	// cluster 3: mean Jaccard 1.00, stable: true
}

func ExampleClusterStability() {
	data, err := json.Marshal(insight.ClusterStability{Cluster: 2, Size: 440, Jaccard: 0.81, Recovered: 73, Dissolved: 2})
	fmt.Println(string(data), err)
	// Output: {"cluster":2,"size":440,"jaccard":0.81,"recovered":73,"dissolved":2} <nil>
}
