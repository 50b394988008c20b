package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/customer-personality/segmentation/examples/internal/program"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/signature"
	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/narrate"
	"github.com/customer-personality/segmentation/store"
)

// summary is what -json prints.
type summary struct {
	RowsRead      int                  `json:"rows_read"`
	Rows          int                  `json:"rows"`
	Dropped       dropped              `json:"dropped"`
	Limits        limits               `json:"limits"`
	MissingIncome int                  `json:"missing_income"`
	AsOf          string               `json:"as_of"`
	K             int                  `json:"k"`
	Knee          int                  `json:"knee"` // 0 where there is none
	Sweep         []segment.SweepPoint `json:"sweep"`
	Silhouette    float64              `json:"silhouette"`
	Pipeline      pipeline             `json:"pipeline"`
	Clusters      []cluster            `json:"clusters"`
	Model         string               `json:"model"`
	Tables        []string             `json:"tables"`
	Report        string               `json:"report,omitempty"`
	Warnings      []string             `json:"warnings"`
	Database      store.Summary        `json:"database"`
}

type dropped struct {
	Age     int `json:"age"`
	Income  int `json:"income"`
	BadRows int `json:"bad_rows"`
}

// limits are those of cleaning; nil where there is none.
type limits struct {
	MaxAge    *int     `json:"max_age"`
	MaxIncome *float64 `json:"max_income"`
}

func (r *result) limitsUsed() limits {
	var out limits
	used := r.Dropped.Limits
	if used.MaxAge != features.NoLimit {
		out.MaxAge = &used.MaxAge
	}
	if used.MaxIncome != features.NoLimit {
		out.MaxIncome = &used.MaxIncome
	}
	return out
}

type pipeline struct {
	Medians    []float64   `json:"medians"`
	Means      []float64   `json:"means"`
	Scales     []float64   `json:"scales"`
	Components [][]float64 `json:"components"`
	Ratio      []float64   `json:"explained_variance_ratio"`
}

type cluster struct {
	Cluster int    `json:"cluster"`
	Tier    string `json:"tier"`
	Size    int    `json:"size"`
	Mean    means  `json:"mean"`
}

// means are the mean values of a cluster, as a JSON object in the order of the
// columns.
type means struct {
	columns []string
	values  []float64
}

func (m means) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	for j, name := range m.columns {
		value, err := json.Marshal(m.values[j])
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, ",%q:%s", name, value)
	}
	return append(append([]byte("{"), b.Bytes()[1:]...), '}'), nil
}

// missingIncome counts the customers that stay and have no income.
func (r *result) missingIncome() int {
	n := 0
	for c := range r.Table.Customers() {
		if c.Income != c.Income {
			n++
		}
	}
	return n
}

// pipeline gives the figures of the steps of segment.DefaultPipeline.
func (r *result) pipeline() pipeline {
	p := r.Model.Pipeline()
	imputer, _ := preprocess.StepAs[*preprocess.FittedImputer](p, "impute")
	scaler, _ := preprocess.StepAs[*preprocess.FittedScaler](p, "scale")
	pca, _ := preprocess.StepAs[*preprocess.FittedPCA](p, "pca")
	out := pipeline{Medians: imputer.Statistics(), Means: scaler.Center(), Scales: scaler.Scale(), Ratio: pca.ExplainedVarianceRatio()}
	for i := range out.Ratio {
		out.Components = append(out.Components, pca.Components().RawRowView(i))
	}
	return out
}

// mostK is the greatest number of clusters that was tried: the one asked for or,
// where fewer customers differ, that many.
func (r *result) mostK() int {
	sweep := r.Model.Sweep()
	return sweep[len(sweep)-1].K
}

// warnings are what a reader should know before he trusts the result.
func (r *result) warnings() []string {
	list := append([]string{}, r.Report.Warnings()...)
	if said := program.LeftOut(r.Dropped); said != "" {
		list = append(list, said)
	}
	if most := r.mostK(); most < r.maxK {
		list = append(list, program.Printer.Sprintf("%s differ, so that the numbers of clusters end at %d and not at %d", program.Count(most, "customer"), most, r.maxK))
	}
	list = append(list, program.Warnings(r.Doubts, r.Table.AsOf())...)
	list = append(list, narrate.English(nil).ModelWarnings(r.Model)...)
	if told := program.Guarded(r.guarded); told != "" {
		list = append(list, told)
	}
	return list
}

