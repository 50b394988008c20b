package segmentation

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/cause"
	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/store"
)

// ModelName is the name under which Train saves a model where no other is given.
const ModelName = "segmentation"

// TrainOptions change how customers are trained on. The zero value takes the
// five training columns of the campaign schema, leaves out ages above 100 and
// incomes above 120,000, takes the number of clusters at the knee of 2…10, and
// saves nothing.
type TrainOptions struct {
	// Read are the options of the reader of a file. Its AsOf is the day on which
	// ages and tenures are counted; by default that of Model, or else today.
	Read features.ReadOptions

	// Open are further options of a file that is none of the campaign schema; its
	// Read is not used.
	Open OpenOptions

	// Roles, when not nil, say what the columns of a table serve for that is none of a
	// campaign: nothing is cleaned but by Model.Least and Model.Limits, the least and
	// greatest values of columns of numbers (see [features.Within]), Model.Columns and Model.Value are Features and
	// Value, words become categories, and Model.Pipeline is chosen by the data, see
	// [preprocess.Preparation].
	Roles *features.Roles
	// Preparation changes what is chosen; its Words are those of the table.
	Preparation preprocess.Preparation

	// Clean are the limits of what is taken for true; see [features.Clean].
	Clean features.CleanOptions

	// Cleaned, when not nil, is called with what Clean dropped, before the training.
	Cleaned func(features.Dropped)

	// Model are the options of the training, with its callback for progress.
	// Columns are the training columns of the campaign schema by default, with
	// their units; AsOf and, for a campaign, Limits and Least are those of the table
	// and of Clean. Where fewer than MaxK rows differ behind the pipeline, the numbers of clusters end
	// there.
	Model segment.TrainOptions

	// Store, when not nil, keeps what comes in and what comes out: the table that
	// is given to Train replaces the raw table; then the tables that follow from
	// the model and the model itself, which becomes the active one, are saved in
	// one transaction. Nothing is written where the customers cannot be trained
	// on.
	Store *store.Store
	// Name of the model in the database; default: ModelName.
	Name string
	// Note is kept with the model, for people.
	Note string

	// Report is that of reading the table, where it comes from a campaign file: the
	// result has it, and the error for a store about ids that repeat names their lines.
	Report features.Report
	// Told are sentences on reading the table, of any other file; the result has them.
	Told []string
}

// A Result is customers with their places in a model. It is immutable and safe
// for concurrent use.
type Result struct {
	Report      features.Report  // of reading a campaign file; zero where the customers do not come from one
	Told        []string         // on reading any other file, sentences without full stops
	Dropped     features.Dropped // by cleaning
	Table       *features.Table  // the customers that stay
	Model       *segment.Model
	SweepResult *segment.SweepResult   // the clusterings of all k of the training; nil where k was set, and of Score
	X, Z        *mat.Dense             // the rows of Table: the columns of Model, NaN where missing; and behind its pipeline
	Predictions []segment.Prediction   // of these rows
	Doubts      []segment.WarningCount // on customers of whom something can hardly be true on the day of Table
	Roles       features.Roles         // of the columns of a table that is none of a campaign
	Choices     []preprocess.Choice    // why its pipeline is that one

	first  int      // number of the first row, from 0
	ids    []string // of the rows, where they are of no column
	beyond int      // rows beyond the limits of Model
	// unlimited are the columns of which Model has limits, and Table no numbers.
	unlimited []string
	encoded   *encoding
}

// An encoding is the table of a result as numbers, made once.
type encoding struct {
	making chan struct{} // has room for one
	table  *features.Encoded
}

// TrainFile reads the file at a path and trains on it; see [TrainReader].
func TrainFile(ctx context.Context, path string, o TrainOptions) (*Result, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if o.Read.Name == "" {
		o.Read.Name = path
	}
	return TrainReader(ctx, f, o)
}

// TrainReader reads customers or their orders, in a file of any form, and trains on
// them: [Open] and [Train] with what the columns serve for.
func TrainReader(ctx context.Context, r io.Reader, o TrainOptions) (*Result, error) {
	if time.Time(o.Read.AsOf).IsZero() {
		o.Read.AsOf = features.AsOf(o.Model.AsOf)
	}
	o.Open.Read = o.Read
	s, err := Open(ctx, r, o.Open)
	if err != nil {
		return nil, err
	}
	return Train(ctx, s.Table, s.Options(o))
}

