package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	pages "github.com/customer-personality/segmentation/internal/browser"
)

// crowded lists the labels of charts that lie upon each other, leave their picture or
// are cut. A line of text is a little lower than its box; what is turned is left out.
const crowded = `(() => {
	const out = [];
	for (const svg of document.querySelectorAll("[data-chart] svg")) {
		const frame = svg.getBoundingClientRect(), name = svg.closest("section, figure, article")?.id || "a chart";
		if (frame.width === 0) continue;
		const boxes = [];
		for (const e of svg.querySelectorAll("text")) {
			const m = e.getScreenCTM();
			if (!e.textContent.trim() || !m || Math.abs(m.b) > 0.01) continue;
			const r = e.getBoundingClientRect(), inset = r.height * 0.2;
			if (r.left < frame.left - 1 || r.right > frame.right + 1 || r.top + inset < frame.top - 1 || r.bottom - inset > frame.bottom + 1) out.push(name + ": " + e.textContent + " leaves the picture");
			if (/…|\.\.\./.test(e.textContent)) out.push(name + ": " + e.textContent + " is cut");
			boxes.push({text: e.textContent, left: r.left, right: r.right, top: r.top + inset, bottom: r.bottom - inset});
		}
		boxes.forEach((a, i) => { for (const b of boxes.slice(0, i)) if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1) out.push(name + ": " + a.text + " lies upon " + b.text); });
	}
	return out;
})()`

// The labels of charts neither overlap nor are cut, on a phone and on a screen, in a
// wide and in a narrow font, as the scripts draw them and as the server does, also
// where the page is printed before it is read to its end.
func TestChartLabels(t *testing.T) {
	s := begin(t)
	for _, scripts := range []bool{true, false} {
		for _, width := range []int64{390, 1440} {
			p := s.open(t, pages.View{Width: int(width)})
			p.scriptless = !scripts
			if _, err := chromedp.Call(p.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !scripts}); err != nil {
				t.Fatal(err)
			}
			p.visit("/charts?tier=all")
			if scripts {
				// To print before all are near draws each once, and they live on.
				p.until("the first chart", `!!document.querySelector("[data-drawn]")`)
				eval[bool](p, `(dispatchEvent(new Event("beforeprint")), dispatchEvent(new Event("afterprint")))`)
			}
			p.stretch()
			for _, font := range []string{"DejaVu Sans", "DejaVu Sans Condensed"} {
				what := fmt.Sprintf("%s at %d, scripts %v", font, width, scripts)
				if scripts {
					// A font of the page, and charts drawn anew as after printing.
					eval[bool](p, `document.documentElement.style.setProperty("--sans", "'`+font+`'"), dispatchEvent(new Event("afterprint"))`)
				}
				for _, c := range eval[[]string](p, crowded) {
					t.Errorf("%s: %s", what, c)
				}
				if !scripts {
					break // the picture names its fonts, and their widths
				}
			}
			p.clean()
		}
	}
}

// shifts begins to count how far things move while the page loads.
const shifts = `window.shifted = 0; new PerformanceObserver(list => { for (const e of list.getEntries()) window.shifted += e.value; }).observe({type: "layout-shift", buffered: true});`

