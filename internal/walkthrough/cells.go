package walkthrough

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/narrate"
	"github.com/customer-personality/segmentation/segment/plots"
	"github.com/customer-personality/segmentation/testdata"
)

// The cells of the notebook are the functions below, in their order. What
// stands above each is its prose, and what it is made of is what is shown as its
// code: change a line, run the program again, and read the new page.

// analysis is what one cell leaves to the next.
type analysis struct {
	file string    // campaign file; the bundled sample where it is empty
	asOf time.Time // day on which ages and tenures are counted; today where it is zero

	limits  features.CleanOptions // of cleaning; the zero value drops ages above 100 and incomes above 120,000
	dropped features.Dropped      // by cleaning

	customers []features.Customer
	table     *features.Table // with the engineered columns
	clean     *features.Table // without customers that cannot be true

	x          *mat.Dense // the five training columns, with gaps
	pipeline   *preprocess.FittedPipeline
	z          *mat.Dense // behind the pipeline
	sweep      *segment.SweepResult
	clustering *segment.Clustering
	options    segment.TrainOptions // of the model
	model      *segment.Model

	// Of any table that is no campaign file.
	given *segmentation.Source     // read already; nil where the file is to be
	open  segmentation.OpenOptions // how it is read
	roles features.Roles           // what its columns serve for
}

// output is where a cell shows what it found: the terminal, the page, the
// Jupyter notebook.
type output interface {
	Say(format string, args ...any)                // a sentence
	Table(head []string, rows [][]string)          // a table
	Picture(figure *plots.Figure, err error) error // a picture, or the error
}

// voice says facts in sentences.
var voice = narrate.English(features.CampaignWords())

