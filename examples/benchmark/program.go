package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

//go:embed job.py
var jobScript string

// wholeProgram compares examples/train on a campaign file with the same job in
// Python: time from start to end, and peak memory.
//
// It has to run while this program is small: a program that is started counts
// the memory of the one that starts it into its own peak.
func wholeProgram(ctx context.Context, python, campaign string, rounds int) (line, error) {
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
	measure := func(threads int, name string, args ...string) (float64, int64, error) {
		cmd := exec.CommandContext(ctx, name, args...)
		cmd.Dir, cmd.Env = folder, append(environment(), fmt.Sprint("OMP_NUM_THREADS=", threads))
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
	l := line{Case: "W", Peer: script}
	var ours []float64
	theirs := map[int][]float64{} // by threads
	for range rounds {
		s, memory, err := measure(runtime.NumCPU(), train, "-data", campaign, "-as-of", "2015-01-01", "-out", filepath.Join(folder, "out"), "-db", "sqlite:"+filepath.Join(folder, "segmentation.db"), "-json")
		if err != nil {
			return l, err
		}
		ours, l.Memory = append(ours, s), max(l.Memory, memory)
		for _, threads := range []int{2, 1} {
			if s, memory, err = measure(threads, python, "-c", jobScript, campaign); err != nil {
				return l, err
			}
			theirs[threads], l.PeerMemory = append(theirs[threads], s), max(l.PeerMemory, memory)
		}
	}
	l.Ours, l.Theirs = median(ours), min(median(theirs[2]), median(theirs[1]))
	l.Ratio = l.Theirs / l.Ours
	l.text = fmt.Sprintf("the whole program, from file to model; memory %d MB and %d MB", l.Memory/1e6, l.PeerMemory/1e6)
	return l, nil
}
