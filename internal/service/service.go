// Package service is what goes on behind the pages of an app: the sets of customers in
// its database with their models, and the records of it. Models are trained, put to use
// and taken back, files scored, customers forgotten. It knows no HTTP and no language.
package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/program"
	"github.com/customer-personality/segmentation/internal/signature"
	"github.com/customer-personality/segmentation/internal/web/upload"
	"github.com/customer-personality/segmentation/store"
)

// ModelName is the name under which models of the campaign schema are kept, that of the
// other programs too.
const ModelName = program.ModelName

// How long what needs the database may take.
const (
	// ReadFor is how long a request may take, and WorkFor one that answers a
	// question before it writes.
	ReadFor = 5 * time.Second
	WorkFor = 15 * time.Second
)

// ErrDown is why a request ends that has waited too long for the database.
var ErrDown = errors.New("the database does not answer in time")

// What is refused.
var (
	ErrNoSuch       = errors.New("there is nothing of that id")
	ErrTooLong      = fmt.Errorf("the conversation has %d messages, and takes no more", MaxMessages)
	ErrManyDatasets = fmt.Errorf("there are %d sets of customers, and no more are kept", MaxDatasets)
	ErrUnsigned     = errors.New("only the signed model may be used")
	ErrBusy         = errors.New("a training is going on")
)

// Options say what a service begins with, and what it keeps.
type Options struct {
	Data      string          // campaign file that is read where there are no customers; empty for the bundled sample
	Model     string          // file of a model to use
	Trust     signature.Trust // where given, no other is used
	AsOf      time.Time       // day of the first training
	Limits    features.CleanOptions
	Retrain   RetrainOptions
	Keep      time.Duration // of conversations; 0 for ever
	MaxUpload int64         // bytes
	Uploads   upload.Options
	Counts    prometheus.Registerer
	Log       *slog.Logger
	// Says returns the text for readers of an error, empty for one that has none.
	Says func(error) string
}

// A Service is what goes on behind the pages of an app, on an open database. Make it
// by New, give it customers and a model by Prepare.
type Service struct {
	Dataset // of the campaign schema, the default one
	options Options
	Log     *slog.Logger
	Store   *store.Store
	Records *Records
	Counts  *Counts
	Uploads *upload.Store[UploadState]
	Trainer Trainer

	setsLock sync.Mutex
	sets     []*Dataset // the others; setsLock guards it
	loaded   []string   // the ids of those in memory, the one used last at the end
	// segments are what is written of the tiers, of all datasets.
	segments atomic.Pointer[[]Segment]
	// Changing makes changes of the active model wait for each other.
	Changing sync.Mutex
	// forgetLock is held to read while an answer is made and kept, or tables of
	// customers are written, and to write while somebody is forgotten: nothing is
	// kept that knew them.
	forgetLock sync.RWMutex
	// Signed is the model of the options, as JSON, where they have keys: no other is
	// used.
	Signed []byte
	// Forgets counts who was forgotten, for those who have read the customers
	// before and write them afterwards.
	Forgets atomic.Int64
	// Unscrubbed is whether the database's files still hold what was forgotten;
	// scrubbing is held while they are cleaned.
	Unscrubbed atomic.Bool
	scrubbing  sync.Mutex
	// FellBack is set where the active model could not be used at the start.
	FellBack atomic.Pointer[Fallback]
	// NoCustomers is set while the database has none that the model can be
	// applied to; there is no snapshot then.
	NoCustomers atomic.Bool
	// LeftOut is what was left out of them, because it is no customer.
	LeftOut atomic.Pointer[features.Report]
	// expired is when old conversations were last looked for, in Unix time.
	expired atomic.Int64
	// rows is how many customers the database had when they were last read.
	rows atomic.Int64
	// reporting has room for who writes a report, and guards the last one.
	reporting  chan struct{}
	lastReport writtenReport
	// What goes on in the background.
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup
}

// New returns the service of an open database, whose tables it brings to this
// version. What it begins in the background goes on when the context ends.
func New(ctx context.Context, db *store.Store, o Options) (*Service, error) {
	b, err := OpenRecords(ctx, db)
	if err != nil {
		return nil, err
	}
	files, err := upload.New[UploadState](o.Uploads)
	if err != nil {
		return nil, err
	}
	s := &Service{options: o, Log: o.Log, Store: db, Records: b, Counts: newCounts(o.Counts), Uploads: files, reporting: make(chan struct{}, 1)}
	s.Trainer.Change(func(now *TrainingStatus) { now.State = StateIdle })
	s.ctx, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
	return s, nil
}

// Go runs a function in the background; Stop waits for it.
func (s *Service) Go(f func()) { s.wg.Go(f) }

// Ended reports whether the service is ending.
func (s *Service) Ended() bool { return s.ctx.Err() != nil }

// Hold does work while nobody is forgotten.
func (s *Service) Hold(work func() error) error {
	s.forgetLock.RLock()
	defer s.forgetLock.RUnlock()
	return work()
}

// Stop ends what runs in the background, undone, and waits for it.
func (s *Service) Stop() {
	s.cancel()
	s.wg.Wait()
}

// Close stops the service and closes its uploads.
func (s *Service) Close() error {
	s.Stop()
	return s.Uploads.Close()
}
