package store

import (
	"strings"
	"testing"
)

func TestMention(t *testing.T) {
	if (Mention{Words: []string{""}}).In("any text") {
		t.Error("an empty word is mentioned")
	}
	for _, test := range []struct {
		id, text string
		want     bool
	}{
		{"777123456", "show customer 777123456", true},
		{"777123456", "777123456", true},
		{"777123456", "is (777123456) a good one?", true},
		{"777123456", "777123456's income", true},
		{"777123456", "show customer 7771234567", false},
		{"777123456", "show customer 1777123456", false},
		{"777123456", "x777123456", false},
		{"777123456", "id_777123456", false},
		{"777123456", "7771234567 and 777123456", true}, // the second one
		{"777123456", "", false},
		{"AB-17x", "what of AB-17x?", true},
		{"AB-17x", "what of ab-17x?", false}, // another customer
		{"AB-17x", "what of AB-17xy?", false},
		{"aaaa", "aaaaa aaaa", true},
		{"Zoë Müller", "who is Zoë Müller", true},
		{"Zoë Müller", "who is Zoë Müllerin", false},
		{"Zoë  Müller", "who is Zoë Müller", true}, // texts lose double spaces
		{"#1000#", "about#1000#x", true},
		{"客户一号人", "关于 客户一号人", true},
		// Short ids count where a customer is named.
		{"1", "how many have 1 child", false},
		{"1", "show customer 1", true},
		{"1", "Customer: 1", true},
		{"1", "customer no. 1", true},
		{"1", "#1", true},
		{"1", "1", true},
		{"17", "compare customers 1, 5 and 17", true},
		{"17", "compare customer 5 with 17", true},
		{"17", "customers with more than 17 purchases", false},
		{"17", "top 17", false},
		{"17", "show customer 170", false},
		{"A1", "is id A1 rich", true},
		{"999", "income over 999", false},
		{"1000", "income over 1000", true}, // cannot be told apart
	} {
		if got := (Mention{IDs: []string{test.id, strings.Join(strings.Fields(test.id), " ")}}).In(test.text); got != test.want {
			t.Errorf("%q mentions %q: %v, want %v", test.text, test.id, got, test.want)
		}
	}
	if (Mention{IDs: []string{"income"}, Unknown: true}).In("average income") {
		t.Error("an unknown id without a digit counts everywhere")
	}
	f := Mention{IDs: []string{"777123456"}, Words: []string{"Zqxjk-Status"}}
	for text, want := range map[string]bool{
		"average income of zqxjk-status customers": true,
		"average income of zqxjk customers":        false,
	} {
		if f.In(text) != want {
			t.Errorf("%q: want %v", text, want)
		}
	}
	for text, want := range map[string]bool{
		`{"a":[{"b":"is 777123456 it"}]}`: true,
		`{"a":777123456}`:                 true,
		`{"777123456":1}`:                 true,
		`{"a":"\u00377712\u0033456"}`:     true,
		`{"a":7771234567,"b":"7"}`:        false,
		`words of 777123456`:              true,
		``:                                false,
		`{"drawing":{"mark":"bar","x":"zqxjk-status"}}`: true,
	} {
		if f.InJSON(text) != want {
			t.Errorf("%q: want %v", text, want)
		}
	}
}

// FuzzMention holds that an id is found where it stands between spaces, and that
// a text without it mentions nobody.
func FuzzMention(f *testing.F) {
	f.Add("7771", "a", "b")
	f.Add("#é 1", "é", "1")
	f.Fuzz(func(t *testing.T, id, before, after string) {
		if len(id) < shortID || strings.TrimSpace(id) == "" {
			return
		}
		who := Mention{IDs: []string{id}}
		if strings.ToValidUTF8(id, "") == id && len([]rune(id)) >= shortID && !who.In(before+" "+id+" "+after) {
			t.Errorf("%q is not found", id)
		}
		if text := before + after; !strings.Contains(text, id) && who.In(text) {
			t.Errorf("%q is found in %q", id, text)
		}
	})
}
