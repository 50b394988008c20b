package service

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/campaign"
	"github.com/customer-personality/segmentation/internal/snapshot"
	"github.com/customer-personality/segmentation/internal/web"
	"github.com/customer-personality/segmentation/store"
)

// A CampaignList is customers of a tier who were drawn for a campaign.
type CampaignList struct {
	ID           string           `db:"id"`
	Dataset      string           `db:"dataset"`
	Tier         string           `db:"tier"`
	Chosen       string           `db:"chosen"`  // the values of the address by which they were chosen
	Size         int              `db:"size"`    // when it was made
	Holdout      float64          `db:"holdout"` // per cent
	Seed         int64            `db:"seed"`
	Columns      asJSON[[]string] `db:"columns"` // beside the id and the group
	ModelVersion int              `db:"model_version"`
	MadeBy       string           `db:"made_by"`
	CreatedAt    int64            `db:"created_at"` // microseconds of Unix time

	// The ids of both groups, each between line ends, which no id holds.
	CampaignIDs string `db:"campaign_ids"`
	HoldoutIDs  string `db:"holdout_ids"`
}

// Created is when it was made.
func (c CampaignList) Created() time.Time { return time.UnixMicro(c.CreatedAt) }

// Here are how many of its customers are to get the campaign and how many are held out,
// without those who were forgotten.
func (c CampaignList) Here() (campaign, holdout int) {
	return len(idsIn(c.CampaignIDs)), len(idsIn(c.HoldoutIDs))
}

func idsText(ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	return "\n" + strings.Join(ids, "\n") + "\n"
}

func idsIn(text string) []string {
	if text = strings.Trim(text, "\n"); text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// MaxLists bounds the lists that are kept of a dataset.
const MaxLists = 200

// ErrManyLists means that there are MaxLists.
var ErrManyLists = fmt.Errorf("there are %d lists of these customers, and no more are kept", MaxLists)

// What the audit log says of lists.
const (
	didMakeList = "campaign list made"
	didDropList = "campaign list deleted"
)

const selectLists = `select id, dataset, tier, chosen, size, holdout, seed, columns, model_version, made_by, created_at, campaign_ids, holdout_ids from webapp_lists where `

// Lists are the campaign lists of a tier of a dataset, the last one first.
func (b *Records) Lists(ctx context.Context, d *Dataset, tier string) ([]CampaignList, error) {
	return list[CampaignList](ctx, b, selectLists+`dataset = ? and tier = ? order by created_at desc, id`, d.ID, tier)
}

// List returns a campaign list.
func (b *Records) List(ctx context.Context, id string) (CampaignList, error) {
	return byID[CampaignList](ctx, b, selectLists+`id = ?`, id)
}

// DropList deletes a campaign list of a dataset, and notes who did that.
func (s *Service) DropList(ctx context.Context, id string, d *Dataset, by string) error {
	c, err := s.Records.List(ctx, id)
	if err == nil && c.Dataset != d.ID {
		err = ErrNoSuch
	}
	if err != nil {
		return err
	}
	return s.Records.inTx(ctx, func(tx *sqlx.Tx) error {
		if err := found(execute(ctx, tx, `delete from webapp_lists where id = ?`, id)); err != nil {
			return err
		}
		return audit(ctx, tx, by, didDropList, AuditDetail{Data: d.ID, Tier: c.Tier, Count: c.Size})
	})
}

// A ListRequest is a campaign list to be made of customers, in rows of a snapshot.
type ListRequest struct {
	Dataset *Dataset
	Tier    string
	Chosen  string // the values of the address by which the rows were chosen
	Said    string // the same for the audit log
	Rows    []int
	campaign.Options
	Columns []string
	By      string
}

// Sample draws the customers of a request, the clusters of the tier as strata.
func (q ListRequest) Sample(ctx context.Context, w *snapshot.Snapshot) (campaign.Sample, error) {
	ids := make([]string, len(q.Rows))
	q.Strata = make([]int, len(q.Rows))
	for i, row := range q.Rows {
		ids[i], q.Strata[i] = w.IDs[row], w.Customers.Predictions[row].Cluster
	}
	return campaign.Draw(ctx, ids, q.Options)
}

// MakeList draws the customers of a request and keeps them, and notes who did that, by what
// filter, size, hold-out and seed, of which model. Nobody may be forgotten meanwhile, see
// [Service.Hold]. Errors: those of [campaign.Draw], and [ErrManyLists].
func (s *Service) MakeList(ctx context.Context, w *snapshot.Snapshot, q ListRequest) (CampaignList, error) {
	sample, err := q.Sample(ctx, w)
	if err != nil {
		return CampaignList{}, err
	}
	ids := func(at []int) string {
		out := make([]string, len(at))
		for i, k := range at {
			out[i] = w.IDs[q.Rows[k]]
		}
		return idsText(out)
	}
	c := CampaignList{
		ID: web.NewID(), Dataset: q.Dataset.ID, Tier: q.Tier, Chosen: q.Chosen, Size: len(sample.Campaign) + len(sample.Holdout), Holdout: q.Holdout, Seed: int64(q.Seed),
		Columns: asJSON[[]string]{q.Columns}, ModelVersion: w.Version, MadeBy: q.By, CreatedAt: time.Now().UnixMicro(), CampaignIDs: ids(sample.Campaign), HoldoutIDs: ids(sample.Holdout),
	}
	err = s.Records.inTx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.NamedExecContext(ctx, `insert into webapp_lists (id, dataset, tier, chosen, size, holdout, seed, columns, model_version, made_by, created_at, campaign_ids, holdout_ids) values (:id, :dataset, :tier, :chosen, :size, :holdout, :seed, :columns, :model_version, :made_by, :created_at, :campaign_ids, :holdout_ids)`, c); err != nil {
			return err
		}
		var n int
		if err := tx.GetContext(ctx, &n, tx.Rebind(`select count(*) from webapp_lists where dataset = ?`), c.Dataset); err != nil {
			return err
		}
		if n > MaxLists {
			return ErrManyLists
		}
		return audit(ctx, tx, q.By, didMakeList, AuditDetail{Version: w.Version, Data: c.Dataset, Tier: q.Tier, Note: q.Said, Count: c.Size, Holdout: q.Holdout, Seed: c.Seed})
	})
	return c, err
}

