// Package segmenttest checks that an implementation of segment.Source, or of
// segment.Dataset, answers as training needs it to: the same bits however rows are
// ordered and cut, no row lost or counted twice, a prompt end, an error and never a
// wrong answer where something fails.
package segmenttest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/segment"
)

// Options say what an engine cannot do, and hand in what only its maker can: rows in
// parts, and faults. The zero value runs every check that needs neither.
type Options struct {
	// Skip names checks, as the subtests are named, that the engine cannot pass, each
	// with the reason, which is printed. A name that there is not fails the test.
	Skip map[string]string

	// Parts makes a Source of rows that lie in parts, each of which a worker reads.
	// Some are nil: they are empty.
	Parts func(t *testing.T, parts []*mat.Dense) segment.Source

	// Faults make a Source of rows in which something goes wrong. Those that are not
	// here are printed as not checked.
	Faults map[Fault]func(t *testing.T, rows *mat.Dense) segment.Source

	// Limit is within what time a pass over a few rows ends when a fault is in it, all
	// tries together; default 10 s.
	Limit time.Duration

	// Rows is how many the checks have that take time: cancellation and use by many;
	// default 50,000.
	Rows int

	// Columns are what errors call columns 0, 1 …; default "column 0", "column 1" …
	Columns []string

	prompt time.Duration // within what time work ends that is cancelled
}

// A Fault is something that goes wrong in an engine.
type Fault string

// The faults. Sources of the first four answer rightly after an error, or try again
// on their own; none ever answers wrongly. Rows of the last three are others after two
// passes, those of Sample and of the first Statistics.
const (
	FailOnce     Fault = "a part fails once"
	KillOnce     Fault = "a worker is killed once"
	HangOnce     Fault = "a worker hangs once"
	CutOnce      Fault = "a result is half written once"
	FailAlways   Fault = "a part always fails"             // an error within Limit
	HangAlways   Fault = "a worker always hangs"           // an error within Limit, and the end of a cancelled pass
	OtherVersion Fault = "a result of another version"     // an error
	Twice        Fault = "a result comes twice"            // the right answer, or an error
	Late         Fault = "a result of a former pass"       // the right answer, or an error
	LoseRow      Fault = "a row is lost between passes"    // ErrSource from a fit
	AddRow       Fault = "a row is added between passes"   // ErrSource from a fit
	ChangeRow    Fault = "a row is changed between passes" // ErrSource from a fit
)

func (o Options) withDefaults() Options {
	if o.Limit == 0 {
		o.Limit = 10 * time.Second
	}
	if o.prompt == 0 {
		o.prompt = time.Second
	}
	if o.Rows == 0 {
		o.Rows = 50_000
	}
	return o
}

// column returns what errors call column j.
func (o Options) column(j int) string {
	if j < len(o.Columns) {
		return o.Columns[j]
	}
	return fmt.Sprintf("column %d", j)
}

// Source checks the sources that newSource makes of rows (n×d, finite unless a check
// is about values that are not). Of no rows the matrix is empty, 0×0: the source has
// two columns then, or is nil where newSource cannot make it. A source is exact,
// so that it is held to the bit, if it is a *segment.Stream or a segment.Exacter that
// says so. Each check is a subtest.
func Source(t *testing.T, newSource func(t *testing.T, rows *mat.Dense) segment.Source, o Options) {
	t.Helper()
	s := &sources{make: newSource, Options: o.withDefaults()}
	run(t, slices.Concat(sourceChecks, faultChecks), s, o.Skip)
}

// sources is what checks of a Source are made with.
type sources struct {
	Options
	make func(t *testing.T, rows *mat.Dense) segment.Source
}

// A check is one promise; its error says where it is broken.
type check[S any] struct {
	name string
	run  func(t *testing.T, s S) error
}

var sourceChecks = []check[*sources]{
	{"statistics", statisticsAreThoseOfRows},
	{"ties", tiesGoToTheLowest},
	{"sets", setsAreIndependent},
	{"many sets", manySets},
	{"order", orderDoesNotMatter},
	{"parts", partsDoNotMatter},
	{"sample", sampleIsOfRows},
	{"uniform sample", sampleIsUniform},
	{"ordered sample", sampleIsOfContent},
	{"summary", summaryStandsForRows},
	{"fit from centroids", fitsFromInit},
	{"fit", fitsAsStream},
	{"sweep", sweepsAsStream},
	{"concurrent use", concurrentUse},
	{"cancelled", cancelledBefore},
	{"cancelled at work", cancelledAtWork},
	{"goroutines", noGoroutineIsLeft},
	{"not finite", notFinite},
	{"no rows", noRows},
	{"few rows", fewRows},
	{"magnitudes", magnitudes},
	{"wrong questions", wrongQuestions},
}

// run runs checks as subtests.
func run[S any](t *testing.T, checks []check[S], s S, skip map[string]string) {
	t.Helper()
	known := map[string]bool{}
	for _, c := range checks {
		known[c.name] = true
	}
	for name, reason := range skip {
		if !known[name] {
			t.Errorf("there is no check %q to skip", name)
		}
		if reason == "" {
			t.Errorf("the check %q is skipped without a reason", name)
		}
	}
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			if reason := skip[c.name]; reason != "" {
				t.Skip("not held to: " + reason)
			}
			if err := c.run(t, s); errors.Is(err, errNotApplicable) {
				t.Skip(err)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

// errNotApplicable is what a check returns that lacks what it needs.
var errNotApplicable = errors.New("not checked")

// problems are what a check found, the first ten.
type problems []error

func (p *problems) addf(format string, values ...any) {
	if len(*p) < 10 {
		*p = append(*p, fmt.Errorf(format, values...))
	}
}

func (p problems) err() error { return errors.Join(p...) }
