// The chart maker: Graphic Walker over the merged table of customers. The page asks
// for it by src/explore.js, once it is about to be seen.
import { createRef, startTransition } from "react";
import { createRoot } from "react-dom/client";
import { GraphicWalker, normalize } from "@kanaries/graphic-walker";

import german from "../locales/de.json";

const store = createRef();

// The page's own colours, in both themes: Graphic Walker changes between them.
function colours(set) {
  return {
    background: set.surface, foreground: set.ink, card: set.surface, "card-foreground": set.ink,
    popover: set.surface, "popover-foreground": set.ink,
    primary: set.accent, "primary-foreground": set.onaccent,
    muted: set.quiet, "muted-foreground": set.soft, secondary: set.quiet, "secondary-foreground": set.ink,
    accent: set.quiet, "accent-foreground": set.ink,
    dimension: set.accent, measure: set.soft, border: set.line, input: set.line, ring: set.accent,
  };
}

// Words that are all names of tiers get the colours of the tiers.
function colourScale(tiers, ranks, categories) {
  return ({ values, semanticType, theme }) => {
    const shade = theme === "dark" ? "dark" : "light";
    if (semanticType === "quantitative" || semanticType === "temporal") return {};
    const names = [...new Set(values)];
    if (names.length > 0 && names.every((name) => tiers[name])) {
      const order = ranks.filter((name) => names.includes(name));
      return { domain: order, range: order.map((name) => tiers[name][shade]) };
    }
    return names.length <= categories.length ? { domain: names.map(String), range: categories.slice(0, names.length).map((c) => c[shade]) } : {};
  };
}

// What Graphic Walker leaves out for people who do not see it, or use no mouse:
// names for buttons that are a picture, parts that say they are a button and
// hold another, states on what has none. It is put right in its own tree, now
// and whenever it draws anew.
function mend(tree, texts) {
  for (const e of tree.querySelectorAll("[data-rbd-draggable-id][role=button], [role=tab]")) e.setAttribute("role", "group");
  for (const e of tree.querySelectorAll("nav[role=tablist]")) e.removeAttribute("role");
  for (const e of tree.querySelectorAll("div[aria-expanded]:not([role]), span[aria-expanded]:not([role])")) e.removeAttribute("aria-expanded");
  for (const e of tree.querySelectorAll("button.sr-only[aria-hidden=true]:not([tabindex='-1'])")) e.tabIndex = -1;
  for (const e of tree.querySelectorAll("button:not([aria-label]):not([aria-hidden=true]), [role=button]:not([aria-label])")) {
    if (e.textContent.trim() || e.title) continue;
    const field = e.closest("[data-rbd-draggable-id]")?.textContent.trim();
    e.setAttribute("aria-label", e.closest("[data-label]")?.dataset.label || (field ? texts.menuOf.replace("%s", field) : texts.menu));
  }
}

// A button is large enough to be hit, and a hint dark enough to be read; the
// colour is the page's.
const hit = new CSSStyleSheet();
hit.replaceSync("button { min-width: 24px; min-height: 24px; } button svg { margin-inline: auto; } button.sr-only { min-width: 0; min-height: 0; } [class*='text-muted-foreground/'] { color: var(--soft); }");

function watch(tree, texts) {
  tree.adoptedStyleSheets = [...tree.adoptedStyleSheets, hit];
  mend(tree, texts);
  new MutationObserver(() => mend(tree, texts)).observe(tree, { childList: true, subtree: true, attributes: true, attributeFilter: ["role", "aria-expanded"] });
}

// start draws the chart maker in an element: the table's fields, and its columns of
// values; the chart to begin with, a whole one of Graphic Walker or a terse one such
// as {mark:"bar",x:"tier",y:"mean(spent)"}; how the page looks. What it returns gives
// the chart as it is now, undefined where there is none.
export function start(root, { fields, columns }, given, look) {
  const rows = columns[0].map((_, i) => Object.fromEntries(fields.map((f, j) => [f.fid, columns[j][i]])));
  // Words have an order, which internal/bundle/patch.go asks for here.
  globalThis.wordOrders = look.words;
  const found = new MutationObserver(() => {
    const host = [...root.querySelectorAll("*")].find((e) => e.shadowRoot);
    if (!host) return;
    found.disconnect();
    watch(host.shadowRoot, root.dataset);
  });
  found.observe(root, { childList: true, subtree: true });
  // A transition is drawn in pieces, between which the page answers.
  const maker = createRoot(root);
  startTransition(() => maker.render(
    <GraphicWalker
      fields={fields} data={rows} chart={[normalize(given, fields)]} storeRef={store} appearance="media"
      uiTheme={{ light: colours(look.light), dark: colours(look.dark) }}
      vizThemeConfig="g2" scales={{ color: colourScale(look.tiers, look.order, look.categories) }}
      defaultConfig={{ layout: { size: { mode: "auto", width: 480, height: 320 } } }}
      toolbar={{ exclude: ["kanaries", "debug", "export_code", "coord_system", "geojson"] }}
      i18nLang={root.dataset.lang} i18nResources={{ de: german }} hideSegmentNav
    />,
  ));
  return () => {
    const charts = store.current?.exportCode?.();
    return charts?.[Math.min(store.current.visIndex ?? 0, charts.length - 1)];
  };
}
