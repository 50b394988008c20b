package upload

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/customer-personality/segmentation/internal/atomicfile"
	"github.com/customer-personality/segmentation/internal/web"
)

const (
	// MaxActive bounds the uploads that are received, wait or are worked on.
	MaxActive = 16
	// MaxKept bounds the results that are kept, and KeptFor says how long.
	MaxKept = 50
	KeptFor = time.Hour
	// PerByte is the room that is set aside for each byte of a body: for itself,
	// and for its result, which may have the file's own columns and more. Where that
	// is longer it has to ask for more.
	PerByte = 3
)

// DefaultPace is what the body of an upload has to keep.
var DefaultPace = web.Pace{Rate: 8 << 10, Grace: 5 * time.Second, Window: 10 * time.Second, Total: 10 * time.Minute}

// Options bound what uploads take of the machine.
type Options struct {
	Pattern   string                 // of the temporary folders, see [web.TempDirs]; default upload-*
	MaxSize   int64                  // bytes of a file; default 100 MB
	Space     int64                  // bytes of all files; default 1000 MB. The oldest results make way
	Share     int64                  // bytes of one client; default half of Space, or what the largest file takes
	Workers   int                    // files that are worked on at the same time; default 2
	PerClient int                    // uploads of one client at the same time; default 4
	Pace      web.Pace               // default DefaultPace
	Free      func(dir string) int64 // free bytes of the disk; default [web.FreeSpace]

	// Dir is a folder that stays, with the results that are kept, when the program
	// ends; default: a temporary one, also where another program uses Dir.
	Dir string
}

// A Store has the files of uploads in a folder of its own, under names of its own:
// those that are received, wait or are worked on, and the last results. T is what
// else is known of a file. A Store is safe for concurrent use.
type Store[T any] struct {
	Options
	Slots *semaphore.Weighted // a place for each file that is worked on

	dirs   web.TempDirs
	unlock func() error
	stays  bool // whether Dir does
	mu     sync.Mutex
	active map[*Job[T]]bool   // which have room set aside
	kept   map[string]*Job[T] // by ID
}

// New makes a Store, and removes the folders of those whose programs were killed.
func New[T any](o Options) (*Store[T], error) {
	o.Pattern = cmp.Or(o.Pattern, "upload-*")
	o.MaxSize, o.Space = cmp.Or(o.MaxSize, 100e6), cmp.Or(o.Space, 1000e6)
	o.Share = cmp.Or(o.Share, min(o.Space, max(o.Space/2, PerByte*o.MaxSize)))
	o.Workers, o.PerClient = min(cmp.Or(o.Workers, 2), MaxActive), min(cmp.Or(o.PerClient, 4), MaxActive)
	o.Pace = cmp.Or(o.Pace, DefaultPace)
	if o.Free == nil {
		o.Free = web.FreeSpace
	}
	s := &Store[T]{Options: o, Slots: semaphore.NewWeighted(int64(o.Workers)), active: map[*Job[T]]bool{}, kept: map[string]*Job[T]{}}
	s.dirs = web.TempDirs{Pattern: o.Pattern, Keep: KeptFor, Owns: func(name string) bool {
		id, _, _ := strings.Cut(name, ".")
		return web.ValidID(id)
	}}
	if o.Dir != "" {
		unlock, err := web.LockDir(o.Dir)
		if err == nil {
			s.unlock, s.stays = unlock, true
			return s, s.restore()
		}
		if !errors.Is(err, web.ErrDirLocked) {
			return nil, err
		}
	}
	var err error
	s.Dir, s.unlock, err = s.dirs.New()
	return s, err
}

// Close removes the folder, unless it is one that stays.
func (s *Store[T]) Close() error {
	if s.stays {
		return s.unlock()
	}
	return errors.Join(s.unlock(), os.RemoveAll(s.Dir))
}

// A record is what is written of a job whose result stays.
type record struct {
	Name   string
	Client string
	Size   int64
	Began  time.Time
	Value  json.RawMessage
}

// restore finds the results of an earlier run; what it did not end is removed.
func (s *Store[T]) restore() error {
	files, err := os.ReadDir(s.Dir)
	if err != nil {
		return err
	}
	for _, f := range files {
		id, _, _ := strings.Cut(f.Name(), ".")
		if !web.ValidID(id) || s.kept[id] != nil {
			continue
		}
		j := &Job[T]{ID: id, dir: s.Dir, ended: true}
		if s.read(j) == nil && j.size(result) > 0 && time.Since(j.Began) < KeptFor {
			_ = os.Remove(j.path(raw))
			s.kept[id] = j
			continue
		}
		s.remove(j)
		_ = os.Remove(j.path(raw))
	}
	return nil
}

