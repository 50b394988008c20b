package beam

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
)

func init() {
	register.DoFn2x1[context.Context, []byte, error](&sleepFn{})
}

// sleepFn notes when it begins and ends.
type sleepFn struct {
	Folder string
	Sleep  time.Duration
}

func (f *sleepFn) ProcessElement(ctx context.Context, _ []byte) error {
	if err := os.WriteFile(filepath.Join(f.Folder, "begun"), nil, 0o600); err != nil {
		return err
	}
	select {
	case <-time.After(f.Sleep):
	case <-ctx.Done():
		return ctx.Err()
	}
	return os.WriteFile(filepath.Join(f.Folder, "ended"), nil, 0o600)
}

func sleeping(folder string, d time.Duration) *beam.Pipeline {
	p, s := beam.NewPipelineWithRoot()
	beam.ParDo0(s, &sleepFn{folder, d}, beam.Impulse(s))
	return p
}

func exists(path ...string) bool {
	_, err := os.Stat(filepath.Join(path...))
	return err == nil
}

func TestSubmit(t *testing.T) {
	for _, e := range []Environment{Loopback, Process} {
		t.Run(e.String(), func(t *testing.T) {
			folder := t.TempDir()
			start := time.Now()
			if err := (JobServer{Endpoint: server, Environment: e}).Submit(t.Context(), sleeping(folder, 0)); err != nil {
				t.Fatal(err)
			}
			t.Log(time.Since(start))
			if !exists(folder, "ended") {
				t.Error("the job is said to be done, and has not run")
			}
		})
	}
}

func TestSubmitCancel(t *testing.T) {
	folder := t.TempDir()
	why := errors.New("the operator said so")
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		for !exists(folder, "begun") {
			time.Sleep(time.Millisecond)
		}
		cancel(why)
	}()
	start := time.Now()
	err := JobServer{Endpoint: server}.Submit(ctx, sleeping(folder, 2*time.Second))
	t.Log(time.Since(start), err)
	if !errors.Is(err, context.Canceled) || !errors.Is(err, why) {
		t.Errorf("the error is %v", err)
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("it took %v", took)
	}
	time.Sleep(3 * time.Second)
	if exists(folder, "ended") {
		t.Error("the job went on")
	}
}