// count returns a number with its noun: 1 customer, 2 customers.
var count = func(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// summary shows what the numbers of a table look like.
var summary = func(ctx context.Context, table *features.Table, out output) error {
	everybody := make([]int, table.Len()) // all in one group
	profile, err := insight.NewProfile(ctx, table, everybody, nil, insight.ProfileOptions{})
	if err != nil {
		return err
	}
	var rows [][]string
	for _, s := range profile.Overall.Numeric {
		rows = append(rows, []string{
			s.Column, fmt.Sprint(s.Missing),
			fmt.Sprint(s.Min), fmt.Sprint(s.Median), fmt.Sprintf("%.1f", s.Mean), fmt.Sprint(s.Max),
		})
	}
	out.Table([]string{"column", "missing", "least", "median", "mean", "greatest"}, rows)
	return nil
}

// showTiers shows the clusters of the model with their tiers and means, of words the
// most frequent one.
var showTiers = func(a *analysis, out output) error {
	words := map[int]segment.CategoricalColumn{}
	for _, c := range a.model.Categorical() {
		words[slices.Index(a.model.Columns(), c.Column)] = c
	}
	var rows [][]string
	for c, tier := range a.model.Tiers() {
		row := []string{fmt.Sprint(c), tier.Name, fmt.Sprint(tier.Size)}
		for j, mean := range a.model.Means()[c] {
			cell := fmt.Sprintf("%.1f", mean)
			if w, ok := words[j]; ok {
				counts := w.Counts[c]
				cell = w.Word(w.Values[slices.Index(counts, slices.Max(counts))])
			}
			row = append(row, cell)
		}
		rows = append(rows, row)
	}
	out.Table(append([]string{"cluster", "tier", "customers"}, a.model.Columns()...), rows)
	for _, warning := range voice.ModelWarnings(a.model) {
		out.Say("Mind: %s.", warning)
	}
	scatter := plots.ScatterMatrixOf(a.model, a.z, a.clustering.Labels())
	scatter.MaxPoints = 1200
	return out.Picture(scatter.Figure())
}

// # Load
//
// A campaign file comes as spreadsheets save it. The reader finds delimiter,
// encoding and date layout by itself, matches the columns by name, and says what
// it found. A row that it cannot read is left out and counted here; with
// features.Strict, the default, it would be an error that names line, column and
// value.
func load(ctx context.Context, a *analysis, out output) error {
	options := features.ReadOptions{Policy: features.Skip}
	var report features.Report
	var err error
	if a.file == "" {
		a.customers, report, err = features.ReadAll(ctx, bytes.NewReader(testdata.Customers), options)
	} else {
		a.customers, report, err = features.ReadFile(ctx, a.file, options)
	}
	if err != nil {
		return err
	}
	out.Say("%s", report)
	return nil
}

// # Look
//
// The first customers, and what the numbers look like. A data frame is the
// analyst's view of the same customers: columns by name.
func look(ctx context.Context, a *analysis, out output) error {
	var rows [][]string
	for _, c := range a.customers[:min(5, len(a.customers))] {
		rows = append(rows, []string{
			c.ID, fmt.Sprint(c.YearBirth), c.Education, c.MaritalStatus, fmt.Sprint(c.Income),
			fmt.Sprint(c.Kidhome), fmt.Sprint(c.Teenhome), c.DtCustomer.Format(time.DateOnly), fmt.Sprint(c.MntWines),
		})
	}
	out.Table([]string{
		"id", "year_birth", "education", "marital_status", "income", "kidhome", "teenhome", "dt_customer", "mnt_wines",
	}, rows)

	columns := []string{
		"year_birth", "income", "recency", "mnt_wines", "mnt_meat_products",
		"num_web_purchases", "num_store_purchases", "num_web_visits_month",
	}
	table, err := features.Engineer(ctx, a.customers, features.AsOf(a.asOf))
	if err != nil {
		return err
	}
	if table, err = table.Select(columns...); err != nil {
		return err
	}
	return summary(ctx, table, out)
}

// # Engineer
//
// Nine columns are calculated from the others: age and tenure as of one day (one
// clock for both), spending as the sum of the products, the household, the level
// of education, the age group.
func engineer(ctx context.Context, a *analysis, out output) error {
	var err error
	if a.table, err = features.Engineer(ctx, a.customers, features.AsOf(a.asOf)); err != nil {
		return err
	}
	var rows [][]string
	for i := range min(5, a.table.Len()) {
		c := a.table.Engineered(i)
		rows = append(rows, []string{
			c.ID, fmt.Sprint(c.Age), c.AgeGroup, fmt.Sprint(c.Tenure), fmt.Sprint(c.Spent),
			c.LivingWith, fmt.Sprint(c.Children), c.EducationLevel,
		})
	}
	out.Say("Counted as of %s.", a.table.AsOf().Format("2 January 2006"))
	out.Table([]string{"id", "age", "age_group", "tenure", "spent", "living_with", "children", "education_level"}, rows)
	return nil
}

// # Clean
//
// Customers older than 100 and incomes above 120,000 are taken for errors of
// typing, unless other limits are set. A missing income is no reason to go: it is
// imputed later.
func clean(ctx context.Context, a *analysis, out output) error {
	var err error
	if a.clean, a.dropped, err = features.Clean(ctx, a.table, a.limits); err != nil {
		return err
	}
	out.Say("%s", a.dropped)
	if warning := a.dropped.Warning(); warning != "" {
		out.Say("%s: set other limits if these are no errors.", warning)
	}
	above := func(v, limit float64) bool { return limit != features.NoLimit && v > limit }
	var rows [][]string
	for i := range a.table.Len() {
		c := a.table.Engineered(i)
		if above(float64(c.Age), float64(a.dropped.Limits.MaxAge)) || above(c.Income, a.dropped.Limits.MaxIncome) {
			rows = append(rows, []string{c.ID, fmt.Sprint(c.Age), fmt.Sprint(c.Income), fmt.Sprint(c.Spent)})
		}
	}
	out.Table([]string{"id", "age", "income", "spent"}, rows)
	if n := a.clean.Len(); n == 1 {
		out.Say("1 customer stays.")
	} else {
		out.Say("%d customers stay.", n)
	}
	if a.clean.Len() < 3 {
		return fmt.Errorf("at least 3 customers are needed for segments")
	}
	return nil
}

// # Encode
//
// For tools that take numbers only, words become codes: the position of the
// word among the sorted ones. The table for people keeps its words.
func encode(ctx context.Context, a *analysis, out output) error {
	encoded, err := a.clean.Encode(ctx, features.EncodeOptions{})
	if err != nil {
		return err
	}
	var rows [][]string
	for _, name := range encoded.ColumnNames() {
		for code, word := range encoded.Classes(name) {
			rows = append(rows, []string{name, fmt.Sprint(code), word})
		}
	}
	out.Say("%d columns of numbers for %s; these stand for words:",
		len(encoded.ColumnNames()), count(encoded.Len(), "customer"))
	out.Table([]string{"column", "code", "word"}, rows)
	return nil
}

// # Correlate
//
// Columns that go together count twice in a distance. Income and spending do,
// and that is one reason to reduce the columns to components below.
func correlate(ctx context.Context, a *analysis, out output) error {
	columns := []string{
		"age", "income", "spent", "tenure", "children", "recency", "num_deals_purchases",
		"num_web_purchases", "num_catalog_purchases", "num_store_purchases", "num_web_visits_month",
	}
	x, err := a.clean.Matrix(ctx, columns...)
	if err != nil {
		return err
	}
	c, err := plots.CorrelationsOf(ctx, x, columns...)
	if err != nil {
		return err
	}
	return out.Picture(c.Figure())
}

// # Scale
//
// Five columns are trained on. Unscaled, income would be nearly all of the
// distance between two customers, because its numbers are the largest. So gaps
// are filled with the median, and each column is brought to mean 0 and deviation
// 1.
func scale(ctx context.Context, a *analysis, out output) error {
	var err error
	if a.x, err = a.clean.Matrix(ctx, features.TrainingColumns...); err != nil {
		return err
	}
	prepare := segment.DefaultPipeline(len(features.TrainingColumns))
	if a.pipeline, err = prepare.Fit(ctx, a.x, features.TrainingColumns...); err != nil {
		return err
	}
	imputer, _ := preprocess.StepAs[*preprocess.FittedImputer](a.pipeline, "impute")
	scaler, _ := preprocess.StepAs[*preprocess.FittedScaler](a.pipeline, "scale")
	var rows [][]string
	for j, name := range features.TrainingColumns {
		deviation := scaler.Scale()[j]
		rows = append(rows, []string{
			name, fmt.Sprintf("%.1f", imputer.Statistics()[j]),
			fmt.Sprintf("%.1f", scaler.Center()[j]), fmt.Sprintf("%.1f", deviation),
			fmt.Sprintf("%.3f%%", 100*deviation*deviation/floats.Dot(scaler.Scale(), scaler.Scale())),
		})
	}
	out.Table([]string{"column", "median", "mean", "deviation", "of the variance, unscaled"}, rows)
	return nil
}

// # Reduce
//
// Principal components are new axes, the first along the largest spread. Three
// of five keep most of what customers differ in, and drop what is mostly noise.
// The arrows show what the first two are made of.
func reduce(ctx context.Context, a *analysis, out output) error {
	var err error
	if a.z, err = a.pipeline.Transform(ctx, a.x); err != nil {
		return err
	}
	pca, _ := preprocess.StepAs[*preprocess.FittedPCA](a.pipeline, "pca")
	var rows [][]string
	for j, name := range features.TrainingColumns {
		row := []string{name}
		for i := range pca.ExplainedVarianceRatio() {
			row = append(row, fmt.Sprintf("%.2f", pca.Components().At(i, j)))
		}
		rows = append(rows, row)
	}
	out.Table(append([]string{"column"}, a.pipeline.OutputColumns()...), rows)
	if err := out.Picture(plots.ExplainedVariance{Ratios: pca.ExplainedVarianceRatio()}.Figure()); err != nil {
		return err
	}
	n, d := a.x.Dims()
	return out.Picture(plots.Biplot{
		X: a.z.Slice(0, n, 0, 2), Axes: [2]string{"first component", "second component"},
		Groups: []plots.Group{{Name: "Customers", Color: plots.RankColor(-1)}}, Labels: make([]int, n),
		Columns: features.TrainingColumns, Loadings: pca.Loadings().Slice(0, d, 0, 2), MaxPoints: 1200,
	}.Figure())
}

// # Choose k
//
// How many clusters? The inertia falls with each one more; at the knee it stops
// to be worth it. Other indices answer other questions, and where they disagree
// the number is a choice.
func choose(ctx context.Context, a *analysis, out output) error {
	var err error
	if a.sweep, err = (segment.Sweep{Seed: 1}).Fit(ctx, a.z); err != nil { // k = 2…10, as far as customers differ
		return err
	}
	if err := out.Picture(plots.ElbowOf(a.sweep).Figure()); err != nil {
		return err
	}
	report, err := insight.SelectK(ctx, a.z, insight.SelectionOptions{Seed: 1})
	if err != nil {
		return err
	}
	for _, sentence := range voice.Selection(report) {
		out.Say("%s", sentence)
	}
	return out.Picture(plots.SelectionOf(report).Figure())
}

// # Cluster
//
// k-means with the number that the sweep chose. The silhouette of a customer
// says how much nearer the own cluster is than the next.
func cluster(ctx context.Context, a *analysis, out output) error {
	k, by, err := a.sweep.Choose(ctx, a.z)
	if err != nil {
		return err
	}
	a.clustering, _ = a.sweep.Clustering(k)
	out.Say("k = %d, by the %s; inertia %.1f after %s.",
		k, by, a.clustering.Inertia(), count(a.clustering.Iterations(), "iteration"))
	scores, err := segment.Silhouette(ctx, a.z, a.clustering.Labels(), segment.SilhouetteOptions{})
	if err != nil {
		return err
	}
	var groups []plots.Group
	for c := range k {
		groups = append(groups, plots.Group{Name: fmt.Sprintf("Cluster %d", c), Color: plots.RankColor(-1)}) // no tier yet
	}
	return out.Picture(plots.SilhouetteOf(scores, a.clustering.Labels(), groups).Figure())
}

// # Name
//
// Clusters are ranked by income and spending together, and get their tiers by
// rank, never by number: another seed gives the same names. The model keeps all
// that a prediction needs. (segment.Train does all from Scale to here in one
// call.)
func name(ctx context.Context, a *analysis, out output) error {
	a.options = segment.TrainOptions{
		Columns: features.TrainingColumns, Value: features.ValueColumns, Units: features.Units(), Seed: 1,
		AsOf: a.clean.AsOf(), Limits: a.dropped.Limits.Limits(),
	}
	var err error
	if a.model, err = segment.NewModel(ctx, a.x, a.pipeline, a.clustering, a.options); err != nil {
		return err
	}
	return showTiers(a, out)
}

// # Profile
//
// What is in each segment? Every column of it is compared with everybody; what
// differs most is said first. The columns need not be those of the training.
func profile(ctx context.Context, a *analysis, out output) error {
	columns := []string{
		"income", "spent", "age", "tenure", "children", "recency",
		"mnt_wines", "mnt_fruits", "mnt_meat_products",
		"mnt_fish_products", "mnt_sweet_products", "mnt_gold_prods",
		"num_store_purchases", "num_web_purchases", "num_catalog_purchases",
		"num_deals_purchases", "num_web_visits_month",
		"accepted_cmp1", "accepted_cmp2", "accepted_cmp3", "accepted_cmp4", "accepted_cmp5", "response",
	}
	table, err := a.clean.Select(append(columns, "age_group", "education_level", "living_with")...)
	if err != nil {
		return err
	}
	profile, err := insight.ProfileOf(ctx, a.model, table, insight.ProfileOptions{Revenue: "spent", Counted: features.Counted(features.CampaignWords())})
	if err != nil {
		return err
	}
	for _, tier := range profile.Tiers {
		out.Say("%s (%s, %.0f%% of the revenue): %s.",
			tier.Name, count(tier.Count, "customer"), 100*tier.RevenueShare, voice.Summary(tier))
	}
	spending := plots.BarTableOf(profile, columns[6:12]...)
	spending.Title, spending.Total = "Mean spending per customer by product (in two years)", "all together"
	spending.Subtitle = "All bars have one scale; products in the order of what they bring."
	spending.Rows = []string{"Wine", "Fruit", "Meat", "Fish", "Sweets", "Gold"}
	channels := plots.BarTableOf(profile, columns[12:15]...)
	channels.Title, channels.Total, channels.Share = "Mean number of purchases per customer by channel (in two years)", "all together", plots.Percent
	channels.Subtitle = "All bars have one scale; in brackets, the share of the channel in the segment's purchases."
	channels.Rows = []string{"Stores", "Web", "Catalogue"}
	campaigns := plots.DotPlotOf(profile, columns[17:]...)
	campaigns.Title, campaigns.Rows = "Acceptance of campaigns by segment", []string{"First", "Second", "Third", "Fourth", "Fifth", "Last"}
	ages := plots.StackedBarsOf(profile, "age_group", "Teen", "Adult", "Middle-Aged Adult", "Senior Adult")
	ages.Title = "Age groups and their segments"
	for _, draw := range []func() (*plots.Figure, error){
		plots.SizesOf(profile).Figure,
		plots.HeatMapOf(profile, append(columns[:6:6], columns[12:17]...)...).Figure,
		spending.Figure,
		channels.Figure,
		campaigns.Figure,
		ages.Figure,
	} {
		if err := out.Picture(draw()); err != nil {
			return err
		}
	}
	return nil
}

// # Explain one customer
//
// Why is this customer in this tier, and not in the next nearest? What each
// column adds to the difference of the squared distances, exactly; and the
// smallest change of one column that leads to a better tier.
func explain(ctx context.Context, a *analysis, out output) error {
	const who = 0 // the first customer of the cleaned table
	row := a.x.RawRowView(who)
	near := min(10, a.clean.Len())
	explanation, err := insight.Explain(ctx, a.model, row, insight.ExplainOptions{
		Columns: []string{"spent", "tenure", "income"}, // nobody can change an age
		Rows:    a.x, Neighbours: near,
	})
	if err != nil {
		return err
	}
	out.Say("Customer %s:", a.clean.Customer(who).ID)
	for _, sentence := range voice.For(a.model).Explanation(explanation) {
		out.Say("%s", sentence)
	}
	sum := 0.0
	for _, c := range explanation.Contributions {
		sum += c.Value
	}
	out.Say("The contributions add up to the gap of %.6f; what is left over is %.0e.",
		explanation.Gap, math.Abs(sum-explanation.Gap))
	for _, tier := range explanation.Neighbours.Tiers {
		if tier.Share > 0 {
			out.Say("Of the %d nearest customers, %s: %.0f.", near, tier.Tier, float64(near)*tier.Share)
		}
	}
	return out.Picture(plots.WaterfallOf(a.model, explanation).Figure())
}

// # Compare with a second run
//
// Would another half of the customers give other segments? A second model is
// trained on every other customer, with another seed, and both predict
// everybody.
func compare(ctx context.Context, a *analysis, out output) error {
	n, d := a.x.Dims()
	half := mat.NewDense((n+1)/2, d, nil)
	for i := range (n + 1) / 2 {
		half.SetRow(i, a.x.RawRowView(2*i))
	}
	options := a.options
	options.K, options.Seed = a.model.K(), 2
	second, err := segment.Train(ctx, half, options)
	if errors.Is(err, segment.ErrTooFew) || errors.Is(err, preprocess.ErrTooFewRows) {
		out.Say("Half of the customers are too few for another run into %s.", count(a.model.K(), "cluster"))
		return nil
	}
	if err != nil {
		return err
	}
	comparison, err := insight.Compare(ctx, a.model, second.Model, a.x, insight.CompareOptions{Before: half})
	if err != nil {
		return err
	}
	for _, sentence := range voice.Comparison(comparison) {
		out.Say("%s", sentence)
	}
	migration := plots.TransitionMatrixOf(comparison)
	migration.Before, migration.After = "first run", "second run"
	return out.Picture(migration.Figure())
}
