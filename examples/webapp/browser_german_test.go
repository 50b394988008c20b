package main

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"

	pages "github.com/customer-personality/segmentation/internal/browser"
)

// leaving lists what has more words than room: cards, buttons and cells that do not
// scroll and are narrower than what is in them.
const leaving = `[...document.querySelectorAll(".card, button, .button, .chips a, .chips button, th, td, dt, dd, label, nav li, h1, h2, h3")]
	.filter(e => e.clientWidth > 1 && !e.closest(".unseen, #walker") && getComputedStyle(e).overflowX === "visible" && e.scrollWidth > e.clientWidth + 1)
	.map(e => e.tagName + " " + e.textContent.trim().slice(0, 60) + " is " + e.scrollWidth + " wide in " + e.clientWidth).slice(0, 5)`

// A reader chooses German on any page, which stays the page that it was. Its longer
// words neither overlap nor leave their place, on a phone and on a screen.
func TestGermanPages(t *testing.T) {
	s := begin(t)
	p := s.open(t, pages.View{Width: 390})
	p.visit("/charts?tier=Gold")
	p.leave(`document.querySelector("a[hreflang=de]").click()`)
	if at := p.location(); at != "/charts?tier=Gold" {
		t.Errorf("the page in German is %s", at)
	}
	p.wants("Was Gold-Kunden ausmacht")
	p.visit("/?income=58.138&age=57&spent=1.617&tenure=28")
	p.send("#children", "0")
	result := p.location()
	p.visit("/chat")
	p.do(chromedp.Click(chromedp.CSS(".chips button")))
	p.until("the answer", `location.pathname.startsWith("/chat/") && document.readyState === "complete"`)
	chat := p.location()
	upload := p.uploadFile(t, sampleFile(t))
	for _, width := range []int64{390, 1440} {
		p.size(width, 900)
		for name, path := range map[string]string{
			"home": "/?income=x&age=57", "result": result, "results": "/results", "charts": "/charts?tier=all", "charts-gold": "/charts?tier=Gold",
			"explore": "/explore", "chat": "/chat", "chat-ready": "/chat?about=Silver", "chat-own": chat, "models": "/models?audit=all", "data": "/data", "upload": upload, "segment": "/segments/Gold", "charts-filtered": "/charts?where=education:is:PhD",
		} {
			p.visit(path)
			if lang := eval[string](p, `document.documentElement.lang`); lang != "de" {
				t.Errorf("%s is in the language %s", path, lang)
			}
			if name == "explore" && width == 1440 {
				eval[bool](p, `(document.getElementById("maker").scrollIntoView({behavior: "instant"}), true)`)
				p.until("the chart maker in German", `[...document.querySelectorAll("#walker *")].some(e => /x-Achse/.test(e.shadowRoot?.textContent))`)
			}
			p.picture(fmt.Sprintf("german-%s-%d", name, width))
			p.stretch()
			for _, fault := range append(append(p.overflow(), eval[[]string](p, crowded)...), eval[[]string](p, leaving)...) {
				t.Errorf("%s at %d: %s", name, width, fault)
			}
			p.size(width, 900)
		}
	}
	p.clean()
}
