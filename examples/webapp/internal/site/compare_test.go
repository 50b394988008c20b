package site

import (
	"encoding/csv"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation/internal/service"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/store"
)

// train makes another version, which is not put to use.
func (a *app) train(t *testing.T, query string, form url.Values) {
	t.Helper()
	a.post(t, "/models/retrain"+query, form).want(t, 200)
	if s := a.trained(t); s.State != service.StateDone {
		t.Fatalf("the training ends as %+v", s)
	}
}

// matrixOf reads the table of moves of a page.
func matrixOf(t *testing.T, body string) map[string]int {
	t.Helper()
	_, table, _ := strings.Cut(body, "<caption>Customers by their tier before")
	table, _, _ = strings.Cut(table, "</table>")
	head, rows, _ := strings.Cut(table, "</thead>")
	var to []string
	for _, m := range regexp.MustCompile(`<th scope="col">([^<]*)</th>`).FindAllStringSubmatch(head, -1)[1:] {
		to = append(to, m[1])
	}
	out := map[string]int{}
	for _, row := range regexp.MustCompile(`<tr><th scope="row"><span[^>]*>([^<]*)</span></th>(.*?)</tr>`).FindAllStringSubmatch(rows, -1) {
		for j, cell := range regexp.MustCompile(`<td>(?:<[^>]*>)?([\d,]+)`).FindAllStringSubmatch(row[2], -1) {
			n := 0
			if _, err := fmt.Sscan(strings.ReplaceAll(cell[1], ",", ""), &n); err != nil {
				t.Fatal(err)
			}
			if n > 0 {
				out[row[1]+" "+to[j]] = n
			}
		}
	}
	return out
}

// TestCompare: what a version would change is what the database says that it has
// changed, once it is used.
func TestCompare(t *testing.T) {
	a := start(t, Config{})
	a.get(t, "/models/1/compare").want(t, 409, "Version 1 is in use")
	a.get(t, "/models/2/compare").want(t, 404)
	a.train(t, "", url.Values{"k": {"4"}, "as_of": {"2016-01-01"}, "max_income": {"70000"}})
	a.get(t, "/models").want(t, 200, `href="/models/2/compare?data="`)
	page := a.get(t, "/models/2/compare")
	page.want(t, 200, "Version 2 beside version 1", "another segmentation", "adjusted Rand index", "Version 1 counts ages and months on 1 January 2015, version 2 on 1 January 2016",
		"customers are counted nowhere on this page but among the tiers: the limits of version 2 would leave them out", "PSI", "another population", "Time as a customer", `action="/models/2/activate?data="`, "<svg")
	list := a.get(t, "/models/2/movers.csv")
	list.want(t, 200)
	a.get(t, "/models/2/movers.xlsx").want(t, 200, "PK")
	for _, wrong := range []string{"/models/2/movers.html", "/models/2/customers.csv", "/models/1/movers.csv"} {
		if r := a.get(t, wrong); r.StatusCode != 404 && r.StatusCode != 409 {
			t.Errorf("%s answers %d", wrong, r.StatusCode)
		}
	}

	db := a.Store.DB()
	if _, err := db.Exec(`create table before_use as select id, tier from ` + a.Store.Tables().Merged); err != nil {
		t.Fatal(err)
	}
	a.post(t, "/models/2/activate", nil).want(t, 200, "Version 2 is in use")
	var rows []struct {
		Was, Is string
		N       int
	}
	if err := db.Select(&rows, `select b.tier as was, m.tier as "is", count(*) as n from before_use b join `+a.Store.Tables().Merged+` m on m.id = b.id group by b.tier, m.tier`); err != nil {
		t.Fatal(err)
	}
	matrix, moved := matrixOf(t, page.body), 0
	if len(rows) != len(matrix) || len(rows) < 4 {
		t.Errorf("%d moves in the database, %d on the page", len(rows), len(matrix))
	}
	for _, r := range rows {
		if matrix[r.Was+" "+r.Is] != r.N {
			t.Errorf("from %s to %s: %d on the page, %d by SQL", r.Was, r.Is, matrix[r.Was+" "+r.Is], r.N)
		}
		if r.Was != r.Is {
			moved += r.N
		}
	}
	lines, err := csv.NewReader(strings.NewReader(list.body)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(lines) != moved+1 || !slices.Equal(lines[0][:3], []string{"id", "tier_before", "tier_after"}) || slices.Contains(lines[0][3:], "id") {
		t.Errorf("%d lines, head %v; by SQL %d move", len(lines), lines[0], moved)
	}
	var n int
	if err := db.Get(&n, db.Rebind(`select count(*) from before_use b join `+a.Store.Tables().Merged+` m on m.id = b.id where b.id = ? and b.tier = ? and m.tier = ?`), lines[1][0], lines[1][1], lines[1][2]); err != nil || n != 1 {
		t.Errorf("%v: the list has %v, which is not in the database", err, lines[1][:3])
	}
	a.get(t, "/models?audit=all").want(t, 200, "movers")
	a.get(t, "/models/1/compare").want(t, 200, "Version 1 beside version 2")
}

// TestCompareSame: a version of the same training moves nobody, and nothing drifts; of a
// version that another program made the drift is not known.
func TestCompareSame(t *testing.T) {
	a := start(t, Config{})
	day := url.Values{"as_of": {a.Snapshot.Load().Customers.Table.AsOf().Format("2006-01-02")}}
	a.train(t, "", day)
	a.get(t, "/models/2/compare").want(t, 200, "segments as the old one did", "Every customer would stay", "No column has shifted: PSI below 0.10", "steady")
	if _, err := a.Store.DB().Exec(`delete from webapp_baselines`); err != nil {
		t.Fatal(err)
	}
	a.train(t, "", day) // of which it is known
	a.get(t, "/models/3/compare").want(t, 200, "that version 1 was trained on was not kept")
	a.post(t, "/models/3/activate", nil).want(t, 200)
	a.get(t, "/models/2/compare").want(t, 200, "No column has shifted")
}

// TestCompareOtherColumns: a model of other columns is refused, with the columns.
func TestCompareOtherColumns(t *testing.T) {
	a := start(t, Config{})
	snap := a.Snapshot.Load()
	x, err := snap.Customers.Table.Matrix(t.Context(), "spent", "recency")
	if err != nil {
		t.Fatal(err)
	}
	other, err := segment.Train(t.Context(), x, segment.TrainOptions{Columns: []string{"spent", "recency"}, Value: []string{"spent"}, K: 2, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Store.SaveModel(t.Context(), service.ModelName, other.Model, store.SaveOptions{}); err != nil {
		t.Fatal(err)
	}
	a.get(t, "/models/2/compare").want(t, 409, "is a model of other columns. It takes spent, recency; the one in use takes age, spent")
}

// TestCompareDataset: two models of customers of any kind.
func TestCompareDataset(t *testing.T) {
	a := start(t, Config{})
	id := a.trainSet(t, "mall.csv", mall(200))
	a.train(t, "?data="+id, url.Values{"k": {"3"}})
	a.get(t, "/models/2/compare?data="+id).want(t, 200, "Version 2 beside version 1", "What drifted", "No column has shifted", `/models/2/movers.csv?data=`+id)
	a.get(t, "/models/2/movers.csv?data="+id).want(t, 200, "id,tier_before,tier_after")
}
