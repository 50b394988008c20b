package site

import (
	"fmt"
	"html"
	"maps"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation/internal/service"
)

// TestResults: every prediction of the form is listed, with who asked and by which
// model, and a search finds those that have all of its words.
func TestResults(t *testing.T) {
	a := start(t, Config{})
	a.get(t, "/results").want(t, 200, "Predictions so far", "Nothing yet.")
	poor := maps.Clone(goodForm)
	poor.Set("income", "12345")
	poor.Set("spent", "20")
	rich := a.post(t, "/predict", goodForm).Request.URL.Path
	bronze := a.post(t, "/predict", poor).Request.URL.Path
	r := a.get(t, "/results")
	r.want(t, 200, "Yearly income 58,138", "Amount spent 20", "anonymous", "version 1")
	if _, body, _ := strings.Cut(r.body, "<tbody>"); strings.Index(body, bronze) > strings.Index(body, rich) {
		t.Error("the newest does not come first")
	}
	for search, want := range map[string][2]bool{
		"": {true, true}, "platinum": {true, false}, "58138": {true, false}, "58,138": {true, false}, "58k": {false, false}, "12345 version 1": {false, true}, "anonymous": {true, true}, "version 2": {false, false}, "gold %": {false, false},
	} {
		_, body, _ := strings.Cut(a.get(t, "/results?q="+url.QueryEscape(search)).body, "<tbody>") // behind the link to the last one
		if got := [2]bool{strings.Contains(body, rich), strings.Contains(body, bronze)}; got != want {
			t.Errorf("%q finds %v, want %v", search, got, want)
		}
	}
	a.get(t, "/results?q=nothing").want(t, 200, "No prediction has all of these words.")
	a.get(t, "/results?behind="+strings.TrimPrefix(rich, "/result/")).want(t, 200, "Nothing yet.")
	a.get(t, "/results?behind=x").want(t, 404)
	a.get(t, "/").want(t, 200, `href="/results?data="`)
	a.get(t, rich).want(t, 200, `href="/results?data="`)
}

// TestResultsPages: the pages of the list have each prediction once, also where many
// were made at the same time.
func TestResultsPages(t *testing.T) {
	a := start(t, Config{})
	const n = 1234
	for i := range n {
		c := service.Conversation{Title: "Gold", Kind: service.KindResult, ModelVersion: 7 + i%2, AskedBy: "ann", Customer: fmt.Sprintf("[%d,57,1617,28,0]", 1000+i)}
		if _, err := a.Records.AddConversation(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.Store.DB().Exec("update webapp_conversations set created_at = created_at / 10000000"); err != nil {
		t.Fatal(err)
	}
	for search, want := range map[string]int{"": n, "version 8 ann": n / 2, "nobody": 0} {
		seen := map[string]bool{}
		address := "/results?q=" + url.QueryEscape(search)
		for pages := 0; address != ""; pages++ {
			body := a.get(t, address).body
			links := regexp.MustCompile(`"/result/[a-z0-9]+"`).FindAllString(body, -1)
			for _, link := range links {
				if seen[link] {
					t.Errorf("%q: %s comes twice", search, link)
				}
				seen[link] = true
			}
			address = ""
			if m := regexp.MustCompile(`class="button plain little" href="(/results\?[^"]*behind[^"]*)"`).FindStringSubmatch(body); m != nil {
				address = html.UnescapeString(m[1])
			}
			if pages > n {
				t.Fatal("the pages do not end")
			}
		}
		if len(seen) != want {
			t.Errorf("%q: %d predictions are listed, want %d", search, len(seen), want)
		}
	}
}

// TestResultsOfUsers: who asked is the user who is signed in.
func TestResultsOfUsers(t *testing.T) {
	a := start(t, Config{User: "ann", Password: "a long password"})
	sign := []string{"Authorization", "Basic YW5uOmEgbG9uZyBwYXNzd29yZA=="}
	a.do(t, "POST", "/predict", "application/x-www-form-urlencoded", goodForm.Encode(), sign...).want(t, 200)
	a.do(t, "GET", "/results?q=ann+platinum", "", "", sign...).want(t, 200, ">ann<", "58,138")
}
