package service

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"io"
	"slices"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/csvguard"
	"github.com/customer-personality/segmentation/internal/snapshot"
	"github.com/customer-personality/segmentation/internal/web/upload"
	"github.com/customer-personality/segmentation/segment"
)

// UploadJob is a file of customers that waits to be scored, or was.
type UploadJob = upload.Job[UploadState]

// UploadState is how far a job has come.
type UploadState struct {
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
	Of       string         `json:"of,omitempty"`      // the id of the dataset by whose model it is scored
	New      bool           `json:"new,omitempty"`     // whether it is to be a dataset
	Dataset  string         `json:"dataset,omitempty"` // the id of that

	AsOf   string                 `json:"as_of"`  // the day on which ages and tenures are counted
	Doubts []segment.WarningCount `json:"doubts"` // on the scores

	Report features.Report       `json:"-"`
	Limits features.CleanOptions `json:"-"` // of the training; Dropped counts who is outside
	Order  []string              `json:"-"` // of the tiers, in the model that scores it
}

// An UploadAnswer is an UploadState for programs.
type UploadAnswer UploadState

// A keptUpload is an UploadState as it outlasts a restart.
type keptUpload struct {
	UploadAnswer
	Report features.Report       `json:"report"`
	Limits features.CleanOptions `json:"limits"`
	Order  []string              `json:"order"` // of the tiers
}

// MarshalJSON returns all that the pages need.
func (u UploadState) MarshalJSON() ([]byte, error) {
	k := keptUpload{UploadAnswer(u), u.Report, u.Limits, u.Order}
	k.Report.Errors = nil // they are among those of the answer
	return json.Marshal(k)
}

// UnmarshalJSON reads what MarshalJSON returned.
func (u *UploadState) UnmarshalJSON(b []byte) error {
	var k keptUpload
	err := json.Unmarshal(b, &k)
	*u = UploadState(k.UploadAnswer)
	u.Report, u.Limits, u.Order = k.Report, k.Limits, k.Order
	return err
}

// BeginScoring begins to score the customers of a file by the model of a dataset.
func (s *Service) BeginScoring(job *UploadJob, set *Dataset, snap *snapshot.Snapshot) {
	s.Uploads.Keep(job, UploadState{State: StateRunning, Of: set.ID, Tiers: map[string]int{}, Errors: []string{}, Warnings: []string{}, Doubts: []segment.WarningCount{}, Order: snap.Tiers})
	s.wg.Go(func() {
		s.run(s.ctx, job, func(in io.Reader, out io.Writer) error { return s.scoreFile(s.ctx, job, set, snap.Model, in, out) })
	})
}

// IsIn reports whether a job names a customer, in its file or in its report.
func (f Erasure) IsIn(j *UploadJob) bool {
	now := j.Now()
	if f.of != nil && f.of.ID != cmp.Or(now.Dataset, now.Of) {
		return false
	}
	return hasID(j, csvguard.Cell(f.id)) || slices.ContainsFunc(slices.Concat([]string{j.Name, now.Error}, now.Errors, now.Warnings), f.In)
}

// hasID reports whether a scored file has a line of that customer.
func hasID(j *UploadJob, id string) bool {
	file, err := j.Open()
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
