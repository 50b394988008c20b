package beam

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/local"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/log"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"
)

// server is a Prism in this process.
var server string

// Prism is the address of it, for examples.
func Prism() string { return server }

func TestMain(m *testing.M) {
	Work() // the tests are their own workers
	beam.Init()
	log.SetLogger(quiet{})
	slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil)))
	l, err := net.Listen("tcp", "localhost:0")
	if err == nil {
		port := l.Addr().(*net.TCPAddr).Port
		server = fmt.Sprintf("localhost:%d", port)
		l.Close()
		_, err = prism.CreateJobServer(context.Background(), prism.Options{Port: port})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// quiet is a log of Beam without the lines that each job writes.
type quiet struct{}

func (quiet) Log(_ context.Context, severity log.Severity, _ int, text string) {
	if severity >= log.SevError && testing.Verbose() {
		fmt.Fprintln(os.Stderr, text)
	}
}
