package main

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"
)

//go:embed peers.py
var server string

// The peers. No Go module for k-means is among them: of those that people
// would pick (muesli/kmeans, mpraski/clusters, biogo/cluster) the module proxy
// served none when this was written, so that textbook Go stands in their place.
const (
	scikit = "scikit-learn"
	faiss  = "faiss"
	plain  = "plain Lloyd in Go"
	script = "pandas, scikit-learn" // the same job as a script of Python
	online = "MiniBatchKMeans"      // of scikit-learn, by partial_fit
)

var allPeers = []string{scikit, faiss, plain, script, online}

// peers is a running Python that has the peers.
type peers struct {
	in       io.WriteCloser
	out      *bufio.Scanner
	folder   string
	versions string
	faiss    bool
	cmd      *exec.Cmd
}

// request asks a peer for one timed run.
type request struct {
	Peer    string `json:"peer"`
	Job     string `json:"job"`
	K       int    `json:"k"`
	Threads int    `json:"threads"`
	Seed    uint64 `json:"seed"`

	// Calls is how often a prediction is made, of which the mean counts.
	Calls int `json:"calls,omitempty"`

	// Init, where it is set, holds the centroids to start from.
	Init [][]float64 `json:"init,omitempty"`
}

type answer struct {
	Seconds float64   `json:"seconds"`
	Inertia []float64 `json:"inertia"`
}

// environment is ours without what would keep OpenBLAS from its best kernel.
func environment() []string {
	return slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "OPENBLAS_CORETYPE=") || strings.HasPrefix(v, "OPENBLAS_L2_SIZE=")
	})
}

func startPeers(ctx context.Context, folder, python string) (*peers, error) {
	p := &peers{folder: folder, cmd: exec.CommandContext(ctx, python, "-c", server)}
	p.cmd.Env, p.cmd.Stderr = environment(), os.Stderr
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewScanner(out)
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("%w; -python names the Python to use", err)
	}
	var versions map[string]string
	if err := p.read(&versions); err != nil {
		return nil, fmt.Errorf("%w; is scikit-learn installed for %s?", err, python)
	}
	p.versions = "scikit-learn " + versions[scikit]
	if p.faiss = versions[faiss] != ""; p.faiss {
		p.versions += ", faiss " + versions[faiss]
	}
	return p, nil
}

// findPython gives the first Python that has what the peers need.
func findPython(ctx context.Context) (string, error) {
	names := []string{"python3", "/usr/bin/python3"}
	for _, name := range names {
		if exec.CommandContext(ctx, name, "-c", "import pandas, sklearn").Run() == nil {
			return name, nil
		}
	}
	return "", fmt.Errorf("none of %s imports pandas and sklearn: install them (Debian's python3-pandas, python3-sklearn), or name a Python that does by -python", strings.Join(names, ", "))
}

// threads are the numbers of threads that a peer is tried with: none where it
// is not installed, and one entry where it takes all cores by itself.
func (p *peers) threads(peer string) []int {
	switch {
	case peer == plain:
		return []int{0}
	case peer == faiss && !p.faiss:
		return nil
	}
	return []int{2, 1}
}

func (p *peers) stop() {
	p.in.Close()
	p.cmd.Wait()
}

func (p *peers) write(v any) error { return json.NewEncoder(p.in).Encode(v) }

func (p *peers) read(v any) error {
	if !p.out.Scan() {
		return errors.Join(errors.New("the peers have ended"), p.out.Err())
	}
	return json.Unmarshal(p.out.Bytes(), v)
}

// load hands rows over by file.
func (p *peers) load(x *mat.Dense) error {
	n, d := x.Dims()
	path := filepath.Join(p.folder, "rows.f64")
	buffer, err := binary.Append(nil, binary.NativeEndian, x.RawMatrix().Data)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, buffer, 0o600); err != nil {
		return err
	}
	if err := p.write(map[string]any{"load": path, "rows": n, "columns": d}); err != nil {
		return err
	}
	var done struct{}
	return p.read(&done)
}

// ask has a peer do its job on x, which it has loaded.
func (p *peers) ask(x *mat.Dense, r request) (answer, error) {
	if r.Peer == plain {
		return plainLloyd(x, r.Init), nil
	}
	var a answer
	if err := p.write(r); err != nil {
		return a, err
	}
	return a, p.read(&a)
}
