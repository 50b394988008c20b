package ask

import "github.com/customer-personality/segmentation/examples/webapp/internal/data"

// This file is the language: every word that is understood and how columns are
// called. A translation is another file of this kind.

// columnWords tells how a column is asked for, the name for answers first, and
// its unit.
var columnWords = []struct {
	column, noun, unit string
	phrases            string // parted by |
}{
	{"tier", "tier", "", "tier|tiers|segment|segments|group|groups|cluster|clusters"},
	{"income", "income", "", "income|incomes|salary|salaries|earnings|earn|earns|earning|earned|household income|yearly income"},
	{"age", "age", "years", "age|ages|years old"},
	{"spent", "spending", "", "spending|spent|spend|spends|revenue|amount spent|expenditure|turnover|sales"},
	{"tenure", "time as a customer", "months", "tenure|months as a customer|time as a customer|customer for|loyalty|months"},
	{"children", "children at home", "", "children|child|children at home|number of children"},
	{"kidhome", "small children", "", "kids|kid|small children|kidhome"},
	{"teenhome", "teenagers", "", "teenagers|teens|teenager|teenhome"},
	{"family_size", "adults at home", "", "family size|household size|adults"},
	{"is_parent", "parents", "", "parents|parent|parenthood"},
	{"recency", "days since the last purchase", "days", "recency|days since the last purchase|days since last purchase|last purchase"},
	{"education", "education", "", "education|degree|degrees|schooling"},
	{"education_level", "level of education", "", "education level|level of education|educational level"},
	{"marital_status", "marital status", "", "marital status|marriage|family status|relationship status"},
	{"living_with", "living with a partner or not", "", "living with|relationship|household|living situation|partnership"},
	{"age_group", "age group", "", "age group|age groups|generation|generations"},
	{"mnt_wines", "wine spending", "", "wine|wines|wine spending|spending on wine|spend on wine|mntwines"},
	{"mnt_fruits", "fruit spending", "", "fruit|fruits|fruit spending|spending on fruit|spend on fruit"},
	{"mnt_meat_products", "meat spending", "", "meat|meats|meat products|meat spending|spending on meat|spend on meat"},
	{"mnt_fish_products", "fish spending", "", "fish|fish products|fish spending|spending on fish|spend on fish"},
	{"mnt_sweet_products", "spending on sweets", "", "sweets|sweet|sweet products|candy|spending on sweets|spend on sweets"},
	{"mnt_gold_prods", "spending on gold products", "", "gold products|gold product|gold spending|spending on gold|jewellery|spend on gold products"},
	{"num_deals_purchases", "purchases at a discount", "", "deals|discounts|discount purchases|purchases at a discount|deal purchases"},
	{"num_web_purchases", "purchases on the web", "", "web purchases|online purchases|purchases on the web|purchases online|web|online"},
	{"num_catalog_purchases", "purchases by catalogue", "", "catalog purchases|catalogue purchases|purchases by catalogue|catalogue|catalog"},
	{"num_store_purchases", "purchases in shops", "", "store purchases|shop purchases|purchases in shops|purchases in stores|shops|stores|store|shop"},
	{"num_web_visits_month", "web visits a month", "", "web visits|visits|site visits|web site visits|website visits|web visits a month"},
	{"accepted_cmp1", "acceptance of campaign 1", "", "campaign 1|first campaign"},
	{"accepted_cmp2", "acceptance of campaign 2", "", "campaign 2|second campaign"},
	{"accepted_cmp3", "acceptance of campaign 3", "", "campaign 3|third campaign"},
	{"accepted_cmp4", "acceptance of campaign 4", "", "campaign 4|fourth campaign"},
	{"accepted_cmp5", "acceptance of campaign 5", "", "campaign 5|fifth campaign"},
	{"response", "acceptance of the last campaign", "", "response|last campaign|campaign 6|sixth campaign"},
	{"complain", "complaints", "", "complaints|complaint|complained|complain|complainers"},
}

// bundles are names of several columns that are shown together.
var bundleWords = []struct {
	name, noun, phrases string
	columns             []string
	labels              []string
}{
	{"products", "spending by product", "products|product|spending by product|goods|categories|buy|buys|bought|purchase|basket",
		[]string{"mnt_wines", "mnt_meat_products", "mnt_gold_prods", "mnt_fish_products", "mnt_sweet_products", "mnt_fruits"},
		[]string{"wine", "meat", "gold products", "fish", "sweets", "fruit"}},
	{"channels", "purchases by channel", "channel|channels|purchases by channel|purchases|where",
		[]string{"num_store_purchases", "num_web_purchases", "num_catalog_purchases", "num_deals_purchases"},
		[]string{"shops", "web", "catalogue", "at a discount"}},
	{"campaigns", "acceptance of the campaigns", "campaigns|campaign|offers|accepted campaigns",
		[]string{"accepted_cmp1", "accepted_cmp2", "accepted_cmp3", "accepted_cmp4", "accepted_cmp5", "response"},
		[]string{"campaign 1", "campaign 2", "campaign 3", "campaign 4", "campaign 5", "the last one"}},
}

