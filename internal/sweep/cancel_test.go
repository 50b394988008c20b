package sweep

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	gota "github.com/go-gota/gota/dataframe"
	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/features/dataframe"
	"github.com/customer-personality/segmentation/internal/sample"
	"github.com/customer-personality/segmentation/internal/testenv"
	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/ask"
	"github.com/customer-personality/segmentation/segment/narrate"
	"github.com/customer-personality/segmentation/segment/plots"
	"github.com/customer-personality/segmentation/testdata"
)

var errOperator = errors.New("the operator said so")

// passes returns everything that goes through the rows of tables, with arguments that it
// takes.
func passes(t *testing.T) map[string]func(ctx context.Context) error {
	r := newInputs(t)
	all := r.makers()
	maps.Copy(all, r.tables())
	maps.Copy(all, r.others())
	return all
}

// inputs are what rows come in.
type inputs struct {
	text          []byte // of a campaign file
	path          string
	customers     []features.Customer
	table, plain  *features.Table // by the schema and as any
	encoded       *features.Encoded
	roles         features.Roles  // of plain
	lines, scored *features.Table // orders, and the customers in them
	x             *mat.Dense
	all           []int // rows of table
	blank         []string
	result        *segmentation.Result
	merged        *features.Table
	df, raw       gota.DataFrame // of table and of customers
	english       *narrate.Language
	asOf          features.AsOf
}

func newInputs(t *testing.T) (r inputs) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx := t.Context()
	var file bytes.Buffer
	must(sample.Write(&file, 10_000, 1))
	text := file.Bytes()
	path := filepath.Join(t.TempDir(), "customers.csv")
	must(os.WriteFile(path, text, 0o600))
	asOf := features.AsOf(testdata.AsOf)
	customers, _, err := features.ReadAll(ctx, bytes.NewReader(text), features.ReadOptions{})
	must(err)
	table, err := features.Engineer(ctx, customers, asOf)
	must(err)
	encoded, err := table.Encode(ctx, features.EncodeOptions{})
	must(err)
	plain, _, err := features.ReadTable(ctx, bytes.NewReader(text), features.TableOptions{})
	must(err)
	roles, err := features.InferRoles(ctx, plain, features.RoleOptions{})
	must(err)
	lines := orders(t)
	scored, _, err := features.RFMTable(ctx, lines, features.RFMOptions{})
	must(err)
	x, err := table.Matrix(ctx, "spent", "age", "tenure")
	must(err)
	result, err := segmentation.Train(ctx, table, segmentation.TrainOptions{Model: segment.TrainOptions{K: 3}})
	must(err)
	merged, err := result.Merged(ctx)
	must(err)
	all, err := table.Where(ctx)
	must(err)
	languages, err := narrate.Read(ask.Texts)
	must(err)
	df := dataframe.From(ctx, table)
	raw := dataframe.FromCustomers(ctx, customers)
	must(errors.Join(df.Err, raw.Err))

	return inputs{
		text: text, path: path, customers: customers, table: table, plain: plain, encoded: encoded, roles: roles, lines: lines, scored: scored, x: x, all: all,
		blank: make([]string, table.Len()), result: result, merged: merged, df: df, raw: raw, english: languages.For("en"), asOf: asOf,
	}
}

// one calls f with the table.
func (r inputs) one(f func(ctx context.Context, t *features.Table) error) func(ctx context.Context) error {
	return func(ctx context.Context) error { return f(ctx, r.table) }
}

// failing returns the error of a call, which nothing may stand beside.
func failing(v any, err error) error {
	if got := reflect.ValueOf(v); err != nil && got.IsValid() && !got.IsZero() {
		return fmt.Errorf("beside %v there is %v", err, v)
	}
	return err
}

func failing2(v, _ any, err error) error { return failing(v, err) }

