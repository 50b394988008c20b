package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

//go:embed job.py
var jobScript string

// wholeProgram compares examples/train on a campaign file with the same job in
// Python: time from start to end, and peak memory.
func wholeProgram(ctx context.Context, python, campaign string) (line, error) {
	folder, err := os.MkdirTemp("", "benchmark")
	if err != nil {
		return line{}, err
	}
	defer os.RemoveAll(folder)
	train := filepath.Join(folder, "train")
	build := exec.CommandContext(ctx, "go", "build", "-o", train, "./examples/train")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		return line{}, fmt.Errorf("building examples/train: %w\n%s", err, out)
	}
	if campaign, err = filepath.Abs(campaign); err != nil {
		return line{}, err
	}
	measure := func(name string, args ...string) (float64, int64, error) {
		cmd := exec.CommandContext(ctx, name, args...)
		cmd.Dir, cmd.Env = folder, environment()
		begin := time.Now()
		out, err := cmd.CombinedOutput()
		if err != nil {
			return 0, 0, fmt.Errorf("%s: %w\n%s", name, err, out)
		}
		seconds := time.Since(begin).Seconds()
		usage, _ := cmd.ProcessState.SysUsage().(*syscall.Rusage)
		if usage == nil {
			return seconds, 0, nil
		}
		return seconds, usage.Maxrss * 1024, nil // kilobytes on Linux
	}
	l := line{Case: "W", Peer: "pandas, scikit-learn", text: "the whole program, from file to model"}
	var ours, theirs []float64
	for range 5 {
		s, memory, err := measure(train, "-data", campaign, "-as-of", "2015-01-01", "-out", filepath.Join(folder, "out"), "-db", "sqlite:"+filepath.Join(folder, "segmentation.db"), "-json")
		if err != nil {
			return l, err
		}
		ours, l.Memory = append(ours, s), max(l.Memory, memory)
		if s, memory, err = measure(python, "-c", jobScript, campaign); err != nil {
			return l, err
		}
		theirs, l.PeerMemory = append(theirs, s), max(l.PeerMemory, memory)
	}
	l.Ours, l.Theirs = median(ours), median(theirs)
	l.Ratio = l.Theirs / l.Ours
	return l, nil
}