// The groups of a campaign list, in the column group.
const (
	groupCampaign = "campaign"
	groupHoldout  = "hold-out"
)

// TableOf returns a campaign list as a table: the id, the group, and its columns as the
// customers have them now, in their order. Whoever is no more among the customers is left
// out, and so are columns that are no more there. The name of the segment, where there is one,
// is in a further column, see [NamedTier].
func (c CampaignList) TableOf(ctx context.Context, w *snapshot.Snapshot, name string) (*features.Table, error) {
	group := map[string]string{}
	for _, id := range idsIn(c.CampaignIDs) {
		group[id] = groupCampaign
	}
	for _, id := range idsIn(c.HoldoutIDs) {
		group[id] = groupHoldout
	}
	var rows []int
	var ids, groups []string
	var clusters []int
	for row, id := range w.IDs {
		if g := group[id]; g != "" {
			rows, ids, groups, clusters = append(rows, row), append(ids, id), append(groups, g), append(clusters, w.Customers.Predictions[row].Cluster)
			delete(group, id) // an id that comes again is the same customer
		}
	}
	all, err := w.Customers.Table.Rows(ctx, rows)
	if err != nil {
		return nil, err
	}
	id := w.IDColumn()
	if id == "" {
		id = freeName(all, "id")
	}
	series := []features.Series{features.WordSeries(features.Column{Name: id, Kind: features.Identifier}, ids)}
	for _, name := range c.Columns.V {
		s := all.Series(name)
		if s.IsZero() && name == "cluster" {
			s = features.NumberSeries(features.Column{Name: name}, clusters)
		}
		if !s.IsZero() && name != id {
			series = append(series, s)
		}
	}
	t, err := features.NewTable(all.AsOf(), series...)
	if err != nil {
		return nil, err
	}
	if t, err = t.With(features.WordSeries(features.Column{Name: freeName(t, "group"), Levels: []string{groupCampaign, groupHoldout}}, groups)); err != nil {
		return nil, err
	}
	return NamedTier(t, name)
}

// ChosenGone stands for how a list was chosen by what mentioned somebody forgotten.
const ChosenGone = "gone=yes"

// inAddress reports whether the values of an address name the customer.
func (f Erasure) inAddress(chosen string) bool {
	values, err := url.ParseQuery(chosen)
	if err != nil {
		return f.In(chosen)
	}
	for _, list := range values {
		for _, value := range list {
			// The parts of conditions are escaped once more.
			for part := range strings.FieldsFuncSeq(value, func(r rune) bool { return strings.ContainsRune(":;|", r) }) {
				if said, err := url.QueryUnescape(part); err == nil && f.In(said) {
					return true
				}
			}
			if f.In(value) {
				return true
			}
		}
	}
	return false
}

// forgetLists takes a customer out of the campaign lists, and returns of how many.
func forgetLists(ctx context.Context, tx *sqlx.Tx, f Erasure) (places int64, err error) {
	for _, column := range []string{"campaign_ids", "holdout_ids"} {
		n, err := execute(ctx, tx, `update webapp_lists set `+column+` = replace(`+column+`, ?, ?) where replace(`+column+`, ?, '') <> `+column+f.only("dataset"), "\n"+f.id+"\n", "\n", "\n"+f.id+"\n")
		if err != nil {
			return 0, err
		}
		places += n
	}
	return places, nil
}

// pruneLists takes whoever is no more among the campaign customers out of their lists, since
// another program has forgotten them.
func (s *Service) pruneLists(ctx context.Context) error {
	here := map[string]bool{}
	for c, err := range s.Store.FetchCustomers(ctx, store.FetchOptions{Policy: features.Skip}) {
		if err != nil {
			return err
		}
		here[c.ID] = true
	}
	lists, err := list[CampaignList](ctx, s.Records, selectLists+`dataset = ''`)
	if err != nil {
		return err
	}
	left := func(text string) string {
		return idsText(slices.DeleteFunc(idsIn(text), func(id string) bool { return !here[id] }))
	}
	for _, c := range lists {
		// One that has changed meanwhile is not written over: somebody may have been taken out.
		if _, err := execute(ctx, s.Records.DB, `update webapp_lists set campaign_ids = ?, holdout_ids = ? where id = ? and campaign_ids = ? and holdout_ids = ?`,
			left(c.CampaignIDs), left(c.HoldoutIDs), c.ID, c.CampaignIDs, c.HoldoutIDs); err != nil {
			return err
		}
	}
	return nil
}

// dropSegments removes what was written of the tiers of a dataset, and its lists.
func dropSegments(ctx context.Context, tx *sqlx.Tx, dataset string) error {
	for _, table := range []string{"webapp_segments", "webapp_lists"} {
		if _, err := execute(ctx, tx, `delete from `+table+` where dataset = ?`, dataset); err != nil {
			return err
		}
	}
	return nil
}
