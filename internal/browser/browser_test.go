package browser

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCheck: each fault of a page is found, in the view that has it.
func TestCheck(t *testing.T) {
	chromium, axe := Chromium(t), Axe(t, "../../examples/webapp/web")
	const good = `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>T</title><link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width, initial-scale=1"></head><body><main><h1>T</h1><p>text</p>%</main></body></html>`
	for _, test := range []struct {
		name, with string
		found      func(Finding) []string
		says       string
	}{
		{"nothing", "", nil, ""},
		{"console", `<script>console.error("no")</script>`, func(f Finding) []string { return f.Console }, "error"},
		{"exception", `<script>throw new Error("no")</script>`, func(f Finding) []string { return f.Console }, "Uncaught"},
		{"request", `<p style="background: url(http://127.0.0.1:9/picture.png)">text</p>`, func(f Finding) []string { return f.Requests }, "picture.png"},
		{"overflow", `<div style="width: 400px">wide</div>`, func(f Finding) []string { return f.Overflow }, "the page is 4"},
		{"contrast", `<p style="color: #999; background: #fff">pale</p>`, func(f Finding) []string { return f.Violations }, "color-contrast"},
	} {
		file := filepath.Join(t.TempDir(), "page.html")
		if err := os.WriteFile(file, []byte(strings.Replace(good, "%", test.with, 1)), 0o644); err != nil {
			t.Fatal(err)
		}
		f := Check(t, chromium, axe, file, View{Width: 375})[View{Width: 375}]
		if test.found == nil {
			if len(f.Console)+len(f.Requests)+len(f.Overflow)+len(f.Violations) > 0 {
				t.Errorf("a good page: %+v", f)
			}
			continue
		}
		if list := test.found(f); len(list) == 0 || !strings.Contains(strings.Join(list, "\n"), test.says) {
			t.Errorf("%s: %+v; want %q", test.name, f, test.says)
		}
	}

	// What scrolls by itself may be wide, and dark is dark.
	file := filepath.Join(t.TempDir(), "page.html")
	page := strings.Replace(good, "%", `<div style="overflow-x: auto" tabindex="0"><div style="width: 900px">wide</div></div>
<style>@media (prefers-color-scheme: dark) { body { background: #000; color: #222 } }</style>`, 1)
	if err := os.WriteFile(file, []byte(page), 0o644); err != nil {
		t.Fatal(err)
	}
	for view, f := range Check(t, chromium, axe, file, View{375, false}, View{375, true}) {
		if len(f.Overflow) > 0 || view.Dark != (len(f.Violations) > 0) {
			t.Errorf("%v: %+v", view, f)
		}
	}
}
