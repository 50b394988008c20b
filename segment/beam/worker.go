package beam

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/apache/beam/sdks/v2/go/container/tools"
	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/runtime"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/runtime/harness"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/util/grpcx"
)

// Work makes a worker of this process, until its job has ended, where a runner has started
// it as one of the environment Process, and returns at once elsewhere. A program that
// has such workers calls it first in main, before it looks at its arguments. (In a
// container another program does this.)
func Work() {
	id, endpoint := workerArguments(os.Args[1:])
	if endpoint == "" {
		return
	}
	if err := work(id, endpoint); err != nil {
		fmt.Fprintln(os.Stderr, "beam: worker", id+":", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// workerArguments returns what a runner says to a worker that it starts.
func workerArguments(args []string) (id, endpoint string) {
	for _, arg := range args {
		name, value, _ := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		switch name {
		case "id":
			id = strings.Trim(value, "'") // which Prism puts round it
		case "provision_endpoint":
			endpoint = value
		}
	}
	return id, endpoint
}

func work(id, endpoint string) error {
	ctx := grpcx.WriteWorkerID(context.Background(), id)
	info, err := tools.ProvisionInfo(ctx, endpoint)
	if err != nil {
		return err
	}
	var options runtime.RawOptionsWrapper
	if err := tools.ProtoToOptions(info.GetPipelineOptions(), &options); err != nil {
		return err
	}
	runtime.GlobalOptions.Import(options.Options)
	beam.Init()
	return harness.MainWithOptions(ctx, info.GetLoggingEndpoint().GetUrl(), info.GetControlEndpoint().GetUrl(), harness.Options{
		StatusEndpoint:     info.GetStatusEndpoint().GetUrl(),
		RunnerCapabilities: info.GetRunnerCapabilities(),
	})
}
