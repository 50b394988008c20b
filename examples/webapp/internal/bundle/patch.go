package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// A patch replaces a place in the source of a package. The number
// of times that it occurs is checked, so that another version of the package,
// in which the place may mean something else, is refused and not mangled.
type patch struct {
	why      string
	old, new string
	times    int
}

// graphicWalker are the patches of @kanaries/graphic-walker 0.5.2.
var graphicWalker = []patch{
	{
		"vega compiles its expressions with Function, which a page without unsafe-eval forbids, unless vega-embed is asked for syntax trees",
		"const {\n    ast: h\n  } = n,", "const h = !0,", 1,
	},
	{
		"a style sheet for maps is asked of an outside host as soon as the page loads",
		`Z.createElement("link", { rel: "stylesheet", href: "https://unpkg.com/leaflet@1.9.4/dist/leaflet.css", integrity: "sha256-p4NxAoJBhIIN+hmNHrzRCf9tD/miZyoHS5obTRR9BMY=", crossOrigin: "" })`, "null", 1,
	},
	{
		"a logo is asked of an outside host as soon as the tool bar shows",
		`src: "https://imagedelivery.net/tSvh1MGEu9IgUanmf58srQ/b6bc899f-a129-4c3a-d08f-d406166d0c00/public"`, "src: vat", 1,
	},
	{
		"the buttons of the tool bar are pictures whose name shows on hover alone; src/walker.jsx makes it their name",
		`{ className: "m-0.5 rounded-md flex transition-colors hover:bg-muted hover:text-muted-foreground",`, `{ "data-label": l, className: "m-0.5 rounded-md flex transition-colors hover:bg-muted hover:text-muted-foreground",`, 1,
	},
	{
		"words along an axis are sorted by the alphabet, and tiers have a rank; src/walker.jsx gives the orders",
		`if (r.analyticType !== "measure" && (n[i].aggregate = null), `, `if (r.semanticType === "nominal" && globalThis.wordOrders?.[r.fid] && (n[i].sort = globalThis.wordOrders[r.fid]), r.analyticType !== "measure" && (n[i].aggregate = null), `, 1,
	},
	{"map tiles come from an outside host", `"https://{s}.tile.openstreetmap.org/{z}/{x}/{y}.png"`, `""`, 5},
	{"questions in words would go to an outside host", `"https://api.kanaries.net/vis/text2gw"`, `""`, 1},
	{"conversations would go to an outside host", `"https://api.kanaries.net/vis/chat2gw"`, `""`, 1},
	{"sample data would come from an outside host", `"https://pub-2422ed4100b443659f588f2382cfc7b1.r2.dev/datasets/`, `"/`, 9},
	{"sample data would come from an outside host", `"https://chspace.oss-cn-hongkong.aliyuncs.com/`, `"/`, 2},
}

// patcher is the esbuild plugin that applies the patches.
var patcher = api.Plugin{
	Name: "patch",
	Setup: func(build api.PluginBuild) {
		build.OnLoad(api.OnLoadOptions{Filter: `[/\\]@kanaries[/\\]graphic-walker[/\\]dist[/\\]graphic-walker\.es\.js$`},
			func(args api.OnLoadArgs) (api.OnLoadResult, error) {
				data, err := os.ReadFile(args.Path)
				if err != nil {
					return api.OnLoadResult{}, err
				}
				source, err := apply(string(data), graphicWalker)
				if err != nil {
					return api.OnLoadResult{}, fmt.Errorf("@kanaries/graphic-walker: %w", err)
				}
				return api.OnLoadResult{Contents: &source, Loader: api.LoaderJS}, nil
			})
	},
}

// apply applies patches to a source, or returns which place is not as it was.
func apply(source string, patches []patch) (string, error) {
	for _, m := range patches {
		if n := strings.Count(source, m.old); n != m.times {
			return "", fmt.Errorf("the source has changed: %d places and not %d read %.60q (%s); look at it anew and adjust internal/bundle", n, m.times, m.old, m.why)
		}
		source = strings.ReplaceAll(source, m.old, m.new)
	}
	return source, nil
}

// hosts are what a bundle must not name; other addresses in it are name spaces,
// links and comments.
var hosts = []string{"unpkg.com/", "imagedelivery.net", "tile.openstreetmap.org/{z}", "api.kanaries.net", "r2.dev", "aliyuncs.com", "jsdelivr.net", "googleapis.com"}

// foreign names the first of the hosts that a bundle contains.
func foreign(bundle []byte) string {
	for _, host := range hosts {
		if bytes.Contains(bundle, []byte(host)) {
			return host
		}
	}
	return ""
}