// makers make tables, and find what is in them.
func (r inputs) makers() map[string]func(ctx context.Context) error {
	return map[string]func(ctx context.Context) error{
		"features.Clean": r.one(func(ctx context.Context, t *features.Table) error {
			return failing2(features.Clean(ctx, t, features.CleanOptions{}))
		}),
		"features.Engineer": func(ctx context.Context) error { return failing(features.Engineer(ctx, r.customers, r.asOf)) },
		"features.CampaignTable": func(ctx context.Context) error {
			t, _ := r.plain.Select("year_birth", "income", "kidhome", "teenhome", "dt_customer", "mnt_wines", "mnt_fruits", "mnt_meat_products", "mnt_fish_products", "mnt_sweet_products", "mnt_gold_prods")
			_, _, ok, err := features.CampaignTable(ctx, t)
			if !ok && err == nil {
				err = errors.New("it is no campaign")
			}
			return err
		},
		"features.CustomersFromFrame": r.one(func(ctx context.Context, t *features.Table) error {
			return failing(features.CustomersFromFrame(ctx, t))
		}),
		"features.FromFrame":  r.one(func(ctx context.Context, t *features.Table) error { return failing(features.FromFrame(ctx, t)) }),
		"features.FromMatrix": func(ctx context.Context) error { return failing(features.FromMatrix(ctx, r.x, "a", "b", "c")) },
		"features.TextTable": func(ctx context.Context) error {
			return failing(features.TextTable(ctx, []string{"a", "b", "c"}, [][]string{r.blank, r.blank, r.blank}))
		},
		"features.ReadAll": func(ctx context.Context) error {
			return failing2(features.ReadAll(ctx, bytes.NewReader(r.text), features.ReadOptions{}))
		},
		"features.ReadFile": func(ctx context.Context) error {
			return failing2(features.ReadFile(ctx, r.path, features.ReadOptions{}))
		},
		"(*features.Reader).All": func(ctx context.Context) error {
			for _, err := range features.Read(bytes.NewReader(r.text), features.ReadOptions{}).All(ctx) {
				if err != nil {
					return err
				}
			}
			return nil
		},
		"features.ReadTable": func(ctx context.Context) error {
			return failing2(features.ReadTable(ctx, bytes.NewReader(r.text), features.TableOptions{}))
		},
		"features.ReadTableFile": func(ctx context.Context) error {
			return failing2(features.ReadTableFile(ctx, r.path, features.TableOptions{}))
		},
		"features.ReadRows": func(ctx context.Context) error {
			return failing2(features.ReadRows(ctx, new(numbers), features.TableOptions{}))
		},
		"features.ReadJSON": func(ctx context.Context) error {
			return failing2(features.ReadJSON(ctx, strings.NewReader("["+strings.Repeat(`{"a": 1, "b": "x"},`, 10_000)+`{"a": 2}]`), features.TableOptions{}))
		},
		"features.NewJSONReader": func(ctx context.Context) error {
			lines := strings.Repeat(`{"a": 1, "b": "x"} `, 10_000)
			return failing2(features.NewJSONReader(ctx, strings.NewReader(lines), features.TableOptions{}).All(context.Background()))
		},
		"(*features.TableReader).All": func(ctx context.Context) error {
			return failing2(features.NewTableReader(bytes.NewReader(r.text), features.TableOptions{}).All(ctx))
		},
		"(*features.TableReader).Blocks": func(ctx context.Context) error {
			for _, err := range features.NewTableReader(bytes.NewReader(r.text), features.TableOptions{}).Blocks(ctx) {
				if err != nil {
					return err
				}
			}
			return nil
		},
		"(*features.TableReader).Sample": func(ctx context.Context) error {
			return failing(features.NewTableReader(bytes.NewReader(r.text), features.TableOptions{}).Sample(ctx))
		},
		"features.InferRoles": func(ctx context.Context) error {
			return failing(features.InferRoles(ctx, r.plain, features.RoleOptions{}))
		},
		"features.SubjectsOf": func(ctx context.Context) error { return failing(features.SubjectsOf(ctx, r.plain, r.roles)) },
		"features.FindOrderColumns": func(ctx context.Context) error {
			return failing2(features.FindOrderColumns(ctx, r.lines))
		},
		"(features.RFMOptions).Resolve": func(ctx context.Context) error { return failing(features.RFMOptions{}.Resolve(ctx, r.lines)) },
		"features.RFM": func(ctx context.Context) error {
			var b bytes.Buffer
			if err := r.lines.WriteCSV(context.Background(), &b); err != nil {
				return err
			}
			return failing2(features.RFM(ctx, features.NewTableReader(&b, features.TableOptions{}), features.RFMOptions{}))
		},
		"features.RFMTable": func(ctx context.Context) error {
			return failing2(features.RFMTable(ctx, r.lines, features.RFMOptions{}))
		},
		"features.RFMAt": func(ctx context.Context) error {
			return failing(features.RFMAt(ctx, r.scored, r.asOf))
		},
		"features.Within": r.one(func(ctx context.Context, t *features.Table) error {
			return failing2(features.Within(ctx, t, map[string]float64{"income": 1}, nil))
		}),
		"features.RFMTables": func(ctx context.Context) error {
			more := func(yield func(*features.Table, error) bool) { yield(r.lines, nil) }
			return failing2(features.RFMTables(ctx, r.lines, more, features.RFMOptions{}))
		},
		"features.RFMScore": func(ctx context.Context) error {
			return failing(features.RFMScore(ctx, r.scored, features.RFMScoreOptions{}))
		},
	}
}