// read reads what write wrote.
func (s *Store[T]) read(j *Job[T]) error {
	b, err := os.ReadFile(j.path(state))
	if err != nil {
		return err
	}
	var r record
	if err := json.Unmarshal(b, &r); err != nil {
		return err
	}
	var v T
	if err := json.Unmarshal(r.Value, &v); err != nil {
		return err
	}
	j.Name, j.Client, j.Size, j.Began = r.Name, r.Client, r.Size, r.Began
	j.read.Store(j.Size)
	j.Change(func(to *T) { *to = v })
	return nil
}

// write writes what is known of a job, for a later run.
func (s *Store[T]) write(j *Job[T]) error {
	v, err := json.Marshal(j.Now())
	if err != nil {
		return err
	}
	return atomicfile.Write(j.path(state), func(w io.Writer) error {
		return json.NewEncoder(w).Encode(record{j.Name, j.Client, j.Size, j.Began, v})
	})
}

// A Job is one uploaded file.
type Job[T any] struct {
	ID     string            // of [web.NewID]
	Name   string            // as the client calls the file, for reading only
	Fields map[string]string // of the form, before the file
	Client string            // who it counts for
	Size   int64
	Began  time.Time
	web.Locked[T]

	dir  string
	read atomic.Int64

	// The lock of the store guards these.
	room  int64          // bytes that are set aside
	body  *web.PacedBody // while it is received
	ended bool
	drops []func(*Job[T]) bool // asked when it has ended
}

// The kinds of files of a job.
const (
	raw    = "raw"
	result = "out"
	state  = "job" // what is known of it
)

// path is where a file lies. The ID is ours, so it cannot lead elsewhere.
func (j *Job[T]) path(kind string) string { return filepath.Join(j.dir, j.ID+"."+kind) }

// size is 0 where there is no such file.
func (j *Job[T]) size(kind string) int64 {
	info, err := os.Stat(j.path(kind))
	if err != nil {
		return 0
	}
	return info.Size()
}

// Read returns how many bytes of the file were read so far.
func (j *Job[T]) Read() int64 { return min(j.read.Load(), j.Size) }

// Open opens the result; that the job ended well is for the caller to know.
func (j *Job[T]) Open() (*os.File, error) { return os.Open(j.path(result)) }

// Active returns how many uploads are received, wait or are worked on.
func (s *Store[T]) Active() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.active)
}

// Get returns the job of an id, nil where none is kept.
func (s *Store[T]) Get(id string) *Job[T] {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept[id]
}

// Keep keeps a job that was received, with its value, for Run.
func (s *Store[T]) Keep(j *Job[T], v T) {
	j.Change(func(to *T) { *to = v })
	s.mu.Lock()
	s.kept[j.ID] = j
	s.mu.Unlock()
	s.Sweep(KeptFor)
}

// Discard gives back what a job takes that was not kept.
func (s *Store[T]) Discard(j *Job[T]) {
	if s.Get(j.ID) == nil {
		_ = os.Remove(j.path(raw))
		s.release(j)
	}
}

// Sweep lets go of jobs that are older, or more than MaxKept, the oldest first, and
// of folders that other programs left. What is being worked on stays.
func (s *Store[T]) Sweep(older time.Duration) {
	s.dirs.RemoveLeft()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, j := range s.ended() {
		if len(s.kept) <= MaxKept && time.Since(j.Began) < older {
			return
		}
		s.remove(j)
	}
}

// ended returns the jobs that are not being worked on, the oldest first. The lock
// is held.
func (s *Store[T]) ended() []*Job[T] {
	var out []*Job[T]
	for _, j := range s.kept {
		if j.ended {
			out = append(out, j)
		}
	}
	slices.SortFunc(out, func(a, b *Job[T]) int { return a.Began.Compare(b.Began) })
	return out
}

// Drop removes the jobs of which drop holds, and returns their number. One that is
// being worked on is asked for when it has ended.
func (s *Store[T]) Drop(drop func(*Job[T]) bool) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, j := range s.kept {
		if !j.ended {
			j.drops = append(j.drops, drop)
		} else if drop(j) {
			s.remove(j)
			n++
		}
	}
	return n
}

func (s *Store[T]) end(j *Job[T], outcome func(*T)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	j.ended = true
	j.Change(outcome)
	if s.stays && j.size(result) > 0 {
		// A later run does without a result of which that is not known.
		if err := s.write(j); err != nil {
			_ = os.Remove(j.path(state))
		}
	}
	if slices.ContainsFunc(j.drops, func(drop func(*Job[T]) bool) bool { return drop(j) }) {
		s.remove(j)
	}
}

