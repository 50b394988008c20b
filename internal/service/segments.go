package service

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/snapshot"
	"github.com/customer-personality/segmentation/internal/web"
)

// A Segment is what people have written of a tier. It is kept for the dataset and the
// [snapshot.Snapshot.Tiering] of the model, so that it goes on with a new version whose tiers
// are the same, and comes back where an old version is gone back to.
type Segment struct {
	Dataset      string `db:"dataset"`
	Tier         string `db:"tier"`
	Tiering      string `db:"tiering"`
	Name         string `db:"name"`          // empty for none
	Actions      string `db:"actions"`       // plain text of lines
	ModelVersion int    `db:"model_version"` // when it was written
	ChangedBy    string `db:"changed_by"`    // empty for nobody yet
	ChangedAt    int64  `db:"changed_at"`    // microseconds of Unix time
}

// Changed is when it was written.
func (g Segment) Changed() time.Time { return time.UnixMicro(g.ChangedAt) }

// MostActions bounds the actions of a segment, in characters.
const MostActions = 2000

// What a segment cannot be called.
var (
	ErrLongName    = fmt.Errorf("a name has at most %d bytes", MaxTitle)
	ErrTakenName   = errors.New("another segment, or a tier, is called that")
	ErrLongActions = fmt.Errorf("the actions have at most %d characters", MostActions)
)

// didWriteSegment is what the audit log says of one who wrote a name or actions.
const didWriteSegment = "segment written"

const selectSegments = `select dataset, tier, tiering, name, actions, model_version, changed_by, changed_at from webapp_segments `

// readSegments brings what is written of the tiers up to date: other programs may have
// changed it.
func (s *Service) readSegments(ctx context.Context) error {
	all, err := list[Segment](ctx, s.Records, selectSegments)
	if err == nil {
		s.segments.Store(&all)
	}
	return err
}

// Segment returns what is written of a tier of a dataset, as it was last read.
func (s *Service) Segment(d *Dataset, w *snapshot.Snapshot, tier string) Segment {
	key := Segment{Dataset: d.ID, Tier: tier, Tiering: w.Tiering()}
	if all := s.segments.Load(); all != nil {
		for _, g := range *all {
			if g.Dataset == key.Dataset && g.Tier == tier && g.Tiering == key.Tiering {
				return g
			}
		}
	}
	return key
}

// SegmentNames returns the names of the tiers of a dataset that have one.
func (s *Service) SegmentNames(d *Dataset, w *snapshot.Snapshot) map[string]string {
	out := map[string]string{}
	all := s.segments.Load()
	if w == nil || all == nil || !slices.ContainsFunc(*all, func(g Segment) bool { return g.Dataset == d.ID }) {
		return out
	}
	tiering := w.Tiering()
	for _, g := range *all {
		if g.Dataset == d.ID && g.Tiering == tiering && g.Name != "" {
			out[g.Tier] = g.Name
		}
	}
	return out
}

// WriteSegment keeps the name and the actions of a tier of a dataset, and notes who wrote
// what. Errors: [ErrLongName], [ErrTakenName] for the name of another segment or of a tier,
// [ErrLongActions].
func (s *Service) WriteSegment(ctx context.Context, d *Dataset, w *snapshot.Snapshot, tier, name, actions, by string) error {
	actions = cleanLines(actions)
	switch {
	case len(name) > MaxTitle:
		return ErrLongName
	case utf8.RuneCountInString(actions) > MostActions:
		return ErrLongActions
	}
	name = web.CleanText(name, MaxTitle)
	taken := func(other string) bool { return name != "" && strings.EqualFold(other, name) }
	if slices.ContainsFunc(w.Tiers, taken) {
		return ErrTakenName
	}
	for other, its := range s.SegmentNames(d, w) {
		if other != tier && taken(its) {
			return ErrTakenName
		}
	}
	g := Segment{Dataset: d.ID, Tier: tier, Tiering: w.Tiering(), Name: name, Actions: actions, ModelVersion: w.Version, ChangedBy: by, ChangedAt: time.Now().UnixMicro()}
	err := s.Records.inTx(ctx, func(tx *sqlx.Tx) error {
		if _, err := execute(ctx, tx, `delete from webapp_segments where dataset = ? and tier = ? and tiering = ?`, g.Dataset, g.Tier, g.Tiering); err != nil {
			return err
		}
		_, err := tx.NamedExecContext(ctx, `insert into webapp_segments (dataset, tier, tiering, name, actions, model_version, changed_by, changed_at) values (:dataset, :tier, :tiering, :name, :actions, :model_version, :changed_by, :changed_at)`, g)
		if err != nil {
			return err
		}
		return audit(ctx, tx, by, didWriteSegment, AuditDetail{Version: w.Version, Data: d.ID, Tier: tier, Note: name, Text: actions})
	})
	if err != nil {
		return err
	}
	return s.readSegments(ctx)
}

// cleanLines is a text of lines without what cannot be seen, without blank lines around.
func cleanLines(text string) string {
	var lines []string
	for line := range strings.Lines(strings.ReplaceAll(text, "\r\n", "\n")) {
		lines = append(lines, web.CleanText(line, len(line)))
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}

// historyOf is how many changes of a segment are told, out of the last ones of all segments.
const (
	historyOf   = 20
	historyRead = 2000
)

// SegmentHistory returns the last changes of what is written of a tier of a dataset, from
// the audit log, the last one first.
func (b *Records) SegmentHistory(ctx context.Context, d *Dataset, tier string) (out []AuditEntry, err error) {
	all, err := list[AuditEntry](ctx, b, `select id, at, who, what, detail from webapp_audit where what = ? order by at desc limit ?`, didWriteSegment, historyRead)
	for _, a := range all {
		if a.Detail.Data == d.ID && a.Detail.Tier == tier && len(out) < historyOf {
			out = append(out, a)
		}
	}
	return out, err
}

// NamedTier returns a list of customers of a tier with the name of its segment in a
// further column behind the others, called segment; the list as it is where it has none.
func NamedTier(t *features.Table, name string) (*features.Table, error) {
	if name == "" {
		return t, nil
	}
	names := make([]string, t.Len())
	for i := range names {
		names[i] = name
	}
	return t.With(features.WordSeries(features.Column{Name: freeName(t, "segment")}, names))
}

// freeName is a name that no column of a table has yet.
func freeName(t *features.Table, name string) string {
	taken := t.ColumnNames()
	out := name
	for i := 2; slices.ContainsFunc(taken, func(other string) bool { return features.SameName(other, out) }); i++ {
		out = fmt.Sprintf("%s %d", name, i)
	}
	return out
}
