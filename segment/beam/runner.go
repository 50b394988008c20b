package beam

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem"

	"github.com/customer-personality/segmentation/internal/cause"
	"github.com/customer-personality/segmentation/segment"
)

// ErrNoResult means a job that has left no sound answer to its pass, whatever its state
// says: the folder Runner.Temp may be one that its workers do not see, the job may have
// been cancelled by somebody else, or a worker died while it wrote.
var ErrNoResult = errors.New("beam: the job left no result")

// Runner is a [segment.Runner] of rows that a pipeline of Beam reads. Each pass is a job:
// the workers add their rows to a [segment.Tally] for each bundle, the tallies are
// combined, and one worker writes what comes out to a file, which Run reads. The result
// has the same bits however the runner cuts the rows into bundles and in whatever order
// it combines them.
//
// Rows and Submit must be set. A Runner is safe for concurrent use if they are.
type Runner struct {
	// Rows adds to a pipeline what reads the rows, a collection of Block: ReadCSV,
	// ReadParquet, or a transform of one's own behind any IO of Beam. It is called for
	// every pass and must read the same rows each time.
	Rows func(beam.Scope) beam.PCollection

	// Submit runs a pipeline and returns when its job has ended: JobServer.Submit, or
	// beamx.Run for a runner that has no job server, such as Dataflow.
	Submit func(context.Context, *beam.Pipeline) error

	// Temp is the folder for results, which both this process and all workers have to
	// see: gs://bucket/folder, s3://…, or a path of a disk that they share, for which
	// the program imports the file system (…/beam/io/filesystem/gcs and its like).
	// Default os.TempDir, which is right for workers on this machine alone.
	Temp string
}

// Run runs the pass as a job, and returns when it has ended or ctx has: then the job is
// cancelled by a JobServer, and otherwise left to Submit.
//
// Errors: ErrNoResult; segment.ErrNotFinite, segment.ErrSource and the like of
// [segment.Tally.Add], segment.ErrOption, that of Submit, and that of ctx.
func (r *Runner) Run(ctx context.Context, p *segment.Pass) (*segment.Tally, error) {
	if r == nil || r.Rows == nil || r.Submit == nil {
		return nil, fmt.Errorf("%w: a Runner needs Rows and Submit", segment.ErrOption)
	}
	if err := cause.Of(ctx); err != nil {
		return nil, err
	}
	tally, err := segment.NewTally(p)
	if err != nil {
		return nil, err
	}
	pass, err := p.MarshalBinary()
	if err != nil {
		return nil, err
	}
	try := rand.Text()
	file := r.temp() + "segment-pass-" + try
	pipeline, err := r.pipeline(pass, try, file)
	if err != nil {
		return nil, err
	}
	defer remove(context.WithoutCancel(ctx), file)
	if err := submit(ctx, r.Submit, pipeline); err != nil {
		return nil, err
	}
	return tally, readResult(ctx, file, try, tally)
}

func (r *Runner) temp() string {
	folder := r.Temp
	if folder == "" {
		folder = os.TempDir()
	}
	return strings.TrimSuffix(folder, "/") + "/"
}

// pipeline returns that of a pass. Beam panics where it is misused, as by Rows of
// elements that are no blocks.
func (r *Runner) pipeline(pass []byte, try, file string) (p *beam.Pipeline, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%w: the pipeline cannot be built: %v", segment.ErrOption, v)
		}
	}()
	if _, err := filesystem.New(context.Background(), file); err != nil {
		return nil, fmt.Errorf("%w: Temp: %w", segment.ErrOption, err)
	}
	p, s := beam.NewPipelineWithRoot()
	parts := beam.ParDo(s.Scope("Add rows"), &addFn{Pass: pass}, r.Rows(s))
	// Without an element there would be no result of no rows.
	none := beam.ParDo(s.Scope("No rows"), &noneFn{Pass: pass}, beam.Impulse(s))
	whole := beam.Combine(s.Scope("Merge"), &mergeFn{Pass: pass}, beam.Flatten(s, parts, none))
	beam.ParDo0(s.Scope("Write the result"), &resultFn{Pass: pass, Try: try, File: file}, whole)
	return p, nil
}

// leaveTime is how long a job has to end after its context.
const leaveTime = 500 * time.Millisecond

// submit calls run, and returns early where ctx ends: a runner may wait for ever for a
// worker that has died.
func submit(ctx context.Context, run func(context.Context, *beam.Pipeline) error, p *beam.Pipeline) error {
	done := make(chan error, 1)
	go func() {
		defer func() {
			if v := recover(); v != nil {
				done <- fmt.Errorf("beam: Submit panicked: %v", v)
			}
		}()
		done <- run(ctx, p)
	}()
	var err error
	select {
	case err = <-done:
	case <-ctx.Done():
		select { // a moment to cancel the job
		case <-done:
		case <-time.After(leaveTime):
		}
	}
	if ended := cause.Of(ctx); ended != nil {
		return ended
	}
	return err
}

// passLimit is how long a pass may take where nothing else is said.
const passLimit = time.Hour

// Dataset returns the rows of a Runner as what a model is trained on, with a number of
// tries and a limit of time for each pass, by default an hour: a job whose worker has
// died may wait for ever. See [segment.Distribute] and [segment.RetryRunner].
func Dataset(columns []string, r *Runner, o segment.RetryOptions) segment.Dataset {
	if o.Limit == 0 {
		o.Limit = passLimit
	}
	return segment.Distribute(columns, segment.RetryRunner(r, o))
}
