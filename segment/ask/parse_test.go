package ask

import (
	"errors"
	"math"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation/features"
)

// text returns a query as an address has it, with the signs of conditions unescaped.
func text(q Query) string {
	q.Corrections = nil
	t, err := url.QueryUnescape(q.Values().Encode())
	if err != nil {
		panic(err)
	}
	return t
}

func TestParse(t *testing.T) {
	for question, want := range map[string]string{
		"what if income were 70000?":                             "kind=what if&set=income=70000",
		"What if they had no children and earned 30k":            "kind=what if&set=children=0&set=income=30000",
		"What if income rose by 10000?":                          "kind=what if&set=income+10000",
		"what if spending fell by 500":                           "kind=what if&set=spent+-500",
		"what if income rose by 10 %":                            "kind=what if&set=income+10%",
		"what if income fell by 5 % and age rose by 2":           "kind=what if&set=income+-5%&set=age+2",
		"what if income rose by 10 % and spending by 20 percent": "kind=what if&set=income+10%&set=spent+20%",
		"what if they had 50 % fewer children":                   "kind=what if&set=children+-50%",
		"what if income rose to 80000":                           "kind=what if&set=income=80000",
		"what if he had three kids":                              "kind=what if&set=children=3",
		"what if income were 58.138":                             "kind=what if&set=income=58138",
		"who else is like this?":                                 "kind=alike",
		"why?":                                                   "kind=why",
		"what would have to change?":                             "kind=change",
		"how could this customer become Platinum?":               "kind=change&to=Platinum",
		"help":                                                             "kind=help",
		"Describe Gold":                                                    "kind=describe&where=tier:is:Gold",
		"what do Platinum customers buy?":                                  "group=products&kind=column group&where=tier:is:Platinum",
		"compare Silver and Gold":                                          "kind=compare&versus=tier:is:Gold&where=tier:is:Silver",
		"compare married and single customers":                             "kind=compare&versus=marital_status:is:Single&where=marital_status:is:Married",
		"Compare Gold with everybody":                                      "kind=compare&versus=&where=tier:is:Gold",
		"compare Gold and Silver customers over 60 on wine":                "how=mean&kind=compare&of=mnt_wines&versus=tier:is:Silver;age:over:60&where=tier:is:Gold;age:over:60",
		"average wine spending by education for Gold":                      "by=education&how=mean&kind=figure&of=mnt_wines&where=tier:is:Gold",
		"average gold products of Gold":                                    "how=mean&kind=figure&of=mnt_gold_prods&where=tier:is:Gold",
		"median age by tier":                                               "by=tier&how=median&kind=figure&of=age",
		"total spending of married customers with income over 50000":       "how=sum&kind=figure&of=spent&where=marital_status:is:Married;income:over:50000",
		"which tier spends most on meat?":                                  "by=tier&how=mean&kind=figure&of=mnt_meat_products&rank=1",
		"how many customers are older than 60":                             "how=count&kind=figure&where=age:over:60",
		"distribution of income":                                           "kind=distribution&of=income",
		"income against spending":                                          "kind=relation&of=income&of=spent",
		"customers aged 40 to 60":                                          "how=count&kind=figure&where=age:between:40:60",
		"average income of customers between 40 and 60":                    "how=mean&kind=figure&of=income&where=age:between:40:60",
		"median income of customers with income between 40 and 60":         "how=median&kind=figure&of=income&where=income:between:40:60",
		"average income of not married customers":                          "how=mean&kind=figure&of=income&where=marital_status:not:Married",
		"which tier has the most children?":                                "by=tier&how=mean&kind=figure&of=children&rank=1",
		"who spends least?":                                                "by=tier&how=mean&kind=figure&of=spent&rank=-1",
		"average age of customers who accepted the last campaign":          "how=mean&kind=figure&of=age&where=response:over:0",
		"spending of single parents":                                       "how=mean&kind=figure&of=spent&where=marital_status:is:Single;is_parent:over:0",
		"customers in Gold with income under 50000":                        "how=count&kind=figure&where=tier:is:Gold;income:under:50000",
		"which age group has the most Gold customers?":                     "by=age_group&how=count&kind=figure&rank=1&where=tier:is:Gold",
		"customers by tier with income over 50000":                         "by=tier&how=count&kind=figure&where=income:over:50000",
		"how many customers are in each tier?":                             "kind=overview",
		"difference between Platinum and Gold":                             "kind=compare&versus=tier:is:Gold&where=tier:is:Platinum",
		"how old are Silver customers?":                                    "how=mean&kind=figure&of=age&where=tier:is:Silver",
		"who are our best customers?":                                      "kind=describe&where=tier:is:Platinum",
		"how many customers per tier are over 60":                          "by=tier&how=count&kind=figure&where=age:over:60",
		"what percentage of married customers are Gold":                    "in=marital_status:is:Married&kind=share&where=marital_status:is:Married;tier:is:Gold",
		"what percentage of Gold customers are married":                    "in=tier:is:Gold&kind=share&where=tier:is:Gold;marital_status:is:Married",
		"what share of revenue comes from the top 20 % of customers":       "kind=share&of=spent&part=spent&where=spent:top+percent:20",
		"what share of Gold's spending is wine":                            "in=tier:is:Gold&kind=share&of=mnt_wines&part=spent&where=tier:is:Gold",
		"how many customers accepted campaign 1 or campaign 5":             "how=count&kind=figure&where=accepted_cmp1:over:0|accepted_cmp5:over:0",
		"how many customers accepted at least one campaign":                "how=count&kind=figure&where=campaigns_accepted:at+least:1",
		"how many customers accepted no campaign":                          "how=count&kind=figure&where=campaigns_accepted:is:0",
		"how many customers accepted campaign 3 but not campaign 1":        "how=count&kind=figure&where=accepted_cmp3:over:0;accepted_cmp1:is:0",
		"how many customers are neither married nor together":              "how=count&kind=figure&where=marital_status:not:Married:Together",
		"how many customers do not have an income":                         "how=count&kind=figure&where=income:missing",
		"how many customers spend between 100 and 200 on wine":             "how=count&kind=figure&where=mnt_wines:between:100:200",
		"how many customers earn more than 70.000":                         "how=count&kind=figure&where=income:over:70000",
		"how many customers earn less than 20 thousand":                    "how=count&kind=figure&where=income:under:20000",
		"how many customers haven't bought in the last 60 days":            "how=count&kind=figure&where=recency:over:60",
		"how much revenue comes from Platinum customers":                   "how=sum&kind=figure&of=spent&where=tier:is:Platinum",
		"how many purchases were made in stores":                           "how=sum&kind=figure&of=num_store_purchases",
		"top 10 customers by income":                                       "kind=names&n=10&of=income&rank=1",
		"what is the 90th percentile of spending":                          "how=percentile&kind=figure&n=90&of=spent",
		"how many customers make 50% of revenue":                           "kind=concentration&n=50&of=spent",
		"is Platinum older than Gold":                                      "how=mean&kind=compare&of=age&versus=tier:is:Gold&where=tier:is:Platinum",
		"which channel do Bronze customers prefer":                         "group=channels&kind=column group&rank=1&where=tier:is:Bronze",
		"average spending over 60 compared to under 40":                    "how=mean&kind=compare&of=spent&versus=age:under:40&where=age:over:60",
		"how many customers live alone":                                    "how=count&kind=figure&where=living_with:is:Single",
		"how many teenagers are in Gold households":                        "how=sum&kind=figure&of=teenhome&where=tier:is:Gold",
		"do customers with and without children differ in spending":        "how=mean&kind=compare&of=spent&versus=children:is:0&where=children:over:0",
		"average spending of customers in their thirties excluding Bronze": "how=mean&kind=figure&of=spent&where=age:between:30:39;tier:not:Bronze",
		"how many customers have been customers for more than 13 years":    "how=count&kind=figure&where=tenure:over:156",
	} {
		t.Run(question, func(t *testing.T) {
			got, err := sample(t).Parse(question, english, Query{})
			if err != nil {
				t.Fatalf("%v: %s", err, unclearText(err))
			}
			if text(got) != want {
				t.Errorf("it is read as\n%s, want\n%s", text(got), want)
			}
		})
	}
}

