// Package textreport tells what programs found as text for a terminal and as JSON: of a
// training, a comparison of models, scores.
package textreport

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode"
	"unicode/utf8"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/program"
	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/narrate"
	"github.com/customer-personality/segmentation/store"
)

// A Training is what is told of a training run.
type Training struct {
	*segmentation.Result
	Source     *segmentation.Source // what was trained on
	From       string               // where that comes from
	MinK, MaxK int                  // the numbers of clusters that were to be tried

	// Where the result is.
	ModelFile string
	Signature string        // file of the signature of the model; empty for none
	Tables    []string      // files
	Guarded   int           // cells of the CSV files that were changed, see [csvguard.Writer]
	Page      string        // file of the page for the manager; empty for none
	Saved     store.Summary // in the database
	Notes     []string      // on what could not be written
}

// Sum finds out what is in the database of the results under a name.
func (r *Training) Sum(ctx context.Context, db *store.Store, name string) (err error) {
	if r.Saved, err = db.Summary(ctx, name); err != nil || r.Source.Engineered() {
		return err
	}
	r.Saved.Tables = store.SummaryTables{Raw: name, Unencoded: name + "_unencoded", Encoded: name + "_encoded", Merged: name + "_merged"}
	for table, n := range map[string]*int{
		r.Saved.Tables.Raw: &r.Saved.Rows.Raw, r.Saved.Tables.Unencoded: &r.Saved.Rows.Unencoded,
		r.Saved.Tables.Encoded: &r.Saved.Rows.Encoded, r.Saved.Tables.Merged: &r.Saved.Rows.Merged,
	} {
		if *n, err = db.Count(ctx, table); err != nil {
			return err
		}
	}
	return nil
}

// A Summary is a Training as JSON.
type Summary struct {
	RowsRead      int                  `json:"rows_read"`
	Rows          int                  `json:"rows"`
	Dropped       dropped              `json:"dropped"`
	Limits        limits               `json:"limits"`
	Outside       []outside            `json:"outside,omitempty"` // limits of columns of a table that is no campaign file
	MissingIncome int                  `json:"missing_income"`
	AsOf          string               `json:"as_of"`
	K             int                  `json:"k"`
	Knee          int                  `json:"knee"` // 0 where there is none
	Sweep         []segment.SweepPoint `json:"sweep"`
	Silhouette    float64              `json:"silhouette"`
	Pipeline      *pipeline            `json:"pipeline,omitempty"`
	Roles         *Roles               `json:"roles,omitempty"`       // of a table that is no campaign file
	Preparation   []string             `json:"preparation,omitempty"` // of such a one
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

// outside is a limit of a column, and how many it left out.
type outside struct {
	Column   string   `json:"column"`
	Least    *float64 `json:"least,omitempty"`
	Greatest *float64 `json:"greatest,omitempty"`
	Dropped  int      `json:"dropped"`
}

func (r *Training) outside() (out []outside) {
	for _, o := range r.Dropped.Outside {
		limit := outside{Column: o.Column, Dropped: o.Rows}
		if o.Above {
			limit.Greatest = &o.Limit
		} else {
			limit.Least = &o.Limit
		}
		out = append(out, limit)
	}
	return out
}

// Roles tell what the columns of a table serve for.
type Roles struct {
	ID       string           `json:"id,omitempty"`
	Features []string         `json:"features"`
	Value    []features.Value `json:"value"`
	Describe []string         `json:"describe"`
	Guessed  bool             `json:"value_guessed"`
	Columns  []columnRole     `json:"columns"`
}

type columnRole struct {
	Name   string `json:"name"`
	Kind   string `json:"kind"`
	Role   string `json:"role"`
	Reason string `json:"reason"`
}

// rolesOf returns what the columns serve for; nil for a campaign file.
func rolesOf(s *segmentation.Source) *Roles {
	if s.Campaign {
		return nil
	}
	of := s.Roles
	out := &Roles{ID: of.ID, Features: append([]string{}, of.Features...), Value: append([]features.Value{}, of.Value...), Describe: append([]string{}, of.Describe...), Guessed: of.Guessed}
	for _, c := range of.Columns {
		out.Columns = append(out.Columns, columnRole{c.Column.Name, c.Column.Kind.String(), c.Role.String(), c.Reason})
	}
	return out
}

// limits are those of cleaning; nil where there is none.
type limits struct {
	MaxAge    *int     `json:"max_age"`
	MaxIncome *float64 `json:"max_income"`
}

func (r *Training) limitsUsed() limits {
	var out limits
	used := r.Dropped.Limits
	if !r.Source.Campaign {
		return out
	}
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
	values  []any
}

func (m means) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	for j, name := range m.columns {
		key, err := json.Marshal(name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(m.values[j])
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, ",%s:%s", key, value)
	}
	return append(append([]byte("{"), b.Bytes()[1:]...), '}'), nil
}

