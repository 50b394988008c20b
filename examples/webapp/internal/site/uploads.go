package site

import (
	"bufio"
	"encoding/csv"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/csvguard"
	"github.com/customer-personality/segmentation/internal/web"
	"github.com/customer-personality/segmentation/segment"
)

// uploads are files of customers that wait to be scored, or were. They lie in a
// folder of their own under names of ours, and go after an hour.
type uploads struct {
	dir    string
	unlock func() error
	slots  chan struct{}
	mu     sync.Mutex
	jobs   map[string]*uploadJob
}

const (
	uploadsKeptFor = time.Hour
	mostUploads    = 50
)

// uploadDirs are the folders of uploads of this app and of others.
var uploadDirs = web.TempDirs{Pattern: "webapp-*", Keep: uploadsKeptFor, Owns: func(name string) bool {
	id, kind, _ := strings.Cut(name, ".")
	return web.ValidID(id) && (kind == "raw" || kind == "csv")
}}

func newUploads(slots int) (*uploads, error) {
	dir, unlock, err := uploadDirs.New()
	if err != nil {
		return nil, err
	}
	return &uploads{dir: dir, unlock: unlock, slots: make(chan struct{}, slots), jobs: map[string]*uploadJob{}}, nil
}

func (u *uploads) close() error { return errors.Join(u.unlock(), os.RemoveAll(u.dir)) }

// path is where a file of a job lies. The id is ours, so it cannot lead
// elsewhere.
func (u *uploads) path(id, kind string) string { return filepath.Join(u.dir, id+"."+kind) }

func (u *uploads) get(id string) *uploadJob {
	if !web.ValidID(id) {
		return nil
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.jobs[id]
}

// add keeps a job.
func (u *uploads) add(j *uploadJob) {
	u.mu.Lock()
	u.jobs[j.id] = j
	u.mu.Unlock()
	u.sweep(time.Now())
}

// sweep lets go of jobs that are too old or too many, the oldest first. What is
// being scored stays.
func (u *uploads) sweep(now time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, j := range u.ended() {
		if len(u.jobs) <= mostUploads && now.Sub(j.began) < uploadsKeptFor {
			return
		}
		u.remove(j)
	}
}

// ended returns the jobs that are not being scored, the oldest first. The lock is
// held.
func (u *uploads) ended() []*uploadJob {
	var out []*uploadJob
	for _, j := range u.jobs {
		if j.now().State != stateRunning {
			out = append(out, j)
		}
	}
	slices.SortFunc(out, func(a, b *uploadJob) int { return a.began.Compare(b.began) })
	return out
}

// forget removes the files that name a customer, and returns their number. A
// file that is being scored is looked through when it is done, see finish.
func (u *uploads) forget(f erasure) (n int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, j := range u.jobs {
		if now := j.now(); now.State == stateRunning {
			j.erasures = append(j.erasures, f)
		} else if u.mentions(j, now, f) {
			u.remove(j)
			n++
		}
	}
	return n
}

// remove lets go of a job and its file.
func (u *uploads) remove(j *uploadJob) {
	delete(u.jobs, j.id)
	_ = os.Remove(u.path(j.id, "csv"))
}

// clear lets go of all files but those that are being scored.
func (u *uploads) clear() {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, j := range u.ended() {
		u.remove(j)
	}
}

// mentions reports whether a job names a customer, in its file or in its report.
func (u *uploads) mentions(j *uploadJob, now uploadState, f erasure) bool {
	return fileHasID(u.path(j.id, "csv"), csvguard.Cell(f.id)) || slices.ContainsFunc(slices.Concat([]string{j.name, now.Error}, now.Errors, now.Warnings), f.In)
}

// finish keeps a scored job unless it names a customer who was forgotten meanwhile.
func (u *uploads) finish(j *uploadJob, outcome func(*uploadState)) {
	u.mu.Lock()
	defer u.mu.Unlock()
	j.change(outcome)
	if slices.ContainsFunc(j.erasures, func(f erasure) bool { return u.mentions(j, j.now(), f) }) {
		u.remove(j)
	}
}

// fileHasID reports whether a scored file has a line of that customer.
func fileHasID(path, id string) bool {
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer func() { _ = file.Close() }()
	lines := csv.NewReader(bufio.NewReaderSize(file, 1<<16))
	lines.ReuseRecord = true
	for {
		row, err := lines.Read()
		if err != nil {
			return false
		}
		if row[0] == id {
			return true
		}
	}
}

// An uploadJob is one uploaded file.
type uploadJob struct {
	id     string
	name   string // as the client calls it, for reading only
	size   int64
	began  time.Time
	client string   // who it counts for
	lease  *lease   // until it is scored
	tiers  []string // of the model that scores it

	erasures []erasure // while it was scored; guarded by the lock of uploads

	mu    sync.Mutex
	state uploadState
}

// uploadState is how far a job has come.
type uploadState struct {
	State    string         `json:"state"`
	Rows     int            `json:"rows"`
	Read     int64          `json:"read"` // bytes
	Size     int64          `json:"size"`
	Tiers    map[string]int `json:"tiers"`
	BadRows  int            `json:"bad_rows"`
	Dropped  int            `json:"outside_cleaning_limits"`
	Errors   []string       `json:"errors"`
	Warnings []string       `json:"warnings"` // on the file
	Error    string         `json:"error,omitempty"`

	AsOf   string                 `json:"as_of"`  // the day on which ages and tenures are counted
	Doubts []segment.WarningCount `json:"doubts"` // on the scores

	report features.Report
	limits features.CleanOptions // of the training; Dropped counts who is outside
}

func (j *uploadJob) now() uploadState {
	j.mu.Lock()
	defer j.mu.Unlock()
	s := j.state
	s.Tiers = maps.Clone(s.Tiers)
	return s
}

func (j *uploadJob) change(f func(*uploadState)) {
	j.mu.Lock()
	defer j.mu.Unlock()
	f(&j.state)
}
