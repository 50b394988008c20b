package web

import (
	"errors"
	"io"
	"net/http"
	"os"
	"sync/atomic"
	"time"
)

// ErrSlow means that a body comes too slowly.
var ErrSlow = errors.New("the body comes too slowly")

// A Pace is what the body of a request has to keep.
type Pace struct {
	Rate   float64       // bytes a second, in each window
	Grace  time.Duration // before the first window
	Window time.Duration
	Total  time.Duration // for the whole body
}

// A PacedBody is a body that has to make progress: of each window it has to bring
// its bytes, or reading it ends with ErrSlow.
type PacedBody struct {
	io.ReadCloser
	control *http.ResponseController
	pace    Pace
	until   time.Time // the end of the window
	end     time.Time // of all of them
	got     int       // bytes since the window began

	began   time.Time
	all     atomic.Int64 // bytes since then
	stopped atomic.Bool
}

// NewPacedBody returns the body of a request that is answered through w.
func NewPacedBody(w http.ResponseWriter, body io.ReadCloser, pace Pace) *PacedBody {
	now := time.Now()
	b := &PacedBody{ReadCloser: body, control: http.NewResponseController(w), pace: pace, end: now.Add(pace.Total), began: now}
	b.next(now.Add(pace.Grace))
	return b
}

// Slow reports whether the body has come too slowly so far, after two seconds.
func (b *PacedBody) Slow() bool {
	took := time.Since(b.began)
	return took > 2*time.Second && float64(b.all.Load()) < b.pace.Rate*took.Seconds()
}

// Stop ends the reading of the body, with ErrSlow. It may be called while another
// goroutine reads.
func (b *PacedBody) Stop() {
	b.stopped.Store(true)
	_ = b.control.SetReadDeadline(time.Unix(1, 0))
}

// next begins a window.
func (b *PacedBody) next(now time.Time) {
	b.got, b.until = 0, now.Add(b.pace.Window)
	if b.until.After(b.end) {
		b.until = b.end
	}
	_ = b.control.SetReadDeadline(b.until)
}

// Read reads from the body. A read that ends in time for the window begins the
// next one once the window has its bytes.
func (b *PacedBody) Read(to []byte) (int, error) {
	n, err := b.ReadCloser.Read(to)
	b.got += n
	b.all.Add(int64(n))
	now := time.Now()
	switch {
	case b.stopped.Load(), errors.Is(err, os.ErrDeadlineExceeded), err == nil && now.After(b.until):
		return n, ErrSlow
	case float64(b.got) >= b.pace.Rate*b.pace.Window.Seconds():
		b.next(now)
	}
	return n, err
}

// Drain reads the rest of a body that was refused, for a while: a client that is
// still sending when the connection closes does not see the answer.
func Drain(w http.ResponseWriter, r *http.Request, body io.Reader) {
	control := http.NewResponseController(w)
	if control.Flush() != nil || r.Header.Get("Expect") != "" {
		return
	}
	_ = control.SetReadDeadline(time.Now().Add(5 * time.Second))
	_, _ = io.Copy(io.Discard, io.LimitReader(body, 1<<30))
}
