package main

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
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
func wholeProgram(ctx context.Context, folder, python, campaign string, rounds int) (line, error) {
	train := filepath.Join(folder, "train")
	build := exec.CommandContext(ctx, "go", "build", "-o", train, "./examples/train")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		return line{}, fmt.Errorf("building examples/train: %w\n%s", err, out)
	}
	campaign, err := filepath.Abs(campaign)
	if err != nil {
		return line{}, err
	}
	l := line{Case: "W", Peer: script}
	var ours []float64
	theirs := map[int][]float64{} // by threads
	for range rounds {
		_, s, memory, err := measure(ctx, folder, runtime.NumCPU(), train, "-data", campaign, "-as-of", "2015-01-01", "-out", filepath.Join(folder, "out"), "-db", "sqlite:"+filepath.Join(folder, "segmentation.db"), "-json")
		if err != nil {
			return l, err
		}
		ours, l.Memory = append(ours, s), max(l.Memory, memory)
		for _, threads := range []int{2, 1} {
			if _, s, memory, err = measure(ctx, folder, threads, python, "-c", jobScript, campaign); err != nil {
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

// measure runs a program in a folder, and gives what it prints, the seconds
// that it takes and the most memory that it uses, in bytes.
func measure(ctx context.Context, folder string, threads int, name string, args ...string) (out []byte, seconds float64, memory int64, err error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = folder, append(environment(), fmt.Sprint("OMP_NUM_THREADS=", threads))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	begin := time.Now()
	if out, err = cmd.Output(); err != nil {
		return nil, 0, 0, fmt.Errorf("%s: %w\n%s%s", name, err, out, stderr.Bytes())
	}
	seconds = time.Since(begin).Seconds()
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		memory = usage.Maxrss * 1024 // kilobytes on Linux
	}
	return out, seconds, memory, nil
}
