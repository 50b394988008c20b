package site

import (
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// The query of an answer stands above it, its address links the answer, and a
// question goes on from it.
func TestChatQuery(t *testing.T) {
	a := shared(t)
	chat := a.post(t, "/chat", url.Values{"question": {"average income of married Gold customers"}})
	chat.want(t, 200, `<option value="mean" selected>`, `<option value="income" selected>`, "customers with marital status Married")
	link := regexp.MustCompile(`<a href="(/chat\?[^"]*kind=figure[^"]*)">`).FindStringSubmatch(chat.body)
	if link == nil {
		t.Fatal("there is no address of the answer")
	}
	asked := a.get(t, html.UnescapeString(link[1]))
	asked.want(t, 200, "average income of Gold customers with marital status Married", `<option value="income" selected>`)
	last := regexp.MustCompile(`name="last" value="([^"]*)"`).FindStringSubmatch(asked.body)
	if last == nil {
		t.Fatal("a question cannot go on from the answer")
	}
	a.post(t, "/chat", url.Values{"question": {"and in Silver?"}, "last": {html.UnescapeString(last[1])}}).want(t, 200, "average income of Silver customers with marital status Married")
	a.post(t, chat.Request.URL.Path, url.Values{"question": {"and the median?"}}).want(t, 200, "median income of Gold customers with marital status Married")

	a.post(t, "/chat", url.Values{"question": {"What percentage of customers who joined in 2013 are Gold?"}}).want(t, 200, "day of joining from 1 January 2013 to 31 December 2013")

	for _, wrong := range []string{"kind=nothing", "kind=figure&how=mean&of=shoes", "kind=figure&how=mean&of=dt_customer", "kind=figure&how=count&where=dt_customer:over:20131399", "kind=figure&how=count&where=shoes:over:1", "kind=figure&how=count&where=" + url.QueryEscape("tier:is:<script>"), "kind=names&of=income&n=10"} {
		if got := a.get(t, "/chat?"+wrong); got.StatusCode != 400 || strings.Contains(got.body, "<script>alert") {
			t.Errorf("%s gives %d", wrong, got.StatusCode)
		}
	}
}