// tables are the methods of tables.
func (r inputs) tables() map[string]func(ctx context.Context) error {
	return map[string]func(ctx context.Context) error{
		"(*features.Table).Aggregate": r.one(func(ctx context.Context, t *features.Table) error {
			return failing(t.Aggregate(ctx, features.Median, "spent", r.all))
		}),
		"(*features.Table).CheckAsOf": r.one(func(ctx context.Context, t *features.Table) error { return t.CheckAsOf(ctx, r.asOf) }),
		"(*features.Table).Edges":     r.one(func(ctx context.Context, t *features.Table) error { return failing(t.Edges(ctx, "spent", r.all, 8)) }),
		"(*features.Table).Encode": r.one(func(ctx context.Context, t *features.Table) error {
			return failing(t.Encode(ctx, features.EncodeOptions{}))
		}),
		"(*features.Table).EncodeAll": r.one(func(ctx context.Context, t *features.Table) error {
			return failing(t.EncodeAll(ctx, features.EncodeOptions{}))
		}),
		"(*features.Table).Filter": r.one(func(ctx context.Context, t *features.Table) error {
			return failing(t.Filter(ctx, features.Condition{Column: "age", Op: features.Over, A: 50}))
		}),
		"(*features.Table).Groups": r.one(func(ctx context.Context, t *features.Table) error { return failing2(t.Groups(ctx, "spent", r.all)) }),
		"(*features.Table).Matrix": r.one(func(ctx context.Context, t *features.Table) error { return failing(t.Matrix(ctx, "spent", "income")) }),
		"(*features.Table).Query": r.one(func(ctx context.Context, t *features.Table) error {
			return failing(t.Query(ctx, features.Query{How: features.Mean, Measure: "spent", By: []string{"age", "education"}}))
		}),
		"(*features.Table).Rows":       r.one(func(ctx context.Context, t *features.Table) error { return failing(t.Rows(ctx, r.all)) }),
		"(*features.Table).Where":      r.one(func(ctx context.Context, t *features.Table) error { return failing(t.Where(ctx)) }),
		"(*features.Table).Words":      r.one(func(ctx context.Context, t *features.Table) error { return failing(t.Words(ctx, "education")) }),
		"(*features.Table).WriteCSV":   r.one(func(ctx context.Context, t *features.Table) error { return t.WriteCSV(ctx, io.Discard) }),
		"(*features.Table).WriteRows":  r.one(func(ctx context.Context, t *features.Table) error { return t.WriteRows(ctx, io.Discard) }),
		"(*features.Encoded).Matrix":   func(ctx context.Context) error { return failing(r.encoded.Matrix(ctx)) },
		"(*features.Encoded).WriteCSV": func(ctx context.Context) error { return r.encoded.WriteCSV(ctx, io.Discard) },
	}
}

// others are the functions of other packages.
func (r inputs) others() map[string]func(ctx context.Context) error {
	return map[string]func(ctx context.Context) error{
		"dataframe.From":          r.one(func(ctx context.Context, t *features.Table) error { return dataframe.From(ctx, t).Err }),
		"dataframe.FromCustomers": func(ctx context.Context) error { return dataframe.FromCustomers(ctx, r.customers).Err },
		"dataframe.To":            func(ctx context.Context) error { return failing(dataframe.To(ctx, r.df)) },
		"dataframe.ToTable":       func(ctx context.Context) error { return failing(dataframe.ToTable(ctx, r.df)) },
		"dataframe.ToCustomers":   func(ctx context.Context) error { return failing(dataframe.ToCustomers(ctx, r.raw)) },
		"(*segmentation.Result).Encoded": func(ctx context.Context) error {
			again, err := segmentation.Score(context.Background(), r.result.Model, r.table, segmentation.ScoreOptions{})
			if err != nil {
				return err
			}
			return failing(again.Encoded(ctx))
		},
		"(*segmentation.Result).List":    func(ctx context.Context) error { return failing(r.result.List(ctx, "Gold")) },
		"(*segmentation.Result).Merged":  func(ctx context.Context) error { return failing(r.result.Merged(ctx)) },
		"(*segmentation.Result).Results": func(ctx context.Context) error { return failing((&segmentation.Result{Table: r.table}).Results(ctx)) },
		"(*segmentation.Result).Scores":  func(ctx context.Context) error { return failing(r.result.Scores(ctx)) },
		"segmentation.Score": r.one(func(ctx context.Context, t *features.Table) error {
			return failing(segmentation.Score(ctx, r.result.Model, t, segmentation.ScoreOptions{Limits: true}))
		}),
		"segmentation.ScoreTables": r.one(func(ctx context.Context, t *features.Table) error {
			for _, err := range segmentation.ScoreTables(ctx, r.result.Model, func(yield func(*features.Table, error) bool) { yield(t, nil) }, segmentation.ScoreOptions{}) {
				if err != nil {
					return err
				}
			}
			return nil
		}),
		"segmentation.OpenTable": func(ctx context.Context) error {
			_, err := segmentation.OpenTable(ctx, r.plain, segmentation.OpenOptions{}) // the source tells what was found
			return err
		},
		"segmentation.Read": func(ctx context.Context) error {
			return failing2(segmentation.Read(ctx, bytes.NewReader(r.text), features.ReadOptions{}))
		},
		"preprocess.Encode": r.one(func(ctx context.Context, t *features.Table) error {
			return failing2(preprocess.Encode(ctx, t, []string{"education", "spent"}, "education"))
		}),
		"(segment.Sweep).Range": func(ctx context.Context) error { return failing2(segment.Sweep{}.Range(ctx, r.x)) },
		"plots.CorrelationsOf":  func(ctx context.Context) error { return failing(plots.CorrelationsOf(ctx, r.x, "a", "b", "c")) },
		"plots.IcicleOf": func(ctx context.Context) error {
			return failing(plots.IcicleOf(ctx, r.merged, "spent", "education", "tier"))
		},
		"ask.Histogram": func(ctx context.Context) error {
			return failing(ask.Histogram(ctx, r.english, r.merged, "spent", []ask.Group{{Rows: r.all}}))
		},
		"ask.Against": func(ctx context.Context) error {
			_, _, _, err := ask.Against(ctx, r.english, r.merged, nil, "spent", "income", r.all)
			return err
		},
	}
}

