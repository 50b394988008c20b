package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"sync/atomic"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/gcs"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/local"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/log"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/jobopts"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/dataflow"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"

	"github.com/customer-personality/segmentation/segment"
	segmentbeam "github.com/customer-personality/segmentation/segment/beam"
)

// beam makes a data set of Parquet files that a runner of Beam reads.
func (p *place) beam(ctx context.Context, o options) error {
	if !beam.Initialized() {
		beam.Init()
	}
	log.SetLogger(quiet{})
	submit, err := p.submit(ctx)
	if err != nil {
		return err
	}
	names, err := p.parquet(ctx, o)
	if err != nil {
		return err
	}
	p.rows = ofFiles(ctx, names, o.columns)
	glob := filepath.Join(filepath.Dir(names[0]), "*.parquet")
	if len(names) == 1 {
		glob = names[0]
	}
	temp, err := p.temporary()
	if err != nil {
		return err
	}
	r := &countedRunner{Runner: &segmentbeam.Runner{
		Rows: func(s beam.Scope) beam.PCollection {
			return segmentbeam.ReadParquet(s, glob, o.columns, segmentbeam.ReadOptions{})
		},
		Submit: submit, Temp: temp,
	}}
	p.exact = true
	p.dataset = segment.Distribute(o.columns, r)
	p.passes, p.moved = func() int { return int(r.passes.Load()) }, r.moved.Load
	return nil
}

// submit returns what runs a pipeline on the runner that the flags of Beam name.
func (p *place) submit(ctx context.Context) (func(context.Context, *beam.Pipeline) error, error) {
	server := segmentbeam.JobServer{Endpoint: *jobopts.Endpoint, Worker: *jobopts.WorkerBinary, Parallelism: max(0, *jobopts.Parallelism)}
	if *jobopts.Experiments != "" {
		server.Experiments = strings.Split(*jobopts.Experiments, ",")
	}
	switch kind := strings.ToLower(*jobopts.EnvironmentType); kind {
	case "", "loopback":
	case "process":
		server.Environment = segmentbeam.Process
	case "docker":
		server.Environment, server.Image = segmentbeam.Docker, *jobopts.EnvironmentConfig
	default:
		return nil, fmt.Errorf("--environment_type is %q; want LOOPBACK, PROCESS or DOCKER", kind)
	}
	switch runner := *runners.Runner; runner {
	case "", "prism":
		if server.Endpoint == "" {
			slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil)))
			l, err := net.Listen("tcp", "localhost:0")
			if err != nil {
				return nil, err
			}
			port := l.Addr().(*net.TCPAddr).Port
			if err := l.Close(); err != nil {
				return nil, err
			}
			if _, err := prism.CreateJobServer(ctx, prism.Options{Port: port}); err != nil {
				return nil, err
			}
			server.Endpoint = fmt.Sprintf("localhost:%d", port)
		}
	case "flink", "spark", "portable", "universal":
		if server.Endpoint == "" {
			return nil, fmt.Errorf("--runner=%s needs --endpoint, the address of its job server", runner)
		}
	default:
		return func(ctx context.Context, p *beam.Pipeline) error {
			_, err := beam.Run(ctx, runner, p)
			return err
		}, nil
	}
	return server.Submit, nil
}

// A countedRunner counts passes, and the bytes of their answers, which are all that
// comes to this process.
type countedRunner struct {
	*segmentbeam.Runner
	passes, moved atomic.Int64
}

func (r *countedRunner) Run(ctx context.Context, p *segment.Pass) (*segment.Tally, error) {
	r.passes.Add(1)
	t, err := r.Runner.Run(ctx, p)
	if err != nil {
		return nil, err
	}
	data, err := t.MarshalBinary()
	r.moved.Add(int64(len(data)))
	return t, err
}

// quiet is a log of Beam of errors alone.
type quiet struct{}

func (quiet) Log(_ context.Context, severity log.Severity, _ int, text string) {
	if severity >= log.SevError {
		slog.Error(text)
	}
}
