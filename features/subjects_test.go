package features

import (
	"github.com/customer-personality/segmentation/internal/testenv"
	"slices"
	"strings"
	"testing"
)

func subjectsTable(t *testing.T, text string, o RoleOptions) (*Table, Roles) {
	t.Helper()
	kinds := map[string]Kind{}
	if strings.HasPrefix(text, "id,") {
		kinds["id"] = Identifier // which a few rows do not show
	}
	table, _, err := ReadTable(t.Context(), strings.NewReader(text), TableOptions{Kinds: kinds})
	if err != nil {
		t.Fatal(err)
	}
	roles, err := InferRoles(t.Context(), table, o)
	if err != nil {
		t.Fatal(err)
	}
	return table, roles
}

// What the names do not tell of is no revenue: a score, a number, an amount below 0.
func TestSubjectsOf(t *testing.T) {
	for columns, want := range map[string]string{
		"Spending Score,Number of sales,Total Spent": "Total Spent",
		"Spending Score,Sales count,Visits":          "",
		"Revenue,Age,Visits":                         "", // Revenue has −5
		"Age,Umsatz,Gasto":                           "Umsatz",
	} {
		text := columns + "\n1,20,5\n7,10,30\n3,41,20\n"
		if strings.HasPrefix(columns, "Revenue") {
			text = strings.Replace(text, "7,", "-5,", 1)
		}
		table, roles := subjectsTable(t, text, RoleOptions{Value: strings.Split(columns, ",")})
		if got := testenv.Must(SubjectsOf(t.Context(), table, roles)).Revenue; got != want {
			t.Errorf("of %s, %q is the revenue, want %q", columns, got, want)
		}
	}
	// Columns that serve for nothing are not spoken of; those of words stand apart.
	table, roles := subjectsTable(t, "id,City,Age,Note\nA1,Rome,30,x\nA2,Bonn,40,y\nA3,Rome,20,z\n", RoleOptions{Features: []string{"Age"}, Describe: []string{"City", "Age"}})
	about, err := SubjectsOf(t.Context(), table, roles)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(about.Columns, []string{"Age"}) || !slices.Equal(about.Categories, []string{"City"}) {
		t.Errorf("%+v", about)
	}
}

// The columns of RFM have words of their own; those of other tables do not.
func TestWordsOfOrders(t *testing.T) {
	lines := "customer,day,invoice,amount\nA,2024-01-02,1,10\nB,2024-01-05,2,20\nA,2024-02-02,3,15\n"
	table, _, err := RFM(t.Context(), NewTableReader(strings.NewReader(lines), TableOptions{}), RFMOptions{})
	if err != nil {
		t.Fatal(err)
	}
	words := WordsOf(table.Columns())
	if words["monetary"].Verb != "spends" || words["tenure"].Unit != "days" {
		t.Errorf("%+v", words)
	}
	if about := testenv.Must(SubjectsOf(t.Context(), table, Roles{Features: []string{"recency", "frequency", "monetary"}, Value: []Value{{"recency", true}, {"monetary", false}}})); about.Revenue != "monetary" || about.Recency != "recency" {
		t.Errorf("%+v", about)
	}
	other := WordsOf([]Column{{Name: "recency", Kind: Integer}, {Name: "monetary", Kind: Amount}})
	if other["monetary"].Verb != "" || other["recency"].Noun != "recency" {
		t.Errorf("%+v", other)
	}
}

func TestEncodeAll(t *testing.T) {
	table, _ := subjectsTable(t, "id,City,Age,Day\nA1,Rome,30,2024-01-01\nA2,,40,2024-01-02\nA3,Bonn,,2024-01-03\n", RoleOptions{})
	encoded, err := table.EncodeAll(t.Context(), EncodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if names := encoded.ColumnNames(); !slices.Equal(names, []string{"City", "Age"}) {
		t.Errorf("columns %q", names)
	}
	if c := encoded.Series("City"); c.Number(0) != 2 || c.Number(1) != 0 || c.Number(2) != 1 || !slices.Equal(encoded.Classes("City"), []string{"", "Bonn", "Rome"}) {
		t.Errorf("%v of %q", c.Numbers(), encoded.Classes("City"))
	}
	again, err := table.EncodeAll(t.Context(), EncodeOptions{Classes: map[string][]string{"city": {"", "Rome", "Bonn"}}})
	if err != nil || again.Series("City").Number(2) != 2 {
		t.Errorf("%v", err)
	}
	for name, classes := range map[string][]string{"City": {"Rome"}, "Age": {"30"}, "Street": {"a"}} {
		if _, err := table.EncodeAll(t.Context(), EncodeOptions{Classes: map[string][]string{name: classes}}); err == nil {
			t.Errorf("classes %q of %s are taken", classes, name)
		}
	}
	days, err := table.Select("id", "Day")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := days.EncodeAll(t.Context(), EncodeOptions{}); err == nil {
		t.Error("a table of ids and days is encoded")
	}
}
