package site

import (
	"errors"
	"io"
	"net/http"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/customer-personality/segmentation/internal/web"
)

// The figures of uploads that no flag sets. The deploy guide names them, and
// TestGuideFigures compares.
const (
	// mostActive bounds the uploads that are received, wait or are scored.
	mostActive = 16
	// Of each paceWindow a body has to bring slowest bytes a second, after paceGrace.
	slowest    = 8 << 10
	paceWindow = 10 * time.Second
	paceGrace  = 5 * time.Second
	// receiveFor is how long a body may take in all.
	receiveFor = 10 * time.Minute
	// perByte is the room that is set aside for each byte of a body: for itself,
	// and for the scored file. Where that is longer it has to ask for more.
	perByte = 2
)

var (
	errCrowded = errors.New("too many uploads at the same time")
	errNoSpace = errors.New("no room for uploads")
)

// budget bounds what uploads take of the machine, by client and in all.
type budget struct {
	uploads   *uploads
	perClient int   // uploads of one client at the same time
	space     int64 // bytes of all files
	share     int64 // of them, those of one client
	pace      web.Pace
	free      func(dir string) int64

	mu     sync.Mutex
	active map[*lease]bool
}

// lease is what an upload has of the budget until it is scored. After that its
// file counts with its size.
type lease struct {
	id, client string
	bytes      int64
	body       *web.PacedBody // while it is received
}

func newBudget(u *uploads, cfg Config) *budget {
	return &budget{
		uploads: u, perClient: cfg.ClientUploads, space: cfg.UploadSpace, share: min(cfg.UploadSpace, max(cfg.UploadSpace/2, perByte*cfg.MaxUpload)),
		pace: web.Pace{Rate: slowest, Grace: paceGrace, Window: paceWindow, Total: receiveFor}, free: web.FreeSpace, active: map[*lease]bool{},
	}
}

// client is who an upload counts for: the user where a proxy tells users apart,
// else the address.
func (s *Site) client(r *http.Request) string {
	a := infoOf(r)
	if s.cfg.UserHeader != "" && a.user != "" {
		return "user " + a.user
	}
	return web.ClientPrefix(a.client).String()
}

// admit takes a lease on the room for a body of n bytes.
func (b *budget) admit(id, client string, n int64) (*lease, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	mine := 0
	for l := range b.active {
		if l.client == client {
			mine++
		}
	}
	if mine >= b.perClient && !b.displace(client) || len(b.active) >= mostActive && !b.displace("") {
		return nil, errCrowded
	}
	l := &lease{id: id, client: client}
	for !b.room(l, perByte*n) {
		if !b.displace("") {
			return nil, errNoSpace
		}
	}
	b.active[l] = true
	return l, nil
}

// displace ends an upload, of a client or of any (""), that comes too slowly so
// far, before its time is over: its place is wanted.
func (b *budget) displace(client string) bool {
	for l := range b.active {
		if (client == "" || l.client == client) && l.body != nil && l.body.Slow() {
			l.body.Stop()
			delete(b.active, l)
			return true
		}
	}
	return false
}

// receive returns the body of an upload, which has to keep the pace.
func (b *budget) receive(w http.ResponseWriter, body io.ReadCloser, l *lease) io.ReadCloser {
	b.mu.Lock()
	defer b.mu.Unlock()
	l.body = web.NewPacedBody(w, body, b.pace)
	return l.body
}

// received says that all of a body is there, of n bytes. It is too late where
// the upload was displaced.
func (b *budget) received(l *lease, n int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.active[l] {
		return false
	}
	l.body, l.bytes = nil, perByte*n
	return true
}

// resize sets the room of a lease to n bytes.
func (b *budget) resize(l *lease, n int64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n > l.bytes && !b.room(l, n-l.bytes) {
		return errNoSpace
	}
	l.bytes = n
	return nil
}

func (b *budget) release(l *lease) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.active, l)
	l.body = nil
}

// room makes room for n bytes more of a lease, and takes it: scored files are
// let go of for it, those of the same client first, then the oldest. Where that
// would not be enough they all stay.
func (b *budget) room(l *lease, n int64) bool {
	u := b.uploads
	u.mu.Lock()
	defer u.mu.Unlock()
	all, mine, unwritten := n, n, n
	for other := range b.active {
		all += other.bytes
		if other.client == l.client {
			mine += other.bytes
		}
		unwritten += max(0, other.bytes-fileSize(u.path(other.id, "raw"))-fileSize(u.path(other.id, "csv")))
	}
	over, overShare, overDisk := all-b.space, mine-b.share, unwritten-b.free(u.dir)
	ended := u.ended()
	var kept, keptMine int64
	for _, j := range ended {
		size := fileSize(u.path(j.id, "csv"))
		kept += size
		if j.client == l.client {
			keptMine += size
		}
	}
	if over > 0 || overShare > 0 || overDisk > kept {
		return false
	}
	over, overShare = over+kept, overShare+keptMine
	others := func(j *uploadJob) bool { return j.client != l.client }
	mineFirst := slices.Concat(slices.DeleteFunc(slices.Clone(ended), others), slices.DeleteFunc(ended, func(j *uploadJob) bool { return !others(j) }))
	for _, j := range mineFirst {
		if over <= 0 && overShare <= 0 && overDisk <= 0 {
			break
		}
		size := fileSize(u.path(j.id, "csv"))
		over, overDisk = over-size, overDisk-size
		if j.client == l.client {
			overShare -= size
		}
		u.remove(j)
	}
	l.bytes += n
	return true
}

// fileSize is 0 where there is no such file.
func fileSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// storeWriter writes a file of ours. What goes wrong there is no fault of who sent
// what is written.
type storeWriter struct{ io.Writer }

type storeError struct{ error }

func (e storeError) Unwrap() error { return e.error }

func (s storeWriter) Write(p []byte) (int, error) {
	n, err := s.Writer.Write(p)
	if err != nil {
		err = storeError{err}
	}
	return n, err
}

// full reports whether there is no room for a file.
func full(err error) bool {
	return errors.Is(err, errNoSpace) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// leasedWriter writes a scored file within the room of its lease, which grows by
// steps where it has to.
type leasedWriter struct {
	io.Writer
	budget *budget
	lease  *lease
	used   int64 // with what lies in the uploaded file
}

func (m *leasedWriter) Write(p []byte) (int, error) {
	if m.used += int64(len(p)); m.lease != nil && m.used > m.lease.bytes {
		const step = 1 << 20
		if err := m.budget.resize(m.lease, m.used+step); err != nil {
			return 0, err
		}
	}
	return m.Writer.Write(p)
}