func unclearText(err error) string {
	var unclear *Unclear
	if !errors.As(err, &unclear) {
		return ""
	}
	return unclear.Text(english)
}

// A question that goes on from another keeps what it does not say.
func TestParseFollows(t *testing.T) {
	for _, talk := range [][]string{
		{
			"How many customers are in Gold?", "how=count&kind=figure&where=tier:is:Gold",
			"And in Silver?", "how=count&kind=figure&where=tier:is:Silver",
			"What is their average income?", "how=mean&kind=figure&of=income&where=tier:is:Silver",
			"what about age", "how=mean&kind=figure&of=age&where=tier:is:Silver",
			"of those, how many are married?", "how=count&kind=figure&where=tier:is:Silver;marital_status:is:Married",
		},
		{"How many customers are in Silver?", "how=count&kind=figure&where=tier:is:Silver", "Compare that with Platinum", "kind=compare&versus=tier:is:Platinum&where=tier:is:Silver", "why?", "kind=compare&note=ask.note.why&versus=tier:is:Platinum&where=tier:is:Silver"},
		{"average income by tier", "by=tier&how=mean&kind=figure&of=income", "and by education?", "by=education&how=mean&kind=figure&of=income", "and the median?", "by=education&how=median&kind=figure&of=income"},
		{"which tier has the highest income", "by=tier&how=mean&kind=figure&of=income&rank=1", "and the lowest?", "by=tier&how=mean&kind=figure&of=income&rank=-1"},
		{"What percentage of Gold accepted the last campaign?", "in=tier:is:Gold&kind=share&where=tier:is:Gold;response:over:0", "and in Silver?", "in=tier:is:Silver&kind=share&where=tier:is:Silver;response:over:0", "and campaign 5?", "in=tier:is:Silver&kind=share&where=tier:is:Silver;accepted_cmp5:over:0"},
	} {
		var last Query
		for pair := range slices.Chunk(talk, 2) {
			q, err := sample(t).Parse(pair[0], english, last)
			if err != nil || text(q) != pair[1] {
				t.Fatalf("%q is read as\n%s, want\n%s (%v %s)", pair[0], text(q), pair[1], err, unclearText(err))
			}
			last = q
		}
	}
	for _, question := range []string{"And in Silver?", "what is their average income", "compare that with Gold"} {
		if q, err := sample(t).Parse(question, english, Query{}); err == nil && strings.Contains(question, "t") && q.Intent != Figure {
			t.Errorf("%q is read as %s although nothing was asked before", question, text(q))
		}
	}
}