// The page of one's own chart is light and moves nothing; the chart maker comes when
// it is about to be seen, with tiers by rank, and what was changed in it is not lost
// without a question. A narrow screen is told, and leads to the charts that are ready.
func TestChartMaker(t *testing.T) {
	s := begin(t)
	p := s.open(t, pages.View{Width: 1440})
	if _, err := chromedp.Call(p.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: shifts}); err != nil {
		t.Fatal(err)
	}
	asked := make(chan struct{}, 8)
	kinds := map[string]string{}
	if err := chromedp.Listen(p.ctx, func(event any) {
		switch e := event.(type) {
		case *page.EventJavascriptDialogOpening:
			asked <- struct{}{}
			go func() {
				_, _ = chromedp.Call(p.ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true})
			}()
		case *network.EventResponseReceived:
			p.mu.Lock()
			kinds[strings.TrimPrefix(e.Response.URL, s.origin)] = fmt.Sprint(e.Response.Headers["Content-Encoding"])
			p.mu.Unlock()
		}
	}); err != nil {
		t.Fatal(err)
	}
	p.visit("/explore")
	p.until("the chart", drawn)
	if eval[bool](p, `"ready" in document.getElementById("walker").dataset`) {
		t.Error("the chart maker starts before it can be seen")
	}
	eval[bool](p, `(document.getElementById("maker").scrollIntoView({behavior: "instant"}), true)`)
	p.until("the chart maker's marks", marks+` > 0`)
	if moved := eval[float64](p, `window.shifted`); moved >= 0.1 {
		t.Errorf("the page shifts by %.2f, want less than 0.1", moved)
	}
	p.mu.Lock()
	for _, address := range []string{"/explore", "/explore/table?data="} {
		if kinds[address] != "gzip" {
			t.Errorf("%s comes as %s, want gzip", address, kinds[address])
		}
	}
	p.mu.Unlock()
	leave := func(want bool) {
		t.Helper()
		p.still()
		p.leave(`location.assign("/explore#maker"); location.reload()`)
		select {
		case <-asked:
			if !want {
				t.Error("it is asked whether to leave where nothing was changed")
			}
		case <-time.After(300 * time.Millisecond):
			if want {
				t.Error("changes are lost without a question")
			}
		}
	}
	p.do(chromedp.Click(chromedp.CSS("#chart-name")))
	leave(false)
	p.until("the chart maker's marks", marks+` > 0`)
	p.drag(`[data-rbd-draggable-id="dimension_education_level"]`, `[data-rbd-droppable-id="columns"]`)
	p.until("the field on the axis", onShelf("columns", "education_level"))
	leave(true)

	p = s.open(t, pages.View{Width: 390})
	p.visit("/explore")
	p.wants("needs a wider screen")
	p.stretch()
	p.do(chromedp.Click(chromedp.CSS(`a[href="#ready"]`)))
	time.Sleep(300 * time.Millisecond)
	if eval[bool](p, `performance.getEntriesByType("resource").some(e => e.name.includes("walker"))`) {
		t.Error("a phone fetches the chart maker, which it does not show")
	}
	p.clean()
}

// Filters are chosen by a form, also without scripts; figures, charts and files follow
// them, nothing overlaps on a phone, and one link clears all.
func TestFilters(t *testing.T) {
	s := begin(t)
	for _, view := range []pages.View{{Width: 390}, {Width: 1440, Dark: true}} {
		for _, scripts := range []bool{true, false} {
			p := s.open(t, view)
			p.scriptless = !scripts
			if _, err := chromedp.Call(p.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !scripts}); err != nil {
				t.Fatal(err)
			}
			p.visit("/charts?tier=Gold")
			p.do(chromedp.SetValue(chromedp.CSS("#f-marital_status"), "marital_status:is:Married"), chromedp.SetValue(chromedp.CSS("#f-age_group"), `age_group:is:Senior+Adult`))
			p.do(chromedp.Click(chromedp.CSS(".filters button")))
			p.until("the filtered page", `location.search.includes("Senior") && document.readyState === "complete"`)
			p.wants("Gold customers with marital status Married and age group Senior Adult", "Clear all filters", "of everybody’s 1,988", "against everybody’s", "Senior Adult (60+ years)")
			if from := eval[[]string](p, `[...document.querySelectorAll(".downloads a")].map(a => a.search).filter(q => !q.includes("tier=Gold") || !q.includes("Married") || !q.includes("Senior"))`); len(from) > 0 {
				t.Errorf("files do not follow the filter: %q", from)
			}
			p.stretch()
			for _, c := range append(eval[[]string](p, crowded), p.overflow()...) {
				t.Errorf("%v, scripts %v: %s", view, scripts, c)
			}
			p.picture(fmt.Sprintf("charts-filtered-%v-%v", view, map[bool]string{true: "scripts", false: "plain"}[scripts]))
			p.do(chromedp.Click(chromedp.CSS(`.chips a[href$="tier=all"]`)))
			p.until("all customers", `!location.search.includes("where") && document.readyState === "complete"`)
			p.wants("What the tiers are", "How each tier differs from the one above")
			p.clean()
		}
	}
}
