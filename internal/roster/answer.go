package roster

import (
	"context"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/service"
	"github.com/customer-personality/segmentation/segment/narrate"
)

// An Answer is a tier for programs.
type Answer struct {
	Tier    string `json:"tier"`
	Name    string `json:"name"`    // that the segment was given; empty for none
	Actions string `json:"actions"` // empty for none
	Version int    `json:"model_version"`
	Profile any    `json:"profile"` // with sentences
}

// Answer returns the tier, with sentences of a voice. The error is that of
// [narrate.Voice.WithSentences].
func (q Request) Answer(voice narrate.Voice) (a Answer, err error) {
	g := q.Service.Segment(q.Dataset, q.Snapshot, q.Tier)
	a = Answer{Tier: q.Tier, Name: g.Name, Actions: g.Actions, Version: q.Snapshot.Version}
	group, _ := q.Snapshot.Profile.Group(q.Tier)
	a.Profile, err = voice.WithSentences(group)
	return a, err
}

// Table returns all customers of the tier, see [segmentation.Result.List], with the name of
// the segment, see [service.NamedTier].
func (q Request) Table(ctx context.Context) (*features.Table, error) {
	t, err := q.Snapshot.Customers.List(ctx, q.Tier)
	if err != nil {
		return nil, err
	}
	return service.NamedTier(t, q.Service.Segment(q.Dataset, q.Snapshot, q.Tier).Name)
}