// A letter too few is forgiven, and told.
func TestParseForgives(t *testing.T) {
	q, err := sample(t).Parse("avrage incme by tier", english, Query{})
	if err != nil || text(q) != "by=tier&how=mean&kind=figure&of=income" || len(q.Corrections) != 2 || q.Corrections[1] != [2]string{"incme", "income"} {
		t.Errorf("it is read as %+v, %v", q, err)
	}
	if q, err := sample(t).Parse("how mny custmers in gld", english, Query{}); err != nil || text(q) != "how=count&kind=figure&where=tier:is:Gold" || len(q.Corrections) != 3 {
		t.Errorf("it is read as %+v, %v", q, err)
	}
}

// What is not understood names its words or the reason, and is never something else:
// every word counts.
func TestParseRefuses(t *testing.T) {
	for question, why := range map[string]string{
		"weather in Paris": "weather", "average shoe size by tier": "shoe", "what if shoe size were 40": "shoe", "income over": "number", "what if": "figure", "": "", "average": "column",
		"What will revenue be next year?": "past", "Show spending by month": "by date", "Total spending by channel": "Amounts by channel", "how much do customers spend online": "Amounts by channel",
		"How much does the average Gold customer spend per year?": "by the year", "How many customers accepted?": "accepted", "How many big spenders do we have?": "big", "How many customers are in each?": "by tier",
		"What should I do to keep Platinum customers?": "what is to be done", "Which customers are at risk of leaving?": "leave", "How many female customers do we have?": "female",
		"income over 60 years": "another unit", "How many products do we sell?": "products", "spend per purchase": "per", "How many customers have children under 12?": "far more",
		"What is their average income?": "whom", "How many customers are married and single and over 60 or poor": "poor", "what if income rose to 10 %": "10 %", "What should I offer this customer?": "to be done", "Is this customer married?": "this customer",
		"Do most customers have children?": "most", "How many customers spend more on wine than on meat?": "compared", "married customers who are single": "two kinds",
	} {
		t.Run(question, func(t *testing.T) {
			q, err := sample(t).Parse(question, english, Query{})
			if got := unclearText(err); err == nil || !strings.Contains(got, why) {
				t.Errorf("%q gives %s, %v %q; it must be unclear and say %q", question, text(q), err, got, why)
			}
		})
	}
}

