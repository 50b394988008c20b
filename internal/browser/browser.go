// Package browser opens pages in a headless Chromium and returns what is wrong
// with them; for tests.
package browser

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/customer-personality/segmentation/internal/testenv"
)

// View is how a page is looked at.
type View struct {
	Width int
	Dark  bool
}

func (v View) String() string {
	if v.Dark {
		return fmt.Sprintf("%d-dark", v.Width)
	}
	return fmt.Sprintf("%d-light", v.Width)
}

// Views are the two widths and the two schemes in which pages are checked.
var Views = []View{{1440, false}, {1440, true}, {375, false}, {375, true}}

// Finding is what is wrong with a page in one view.
type Finding struct {
	Console    []string // errors and warnings, exceptions
	Requests   []string // addresses asked for beside the page itself
	Overflow   []string // elements that reach out of the page to the right
	Violations []string // violations of WCAG 2 A and AA, by axe-core
}

// Chromium returns the browser's path.
func Chromium(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	testenv.Missing(t, "a Chromium is needed (Debian: apt-get install chromium)")
	return ""
}

// Axe returns the source of axe-core, which npm puts below web.
func Axe(t testing.TB, web string) string {
	t.Helper()
	path := filepath.Join(web, "node_modules", "axe-core", "axe.min.js")
	source, err := os.ReadFile(path)
	if err != nil {
		testenv.Missing(t, "axe-core is needed (npm ci in examples/webapp/web): %v", err)
	}
	return string(source)
}

// Check opens the file in each view. Where SEGMENTATION_SCREENSHOTS names a
// folder, pictures of the whole page are left there.
func Check(t *testing.T, chromium, axe, file string, views ...View) map[View]Finding {
	t.Helper()
	path, err := filepath.Abs(file)
	if err != nil {
		t.Fatal(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium), chromedp.UserDataDir(t.TempDir()))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	defer cancel()
	ctx, cancel = chromedp.NewContext(ctx)
	defer cancel()
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("Chromium does not start: %v", err)
	}
	out := map[View]Finding{}
	for _, v := range views {
		f, err := check(ctx, v, axe, "file://"+filepath.ToSlash(path))
		if err != nil {
			t.Fatalf("%s in %v: %v", filepath.Base(file), v, err)
		}
		out[v] = f
	}
	return out
}

func check(ctx context.Context, v View, axe, address string) (Finding, error) {
	ctx, cancel := chromedp.NewContext(ctx)
	defer cancel()
	var f Finding
	var lock sync.Mutex
	add := func(to *[]string, s string) {
		lock.Lock()
		defer lock.Unlock()
		*to = append(*to, s)
	}
	if err := chromedp.Do(ctx); err != nil {
		return f, err
	}
	err := chromedp.Listen(ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventConsoleAPICalled:
			if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
				add(&f.Console, fmt.Sprint(e.Type))
			}
		case *runtime.EventExceptionThrown:
			add(&f.Console, e.ExceptionDetails.Text)
		case *log.EventEntryAdded:
			add(&f.Console, e.Entry.Text)
		case *network.EventRequestWillBeSent:
			if e.Request.URL != address && !strings.HasPrefix(e.Request.URL, "data:") {
				add(&f.Requests, e.Request.URL)
			}
		}
	})
	if err != nil {
		return f, err
	}
	scheme := "light"
	if v.Dark {
		scheme = "dark"
	}
	_, err = chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	if err != nil {
		return f, err
	}
	for _, enable := range []cdp.Command[cdp.Empty, cdp.Empty]{log.Enable, runtime.Enable} {
		if _, err := chromedp.Call(ctx, enable, cdp.Empty{}); err != nil {
			return f, err
		}
	}
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		return f, err
	}
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(int64(v.Width), 900), chromedp.Navigate(address)); err != nil {
		return f, err
	}
	if f.Overflow, err = chromedp.Run(ctx, chromedp.Evaluate[[]string](overflow)); err != nil {
		return f, err
	}
	if shots := os.Getenv("SEGMENTATION_SCREENSHOTS"); shots != "" {
		picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(90))
		if err != nil {
			return f, err
		}
		name := strings.TrimSuffix(filepath.Base(address), ".html") + "-" + v.String() + ".jpg"
		if err := os.WriteFile(filepath.Join(shots, name), picture, 0o644); err != nil {
			return f, err
		}
	}
	if axe != "" {
		if err := chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void](axe)); err != nil {
			return f, err
		}
		f.Violations, err = chromedp.Run(ctx, chromedp.Evaluate[[]string](violated, chromedp.EvalAwaitPromise))
	}
	return f, err
}

// overflow lists what reaches beyond the page, unless it lies in something
// that scrolls by itself.
const overflow = `(() => {
	const wide = document.documentElement.clientWidth, out = [];
	if (document.documentElement.scrollWidth > wide) out.push("the page is " + document.documentElement.scrollWidth + " wide");
	for (const e of document.querySelectorAll("body *")) {
		if (e.closest("svg") && e.tagName !== "svg") continue;
		let scrolls = false;
		for (let p = e.parentElement; p; p = p.parentElement) if (getComputedStyle(p).overflowX === "auto") scrolls = true;
		const r = e.getBoundingClientRect();
		if (!scrolls && r.width > 0 && (r.right > wide + 0.5 || r.left < -0.5)) out.push(e.tagName + "." + e.className + " reaches to " + r.right);
	}
	return out;
})()`

// violated runs axe-core, on pictures as a whole: they have thousands of parts.
const violated = `axe.run({exclude: [["svg > *"]]}, {runOnly: {type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}).then(r =>
	r.violations.flatMap(v => v.nodes.map(n => v.id + ": " + n.target.join(" ") + ": " + (n.any[0] || n.all[0] || n.none[0] || {message: v.help}).message)))`
