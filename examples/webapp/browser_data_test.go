package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	pages "github.com/customer-personality/segmentation/internal/browser"
)

// mallFile is a table of customers as shops have them: three groups, ids with leading
// zeros, a column of words.
func mallFile(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("CustomerID,Gender,Age,Annual Income (k$),Spending Score (1-100)\n")
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 150 {
		g := i % 3
		fmt.Fprintf(&b, "%04d,%s,%d,%d,%d\n", i+1, []string{"Female", "Male"}[r.IntN(2)], 20+r.IntN(45), 20+35*g+r.IntN(12), 12+30*((g+1)%3)+r.IntN(12))
	}
	return dataFile(t, "Mall_Customers.csv", b.String())
}

// ordersFile is lines of orders, with returns.
func ordersFile(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice,CustomerID\n")
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 80 {
		for k := range 1 + i%7 {
			fmt.Fprintf(&b, "%d,%d,%d,2011-%02d-%02d 10:00:00,%.2f,%d.0\n", 536000+10*i+k, 100+r.IntN(50), 1+r.IntN(9), 1+(i+k)%12, 1+r.IntN(28), 1+20*r.Float64(), 17001+i)
		}
	}
	return dataFile(t, "orders.csv", b.String())
}

func dataFile(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// bring brings a file on the page of the datasets, and waits for its columns.
func (p *tab) bring(path string) string {
	p.t.Helper()
	p.visit("/data")
	p.do(chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{path}))
	p.leave(`document.querySelector("#file").form.requestSubmit()`)
	p.until("the columns", `location.pathname.startsWith("/data/") && document.readyState === "complete"`)
	return p.location()
}

// train sends the form of the columns, and waits for the model.
func (p *tab) train(change string) {
	p.t.Helper()
	p.leave(change + `; document.querySelector("#name").form.requestSubmit()`)
	p.until("the model", `document.body.innerText.includes("The training is done")`)
}

// cramped lists the choices of columns that are cut, and what of the header touches its
// edge.
const cramped = `(() => {
	const out = [];
	for (const s of document.querySelectorAll("table.columns select")) {
		const free = s.cloneNode(true);
		Object.assign(free.style, {position: "absolute", width: "auto", minWidth: 0});
		s.after(free);
		if (s.offsetWidth < free.offsetWidth) out.push("#" + s.id + " is " + s.offsetWidth + " wide, its words are " + free.offsetWidth);
		free.remove();
	}
	const top = document.querySelector(".top").getBoundingClientRect();
	for (const e of document.querySelectorAll(".top .dataset > :not(.unseen)")) {
		const r = e.getBoundingClientRect();
		if (r.height > 0 && Math.min(r.top - top.top, top.bottom - r.bottom) < 5) out.push(e.tagName + " in the header reaches from " + r.top + " to " + r.bottom + " of " + top.height);
	}
	return out;
})()`

// look checks a page in both widths and colours, and keeps pictures of it.
func (p *tab) look(name string) {
	p.t.Helper()
	p.do(chromedp.Evaluate[chromedp.Void](p.axe))
	for _, width := range []int64{390, 1440} {
		for _, dark := range []bool{false, true} {
			p.paint(dark)
			p.size(width, 900)
			p.stretch()
			if eval[bool](p, `!!document.getElementById("walker")?.offsetParent`) {
				p.until("the chart maker's marks", marks+` > 0`)
				p.until("the chart maker's colours", `[...document.querySelectorAll("#walker *")].every(e => !e.shadowRoot || e.shadowRoot.getAnimations().length === 0)`)
			}
			for _, v := range eval[[]string](p, violating) {
				p.t.Errorf("%s at %d: %s", name, width, v)
			}
			for _, o := range p.overflow() {
				p.t.Errorf("%s at %d: %s", name, width, o)
			}
			for _, c := range eval[[]string](p, cramped) {
				p.t.Errorf("%s at %d: %s", name, width, c)
			}
			p.picture(fmt.Sprintf("data-%s-%d%s", name, width, map[bool]string{true: "-dark"}[dark]))
		}
	}
	p.paint(false)
	p.size(1440, 900)
	p.clean()
}