// FuzzParse: every text is read or refused as unclear, and what is read can be
// answered, written and read back.
func FuzzParse(f *testing.F) {
	w := sample(f)
	for _, q := range []string{"average wine spending by education for Gold", "what if income were 70000 and they had no children?", "how many customers between 30 and 40 are Silver", "which tier spends least on fish", "compare", "income over", "> < = 5", "what if -1k children", "avrage incme", "top 10 % of customers by income", "what percentage of married customers are Gold"} {
		f.Add(q, "")
	}
	f.Add("and in Silver?", "how many customers are in Gold?")
	f.Fuzz(func(t *testing.T, question, before string) {
		last, _ := w.Parse(before, english, Query{})
		q, err := w.Parse(question, english, last)
		if err != nil {
			if unclearText(err) == "" || strings.HasPrefix(unclearText(err), "[") {
				t.Fatalf("%q gives %v %q", question, err, unclearText(err))
			}
			return
		}
		if err := (session{w, english, customer}).check(q); err != nil {
			t.Errorf("%q is read as %+v: %v", question, q, err)
		}
		again, err := ReadQuery(q.Values())
		if err != nil || text(again) != text(q) {
			t.Errorf("%s is read back as %s, %v", text(q), text(again), err)
		}
	})
}

// Numbers are read as the language writes them.
func TestAmount(t *testing.T) {
	for _, test := range []struct {
		text    string
		decimal features.DecimalMark
		want    float64
		ok      bool
	}{
		{"70000", '.', 70000, true}, {"70,000", '.', 70000, true}, {"70,000.5", '.', 70000.5, true}, {"70k", '.', 70000, true}, {"1.5m", '.', 1.5e6, true}, {"-3", '.', -3, true},
		{"70.000", ',', 70000, true}, {"70.000,5", ',', 70000.5, true}, {"1,5m", ',', 1.5e6, true},
		{"70,00", '.', 0, false}, {"70.00", ',', 0, false}, {"k", '.', 0, false}, {"", '.', 0, false}, {"NaN", '.', 0, false}, {"1e999", '.', 0, false},
	} {
		if v, ok := amount(test.text, test.decimal); ok != test.ok || ok && v != test.want {
			t.Errorf("%q with the decimal mark %c is %v, %v; want %v, %v", test.text, test.decimal, v, ok, test.want, test.ok)
		}
	}
}

// FuzzAmount: a number that is written out is finite and not negative where it
// has no minus.
func FuzzAmount(f *testing.F) {
	for _, s := range []string{"70000", "70k", "1.5m", "-3", "1e309", "70,000", "NaN", "Inf", "0x10", "k"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, ok := amount(s, '.')
		if ok && (math.IsNaN(v) || math.IsInf(v, 0)) {
			t.Errorf("%q is %v", s, v)
		}
	})
}
