package features

import (
	"slices"
	"strings"
	"unicode"
)

// What the names of columns tell of what they serve for: stems and words, as key
// leaves them, in the languages that customer files have most.
var (
	// Columns that make a customer valuable, and those of which less is better.
	moreStems = []string{"income", "salary", "earning", "revenue", "sales", "spend", "spent", "monetary", "purchase", "turnover", "profit", "lifetimevalue",
		"clv", "ltv", "frequency", "balance", "basket", "mnttotal", "amount", "transamt", "totalamt", "renda", "receita", "ingreso", "gasto", "einkommen", "gehalt", "umsatz",
		"ausgaben", "gelir", "harcama", "revenu", "dépense", "depense", "reddito", "spesa", "dochód", "dochod", "wydatki", "доход", "расход", "выручка",
		"收入", "消费", "金额", "年収", "支出", "소득", "소비", "الدخل", "الإنفاق"}
	lessStems = []string{"recency", "dayssince", "lastpurchase", "dayslast", "returns", "complain", "complaint", "churn", "claims", "claimamount", "refund", "debt", "overdue", "arrears"}
	// Columns of money that may be good or bad: they serve where no other name tells.
	moneyStems = []string{"charge", "price", "fee", "payment", "premium", "cost"}
	// Numbers of money that a customer neither earns nor spends.
	noValue = []string{"discount", "rebate", "rabatt", "loan"}

	// Whole numbers that stand for words.
	codeStems = []string{"zipcode", "postalcode", "postcode", "postleitzahl", "areacode", "countrycode", "citycode", "branchcode", "phonenumber", "phoneno", "mobilenumber", "telephonenumber", "telefonnummer"}
	codeNames = []string{"zip", "plz", "cep", "postal", "phone", "telephone", "telefon", "mobile", "fax", "channel", "channelid", "saleschannel", "kanal", "canal", "region", "regioncode", "região",
		"agent", "company", "branch", "store", "shop", "gender", "gendercode", "sex", "sexe", "sexo", "geschlecht", "cinsiyet", "性别", "性別", "성별", "gênero", "género", "genere"}
	// Segments that were made before.
	labelNames = []string{"cluster", "clusters", "clusterid", "clusterlabel", "segment", "segments", "segmentation", "segmentid", "tier", "label", "labels", "persona", "rfmsegment", "customersegment", "kmeans"}
	// Persons.
	personNames = []string{"surname", "lastname", "firstname", "givenname", "familyname", "fullname", "customername", "clientname", "email", "emailaddress", "address", "nachname", "vorname", "nome", "nombre", "apellido", "prénom", "prenom", "姓名"}
)

// hasStem reports whether the name of a column has one of the stems.
func hasStem(name string, stems []string) bool {
	k := key(name)
	return slices.ContainsFunc(stems, func(s string) bool { return strings.Contains(k, s) })
}

// isCode reports whether whole numbers under a name stand for words.
func isCode(name string) bool {
	return hasStem(name, codeStems) || slices.Contains(codeNames, key(name))
}

// namesThings reports whether the last word of a name is id or no, as that of
// StoreID and house_no.
func namesThings(name string) bool {
	words := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if len(words) == 0 {
		return false
	}
	last := words[len(words)-1]
	if slices.Contains([]string{"id", "uuid", "guid", "no", "nr"}, strings.ToLower(last)) {
		return true
	}
	for _, end := range []string{"ID", "Id"} { // StoreID, and no grid
		if head, ok := strings.CutSuffix(last, end); ok && head != strings.ToUpper(head) {
			return true
		}
	}
	return false
}
