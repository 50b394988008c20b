package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

//go:embed job.py
var jobScript string

//go:embed job_polars.py
var polarsScript string

// wholeProgram compares examples/train on a campaign file with the same job in
// Python, which writes neither a database nor files: time from start to end, and
// peak memory. It also times the stages of ours.
//
// It has to run while this program is small: a program that is started counts
// the memory of the one that starts it into its own peak.
func wholeProgram(ctx context.Context, folder, python, campaign string, rounds int) ([]line, error) {
	train := filepath.Join(folder, "train")
	build := exec.CommandContext(ctx, "go", "build", "-o", train, "./examples/train")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building examples/train: %w\n%s", err, out)
	}
	campaign, err := filepath.Abs(campaign)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	programs := []*program{
		{command: []string{train, "-data", campaign, "-as-of", "2015-01-01", "-out", filepath.Join(folder, "out"), "-db", "sqlite:" + filepath.Join(folder, "segmentation.db"), "-json"}},
		{runner: runner{peer: script}, command: []string{python, "-c", jobScript, campaign}},
	}
	if exec.CommandContext(ctx, python, "-c", "import polars, sklearnex").Run() == nil {
		programs = append(programs, &program{runner: runner{peer: twin}, command: []string{python, "-c", polarsScript, campaign}})
	}
	var ours [][]stage
	for range rounds {
		for _, p := range programs {
			if err := p.run(ctx, folder); err != nil {
				return nil, err
			}
		}
		out, _, _, err := measure(ctx, folder, 2, self, "stages", campaign, folder)
		if err != nil {
			return nil, err
		}
		var of []stage
		if err := json.Unmarshal(out, &of); err != nil {
			return nil, err
		}
		ours = append(ours, of)
	}
	var out []line
	for _, p := range programs[1:] {
		l := line{Case: "W", Peer: p.peer, Memory: programs[0].memory, PeerMemory: p.memory}
		l.compare(programs[0].best(), p.best())
		l.text = fmt.Sprintf("the whole program, from file to model; memory %d MB and %d MB", l.Memory/1e6, l.PeerMemory/1e6)
		if len(out) == 0 {
			l.Stages = leastStages(ours, l.OursLeast)
			l.text += "; least times of ours: " + stagesText(l.Stages)
		}
		out = append(out, l)
	}
	return out, nil
}

// program is a program that is timed, with two threads and with one.
type program struct {
	runner
	command []string
	memory  int64
}

func (p *program) run(ctx context.Context, folder string) error {
	for _, threads := range []int{2, 1} {
		_, s, memory, err := measure(ctx, folder, threads, p.command[0], p.command[1:]...)
		if err != nil {
			return err
		}
		p.add(threads, answer{Seconds: s}, nil)
		p.memory = max(p.memory, memory)
	}
	return nil
}

// measure runs a program in a folder, and gives what it prints, the seconds
// that it takes and the most memory that it uses, in bytes.
func measure(ctx context.Context, folder string, threads int, name string, args ...string) (out []byte, seconds float64, memory int64, err error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = folder, peerEnvironment(threads)
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