// Read reads a campaign file into a table, counted on the day o.AsOf. The
// report is what was found in the file; it is valid after an error too.
//
// Errors: those of [features.Read], and where rows that cannot be read are left
// out, that of [features.Report.Unreadable].
func Read(ctx context.Context, r io.Reader, o features.ReadOptions) (*features.Table, features.Report, error) {
	reader := features.Read(r, o)
	var customers []features.Customer
	for c, err := range reader.All(ctx) {
		if err == nil && len(customers)%1024 == 0 {
			err = cause.Of(ctx)
		}
		if err != nil {
			return nil, reader.Report(), err
		}
		customers = append(customers, c)
	}
	report := reader.Report()
	if err := report.Unreadable(); err != nil {
		return nil, report, err
	}
	t, err := features.Engineer(ctx, customers, o.AsOf)
	return t, report, err
}

// Train fits a model to the customers of a table: it cleans, prepares, chooses
// the number of clusters, names them by their value, and saves what comes out
// where there is a store.
//
// Errors: [*features.DayError] where nobody was a customer yet on the day of the table;
// those of [features.Within]; [*TooFewError] for customers who are too few or too much alike,
// [*EmptyColumnError] for a column without any value, each in a [*DroppedError]
// where cleaning left out more than a tenth; those of [segment.Train] and, with a
// store, of [store.Store.SaveCustomers] and [store.Store.SaveModel].
func Train(ctx context.Context, t *features.Table, o TrainOptions) (*Result, error) {
	if err := t.CheckAsOf(ctx, features.AsOf(t.AsOf())); err != nil {
		return nil, err
	}
	clean, dropped, err := o.clean(ctx, t)
	if err != nil {
		return nil, err
	}
	if o.Cleaned != nil {
		o.Cleaned(dropped)
	}
	r := &Result{Report: o.Report, Told: o.Told, Table: clean, Dropped: dropped}
	if repeated := o.Report.RepeatedIDs; o.Store != nil && repeated.Rows > 0 {
		return nil, fmt.Errorf("%w: in the file, %s; want one row for each customer", store.ErrDuplicate, repeated)
	}
	if err := r.train(ctx, o); err != nil {
		if dropped.Warning() != "" && cause.Of(ctx) == nil {
			err = &DroppedError{dropped, err}
		}
		return nil, err
	}
	if o.Store != nil {
		if err := r.save(ctx, t, o); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// clean leaves out what is beyond the limits, which Model gets by the names of the
// columns.
func (o *TrainOptions) clean(ctx context.Context, t *features.Table) (*features.Table, features.Dropped, error) {
	if o.Roles == nil {
		o.Model.Limits, o.Model.Least = o.Clean.Limits(), nil
		return features.Clean(ctx, t, o.Clean)
	}
	clean, dropped, err := features.Within(ctx, t, o.Model.Least, o.Model.Limits)
	if err != nil {
		return nil, dropped, err
	}
	o.Model.Limits, o.Model.Least = nil, nil
	for _, limit := range dropped.Outside {
		of := &o.Model.Least
		if limit.Above {
			of = &o.Model.Limits
		}
		if *of == nil {
			*of = map[string]float64{}
		}
		(*of)[limit.Column] = limit.Limit
	}
	return clean, dropped, nil
}

func (r *Result) train(ctx context.Context, o TrainOptions) error {
	n := r.Table.Len()
	if n < fewest {
		return &TooFewError{Rows: n}
	}
	m := o.Model
	m.AsOf = r.Table.AsOf()
	var err error
	if o.Roles != nil {
		if err = r.prepare(ctx, &m, *o.Roles, o.Preparation); err != nil {
			return err
		}
	} else {
		if m.Columns == nil {
			m.Columns, m.Units = features.TrainingColumns, features.Units()
		}
		if m.Value == nil {
			m.Value = features.ValueColumns
		}
		if r.X, err = r.Table.Matrix(ctx, m.Columns...); err != nil {
			return err
		}
	}
	if err := filled(r.X, m.Columns); err != nil {
		return err
	}
	m.ShrinkMaxK = true
	trained, err := segment.Train(ctx, r.X, m)
	if alike := (*segment.DistinctError)(nil); errors.As(err, &alike) && (m.K == 0 || m.MaxK != 0) && alike.Distinct < max(2, m.MinK) {
		return &TooFewError{n, alike.Distinct, max(2, m.MinK), m.Columns}
	}
	if err != nil {
		return err
	}
	if trained.K() == 1 && m.K == 0 && m.MaxK != 1 && len(trained.Sweep()) == 1 {
		return &TooFewError{n, 1, 2, m.Columns} // a range that shrank to one cluster
	}
	r.Model, r.Z, r.SweepResult = trained.Model, trained.Transformed, trained.SweepResult
	if r.Predictions, err = trained.Predictions(ctx); err != nil {
		return err
	}
	return r.derive(ctx)
}

// prepare makes the matrix and the pipeline of a table of any kind.
func (r *Result) prepare(ctx context.Context, m *segment.TrainOptions, roles features.Roles, p preprocess.Preparation) error {
	r.Roles = roles
	if len(roles.Features) < 2 && len(roles.Columns) > 0 && !slices.ContainsFunc(roles.Columns, func(c features.ColumnRole) bool { return c.Set && c.Role == features.RoleFeature }) {
		return &NoFeaturesError{roles}
	}
	var words []string
	m.Columns, m.Units, m.Value = roles.Features, map[string]string{}, nil
	for _, name := range roles.Features {
		s, err := r.Table.Column(name)
		if err != nil {
			return err
		}
		if s.Kind() == features.Category {
			words = append(words, name)
		} else if unit := s.Column().Unit; unit != "" {
			m.Units[name] = unit
		}
	}
	m.Less, m.ID, m.Describe = nil, roles.ID, roles.Describe
	for _, v := range roles.Value {
		if m.Value = append(m.Value, v.Column); v.Less {
			m.Less = append(m.Less, v.Column)
		}
	}
	if len(m.Value) == 0 {
		return &NoValueError{m.Columns}
	}
	var err error
	if r.X, p.Words, err = preprocess.Encode(ctx, r.Table, m.Columns, words...); err != nil {
		return err
	}
	if m.Pipeline == nil {
		pipeline, choices, err := p.Choose(ctx, r.X, m.Columns...)
		if err != nil {
			return err
		}
		m.Pipeline, r.Choices = &pipeline, choices
	}
	return nil
}

// fewest is the least number of customers that are segmented: of two, each
// would be a segment of its own.
const fewest = 3

// derive counts what is doubtful about customers of the campaign schema, and
// prepares what is made of the table at the first call.
func (r *Result) derive(ctx context.Context) error {
	if engineered(r.Table) {
		var counts segment.WarningCounts
		i := 0
		for c := range r.Table.Customers() {
			if i++; i%blockRows == 0 {
				if err := cause.Of(ctx); err != nil {
					return err
				}
			}
			counts.Add(c.ID, doubts(c, features.AsOf(r.Table.AsOf()))...)
		}
		r.Doubts = counts.Counts()
	}
	r.encoded = &encoding{making: make(chan struct{}, 1)}
	return nil
}

// engineered reports whether a table has all columns of [features.Engineer] that
// are always there.
func engineered(t *features.Table) bool {
	names := t.ColumnNames()
	_, lacking := features.CampaignHeader(names)
	return len(lacking) == 0 && !slices.ContainsFunc(features.EngineeredColumns(), func(c features.Column) bool { return !slices.Contains(names, c.Name) })
}

func (r *Result) encode(ctx context.Context) (*features.Encoded, error) {
	if engineered(r.Table) {
		return r.Table.Encode(ctx, features.EncodeOptions{})
	}
	id := r.idColumn() // of a few rows it may be one of words
	t, err := r.Table.Select(slices.DeleteFunc(r.Table.ColumnNames(), func(name string) bool { return name == id })...)
	if err != nil {
		return nil, err
	}
	return t.EncodeAll(ctx, features.EncodeOptions{})
}

// Encoded returns the table as numbers, see [features.Table.Encode] and, for a
// table that is none of the campaign schema, [features.Table.EncodeAll]. It is made
// at the first call. Errors are those of either, that of ctx among them.
func (r *Result) Encoded(ctx context.Context) (*features.Encoded, error) {
	r = orZero(r)
	e := r.encoded
	if e == nil {
		return r.encode(ctx)
	}
	select {
	case e.making <- struct{}{}:
		defer func() { <-e.making }()
	case <-ctx.Done():
		return nil, cause.Of(ctx)
	}
	var err error
	if e.table == nil {
		e.table, err = r.encode(ctx)
	}
	return e.table, err
}

// Labels returns the clusters of the rows.
func (r *Result) Labels() []int {
	r = orZero(r)
	labels := make([]int, len(r.Predictions))
	for i, p := range r.Predictions {
		labels[i] = p.Cluster
	}
	return labels
}

// Results returns what [store.SaveOptions] and [store.ActivateOptions] take. Errors are
// those of [Result.Encoded] and [Result.Merged].
func (r *Result) Results(ctx context.Context) (*store.Results, error) {
	r = orZero(r)
	encoded, err := r.Encoded(ctx)
	if err != nil {
		return nil, err
	}
	results := &store.Results{Table: r.Table, Encoded: encoded, Predictions: r.Predictions}
	if !engineered(r.Table) {
		results.Merged, err = r.Merged(ctx)
	}
	return results, err
}

// filled refuses a column that has no value at all.
func filled(x *mat.Dense, columns []string) error {
	n, _ := x.Dims()
	for j, name := range columns {
		missing := 0
		for missing < n && math.IsNaN(x.At(missing, j)) {
			missing++
		}
		if missing == n {
			return &EmptyColumnError{n, name}
		}
	}
	return nil
}
