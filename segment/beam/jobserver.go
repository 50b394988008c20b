package beam

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/runtime/graphx"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/runtime/xlangx"
	jobpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/jobmanagement_v1"
	pipepb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/pipeline_v1"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/universal/extworker"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/universal/runnerlib"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/util/grpcx"

	"github.com/customer-personality/segmentation/internal/cause"
	"github.com/customer-personality/segmentation/segment"
)

// ErrJob means a job that has failed, or that somebody else has cancelled.
var ErrJob = errors.New("beam: the job did not succeed")

// JobServer submits pipelines to a job server: that of Prism, Flink or Spark. Beside the
// runners of Beam it cancels a job whose context ends, tells a job that somebody else
// cancels from one that is done, takes the program itself for the worker where Beam
// would compile it for each job, and needs no flags of the command line.
type JobServer struct {
	// Endpoint is the address, such as localhost:8099.
	Endpoint string

	// Environment is where workers run; default Loopback.
	Environment Environment

	// Worker is the program that workers run, for linux/amd64; default, on such a
	// machine, this program. Loopback needs none.
	Worker string

	// Image is the container image of Docker; default that of Beam for Go, of the same
	// version. It has nothing but what starts Worker.
	Image string

	// Parallelism is the number of workers that Flink may use; default what it has.
	Parallelism int

	// Experiments are passed on.
	Experiments []string
}

// Environment is where the workers of a job run.
type Environment int

// The environments of workers.
const (
	Loopback Environment = iota // in this process
	Process                     // each a process of Worker, which calls Work, on the runner's machines, which see it under the same path
	Docker                      // each a container of Image, to which Worker is sent
)

func (e Environment) String() string {
	return [...]string{"loopback", "process", "docker"}[e]
}

// worker returns the path of the program that is sent to workers.
func (j JobServer) worker() (string, error) {
	switch {
	case j.Environment == Loopback:
		return os.DevNull, nil // something has to be sent
	case j.Worker != "":
		return j.Worker, nil
	case runtime.GOOS != "linux" || runtime.GOARCH != "amd64":
		return "", fmt.Errorf("%w: JobServer.Worker is not set, and this program for %s/%s cannot run on workers; want one that was built with GOOS=linux GOARCH=amd64", segment.ErrOption, runtime.GOOS, runtime.GOARCH)
	}
	return os.Executable()
}

// Submit runs the pipeline as a job and returns when it is done, or has been cancelled
// because ctx has ended. Beam must be initialized.
//
// Errors: ErrJob with what the runner says, segment.ErrOption, and that of ctx.
func (j JobServer) Submit(ctx context.Context, p *beam.Pipeline) error {
	err := j.submit(ctx, p)
	if ended := cause.Of(ctx); ended != nil {
		return ended
	}
	return err
}

func (j JobServer) submit(ctx context.Context, p *beam.Pipeline) error {
	if j.Endpoint == "" || j.Environment < Loopback || j.Environment > Docker {
		return fmt.Errorf("%w: a JobServer needs an Endpoint and one of the environments", segment.ErrOption)
	}
	if !beam.Initialized() {
		return fmt.Errorf("%w: beam.Init is to be called first", segment.ErrOption)
	}
	worker, err := j.worker()
	if err != nil {
		return err
	}
	var config string
	switch j.Environment {
	case Loopback:
		// Workers end with the job, not with ctx, or they could not be told to.
		server, err := extworker.StartLoopback(context.WithoutCancel(ctx), 0)
		if err != nil {
			return err
		}
		defer func() {
			if ctx.Err() == nil {
				server.Stop(context.WithoutCancel(ctx))
				return
			}
			// Prism ends the process where it cannot start a worker of a job that was
			// cancelled meanwhile.
			time.AfterFunc(lingerTime, func() { server.Stop(context.WithoutCancel(ctx)) })
		}()
		config = server.EnvironmentConfig(ctx)
	case Process:
		command, err := json.Marshal(map[string]string{"command": worker})
		if err != nil {
			return err
		}
		config = string(command)
	case Docker:
		config = cmp.Or(j.Image, core.DefaultDockerImage)
	}
	model, err := j.translate(ctx, p, config)
	if err != nil {
		return err
	}
	if err := runnerlib.UpdateGoEnvironmentWorker(worker, model); err != nil {
		return fmt.Errorf("%w: the worker: %w", segment.ErrOption, err)
	}
	return j.run(ctx, model, worker)
}

// translate returns the pipeline as job servers take it.
func (j JobServer) translate(ctx context.Context, p *beam.Pipeline, config string) (*pipepb.Pipeline, error) {
	edges, _, err := p.Build()
	if err != nil {
		return nil, err
	}
	urn := [...]string{graphx.URNEnvExternal, graphx.URNEnvProcess, graphx.URNEnvDocker}[j.Environment]
	environment, err := graphx.CreateEnvironment(ctx, urn, func(context.Context) string { return config })
	if err != nil {
		return nil, err
	}
	xlangx.ResolveArtifacts(ctx, edges, nil)
	return graphx.Marshal(edges, &graphx.Options{Environment: environment})
}

// Times within which a job server has to answer.
const (
	dialLimit   = 30 * time.Second
	cancelLimit = 10 * time.Second
	lingerTime  = 5 * time.Second // for a worker that is still being started
)

// run runs a translated pipeline.
func (j JobServer) run(ctx context.Context, model *pipepb.Pipeline, worker string) error {
	conn, err := grpcx.Dial(ctx, j.Endpoint, dialLimit)
	if err != nil {
		return fmt.Errorf("%w: connecting to the job server: %w", ErrJob, err)
	}
	defer conn.Close()
	client := jobpb.NewJobServiceClient(conn)
	options := &runnerlib.JobOptions{Name: "segment-" + strings.ToLower(rand.Text()), Experiments: j.Experiments, Parallelism: cmp.Or(j.Parallelism, -1), Loopback: j.Environment == Loopback}
	prepared, artifacts, session, err := runnerlib.Prepare(ctx, client, model, options)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrJob, err)
	}
	token, err := runnerlib.Stage(ctx, prepared, artifacts, worker, session)
	if err != nil {
		return fmt.Errorf("%w: sending the worker: %w", ErrJob, err)
	}
	// Once it is submitted a job has to be known, or nobody could cancel it.
	job, err := runnerlib.Submit(context.WithoutCancel(ctx), client, prepared, token)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrJob, err)
	}
	err = runnerlib.WaitForCompletion(ctx, client, job)
	if ctx.Err() != nil {
		cancelJob(context.WithoutCancel(ctx), client, job)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrJob, err)
	}
	// The job of which nil is said may be cancelled.
	state, err := client.GetState(ctx, &jobpb.GetJobStateRequest{JobId: job})
	if err != nil {
		return fmt.Errorf("%w: its state is not known: %w", ErrJob, err)
	}
	if state.State != jobpb.JobState_DONE {
		return fmt.Errorf("%w: job %s is %s", ErrJob, job, state.State)
	}
	return nil
}

// cancelJob cancels a job, and waits for a while until it has ended.
func cancelJob(ctx context.Context, client jobpb.JobServiceClient, job string) {
	ctx, stop := context.WithTimeout(ctx, cancelLimit)
	defer stop()
	for range time.Tick(50 * time.Millisecond) {
		r, err := client.Cancel(ctx, &jobpb.CancelJobRequest{JobId: job})
		if err != nil || r.State != jobpb.JobState_RUNNING && r.State != jobpb.JobState_CANCELLING {
			return
		}
	}
}
