package site

import (
	"net/url"
	"strings"
	"testing"
)

// Amounts have the currency of the setting in pages, charts and texts, and none
// without; what is no amount never has it.
func TestCurrency(t *testing.T) {
	customer := url.Values{"income": {"58138"}, "age": {"57"}, "spent": {"1617"}, "tenure": {"28"}, "children": {"0"}}
	for _, test := range []struct {
		app  *app
		want bool
	}{{start(t, Config{Currency: "EUR"}), true}, {shared(t), false}} {
		a := test.app
		result := a.post(t, "/predict", customer)
		chat := a.post(t, "/chat", url.Values{"question": {"average income by tier"}})
		for _, one := range []struct {
			where, body string
			texts       []string
		}{
			{"the form", a.get(t, "/").body, []string{"EUR a year", "EUR in two years"}},
			{"the result", result.body, []string{"58,138 EUR", "1,617 EUR"}},
			{"the charts", a.get(t, "/charts?tier=all").body, []string{"income (EUR)", "spending (EUR)", " EUR in two years.", "average spending in two years (EUR)", "58,138 EUR"}},
			{"the tier", a.get(t, "/charts?tier=Platinum").body, []string{" EUR; half of them lie", " EUR)"}},
			{"the chart of the form", a.get(t, "/explore?mark=bar&x=tier&y=spent&how=mean").body, []string{"average spending (EUR)"}},
			{"the chat", chat.body, []string{" EUR"}},
		} {
			for _, text := range one.texts {
				if strings.Contains(one.body, text) != test.want && (test.want || strings.Contains(text, "EUR")) {
					t.Errorf("%s shows %q: %v, want %v", one.where, text, !test.want, test.want)
				}
			}
			for _, text := range []string{"years EUR", "57 EUR", "months (EUR", "share (EUR", "customers (EUR", "%  EUR", "% EUR"} {
				if strings.Contains(one.body, text) {
					t.Errorf("%s shows %q", one.where, text)
				}
			}
		}
	}
}