// orders returns lines of orders of customers who come again.
func orders(t *testing.T) *features.Table {
	text := strings.Builder{}
	text.WriteString("CustomerID,InvoiceDate,Amount\n")
	for i := range 10_000 {
		fmt.Fprintf(&text, "C%d,2024-%02d-%02d,%d.25\n", i*i%3001, 1+i%12, 1+i%28, i%97)
	}
	table, _, err := features.ReadTable(t.Context(), strings.NewReader(text.String()), features.TableOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// numbers are rows of numbers.
type numbers struct{ n int }

func (r *numbers) Header() []string { return []string{"a", "b"} }

func (r *numbers) Line() int { return r.n + 1 }

func (r *numbers) Read(row []features.RawCell) ([]features.RawCell, error) {
	if r.n++; r.n > 10_000 {
		return nil, io.EOF
	}
	return append(row[:0], features.RawCell{Kind: features.RawNumber, Number: float64(r.n)}, features.RawCell{Kind: features.RawNumber, Number: 2}), nil
}

// once are those that look at the context once: they copy one column.
var once = []string{"(*features.Table).Words", "(segment.Sweep).Range"}

// Whatever goes through the rows of a table ends with its context, whichever look finds
// it ended, and with the error and the cause of that.
func TestCancelled(t *testing.T) {
	all := passes(t)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		t.Run(name, func(t *testing.T) {
			f := all[name]
			whole := testenv.EndsAt(t, 0, nil)
			if err := f(whole); err != nil {
				t.Fatal(err)
			}
			n := whole.Looks()
			if n < 3 && !slices.Contains(once, name) || n == 0 {
				t.Errorf("it looks at the context %d times in 10,000 rows", n)
			}
			for _, at := range slices.Compact([]int{1, min(2, n), min(3, n), (n + 1) / 2, n}) {
				err := f(testenv.EndsAt(t, at, errOperator))
				if !errors.Is(err, context.Canceled) || !errors.Is(err, errOperator) {
					t.Errorf("cancelled at look %d of %d: %v", at, n, err)
				}
			}
		})
	}
}

// TestCancelledIsComplete: what packages features and dataframe export with a context,
// and what a result makes of its table, is in passes.
func TestCancelledIsComplete(t *testing.T) {
	all := passes(t)
	takes := func(f reflect.Type, at int) bool {
		return f.NumIn() > at && f.In(at) == reflect.TypeFor[context.Context]()
	}
	wanted := func(name string) {
		if all[name] == nil {
			t.Errorf("%s takes a context, and no test cancels it", name)
		}
	}
	for name, f := range functions {
		typ := reflect.TypeOf(f)
		if (strings.HasPrefix(name, "features.") || strings.HasPrefix(name, "dataframe.")) && typ.Kind() == reflect.Func && takes(typ, 0) {
			wanted(name)
		}
	}
	for _, typ := range types {
		if !strings.HasPrefix(typ.String(), "features.") && typ.String() != "segmentation.Result" || typ.Kind() == reflect.Interface {
			continue
		}
		pointer := reflect.PointerTo(typ)
		for i := range pointer.NumMethod() {
			m := pointer.Method(i)
			if !takes(m.Type, 1) || typ.String() == "features.Encoded" && m.Name != "Matrix" && m.Name != "WriteCSV" { // those of its table
				continue
			}
			if _, ok := typ.MethodByName(m.Name); ok {
				wanted("(" + typ.String() + ")." + m.Name)
			} else {
				wanted("(*" + typ.String() + ")." + m.Name)
			}
		}
	}
}