// levelWords are further names of values in columns of words; the values
// themselves are known.
var levelWords = map[string][2]string{
	"phd": {"education", "PhD"}, "phds": {"education", "PhD"}, "doctorate": {"education", "PhD"},
	"graduates": {"education_level", "Graduate"}, "postgraduates": {"education_level", "Postgraduate"}, "undergraduates": {"education_level", "Undergraduate"},
	"masters": {"education", "Master"}, "divorcees": {"marital_status", "Divorced"}, "widows": {"marital_status", "Widow"}, "widowed": {"marital_status", "Widow"},
	"singles": {"living_with", "Single"}, "single": {"living_with", "Single"}, "couples": {"living_with", "Partner"}, "with a partner": {"living_with", "Partner"},
	"seniors": {"age_group", "Senior Adult"}, "senior": {"age_group", "Senior Adult"}, "senior adults": {"age_group", "Senior Adult"}, "adults under 40": {"age_group", "Adult"},
	"middle aged": {"age_group", "Middle-Aged Adult"}, "middle aged adults": {"age_group", "Middle-Aged Adult"},
}

var aggregateWords = map[string]data.Aggregate{
	"average": data.Mean, "mean": data.Mean, "avg": data.Mean, "typical": data.Median, "median": data.Median, "middle": data.Median,
	"total": data.Sum, "sum": data.Sum, "overall": data.Sum, "altogether": data.Sum,
	"maximum": data.Max, "max": data.Max, "highest": data.Max, "largest": data.Max, "greatest": data.Max,
	"minimum": data.Min, "min": data.Min, "lowest": data.Min, "smallest": data.Min, "least": data.Min,
	"how many": data.Count, "number of": data.Count, "count": data.Count, "count of": data.Count,
	"share": data.Share, "share of": data.Share, "percentage": data.Share, "percentage of": data.Share, "percent": data.Share, "proportion": data.Share, "proportion of": data.Share, "what part": data.Share, "rate": data.Share,
}

// comparisonWords are comparisons of a column named before them.
var comparisonWords = map[string]data.Op{
	"over": data.Over, "above": data.Over, "more than": data.Over, "greater than": data.Over, "higher than": data.Over, ">": data.Over, "exceeding": data.Over,
	"under": data.Under, "below": data.Under, "less than": data.Under, "fewer than": data.Under, "lower than": data.Under, "<": data.Under,
	"at least": data.AtLeast, ">=": data.AtLeast, "from": data.AtLeast, "at most": data.AtMost, "up to": data.AtMost, "<=": data.AtMost,
	"between": data.Between, "exactly": data.Is, "equal to": data.Is, "equals": data.Is, "=": data.Is, "of": data.Is, "is": data.Is, "are": data.Is,
}

// comparedWords name the column with the comparison.
var comparedWords = map[string]struct {
	column string
	op     data.Op
}{
	"older than": {"age", data.Over}, "younger than": {"age", data.Under}, "aged": {"age", data.Is}, "earning more than": {"income", data.Over}, "earning less than": {"income", data.Under},
	"earn more than": {"income", data.Over}, "earn less than": {"income", data.Under}, "who earn over": {"income", data.Over},
	"spending more than": {"spent", data.Over}, "spending less than": {"spent", data.Under}, "spend more than": {"spent", data.Over}, "spend less than": {"spent", data.Under},
}

// verdicts are words for the first or last of a ranking.
var mostWords = map[string]bool{"most": true, "best": true, "top": true, "biggest": true, "highest": true, "richest": true, "more": true, "largest": true, "greatest": true}
var leastWords = map[string]bool{"least": true, "worst": true, "fewest": true, "lowest": true, "poorest": true, "smallest": true, "less": true}

// Words that only hold a sentence together.
var fillers = words(`a an the of in on for to and or with by per is are was were be do does did has have had who what which how much many there their they them it its
	that this these those customer customers people person client clients buyers persons me i we us our my you your can could would should please show tell give list see find get
	about at home from all each every any some not vs versus against compared between than as than when where why whose whom than so if will may e.g. their-own
	make makes made come comes came go goes live lives living like look looks say says chart plot draw graph table picture figures figure amount value values number numbers
	yearly annual year years euro euros usd dollars money currency old two last month per-customer each-customer customers' during over across within among inside spend split broken down into difference different
	accept accepts accepted accepting respond responds responded took take bring brings worth most least more less than best worst out data base database whole together`)

// About are the questions of a conversation about a tier, with one to compare it
// with; they are the same for none.
func About(tier, other string) []string {
	out := []string{"Describe " + tier, "What do " + tier + " customers buy?", "Purchases by channel for " + tier, "Which campaigns did " + tier + " accept?"}
	if other != tier {
		out = append(out, "Compare "+tier+" and "+other)
	}
	return out
}

// English is the text of the answers that are no figures.
const (
	sorry        = "I did not understand that."
	unknownWords = "I do not know what %s means here."
	noCustomer   = "There is no customer in this conversation. Start from a prediction to ask about one."
	nobody       = "No customer fits that."
	// of the chart of what decided
	waterfallReading = "From the top: each figure moves the decision to one side or the other; the last bar is where they end."
	waterfallSum     = "together"
	helpText         = "You can ask for averages, medians, totals, counts and shares of any column, by tier or by another column, for some customers only; for what a tier is and buys; for a comparison of tiers; and, after a prediction, what would happen if a figure were another one."
)

func words(s string) map[string]bool {
	out := map[string]bool{}
	for _, w := range split(s) {
		out[w] = true
	}
	return out
}
