package main

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/customer-personality/segmentation/examples/webapp/internal/site"
	"github.com/customer-personality/segmentation/features"
	pages "github.com/customer-personality/segmentation/internal/browser"
	"github.com/customer-personality/segmentation/internal/testenv"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/store"
	"github.com/customer-personality/segmentation/testdata"
)

// screenshots is where pictures of every page go; git and CI keep it out.
const screenshots = "screenshots"

// suite is a running app and a browser.
type suite struct {
	origin string
	db     *store.Store
	ctx    context.Context // of the browser
	axe    string
}

// running is the suite that the tests share, and ends what ends it.
var (
	running *suite
	ends    []func()
)

func TestMain(m *testing.M) {
	code := m.Run()
	for _, end := range slices.Backward(ends) {
		end()
	}
	os.Exit(code)
}

// begin starts the app as it is embedded, with the bundled sample, and a
// browser, which the tests share, but for its cookies.
func begin(t *testing.T) *suite {
	t.Helper()
	if running != nil {
		// Nobody has chosen a dataset or a language yet.
		if _, err := chromedp.Call(running.ctx, network.ClearBrowserCookies, cdp.Empty{}); err != nil {
			t.Fatal(err)
		}
		return running
	}
	chromium := pages.Chromium(t)
	axe := pages.Axe(t, "web")
	if _, err := fs.Stat(frontEnd(), "explore.js.gz"); err != nil {
		testenv.Missing(t, "the front end has to be built: npm ci --prefix examples/webapp/web && go generate ./examples/webapp")
	}
	dir, err := os.MkdirTemp("", "webapp-test-*")
	if err != nil {
		t.Fatal(err)
	}
	end := func(f func()) { ends = append(ends, f) }
	end(func() { _ = os.RemoveAll(dir) })
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Minute)
	end(cancel)
	db, err := store.Open(ctx, "sqlite:"+filepath.Join(dir, "app.db"), store.Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	end(func() { _ = db.Close() })
	app, err := site.New(ctx, site.Config{}, db, frontEnd(), slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	end(func() { _ = app.Close() })
	if err := app.Prepare(ctx); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(app.Handler())
	end(server.Close)
	if err := os.MkdirAll(screenshots, 0o755); err != nil {
		t.Fatal(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium), chromedp.UserDataDir(filepath.Join(dir, "browser")))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	end(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	end(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("Chromium does not start: %v", err)
	}
	running = &suite{server.URL, db, ctx, axe}
	return running
}

// tab is a page in the browser, with all that it complains of.
type tab struct {
	*suite
	t      *testing.T
	ctx    context.Context
	mu     sync.Mutex
	faults []string
	// expected are console messages that the test provokes.
	expected   []string
	scriptless bool
}

func (s *suite) open(t *testing.T, view pages.View) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(s.ctx)
	t.Cleanup(cancel)
	p := &tab{suite: s, t: t, ctx: ctx}
	// The first call makes the tab, which lives as long as its context.
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	err := chromedp.Listen(ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventConsoleAPICalled:
			if e.Type == runtime.ConsoleAPICalledTypeError {
				var b strings.Builder
				for _, a := range e.Args {
					b.WriteString(string(a.Value) + a.Description + " ")
				}
				p.fault("console: " + b.String())
			}
		case *runtime.EventExceptionThrown:
			p.fault("exception: " + e.ExceptionDetails.Text)
		case *log.EventEntryAdded:
			if e.Entry.Level == log.EntryLevelError {
				p.fault("log: " + e.Entry.Text + " " + e.Entry.URL)
			}
		case *network.EventRequestWillBeSent:
			if u := e.Request.URL; !strings.HasPrefix(u, s.origin+"/") && !strings.HasPrefix(u, "data:") && !strings.HasPrefix(u, "blob:"+s.origin) {
				p.fault("request to another origin: " + u)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	p.paint(view.Dark)
	for _, enable := range []cdp.Command[cdp.Empty, cdp.Empty]{log.Enable, runtime.Enable} {
		if _, err := chromedp.Call(ctx, enable, cdp.Empty{}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	p.size(int64(view.Width), 900)
	return p
}

// paint changes between the light and the dark colours.
func (p *tab) paint(dark bool) {
	p.t.Helper()
	scheme := map[bool]string{false: "light", true: "dark"}[dark]
	_, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
	if err != nil {
		p.t.Fatal(err)
	}
}

// size makes the window so large.
func (p *tab) size(width, height int64) {
	p.t.Helper()
	p.do(chromedp.EmulateViewport(width, height))
}

func (p *tab) fault(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.expected {
		if strings.Contains(text, e) {
			return
		}
	}
	p.faults = append(p.faults, text)
}

func (p *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 60*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		where, _ := chromedp.Run(p.ctx, chromedp.Location())
		p.t.Fatalf("at %s: %v", where, err)
	}
}

// try runs a script. A page that is being left has no answer.
func try[T any](p *tab, script string) (T, error) {
	ctx, cancel := context.WithTimeout(p.ctx, 30*time.Second)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
}

func eval[T any](p *tab, script string) T {
	p.t.Helper()
	v, err := try[T](p, script)
	if err != nil {
		p.t.Fatalf("%.80s: %v", script, err)
	}
	return v
}

// until waits for a script to say true.
func (p *tab) until(what, script string) {
	p.t.Helper()
	var last error
	for range 400 {
		yes, err := try[bool](p, script)
		if yes {
			return
		}
		last = err
		time.Sleep(50 * time.Millisecond)
	}
	p.picture("failed")
	p.t.Fatalf("in vain waited for %s (%v)", what, last)
}

func (p *tab) visit(path string) {
	p.t.Helper()
	p.do(chromedp.Navigate(p.origin + path))
}

func (p *tab) location() string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 30*time.Second)
	defer cancel()
	where, err := chromedp.Run(ctx, chromedp.Location())
	if err != nil {
		p.t.Fatal(err)
	}
	u, err := url.Parse(where)
	if err != nil {
		p.t.Fatal(err)
	}
	return u.RequestURI()
}

func (p *tab) text() string {
	p.t.Helper()
	return eval[string](p, `document.body?.innerText ?? ""`)
}

func (p *tab) wants(texts ...string) {
	p.t.Helper()
	all := p.text()
	for _, text := range texts {
		if !strings.Contains(all, text) {
			p.t.Errorf("%s does not show %q", p.location(), text)
		}
	}
}

// drawn tells whether every chart that can be seen is drawn.
const drawn = `[...document.querySelectorAll("[data-chart]")].filter(c => !c.closest("details:not([open])")).every(c => c.dataset.drawn)`

// fitting tells whether every chart that is drawn is as wide as its place.
const fitting = `[...document.querySelectorAll("[data-drawn]")].every(c => { const w = c.querySelector("svg")?.getAttribute("width"); return c.clientWidth === 0 || Math.abs(w - c.clientWidth) <= 1; })`

// stretch makes the window as high as the page, so that every chart is drawn,
// and waits until each has taken its place.
func (p *tab) stretch() {
	p.t.Helper()
	size, err := try[[]int64](p, `[innerWidth, document.documentElement.scrollHeight]`)
	if err != nil {
		p.t.Fatal(err)
	}
	p.size(size[0], size[1])
	if !p.scriptless {
		p.until("the charts", drawn)
		p.until("the charts to fit", fitting)
	}
}

// picture keeps a screenshot of the whole page.
func (p *tab) picture(name string) {
	p.t.Helper()
	if name != "failed" {
		p.stretch()
	}
	ctx, cancel := context.WithTimeout(p.ctx, 30*time.Second)
	defer cancel()
	fast := true
	shot, err := chromedp.Call(ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{OptimizeForSpeed: &fast})
	if err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(screenshots, name+".png"), shot.Data, 0o644); err != nil {
		p.t.Fatal(err)
	}
	p.size(eval[int64](p, `innerWidth`), 900)
}

// clean fails for everything that the browser has complained of.
func (p *tab) clean() {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, f := range p.faults {
		p.t.Error(f)
	}
	p.faults = nil
}

// send fills a field and sends its form, and waits for the page behind.
func (p *tab) send(field, text string) {
	p.t.Helper()
	p.do(chromedp.SetValue(chromedp.CSS(field), text))
	p.leave(`document.querySelector(` + strconv.Quote(field) + `).form.requestSubmit()`)
}

// leave runs a script that leads to another page, and waits for that one.
func (p *tab) leave(script string) {
	p.t.Helper()
	eval[bool](p, `window.left = false, setTimeout(() => { `+script+` }, 0), true`)
	p.until("the page behind "+script, `window.left === undefined && document.readyState === "complete"`)
}

const overflowing = `(() => {
	const wide = document.documentElement.clientWidth, out = [];
	if (document.documentElement.scrollWidth > wide) out.push("the page is " + document.documentElement.scrollWidth + " wide");
	for (const e of document.querySelectorAll("body *")) {
		if (e.closest("svg") && e.tagName !== "svg" || e.closest(".unseen, .skip")) continue;
		let scrolls = false;
		for (let p = e.parentElement; p; p = p.parentElement) if (getComputedStyle(p).overflowX === "auto") scrolls = true;
		const r = e.getBoundingClientRect();
		if (!scrolls && r.width > 0 && (r.right > wide + 0.5 || r.left < -0.5)) out.push(e.tagName + "." + e.getAttribute("class") + " reaches to " + r.right);
	}
	return out.slice(0, 5);
})()`

// overflow lists what overflows at the width that the window has taken, once the page is
// at rest: a chart is drawn anew for a new width a moment after.
func (p *tab) overflow() (out []string) {
	p.t.Helper()
	for range 60 {
		if out = eval[[]string](p, overflowing); len(out) == 0 {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	return out
}

// violating lists what violates WCAG 2.2 AA, also inside of Graphic Walker's
// shadow root. Axe does not see the ground of the fields that lie on an axis
// there, and takes that of the page: its word on contrast is checked by the
// nearest ground that the browser knows.
const violating = `(() => {
	const channel = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
	const light = c => { const [r, g, b] = c.match(/[\d.]+/g).map(Number); return 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b); };
	const readable = e => {
		const ink = light(getComputedStyle(e).color);
		for (let p = e; p; p = p.parentElement || p.getRootNode().host) {
			const c = getComputedStyle(p).backgroundColor;
			if (!/^rgb\(/.test(c)) continue;
			const ground = light(c);
			return (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05) >= 4.5;
		}
		return false;
	};
	return axe.run(document, {elementRef: true, runOnly: {type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}).then(r =>
		r.violations.flatMap(v => v.nodes
			.filter(n => !(v.id === "color-contrast" && n.element?.closest("[data-field-pill], [data-rbd-draggable-id]") && readable(n.element)))
			.map(n => v.id + ": " + JSON.stringify(n.target) + ": " + (n.any[0] || n.all[0] || n.none[0] || {message: v.help}).message)).slice(0, 8));
})()`

// Every page, at two widths, light and dark: no error, no foreign request,
// nothing that overflows, also in between and on a large screen, and WCAG 2.2 AA.
func TestViews(t *testing.T) {
	s := begin(t)
	first := s.open(t, pages.Views[0])
	first.visit("/?income=58138&age=57&spent=1617&tenure=28")
	first.send("#children", "0")
	result := first.location()
	first.send("#question", "what do Gold customers buy?")
	first.send("#question", "weather in Paris")
	first.visit("/chat")
	first.send("#question", "average wine spending by education for Gold")
	chat := first.location()
	upload := first.uploadFile(t, sampleFile(t))
	first.visit("/explore?mark=bar&x=education_level&y=mnt_wines&how=mean&color=tier")
	first.send("#simple-name", "Wine by education")
	first.visit("/models")
	first.leave(`document.querySelector("[name=activate]").checked = false; document.querySelector("#k").value = 4; document.querySelector("#k").form.requestSubmit()`)
	const compare = `document.querySelector('a[href$="/compare?data="]')`
	first.until("another version", `!!`+compare)
	another := eval[string](first, compare+`.getAttribute("href")`)
	first.clean()
	// The same pages with other contents are looked at once in each width.
	variant := map[string]bool{"home-filled": true, "charts-gold": true, "chat-own": true}
	for _, width := range []int64{375, 1440} {
		p := s.open(t, pages.View{Width: int(width)})
		for name, path := range map[string]string{
			"home": "/", "home-filled": "/?income=58138&age=57&spent=1617&tenure=28&children=0", "result": result, "charts": "/charts?tier=all", "charts-gold": "/charts?tier=Gold",
			"explore": "/explore", "chat": "/chat", "chat-ready": "/chat?about=Silver", "chat-own": chat, "models": "/models", "compare": another, "results": "/results", "upload": upload, "missing": "/nothing",
		} {
			// The colours change while the page is open, as they do in the evening.
			for i, dark := range []bool{false, true} {
				if variant[name] && dark != (width == 375) {
					continue
				}
				view := pages.View{Width: int(width), Dark: dark}
				t.Run(name+"-"+view.String(), func(t *testing.T) {
					p.t = t
					defer func() { p.t = nil }()
					p.paint(dark)
					p.size(width, 900)
					p.expected = nil
					if name == "missing" {
						p.expected = []string{"404"}
					}
					if i == 0 || variant[name] {
						p.visit(path)
						p.do(chromedp.Evaluate[chromedp.Void](s.axe))
					}
					p.stretch()
					if eval[bool](p, `!!document.getElementById("walker")?.offsetParent`) {
						p.until("the chart maker's marks", marks+` > 0`)
						p.until("the chart maker's colours", `[...document.querySelectorAll("#walker *")].every(e => !e.shadowRoot || e.shadowRoot.getAnimations().length === 0)`)
					}
					for _, v := range eval[[]string](p, violating) {
						t.Error(v)
					}
					p.picture(name + "-" + view.String())
					for _, wide := range map[int64][]int64{375: {375}, 1440: {768, 1440, 1920}}[width] {
						p.size(wide, 900)
						for _, o := range p.overflow() {
							t.Errorf("at %d: %s", wide, o)
						}
					}
					p.clean()
				})
			}
		}
	}
}

// settle scrolls through the page, so that every chart is drawn.
func (p *tab) settle() {
	p.t.Helper()
	eval[bool](p, `new Promise(async (done) => { for (let y = 0; y < document.body.scrollHeight; y += 600) { scrollTo(0, y); await new Promise(requestAnimationFrame); await new Promise(r => setTimeout(r, 30)); } scrollTo(0, 0); setTimeout(() => done(true), 100); })`)
	p.until("the charts", drawn)
}

// marks counts what Graphic Walker has drawn: pixels of colour on its canvas,
// or marks of its SVG.
const marks = `(() => {
	const roots = [...document.querySelectorAll("#walker, #walker *")].map(e => e.shadowRoot).filter(Boolean);
	let n = 0;
	for (const root of roots) {
		n += root.querySelectorAll("svg.marks [aria-roledescription=bar], svg.marks .mark-rect path, svg.marks .mark-symbol path, svg.marks .mark-line path").length;
		for (const c of root.querySelectorAll("canvas.marks, .vega-embed canvas")) {
			if (!c.width || !c.height) continue;
			const d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
			for (let i = 0; i < d.length; i += 4) if (d[i + 3] > 0 && (Math.max(d[i], d[i + 1], d[i + 2]) - Math.min(d[i], d[i + 1], d[i + 2]) > 60)) n++;
		}
	}
	return n;
})()`

// inWalker finds an element in the tree of the chart maker.
func inWalker(selector string) string {
	return `[...document.querySelectorAll("#walker *")].map(e => e.shadowRoot).find(Boolean)?.querySelector(` + strconv.Quote(selector) + `)`
}

// onShelf tells whether a field lies on a shelf of the chart maker.
func onShelf(shelf, field string) string {
	return `!!` + inWalker(`[data-rbd-droppable-id="`+shelf+`"] [data-rbd-draggable-id$="_`+field+`"]`)
}

// still waits until the chart maker draws no more, and counts its marks.
func (p *tab) still() int {
	p.t.Helper()
	last := -1
	for range 50 {
		time.Sleep(200 * time.Millisecond)
		now := eval[int](p, marks)
		if now > 0 && now == last {
			return now
		}
		last = now
	}
	p.t.Fatal("the chart maker goes on drawing")
	return 0
}

// mouse does one thing with the mouse.
func (p *tab) mouse(kind input.DispatchMouseEventType, x, y float64) {
	p.t.Helper()
	m := input.DispatchMouseEventParams{Type: kind, X: x, Y: y, Button: input.MouseButtonLeft, Buttons: 1, ClickCount: 1}
	if kind == input.DispatchMouseEventTypeMouseReleased {
		m.Buttons = 0
	}
	if _, err := chromedp.Call(p.ctx, input.DispatchMouseEvent, m); err != nil {
		p.t.Fatal(err)
	}
}

// drag moves an element of the chart maker onto another with the mouse, as a
// hand does: pressed, over the way, let go.
func (p *tab) drag(from, to string) {
	p.t.Helper()
	middle := func(selector string) []float64 {
		p.t.Helper()
		at := eval[[]float64](p, `(() => { const r = `+inWalker(selector)+`?.getBoundingClientRect(); return r ? [r.x + r.width / 2, r.y + r.height / 2] : []; })()`)
		if len(at) != 2 {
			p.t.Fatalf("the chart maker has no %s", selector)
		}
		return at
	}
	// Both ends have to be on the screen.
	eval[bool](p, `(`+inWalker(to)+`?.scrollIntoView({block: "start", behavior: "instant"}), scrollBy({top: -80, behavior: "instant"}), true)`)
	a, b := middle(from), middle(to)
	p.mouse(input.DispatchMouseEventTypeMouseMoved, a[0], a[1])
	p.mouse(input.DispatchMouseEventTypeMousePressed, a[0], a[1])
	const steps = 20
	for i := 1; i <= steps; i++ {
		part := float64(i) / steps
		p.mouse(input.DispatchMouseEventTypeMouseMoved, a[0]+part*(b[0]-a[0]), a[1]+part*(b[1]-a[1]))
		time.Sleep(15 * time.Millisecond)
	}
	time.Sleep(150 * time.Millisecond)
	p.mouse(input.DispatchMouseEventTypeMouseReleased, b[0], b[1])
}

func sampleFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "customers.csv")
	if err := os.WriteFile(path, testdata.Customers, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func (p *tab) uploadFile(t *testing.T, path string) string {
	t.Helper()
	p.visit("/")
	p.do(chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{path}))
	p.leave(`document.querySelector("form[data-upload]").requestSubmit()`)
	p.until("the scored file", `!!document.querySelector("[data-tier]")`)
	return p.location()
}

// A script's question stands for the page that asks before somebody is forgotten.
func TestForgetAsksOnce(t *testing.T) {
	s := begin(t)
	p := s.open(t, pages.View{Width: 1440})
	p.visit("/models")
	p.do(chromedp.SendKeys(chromedp.CSS("#id"), "nobody"))
	eval[bool](p, `window.confirm = () => false, document.querySelector("#forget button").click(), true`)
	p.leave(`window.confirm = () => true; document.querySelector("#forget button").click()`)
	p.wants("There is no customer of that id.")
}

// The way of a person: the form, the result, three questions, the charts, a
// chart of one's own that is saved and comes back.
func TestJourney(t *testing.T) {
	s := begin(t)
	p := s.open(t, pages.View{Width: 1440})
	p.visit("/")
	// A wrong figure is told beside its field, before anything is sent.
	p.do(chromedp.SendKeys(chromedp.CSS("#age"), "-4"), chromedp.Blur(chromedp.CSS("#age")))
	p.until("what is wrong", `document.querySelector("#age-error").textContent !== ""`)
	p.wants("Age cannot be negative: it must be a whole number from 0 to 130")
	// So is a number in doubt, with its readings, of which one is chosen.
	p.do(chromedp.SendKeys(chromedp.CSS("#income"), "58.138"), chromedp.Blur(chromedp.CSS("#income")))
	p.until("the readings", `!!document.querySelector("input[name='income.as'][value='58138']")`)
	eval[bool](p, `document.querySelector("input[name='income.as'][value='58138']").click(), true`)
	p.do(chromedp.SendKeys(chromedp.CSS("#spent"), "x"), chromedp.Blur(chromedp.CSS("#spent")))
	p.until("what is wrong", `document.querySelector("#spent-error").textContent !== ""`)
	if got := eval[string](p, `document.querySelector("input[name='income.as']:checked")?.value ?? "none"`); got != "58138" {
		t.Errorf("the reading that was chosen is %s", got)
	}
	for field, value := range map[string]string{"#income": "58,138", "#age": "57", "#spent": "1617", "#tenure": "28"} {
		eval[bool](p, `document.querySelector("`+field+`").value = "", true`)
		p.do(chromedp.SendKeys(chromedp.CSS(field), value))
	}
	p.send("#children", "0")
	if !strings.HasPrefix(p.location(), "/result/") {
		t.Fatalf("the form leads to %s", p.location())
	}
	p.wants("Platinum", "58,138", "rather than")
	for question, text := range map[string]string{
		"what if income were 20000?":                      "income of 20,000",
		"who else is like this?":                          "customers most like this one",
		"average wine spending by education for Platinum": "wine spending",
	} {
		p.send("#question", question)
		p.wants(question, text)
	}
	// The result has an address of its own that can be reloaded.
	p.do(chromedp.Reload())
	p.wants("Platinum", "customers most like this one")
	p.picture("journey-result")

	p.visit("/charts")
	p.wants("What Platinum customers are", "Your customer beside Platinum")
	p.settle()
	if n := eval[int](p, `document.querySelectorAll("[data-drawn] svg").length`); n < 15 {
		t.Errorf("%d charts are drawn, want at least 15", n)
	}
	p.picture("journey-charts")

	// A chart of one's own: spending by tier, and the level of education is
	// dragged beside the tier, which gives bars for each.
	p.visit("/explore#maker")
	p.until("the chart maker's marks", marks+` > 0`)
	before := eval[int](p, marks)
	p.drag(`[data-rbd-draggable-id="dimension_education_level"]`, `[data-rbd-droppable-id="columns"]`)
	p.until("the field on the axis", onShelf("columns", "education_level"))
	p.until("another chart", marks+` > 0 && `+marks+` !== `+strconv.Itoa(before))
	built := p.still()
	p.picture("journey-chart-built")
	p.send("#chart-name", "Spending by education")
	if !regexp.MustCompile(`^/explore/[a-z2-7]{26}$`).MatchString(p.location()) {
		t.Fatalf("saving leads to %s", p.location())
	}
	p.wants("Spending by education")
	p.do(chromedp.Reload())
	p.until("the saved chart", marks+` > 0`)
	p.until("the field on the axis of the saved chart", onShelf("columns", "education_level"))
	if again := p.still(); again < built*8/10 || again > built*12/10 {
		t.Errorf("the saved chart has %d marks, the one that was built %d", again, built)
	}
	p.picture("journey-chart-saved")

	p.visit("/chat?about=Gold")
	p.send("#question", "compare Silver and Gold")
	p.wants("About Gold", "greatest difference")
	p.clean()
}

// A chart tells its values under the mouse, takes a tier away and back by its
// name in the legend, and is drawn for white paper where the screen is dark.
func TestChartsAnswer(t *testing.T) {
	s := begin(t)
	p := s.open(t, pages.View{Width: 1440, Dark: true})
	p.visit("/charts?tier=all#age-groups")
	const box = `document.querySelector("#age-groups [data-chart]")`
	p.until("the chart", box+`.dataset.drawn === "true"`)
	eval[bool](p, box+`.scrollIntoView({block: "center", behavior: "instant"}), true`)
	at := eval[[]float64](p, `(() => { const r = `+box+`.getBoundingClientRect(); return [r.x + r.width * 0.3, r.y + r.height * 0.3]; })()`)
	p.mouse(input.DispatchMouseEventTypeMouseMoved, at[0], at[1])
	p.until("the values under the mouse", `[...`+box+`.querySelectorAll("div")].some(d => /^Adult\s*Platinum\s*\d+/.test(d.innerText))`)

	// Bars are counted, as what was under the mouse may be set off in colour.
	p.mouse(input.DispatchMouseEventTypeMouseMoved, 2, 2)
	const bars = `[...document.querySelectorAll("#age-groups [data-chart] path")].filter(e => !e.closest("defs") && e.getAttribute("fill") !== "none").length`
	p.until("the values to go", `[...`+box+`.querySelectorAll("div")].every(d => !/^Adult\s*Platinum\s*\d+/.test(d.innerText) || getComputedStyle(d).opacity === "0" || getComputedStyle(d).visibility === "hidden" || d.closest("[style*='visibility: hidden'], [style*='opacity: 0']"))`)
	before := eval[int](p, bars)
	press := func() {
		t.Helper()
		at := eval[[]float64](p, `(() => { const r = [...`+box+`.querySelectorAll("text")].find(e => e.textContent === "Gold").getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()`)
		for _, kind := range []input.DispatchMouseEventType{input.DispatchMouseEventTypeMouseMoved, input.DispatchMouseEventTypeMousePressed, input.DispatchMouseEventTypeMouseReleased} {
			p.mouse(kind, at[0], at[1])
		}
	}
	press()
	p.until("the three bars of Gold to go", bars+` === `+strconv.Itoa(before-3))
	press()
	p.until("the bars of Gold to come back", bars+` === `+strconv.Itoa(before))

	for _, test := range []struct{ event, ink string }{{"beforeprint", "#57616d"}, {"afterprint", "#a3aebb"}} {
		got := eval[string](p, `(dispatchEvent(new Event("`+test.event+`")), [...`+box+`.querySelectorAll("text")].find(e => e.textContent === "Adult").getAttribute("fill"))`)
		if got != test.ink {
			t.Errorf("%s: names are written in %s, want %s", test.event, got, test.ink)
		}
	}
	pdf, err := chromedp.Call(p.ctx, page.PrintToPDF, page.PrintToPDFParams{PrintBackground: new(bool)})
	if err != nil {
		t.Fatal(err)
	}
	if len(pdf.Data) < 50_000 {
		t.Errorf("the page on paper has %d bytes", len(pdf.Data))
	}
	if err := os.WriteFile(filepath.Join(screenshots, "charts-on-paper.pdf"), pdf.Data, 0o644); err != nil {
		t.Fatal(err)
	}
	p.clean()
}

// The form can be filled and sent, and the result be read on, with keys alone,
// and what has the focus can be seen.
func TestKeyboard(t *testing.T) {
	s := begin(t)
	p := s.open(t, pages.View{Width: 1440})
	p.visit("/")
	focus := func() string {
		t.Helper()
		return eval[string](p, `(() => { const e = document.activeElement, r = e.getBoundingClientRect(); return (e.id || e.getAttribute("href") || e.tagName) + ([e, e.parentElement].every(e => getComputedStyle(e).outlineStyle === "none") ? " unseen" : "") + (r.bottom <= 0 || r.right <= 0 ? " outside" : ""); })()`)
	}
	key := func(k string) {
		t.Helper()
		p.do(chromedp.KeyEvent(k))
	}
	key(kb.Tab)
	if got := focus(); got != "#main" {
		t.Errorf("the first key leads to %s, want the way past the menu", got)
	}
	key(kb.Enter)
	typed := map[string]string{"income": "58138", "age": "57", "spent": "1617", "tenure": "28", "children": "0"}
	for range 10 {
		key(kb.Tab)
		at := focus()
		if strings.Contains(at, " ") {
			t.Errorf("the focus on %s", at)
		}
		if text, ok := typed[at]; ok {
			key(text)
			delete(typed, at)
		}
		if len(typed) == 0 {
			break
		}
	}
	if len(typed) > 0 {
		t.Fatalf("the key leads past %v", typed)
	}
	key(kb.Enter)
	p.until("the result", `location.pathname.startsWith("/result/") && document.readyState === "complete"`)
	p.wants("Platinum", "58,138")
	for range 40 {
		key(kb.Tab)
		if at := focus(); strings.Contains(at, " ") {
			t.Errorf("the focus on %s", at)
		} else if at == "question" {
			break
		}
	}
	key("compare Silver and Gold" + kb.Enter)
	p.until("the answer", `document.body.innerText.includes("greatest difference")`)
	p.clean()
}

// Every chart that is ready to start from is drawn by the chart maker.
func TestReadyCharts(t *testing.T) {
	s := begin(t)
	p := s.open(t, pages.View{Width: 1440})
	p.visit("/explore")
	links := eval[[]string](p, `[...document.querySelectorAll("[aria-labelledby=ready] a")].slice(0, 7).map(a => a.getAttribute("href"))`)
	if len(links) < 7 {
		t.Fatalf("there are %d ready charts", len(links))
	}
	for _, link := range links {
		p.visit(link + "#maker")
		p.until("the marks of "+link, marks+` > 0`)
		p.clean()
	}
	// Every link keeps its chart: the form of the page behind has the choices of the link.
	for _, lost := range eval[[]string](p, keptCharts) {
		t.Error(lost)
	}
}

// keptCharts follows the links to charts and lists what the pages behind do not have.
const keptCharts = `(async () => {
	const links = [...document.querySelectorAll("[aria-labelledby=ready] a, .downloads a")].map(a => a.getAttribute("href"));
	const out = links.length < 16 ? ["there are " + links.length + " links"] : [];
	for (const link of links) {
		const answer = await fetch(link), wanted = new URL(link, location).searchParams;
		if (!answer.ok) { out.push(link + " answers " + answer.status); continue; }
		if (wanted.has("format")) continue;
		const form = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("form[method=get]");
		for (const [name, value] of wanted) if (form.elements[name].value !== value) out.push(link + ": " + name + " is " + form.elements[name].value);
	}
	return out;
})()`

// The counts of an uploaded file are those of the library.
func TestUploadInBrowser(t *testing.T) {
	s := begin(t)
	path, ok := testenv.FindCampaign(t)
	if !ok {
		path = sampleFile(t)
	}
	p := s.open(t, pages.View{Width: 1440})
	p.uploadFile(t, path)
	got := eval[map[string]int](p, `Object.fromEntries([...document.querySelectorAll("[data-tier]")].map(e => [e.dataset.tier, Number(e.dataset.count)]))`)
	model, _, err := s.db.LoadModel(t.Context(), "segmentation", store.Active)
	if err != nil {
		t.Fatal(err)
	}
	want := counts(t, path, model)
	for _, tier := range model.TierNames() {
		if got[tier] != want[tier] {
			t.Errorf("the page counts %d %s, the library %d", got[tier], tier, want[tier])
		}
	}
	p.picture("upload-real")
	p.clean()
}

func counts(t *testing.T, path string, model *segment.Model) map[string]int {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	customers, _, err := features.ReadAll(t.Context(), bytes.NewReader(data), features.ReadOptions{Policy: features.Skip})
	if err != nil {
		t.Fatal(err)
	}
	choice, err := features.Select(features.TrainingColumns...)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int{}
	for _, c := range customers {
		e := features.EngineerCustomer(c, features.AsOf(model.AsOf()))
		p, err := model.Predict(choice.Values(nil, &e))
		if err != nil {
			t.Fatal(err)
		}
		out[p.Tier]++
	}
	return out
}

// withoutScripts opens a page in which scripts are off.
func (s *suite) withoutScripts(t *testing.T) *tab {
	t.Helper()
	p := s.open(t, pages.View{Width: 1440})
	if _, err := chromedp.Call(p.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	p.scriptless = true
	return p
}

// press clicks on a button or a link, which leads to an address.
func (p *tab) press(button, behind string) {
	p.t.Helper()
	p.do(chromedp.Click(chromedp.CSS(button)))
	for range 100 {
		if regexp.MustCompile(behind).MatchString(p.location()) {
			time.Sleep(200 * time.Millisecond)
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	p.t.Fatalf("%s leads to %s, want %s", button, p.location(), behind)
}

// awaits waits for a text on a page that is reloaded by itself.
func (p *tab) awaits(text string) {
	p.t.Helper()
	for range 150 {
		if strings.Contains(p.text(), text) {
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
	p.t.Fatalf("there is no %q: %s", text, p.text())
}

// Everything works where scripts are off.
func TestWithoutScripts(t *testing.T) {
	s := begin(t)
	p := s.withoutScripts(t)
	press := p.press
	p.visit("/")
	for field, value := range map[string]string{"#age": "57", "#spent": "1617", "#tenure": "28", "#children": "0"} {
		p.do(chromedp.SendKeys(chromedp.CSS(field), value))
	}
	press(`form[action^="/predict"] button`, `^/result/`)
	p.wants("Platinum", "income is missing")
	p.do(chromedp.SendKeys(chromedp.CSS("#question"), "compare Silver and Gold"))
	press(`#ask button`, `^/result/`)
	p.awaits("greatest difference") // the address is that of before
	p.picture("noscript-result")
	p.visit("/charts?tier=all")
	if n := eval[int](p, `document.querySelectorAll("[data-chart] > svg").length`); n < 15 {
		t.Errorf("%d charts are drawn by the server, want at least 15", n)
	}
	p.picture("noscript-charts")
	p.visit("/explore?mark=box&x=tier&y=age")
	p.wants("Age by tier")
	if n := eval[int](p, `document.querySelectorAll("[data-chart] > svg g > title").length`); n < 4 {
		t.Errorf("the chart of the form has %d boxes, want 4", n)
	}
	// What needs scripts is not there.
	if text := p.text(); strings.Contains(text, "Chart maker") || strings.Contains(text, "Save this chart") {
		t.Error("the page offers the chart maker, which cannot start")
	}
	p.do(chromedp.SendKeys(chromedp.CSS("#simple-name"), "Ages"))
	press(`form[action^="/explore"] .plain`, `^/explore/[a-z2-7]{26}$`)
	p.wants("Ages")
	p.picture("noscript-explore")
	p.visit("/chat?about=Gold")
	p.do(chromedp.SendKeys(chromedp.CSS("#question"), "average income by tier"))
	press(`#ask button`, `^/chat/[a-z2-7]{26}`)
	p.wants("average income")
	p.visit("/")
	p.do(chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{sampleFile(t)}))
	press(`form[data-upload] button`, `^/upload/`)
	p.awaits("Customers per tier")
	p.wants("customers scored")
	p.clean()
}