// choose changes a choice of a form.
func (p *tab) choose(field, value string) {
	p.t.Helper()
	p.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.querySelector(%q).value = %q`, field, value)))
}

// Where scripts are off, customers and orders are brought all the same: roles, limits and
// the day changed, trained, one predicted by the form, the list of a tier downloaded.
func TestBringWithoutScripts(t *testing.T) {
	p := begin(t).withoutScripts(t)
	for _, test := range []struct {
		file    string
		changes [][2]string
		told    string
		form    map[string]string
		head    string // of the list
	}{
		{mallFile(t), [][2]string{{"#role2", "describe"}, {"#value2", ""}, {"#least2", "25"}, {"#k", "3"}}, "with Age below 25",
			map[string]string{"#c0": "Male", "#c1": "95", "#c2": "15"}, "CustomerID,Gender,Age,Annual Income (k$),Spending Score (1-100),cluster,tier\n0"},
		{ordersFile(t), [][2]string{{"#value2", ""}, {"#as_of", "2012-01-15"}}, "The training is done",
			map[string]string{"#c0": "40", "#c1": "3", "#c2": "250"}, "CustomerID,recency,frequency,monetary,"},
	} {
		p.visit("/data")
		p.do(chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{test.file}))
		p.press("form[data-upload] button", `^/(upload|data)/`)
		p.awaits("Serves for")
		p.picture("noscript-columns")
		for _, change := range test.changes {
			p.choose(change[0], change[1])
		}
		p.press("#train ~ .row button", `^/data/`)
		p.awaits("The training is done")
		p.wants(test.told)
		p.visit("/")
		for field, value := range test.form {
			p.do(chromedp.SetValue(chromedp.CSS(field), value))
		}
		p.press(`form[action^="/predict"] button`, `^/result/`)
		p.wants("This customer is")
		p.visit("/")
		list := p.fetched(eval[string](p, `document.querySelector("a[href^='/segments/'][href*='.csv']").getAttribute("href")`))
		if !strings.HasPrefix(list, test.head) || strings.Count(list, "\n") < 2 {
			t.Errorf("the list begins with %.200s", list)
		}
	}
	p.clean()
}

// fetched is what an address of the app answers without the browser, which would save it.
func (p *tab) fetched(path string) string {
	p.t.Helper()
	r, err := http.Get(p.origin + path)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	b, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		p.t.Fatalf("%s answers %s, %v", path, r.Status, err)
	}
	return string(b)
}

// A table of customers and one of orders: brought, roles changed, trained, a customer
// predicted by the form, the list of a tier downloaded.
func TestBringCustomers(t *testing.T) {
	p := begin(t).open(t, pages.Views[0])
	p.visit("/data")
	p.wants("Tiers come from the columns that make a customer valuable")
	p.look("empty")
	mall := p.bring(mallFile(t))
	p.wants("Annual Income (k$)", "Spending Score (1-100)", "150 customers", "whole numbers")
	p.look("columns")
	// What makes no segments is told where it can be changed.
	p.leave(`for (const s of document.querySelectorAll("select[name^=role]")) s.value = "none"; document.querySelector("#name").form.requestSubmit()`)
	p.wants("At least two columns")
	p.mu.Lock()
	p.faults = nil // the browser tells of the status 422
	p.mu.Unlock()
	p.visit(mall)
	p.train(`document.querySelector("#role2").value = "describe"; document.querySelector("#value2").value = ""; document.querySelector("#least2").value = "25"; document.querySelector("#k").value = "3"; document.querySelector("#name").value = "Mall"`)
	p.wants("customers are left out by the limits of the columns", "with Age below 25")
	p.look("trained")
	p.bring(mallFile(t))
	p.visit("/data")
	p.wants("Mall", "shown now", "no segments yet")
	p.look("list")
	p.visit("/")
	p.wants("By the segments of Mall", "Annual Income", "k$")
	p.look("home")
	p.do(chromedp.SetValue(chromedp.CSS("#c0"), "Male"), chromedp.SetValue(chromedp.CSS("#c1"), "95"))
	p.send("#c2", "15")
	p.wants("This customer is", "Male")
	p.look("result")
	for _, name := range []string{"charts", "explore", "chat", "models"} {
		p.visit("/" + name)
		p.wants("Mall")
		p.settle()
		p.look(name)
	}
	p.visit("/")
	list := eval[string](p, `fetch(document.querySelector("a[href^='/segments/'][href*='.csv']").getAttribute("href")).then(r => r.text())`)
	if !strings.HasPrefix(list, "CustomerID,Gender,Age,Annual Income (k$),Spending Score (1-100),cluster,tier\n0") {
		t.Errorf("the list begins with %.200s", list)
	}
	p.bring(ordersFile(t))
	p.wants("recency", "frequency", "monetary", "80 customers")
	p.look("orders")
	p.train(`document.querySelector("#as_of").value = "2012-01-15"`)
	p.look("orders-trained")
	p.visit("/")
	p.wants("Days since the last purchase")
	p.look("orders-home")
	p.visit("/charts")
	p.settle()
	p.look("orders-charts")
	// The header leads back.
	p.leave(`const s = document.querySelector("#dataset"); s.value = ""; s.dispatchEvent(new Event("change"))`)
	p.wants("Yearly income")
	p.clean()
}
