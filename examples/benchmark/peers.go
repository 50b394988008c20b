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
	"runtime"
	"strings"

	"gonum.org/v1/gonum/mat"
)

//go:embed peers.py
var server string

// The peers. No Go module for k-means is among them: of those that people
// would pick (muesli/kmeans, mpraski/clusters, biogo/cluster, bugra/kmeans) the
// module proxy served none when this was written, so that textbook Go stands in
// their place.
const (
	scikit  = "scikit-learn"
	intel   = "Intel's extension" // of scikit-learn
	fastest = "the faster of both"
	faiss   = "faiss"
	plain   = "plain Lloyd in Go"
	script  = "pandas, scikit-learn" // the same job as a script of Python
	twin    = "polars, Intel's extension"
	online  = "MiniBatchKMeans" // of scikit-learn, by partial_fit
)

// peers is a running Python that has the peers.
type peers struct {
	in       io.WriteCloser
	out      *bufio.Scanner
	folder   string
	versions string          // as a sentence
	has      map[string]bool // by peer
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
	Seconds   float64   `json:"seconds"`
	Processor float64   `json:"processor,omitempty"` // seconds, of all its cores; 0 where not known
	Inertia   []float64 `json:"inertia"`

	// FellBack says that Intel's extension gave the job to scikit-learn itself.
	FellBack bool `json:"fell_back,omitempty"`
}

func startPeers(ctx context.Context, folder, python string) (*peers, error) {
	p := &peers{folder: folder, cmd: exec.CommandContext(ctx, python, "-c", server)}
	p.cmd.Env, p.cmd.Stderr = peerEnvironment(0), os.Stderr
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
	p.has = map[string]bool{plain: true}
	for _, peer := range []string{scikit, intel, faiss} {
		if v := versions[peer]; v != "" {
			p.has[peer] = true
			p.versions += ", " + peer + " " + v
		}
	}
	p.versions = strings.TrimPrefix(p.versions, ", ")
	return p, nil
}

// threads are the numbers of threads that a peer is tried with: none where it
// is not installed.
func (p *peers) threads(peer string) []int {
	if !p.has[peer] {
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
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(r.Threads))
		begin := processorTime()
		a := plainLloyd(x, r.Init)
		a.Processor = processorTime() - begin
		return a, nil
	}
	var a answer
	if err := p.write(r); err != nil {
		return a, err
	}
	return a, p.read(&a)
}