// missingIncome counts the customers that stay and have no income.
func (r *Training) missingIncome() int {
	n := 0
	income, err := r.Table.Column("income")
	if err != nil || !r.Source.Campaign {
		return 0
	}
	for i := range income.Len() {
		if income.Missing(i) {
			n++
		}
	}
	return n
}

// pipeline gives the figures of the steps of segment.DefaultPipeline; nil where the
// steps are others.
func (r *Training) pipeline() *pipeline {
	if !r.Source.Campaign {
		return nil
	}
	p := r.Model.Pipeline()
	imputer, _ := preprocess.StepAs[*preprocess.FittedImputer](p, "impute")
	scaler, _ := preprocess.StepAs[*preprocess.FittedScaler](p, "scale")
	pca, _ := preprocess.StepAs[*preprocess.FittedPCA](p, "pca")
	out := &pipeline{Medians: imputer.Statistics(), Means: scaler.Center(), Scales: scaler.Scale(), Ratio: pca.ExplainedVarianceRatio()}
	for i := range out.Ratio {
		out.Components = append(out.Components, pca.Components().RawRowView(i))
	}
	return out
}

// MostK is the greatest number of clusters that was tried: the one asked for or,
// where fewer customers differ, that many.
func (r *Training) MostK() int {
	sweep := r.Model.Sweep()
	return sweep[len(sweep)-1].K
}

// warnings are what a reader should know before he trusts the result.
func (r *Training) warnings() []string {
	list := append([]string{}, r.Report.Warnings()...)
	list = append(list, r.Told...)
	if said := program.LeftOut(r.Dropped); said != "" {
		list = append(list, said)
	}
	if most := r.MostK(); most < r.MaxK {
		list = append(list, program.Printer.Sprintf("%s differ, so that the numbers of clusters end at %d and not at %d", program.Count(most, "customer"), most, r.MaxK))
	}
	list = append(list, program.Warnings(r.Doubts, r.Table.AsOf())...)
	list = append(list, voice.ModelWarnings(r.Model)...)
	list = append(list, r.Notes...)
	if told := program.Guarded(r.Guarded); told != "" {
		list = append(list, told)
	}
	return list
}

// WriteJSON writes the run as one JSON object.
func (r *Training) WriteJSON(w io.Writer) error {
	s := Summary{
		RowsRead: r.Source.Table.Len(), Rows: r.Table.Len(), MissingIncome: r.missingIncome(),
		Dropped: dropped{r.Dropped.Age, r.Dropped.Income, r.Source.BadRows}, Limits: r.limitsUsed(), Outside: r.outside(),
		AsOf: r.asOfText(), K: r.Model.K(), Knee: r.Model.Knee(), Sweep: r.Model.Sweep(), Silhouette: r.Model.Silhouette(),
		Pipeline: r.pipeline(), Roles: rolesOf(r.Source), Preparation: voice.Preparation(r.Choices), Model: r.ModelFile, Tables: r.Tables, Report: r.Page, Warnings: r.warnings(), Database: r.Saved,
	}
	for i, t := range r.Model.Tiers() {
		s.Clusters = append(s.Clusters, cluster{t.Cluster, t.Name, int(t.Size), means{r.Model.Columns(), r.centre(i)}})
	}
	return json.NewEncoder(w).Encode(s)
}

// asOfText is the day on which customers were counted; empty where none were.
func (r *Training) asOfText() string {
	if day := r.Table.AsOf(); !day.IsZero() {
		return day.Format("2006-01-02")
	}
	return ""
}

// centre returns the means of a cluster by column, of words the shares of each.
func (r *Training) centre(cluster int) []any {
	out := make([]any, len(r.Model.Columns()))
	for j, name := range r.Model.Columns() {
		out[j] = r.Model.Means()[cluster][j]
		if shares := r.shares(name, cluster); shares != nil {
			out[j] = shares
		}
	}
	return out
}

// shares returns the share of each word of a column in a cluster; nil for a column of
// numbers.
func (r *Training) shares(name string, cluster int) map[string]float64 {
	column, err := r.Table.Column(name)
	if err != nil || column.Kind() != features.Category {
		return nil
	}
	shares, n := map[string]float64{}, 0.0
	for i, p := range r.Predictions {
		if word := column.Word(i); p.Cluster == cluster && word != "" {
			shares[word]++
			n++
		}
	}
	for word := range shares {
		shares[word] /= n
	}
	return shares
}

// voice says facts in sentences.
var voice = narrate.English(nil)

