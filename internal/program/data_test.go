package program

import (
	"bytes"
	"database/sql"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/preprocess"
)

func TestNames(t *testing.T) {
	for list, want := range map[string][]string{
		"Age, Annual Income (k$)": {"Age", "Annual Income (k$)"},
		`"a, b",c`:                {"a, b", "c"},
		"年龄":                      {"年龄"},
		"":                        nil,
		"a,,b":                    nil,
	} {
		if got, err := Names(list); !slices.Equal(got, want) || (err == nil) != (want != nil) {
			t.Errorf("%q: %q, %v", list, got, err)
		}
	}
	row, err := Row(`City=Bonn,"Income, k$=",Age=41`)
	if err != nil || !maps.Equal(row, map[string]string{"City": "Bonn", "Income, k$": "", "Age": "41"}) {
		t.Errorf("%q, %v", row, err)
	}
}

// A model of a table is kept under its name, in what databases take for one.
func TestModelName(t *testing.T) {
	table := &segmentation.Source{}
	for path, want := range map[string]string{
		"data/Mall Customers.csv.gz":            "segmentation_mall_customers",
		"/tmp/年收入.xlsx":                         "segmentation_年收入",
		"postgres://a@b/c?table=sales.orders":   "segmentation_sales_orders",
		"sqlite:x.db?table=orders&x=1":          "segmentation_orders",
		"(1).csv":                               "segmentation_1",
		strings.Repeat("é", 60) + ".csv":        "segmentation_" + strings.Repeat("é", 18),
		"...":                                   "segmentation",
		strings.Repeat("ab ", 30) + "json.json": "segmentation_ab_ab_ab_ab_ab_ab_ab_ab_ab_ab_ab_ab_a",
	} {
		if got := (&Data{Path: path}).ModelName(table); got != want || len(got)+len("_unencoded") > 63 {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	sample, err := (&Data{}).Read(t.Context())
	if err != nil || (&Data{}).ModelName(sample) != ModelName {
		t.Errorf("the sample: %v", err)
	}
}

// Flags become the options of reading.
func TestCustomers(t *testing.T) {
	flags := flag.NewFlagSet("x", flag.ContinueOnError)
	d := Customers(flags, "a file", "a day")
	p, given := Preparation(flags)
	args := []string{"-orders", "o.csv", "-order-columns", "customer=Who,amount=a=b", "-id", "-", "-columns", "a,b", "-value", "-a", "-describe", "c",
		"-kinds", "a=Free Text,b=share", "-encoding", "gbk", "-sheet", "S", "-header-row", "3", "-log-above", "off", "-pca-above", "off", "-variance", "0.5", "-unseen", "accept"}
	if err := Parse(flags, args, io.Discard); err != nil {
		t.Fatal(err)
	}
	o := d.Open
	if d.Path != "o.csv" || o.Orders != segmentation.AreOrders || o.OrderOption.Columns.Customer != "Who" || o.OrderOption.Columns.Amount != "a=b" || o.Roles.ID != "-" ||
		!slices.Equal(o.Roles.Value, []string{"-a"}) || o.Kinds["a"] != features.FreeText || o.Kinds["b"] != features.Percent || o.Encoding != "gbk" || o.HeaderRow != 3 {
		t.Errorf("%+v", o)
	}
	if !given() || p.PCAAbove >= 0 || p.Variance != 0.5 || p.Unknown != preprocess.Accept {
		t.Errorf("%+v", p)
	}
}

// The password of a database is not told.
func TestSource(t *testing.T) {
	for path, want := range map[string]string{
		"": "the bundled sample", "a b.csv": "a b.csv", "?table=a": "?table=a", "sqlite:a b.db?table=é": "sqlite:a b.db?table=é",
		"postgres://ada@host/shop?table=orders":                                            "postgres://ada@host/shop?table=orders",
		"postgres://ada:secret@host/shop?table=orders":                                     "postgres://ada:xxxxx@host/shop?table=orders",
		"postgresql://host/shop?user=ada&password=secret&table=orders&sslpassword=secret2": "postgresql://host/shop?user=ada&table=orders",
		"postgres://ada:sec%ret@host/shop?table=orders":                                    "a table of a database",
	} {
		if got := (&Data{Path: path}).Source(); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

// What was found in reading lines of orders of a database is told, as of a file.
func TestOrdersOfDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "orders.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE orders (customer TEXT, day DATE, amount TEXT)"); err != nil {
		t.Fatal(err)
	}
	for i := range 60 {
		amount := strconv.Itoa(10 + i)
		if i == 7 {
			amount = "unknown"
		}
		if _, err := db.ExecContext(t.Context(), "INSERT INTO orders VALUES (?, ?, ?)", "C"+strconv.Itoa(i%9), fmt.Sprintf("2024-01-%02d", 1+i%28), amount); err != nil {
			t.Fatal(err)
		}
	}
	s, err := (&Data{Path: "sqlite:" + path + "?table=orders"}).Read(t.Context())
	if err != nil || s.Orders == nil {
		t.Fatalf("%+v, %v", s, err)
	}
	if !slices.ContainsFunc(s.Told, func(told string) bool { return strings.Contains(told, "unknown") }) || len(s.Columns) != 3 {
		t.Errorf("told %q of %d columns", s.Told, len(s.Columns))
	}
}

func TestPrintRoles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.csv")
	if err := os.WriteFile(path, []byte("no,joined,city,spent\nA1,2024-02-03,Bonn,1.256789\nA2,,Rome,7\nA3,2024-01-02,Bonn,\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := (&Data{Path: path}).Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := PrintRoles(&b, s); err != nil {
		t.Fatal(err)
	}
	plain := strings.Join(strings.Fields(b.String()), " ")
	for _, want := range []string{"joined date 1 2024-01-02 to 2024-02-03", "city category 0 Bonn, Rome", "spent amount 1 1.2568 to 7", "Not used: joined"} {
		if !strings.Contains(plain, want) {
			t.Errorf("it does not print %q: %s", want, b.String())
		}
	}
}

// TestDay: a day is read, and one far ahead is refused as what it is.
func TestDay(t *testing.T) {
	for text, want := range map[string]string{"2015-01-31": "", "31.1.2015": "a day is written as 2015-01-31", "2500-01-01": "2500-01-01 is more than a year ahead of today"} {
		var d Day
		err := d.Set(text)
		if want == "" && (err != nil || d.String() != text) || want != "" && (err == nil || !strings.Contains(err.Error(), want) || !d.IsZero()) {
			t.Errorf("%s: %v, %v", text, d, err)
		}
	}
}