func (s *Store[T]) remove(j *Job[T]) {
	delete(s.kept, j.ID)
	_ = errors.Join(os.Remove(j.path(result)), os.Remove(j.path(state)))
}

// admit sets room aside for a body of n bytes.
func (s *Store[T]) admit(j *Job[T], n int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	mine := 0
	for other := range s.active {
		if other.Client == j.Client {
			mine++
		}
	}
	if mine >= s.PerClient && !s.displace(j.Client) || len(s.active) >= MaxActive && !s.displace("") {
		return ErrCrowded
	}
	for !s.makeRoom(j, PerByte*n) {
		if !s.displace("") {
			return ErrNoSpace
		}
	}
	s.active[j] = true
	return nil
}

// displace ends an upload, of a client or of any (""), that comes too slowly so
// far, before its time is over: its place is wanted.
func (s *Store[T]) displace(client string) bool {
	for j := range s.active {
		if (client == "" || j.Client == client) && j.body != nil && j.body.Slow() {
			j.body.Stop()
			delete(s.active, j)
			return true
		}
	}
	return false
}

// paced returns the body of an upload, which has to keep the pace.
func (s *Store[T]) paced(w http.ResponseWriter, body io.ReadCloser, j *Job[T]) io.ReadCloser {
	s.mu.Lock()
	defer s.mu.Unlock()
	j.body = web.NewPacedBody(w, body, s.Pace)
	return j.body
}

// received says that all of a body is there. It is too late where the upload was
// displaced.
func (s *Store[T]) received(j *Job[T]) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.active[j] {
		j.body, j.room = nil, PerByte*j.Size
	}
	return s.active[j]
}

func (s *Store[T]) release(j *Job[T]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.active, j)
	j.body = nil
}

// makeRoom sets n bytes more aside for a job: results are let go of for it, those
// of the same client first, then the oldest. Where that would not be enough they
// all stay. The lock is held.
func (s *Store[T]) makeRoom(j *Job[T], n int64) bool {
	all, mine, unwritten := n, n, n
	for other := range s.active {
		all += other.room
		if other.Client == j.Client {
			mine += other.room
		}
		unwritten += max(0, other.room-other.size(raw)-other.size(result))
	}
	over, overShare, overDisk := all-s.Space, mine-s.Share, unwritten-s.Free(s.Dir)
	ended := s.ended()
	var kept, keptMine int64
	for _, e := range ended {
		kept += e.size(result)
		if e.Client == j.Client {
			keptMine += e.size(result)
		}
	}
	if over > 0 || overShare > 0 || overDisk > kept {
		return false
	}
	over, overShare = over+kept, overShare+keptMine
	others := func(e *Job[T]) int {
		if e.Client == j.Client {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(ended, func(a, b *Job[T]) int { return others(a) - others(b) })
	for _, e := range ended {
		if over <= 0 && overShare <= 0 && overDisk <= 0 {
			break
		}
		size := e.size(result)
		over, overDisk = over-size, overDisk-size
		if e.Client == j.Client {
			overShare -= size
		}
		s.remove(e)
	}
	j.room += n
	return true
}

// input is the file of a job, which counts what is read of it and ends with a
// context.
type input struct {
	*os.File
	ctx  context.Context
	read *atomic.Int64
}

func (f *input) Read(p []byte) (int, error) {
	if err := f.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := f.File.Read(p)
	f.read.Add(int64(n))
	return n, err
}

// ReadAt reads from a place of the file; the bytes count as read once each.
func (f *input) ReadAt(p []byte, off int64) (int, error) {
	if err := f.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := f.File.ReadAt(p, off)
	f.read.Add(int64(n))
	return n, err
}

// output is the result of a job. It stays within the room of the job, which grows
// by steps where it has to.
type output[T any] struct {
	file  io.Writer
	store *Store[T]
	job   *Job[T]
	used  int64 // with the file
}

func (f *output[T]) Write(p []byte) (int, error) {
	f.used += int64(len(p))
	if err := f.store.grow(f.job, f.used); err != nil {
		return 0, err
	}
	return storeWriter{f.file}.Write(p)
}

// grow makes the room of a job at least n bytes.
func (s *Store[T]) grow(j *Job[T], n int64) error {
	const step = 1 << 20
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > j.room && !s.makeRoom(j, n+step-j.room) {
		return ErrNoSpace
	}
	return nil
}