// Describe tells what was read, before a training, of a table that is none of a
// campaign; where no training follows, of a campaign file too, and with what was found.
func Describe(w io.Writer, read *segmentation.Source, from string, alone bool) error {
	if read.Campaign {
		if !alone {
			return nil
		}
		_, err := program.Printer.Fprintf(w, "A campaign file of %d customers: segments are made of %s, and the value is that of %s.\n",
			read.Table.Len(), strings.Join(features.TrainingColumns, ", "), strings.Join(features.ValueColumns, " and "))
		return err
	}
	if _, err := program.Printer.Fprintf(w, "Read      %d customers from %s\n\n", read.Table.Len(), from); err != nil {
		return err
	}
	if err := program.PrintRoles(w, read); err != nil || !alone {
		return err
	}
	for _, said := range read.Told {
		if _, err := fmt.Fprintf(w, "Note      %s\n", said); err != nil {
			return err
		}
	}
	return nil
}

// WriteRoles writes as JSON what the columns of a table serve for; null of a campaign
// file.
func WriteRoles(w io.Writer, read *segmentation.Source) error {
	return json.NewEncoder(w).Encode(rolesOf(read))
}

// printCampaign tells what became of the customers of a campaign.
func (r *Training) printCampaign(step func(name, format string, args ...any)) {
	p := program.Printer
	if r.Source.Engineered() {
		step("Engineer", "%d columns as of %s", len(features.EngineeredColumns()), r.asOfText())
	}
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
}

// Print tells the run step by step. The error is that of ctx or of writing.
func (r *Training) Print(ctx context.Context, w io.Writer) error {
	apart, err := r.neighbours(ctx)
	if err != nil {
		return err
	}
	p := program.Printer
	var b strings.Builder
	step := func(name, format string, args ...any) {
		p.Fprintf(&b, "%-9s ", name)
		p.Fprintf(&b, format+"\n", args...)
	}
	if r.Source.Campaign {
		step("Read", "%d customers from %s", r.Source.Table.Len(), r.From)
		r.printCampaign(step)
	} else if len(r.Dropped.Outside) > 0 {
		step("Clean", "%s %d stay.", r.Dropped, r.Table.Len())
	}
	if r.Choices != nil {
		for _, said := range voice.Preparation(r.Choices) {
			step("Prepare", "%s", said)
		}
	}
	step("Sweep", "k = %d…%d", r.MinK, r.MostK())
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

	r.printTiers(&b)
	b.WriteByte('\n')
	for _, said := range apart {
		step("Apart", "%s", said)
	}
	if len(apart) > 0 {
		b.WriteByte('\n')
	}
	files := []string{r.ModelFile}
	if r.Signature != "" {
		files = append(files, r.Signature)
	}
	step("Wrote", "%s", strings.Join(append(files, r.Tables...), ", "))
	d := r.Saved
	step("Saved", "version %d of the model in %s, and the tables %s, %s, %s, %s", d.ModelVersion, names[d.Dialect], d.Tables.Raw, d.Tables.Unencoded, d.Tables.Encoded, d.Tables.Merged)
	if r.Page != "" {
		step("Told", "the manager, in %s", r.Page)
	}
	for _, warning := range r.warnings() {
		step("Note", "%s", warning)
	}
	_, err = io.WriteString(w, b.String())
	return err
}

// printTiers sets the tiers in columns, with what their customers have on average.
func (r *Training) printTiers(b *strings.Builder) {
	t := tabwriter.NewWriter(b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "Tier    \tCluster\tCustomers\tShare\t")
	for _, name := range r.Model.Columns() {
		fmt.Fprintf(t, "%s\t", capital(name))
	}
	fmt.Fprintln(t)
	for i, tier := range r.Model.Tiers() {
		program.Printer.Fprintf(t, "%-8s\t%d\t%d\t%.1f %%\t", tier.Name, tier.Cluster, int(tier.Size), 100*tier.Size/float64(r.Model.Rows()))
		for j, mean := range r.Model.Means()[i] {
			if shares := r.shares(r.Model.Columns()[j], i); shares != nil {
				fmt.Fprintf(t, "%s\t", mostly(shares))
				continue
			}
			digits := 0
			if limits := r.Model.Ranges()[j]; limits.Max-limits.Min < 100 {
				digits = 1
			}
			program.Printer.Fprintf(t, "%.*f\t", digits, mean)
		}
		fmt.Fprintln(t)
	}
	t.Flush()
}

// mostly tells the most frequent word, the first of those that are as frequent, and
// its share.
func mostly(shares map[string]float64) string {
	best := ""
	for _, word := range slices.Sorted(maps.Keys(shares)) {
		if best == "" || shares[word] > shares[best] {
			best = word
		}
	}
	return fmt.Sprintf("%.0f %% %s", 100*shares[best], best)
}

func capital(name string) string {
	r, n := utf8.DecodeRuneInString(name)
	return string(unicode.ToUpper(r)) + name[n:]
}

var names = map[store.Dialect]string{store.Postgres: "PostgreSQL", store.SQLite: "SQLite"}

var reasons = map[segment.By]string{
	segment.ByKnee:       "the knee of the curve",
	segment.BySilhouette: "the best silhouette, for the curve has no knee",
	segment.ByCaller:     "as asked",
	segment.ByDefault:    "the only one tried",
}