func (r *result) summary() summary {
	s := summary{
		RowsRead: r.Report.Rows, Rows: r.Table.Len(), MissingIncome: r.missingIncome(),
		Dropped: dropped{r.Dropped.Age, r.Dropped.Income, r.Report.BadRows}, Limits: r.limitsUsed(),
		AsOf: r.asOfText(), K: r.Model.K(), Knee: r.Model.Knee(), Sweep: r.Model.Sweep(), Silhouette: r.Model.Silhouette(),
		Pipeline: r.pipeline(), Model: r.path("model.json"), Tables: r.tables, Report: r.page, Warnings: r.warnings(), Database: r.saved,
	}
	for i, t := range r.Model.Tiers() {
		s.Clusters = append(s.Clusters, cluster{t.Cluster, t.Name, int(t.Size), means{r.Model.Columns(), r.Model.Means()[i]}})
	}
	return s
}

func (r *result) asOfText() string { return r.Table.AsOf().Format("2006-01-02") }

// print tells the run step by step.
func (r *result) print(w io.Writer) error {
	p := program.Printer
	var b strings.Builder
	step := func(name, format string, args ...any) {
		p.Fprintf(&b, "%-9s ", name)
		p.Fprintf(&b, format+"\n", args...)
	}
	step("Read", "%d customers from %s", r.Report.Rows, r.source)
	step("Engineer", "%d columns as of %s", len(features.EngineeredColumns()), r.asOfText())
	ages, incomes := "no limit to the age", "none to the income"
	if used := r.Dropped.Limits; used.MaxAge != features.NoLimit {
		ages = p.Sprintf("%d dropped as older than %d", r.Dropped.Age, used.MaxAge)
		incomes = "no limit to the income"
	}
	if used := r.Dropped.Limits; used.MaxIncome != features.NoLimit {
		incomes = p.Sprintf("%d for an income above %.0f", r.Dropped.Income, used.MaxIncome)
	}
	step("Clean", "%s, %s; %d stay, %d of them without an income", ages, incomes, r.Table.Len(), r.missingIncome())
	figures := r.pipeline()
	kept := 0.0
	for _, v := range figures.Ratio {
		kept += v
	}
	step("Prepare", "medians imputed, columns scaled; %d components keep %.1f %% of the variance", len(figures.Ratio), 100*kept)
	step("Sweep", "k = %d…%d", r.minK, r.mostK())
	b.WriteString("\n      k    inertia\n")
	sweep := r.Model.Sweep()
	for _, point := range sweep {
		mark := ""
		if point.K == r.Model.Knee() {
			mark = " ← knee"
		}
		p.Fprintf(&b, "%7d %10.1f  %s%s\n", point.K, point.Inertia, strings.Repeat("█", int(40*point.Inertia/sweep[0].Inertia+0.5)), mark)
	}
	b.WriteByte('\n')
	step("Choose", "k = %d, %s; mean silhouette %.3f", r.Model.K(), reasons[r.Model.ChosenBy()], r.Model.Silhouette())
	b.WriteByte('\n')

	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "Tier    \tCluster\tCustomers\tShare\t")
	for _, name := range r.Model.Columns() {
		fmt.Fprintf(t, "%s\t", strings.ToUpper(name[:1])+name[1:])
	}
	fmt.Fprintln(t)
	for i, tier := range r.Model.Tiers() {
		p.Fprintf(t, "%-8s\t%d\t%d\t%.1f %%\t", tier.Name, tier.Cluster, int(tier.Size), 100*tier.Size/float64(r.Model.Rows()))
		for j, mean := range r.Model.Means()[i] {
			digits := 0
			if limits := r.Model.Ranges()[j]; limits.Max-limits.Min < 100 {
				digits = 1
			}
			p.Fprintf(t, "%.*f\t", digits, mean)
		}
		fmt.Fprintln(t)
	}
	t.Flush()
	b.WriteByte('\n')
	files := []string{r.path("model.json")}
	if r.key != nil {
		files = append(files, signature.Name(files[0]))
	}
	step("Wrote", "%s", strings.Join(append(files, r.tables...), ", "))
	d := r.saved
	step("Saved", "version %d of the model in %s, and the tables %s, %s, %s, %s", d.ModelVersion, names[d.Dialect], d.Tables.Raw, d.Tables.Unencoded, d.Tables.Encoded, d.Tables.Merged)
	if r.page != "" {
		step("Told", "the manager, in %s", r.page)
	}
	for _, warning := range r.warnings() {
		step("Note", "%s", warning)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

var names = map[store.Dialect]string{store.Postgres: "PostgreSQL", store.SQLite: "SQLite"}

var reasons = map[segment.By]string{
	segment.ByKnee:       "the knee of the curve",
	segment.BySilhouette: "the best silhouette, for the curve has no knee",
	segment.ByCaller:     "as asked",
	segment.ByDefault:    "the only one tried",
}
