// Draws the charts of the pages with ECharts, from the specification that the
// server puts beside each: the same figures as in the table under it.
import * as echarts from "echarts/core";
import { BarChart, BoxplotChart, CustomChart, HeatmapChart, LineChart, ScatterChart, SunburstChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent, VisualMapComponent } from "echarts/components";
import { SVGRenderer } from "echarts/renderers";

echarts.use([
  BarChart, BoxplotChart, CustomChart, HeatmapChart, LineChart, ScatterChart, SunburstChart,
  AriaComponent, GridComponent, LegendComponent, TooltipComponent, VisualMapComponent, SVGRenderer,
]);

const dark = matchMedia("(prefers-color-scheme: dark)");
const lang = document.documentElement.lang;
// Paper is white, also for those who read in the dark.
let printing = false;
const dim = () => dark.matches && !printing;
const css = (name) => (printing ? light() : getComputedStyle(document.documentElement)).getPropertyValue(name).trim();
const light = () => [...document.styleSheets].flatMap((s) => [...s.cssRules]).find((r) => r.selectorText === ":root").style;
const pick = (colour) => (colour && (dim() ? colour.dark : colour.light)) || css("--accent");
const plain = new Intl.NumberFormat(lang, { maximumFractionDigits: 2 });
const short = new Intl.NumberFormat(lang, { notation: "compact", maximumFractionDigits: 1 });
const share = new Intl.NumberFormat(lang, { style: "percent", maximumFractionDigits: 1 });

const long = (v, axis) => (v === null || v === undefined || Number.isNaN(v) ? "–" : axis?.percent ? share.format(v) : plain.format(Math.abs(v) >= 100 ? Math.round(v) : v));
const tick = (axis) => (v) => (axis?.percent ? share.format(v) : short.format(v));

function base(c) {
  const ink = css("--ink"), soft = css("--soft"), line = css("--line");
  return {
    animation: !printing && !matchMedia("(prefers-reduced-motion: reduce)").matches,
    animationDuration: 300,
    aria: { enabled: true, label: { description: `${c.title}. ${c.reading ?? ""}` } },
    textStyle: { fontFamily: css("--sans"), color: soft, fontSize: 12 },
    tooltip: { backgroundColor: css("--surface"), borderColor: line, textStyle: { color: ink, fontSize: 13 }, confine: true },
    legend: { show: (c.series?.length ?? 0) > 1, top: 0, left: 0, itemWidth: 12, itemHeight: 12, itemGap: 16, textStyle: { color: soft, fontSize: 13 }, icon: "roundRect", type: "scroll", pageTextStyle: { color: soft }, pageIconColor: soft },
    grid: { left: 4, right: 12, top: (c.series?.length ?? 0) > 1 ? 60 : 30, bottom: 26, containLabel: true },
  };
}

function valueAxis(axis) {
  return { type: "value", name: axis.label, nameTextStyle: { align: "left", color: css("--soft") }, axisLabel: { formatter: tick(axis), color: css("--soft") }, splitLine: { lineStyle: { color: css("--line") } }, axisLine: { show: false } };
}

function categoryAxis(c, extra) {
  return { type: "category", data: c.categories, axisTick: { show: false }, axisLine: { lineStyle: { color: css("--edge") } }, axisLabel: { color: css("--soft"), hideOverlap: true }, ...extra };
}

// fold breaks text into lines of at most so many letters.
function fold(text, most) {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1);
    if (line && line.length + word.length + 1 > most) lines.push(word);
    else lines[lines.length - 1] = line ? `${line} ${word}` : word;
  }
  return lines.join("\n");
}

const named = (c, s) => s.name || c.y.label;

const kinds = {
  bar: (c, width) => columns(c, width, "bar"),
  stack: (c, width) => columns(c, width, "bar", { stack: "all" }),
  line: (c, width) => columns(c, width, "line"),
  bars(c, width) {
    const o = base(c);
    o.tooltip = { ...o.tooltip, trigger: "axis", axisPointer: { type: "shadow" }, formatter: (list) => tipOf(list, c) };
    o.grid.top = c.series.length > 1 ? 34 : 8;
    o.grid.bottom = 34;
    o.grid.right = 44;
    o.xAxis = { ...valueAxis(c.y), nameLocation: "middle", nameGap: 28, nameTextStyle: { align: "center", color: css("--soft") } };
    if (width < 480) {
      // A phone has no room in the middle: the name ends where the axis does.
      o.grid.bottom = 48;
      Object.assign(o.xAxis, { name: fold(c.y.label, (width - 56) / 6.6), splitNumber: 3, nameLocation: "end", nameGap: 0, nameTextStyle: { align: "right", verticalAlign: "top", padding: [28, 0, 0, 0], lineHeight: 15, color: css("--soft") } });
    }
    o.yAxis = categoryAxis(c, { inverse: true });
    Object.assign(o.yAxis.axisLabel, { width: Math.min(180, width * 0.36), overflow: "break", interval: 0, hideOverlap: false });
    o.series = c.series.map((s) => ({
      type: "bar", name: named(c, s), barMaxWidth: 26, itemStyle: { color: pick(s.color), borderRadius: 3 },
      data: s.values.map((v, i) => (c.series.length === 1 && c.colors?.[i] ? { value: v, itemStyle: { color: pick(c.colors[i]) } } : v)),
      label: { show: c.series.length === 1, position: "outside", color: css("--soft"), formatter: (p) => long(p.value, c.y) },
    }));
    for (const s of o.series) s.label.position = "right";
    return o;
  },
  waterfall(c, width) {
    const o = kinds.bars(c, width);
    let at = 0;
    const last = c.categories.length - 1;
    const data = c.series[0].values.map((v, i) => {
      const from = i === last ? 0 : at;
      at = from + (v ?? 0);
      return { value: [from, at, i], step: v };
    });
    o.tooltip = { ...o.tooltip, trigger: "item", formatter: (p) => tip("", [[p.color, c.categories[p.data.value[2]], long(p.data.step, c.y)]]) };
    o.series = [{
      type: "custom", data, encode: { x: [0, 1], y: 2 },
      renderItem(params, api) {
        const i = api.value(2), a = api.coord([api.value(0), i]), b = api.coord([api.value(1), i]);
        const h = Math.min(26, api.size([0, 1])[1] * 0.7), x = Math.min(a[0], b[0]), w = Math.max(1, Math.abs(a[0] - b[0]));
        return {
          type: "group", children: [
            { type: "rect", shape: { x, y: a[1] - h / 2, width: w, height: h, r: 3 }, style: { fill: pick(c.colors?.[i] ?? c.series[0].color) } },
            { type: "text", style: { x: x + w + 5, y: a[1], text: long(data[i].step, c.y), verticalAlign: "middle", fill: css("--soft"), font: `12px ${css("--sans")}` } },
          ],
        };
      },
    }];
    return o;
  },
  scatter(c) {
    const o = base(c);
    o.tooltip.formatter = (p) => tip(p.seriesName, [[p.color, c.x.label, long(p.value[0], c.x)], [p.color, c.y.label, long(p.value[1], c.y)]]);
    o.xAxis = { ...valueAxis(c.x), nameLocation: "middle", nameGap: 28, nameTextStyle: { align: "center", color: css("--soft") }, scale: true };
    o.yAxis = { ...valueAxis(c.y), scale: true };
    o.grid.bottom = 34;
    o.series = c.series.map((s) => ({ type: "scatter", name: s.name, data: s.points, symbolSize: 6, itemStyle: { color: pick(s.color), opacity: 0.6 }, large: s.points.length > 3000 }));
    return o;
  },
  box(c) {
    const o = base(c);
    o.legend.show = false;
    o.tooltip.formatter = (p) => tip(p.name, c.words.map((n, i) => ["", n, long(p.value[i + 1], c.y)]));
    o.grid.top = 30;
    o.xAxis = categoryAxis({ categories: c.series.map((s) => s.name) });
    o.yAxis = { ...valueAxis(c.y), scale: true };
    o.series = [{ type: "boxplot", boxWidth: [10, 46], data: c.series.map((s) => ({ name: s.name, value: s.values, itemStyle: { color: pick(s.color) + "33", borderColor: pick(s.color), borderWidth: 2 } })) }];
    return o;
  },
  heat(c, width) {
    const o = base(c);
    const data = [];
    let most = 0;
    c.series.forEach((s, x) => s.values.forEach((v, y) => { data.push([x, y, v]); most = Math.max(most, Math.abs(v ?? 0)); }));
    o.legend.show = false;
    o.tooltip.formatter = (p) => tip(c.categories[p.value[1]], [["", c.series[p.value[0]].name, long(p.value[2], c.y)]]);
    o.grid = { left: 4, right: 12, top: 28, bottom: 8, containLabel: true };
    o.xAxis = categoryAxis({ categories: c.series.map((s) => s.name) }, { position: "top", axisLine: { show: false }, axisLabel: { color: css("--ink"), interval: 0, overflow: "truncate" } });
    o.yAxis = categoryAxis(c, { inverse: true, axisLine: { show: false } });
    Object.assign(o.yAxis.axisLabel, { width: Math.min(200, width * 0.34), overflow: "break", interval: 0, hideOverlap: false });
    o.visualMap = { show: false, min: -most, max: most, inRange: { color: dim() ? ["#8c481e", "#202730", "#265c91"] : ["#e28e5a", "#f8f9fa", "#5a96cd"] } };
    o.series = [{ type: "heatmap", data, label: { show: true, color: css("--ink"), formatter: (p) => (p.value[2] === null ? "" : long(p.value[2], c.y)) }, itemStyle: { borderColor: css("--surface"), borderWidth: 2 } }];
    return o;
  },
  sunburst(c) {
    const o = base(c);
    const total = c.root.reduce((sum, n) => sum + n.value, 0);
    const tree = (n, level, colour) => {
      const own = n.color?.light ? pick(n.color) : colour;
      return { name: n.name, value: n.children?.length ? undefined : n.value, itemStyle: { color: own, opacity: 1 - 0.2 * level }, children: n.children?.map((k) => tree(k, level + 1, own)) };
    };
    o.legend.show = false;
    o.tooltip.formatter = (p) => tip(p.treePathInfo.slice(1).map((n) => n.name).join(", "), [["", share.format(p.value / total), long(p.value)]]);
    o.series = [{ type: "sunburst", radius: ["12%", "96%"], nodeClick: "rootToNode", data: c.root.map((n) => tree(n, 0)), itemStyle: { borderColor: css("--surface"), borderWidth: 2 }, label: { color: css("--ink"), textBorderColor: css("--surface"), textBorderWidth: 2, minAngle: 12, fontSize: 12, rotate: "tangential", overflow: "truncate", width: 84 }, emphasis: { focus: "ancestor" } }];
    return o;
  },
};

// Up to so many categories have all of their names; of more, such as ranges of
// a number, some names are enough.
const fewNames = 8;

function columns(c, width, type, extra) {
  const o = base(c);
  o.tooltip = { ...o.tooltip, trigger: "axis", axisPointer: { type: type === "bar" ? "shadow" : "line" }, formatter: (list) => tipOf(list, c) };
  o.xAxis = categoryAxis(c, { name: c.x.label, nameLocation: "middle", nameGap: 28, nameTextStyle: { color: css("--soft") } });
  if (!c.x.label) o.grid.bottom = 8;
  if (c.categories.length <= fewNames) {
    // Names break into lines, or lean where a word has no room.
    const place = (width - 60) / c.categories.length - 4;
    const longest = (split) => 6.8 * Math.max(...c.categories.flatMap((n) => n.split(split)).map((n) => n.length));
    Object.assign(o.xAxis.axisLabel, { interval: 0, hideOverlap: false });
    if (longest(" ") > place) {
      const reach = Math.min(longest("\n"), 120);
      Object.assign(o.xAxis.axisLabel, { rotate: 40, width: 130, overflow: "truncate" });
      o.xAxis.nameGap = 22 + 0.7 * reach;
    } else {
      o.xAxis.axisLabel.formatter = (name) => fold(name, place / 6.8);
      const lines = Math.max(...c.categories.map((n) => fold(n, place / 6.8).split("\n").length));
      o.xAxis.nameGap = 14 + 14 * lines;
    }
  }
  o.yAxis = valueAxis(c.y);
  o.series = c.series.map((s) => ({
    type, name: named(c, s), ...extra, barMaxWidth: 56, barGap: "8%", itemStyle: { color: pick(s.color), borderRadius: type === "bar" ? 3 : 0 }, lineStyle: { width: 2.5 }, symbolSize: 8,
    data: s.values.map((v, i) => {
      const item = { value: v };
      if (c.series.length === 1 && c.colors?.[i]) item.itemStyle = { color: pick(c.colors[i]) };
      if (c.mark && c.categories[i] === c.mark) Object.assign(item, { symbolSize: 16, label: { show: true, formatter: c.mark, position: "top", color: css("--ink"), fontWeight: "bold" } });
      return item;
    }),
  }));
  return o;
}

// tip is what is told under the mouse: a heading, and rows of a colour, a name
// and a value. It is made of elements, since the page's policy lets no style
// through that is written as text.
function tip(head, rows) {
  const add = (to, kind, text) => {
    const e = document.createElement(kind);
    e.textContent = text;
    to.append(e);
    return e;
  };
  const box = document.createElement("div");
  box.className = "tip";
  if (head) add(box, "strong", head);
  for (const [colour, name, value] of rows) {
    const row = add(box, "div", "");
    if (colour) add(row, "i", "").style.background = colour;
    add(row, "span", name);
    add(row, "b", value);
  }
  return box;
}

const tipOf = (list, c) => tip(list[0].name, list.map((p) => [p.color, p.seriesName, long(p.value, c.y)]));

const drawn = [];
const resize = new ResizeObserver((entries) => {
  for (const entry of entries) if (entry.contentRect.width > 0) echarts.getInstanceByDom(entry.target)?.resize();
});

// A chart is drawn when it comes near to the screen.
const watch = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (!entry.isIntersecting) continue;
    watch.unobserve(entry.target);
    draw(entry.target);
  }
}, { rootMargin: "400px" });

function draw(box) {
  const c = JSON.parse(box.querySelector('script[type="application/json"]').textContent);
  const option = kinds[c.kind]?.(c, box.clientWidth);
  if (!option) return;
  box.replaceChildren();
  box.classList.add("live");
  box.removeAttribute("tabindex");
  if (c.kind === "sunburst" || (c.kind === "heat" && c.categories.length > 7)) box.classList.add("tall");
  const chart = echarts.init(box, null, { renderer: "svg" });
  chart.setOption(option);
  drawn.push({ chart, c });
  resize.observe(box);
  box.dataset.drawn = "true";
}

document.querySelectorAll("[data-chart]").forEach((box) => watch.observe(box));
function redraw() {
  for (const { chart, c } of drawn) chart.setOption(kinds[c.kind](c, chart.getWidth()), true);
}

dark.addEventListener("change", redraw);
addEventListener("beforeprint", () => {
  printing = true;
  document.querySelectorAll("[data-chart]:not([data-drawn])").forEach(draw);
  redraw();
  // On paper a chart is as wide as its place there.
  for (const { chart } of drawn) chart.getDom().querySelector("svg")?.setAttribute("viewBox", `0 0 ${chart.getWidth()} ${chart.getHeight()}`);
});
addEventListener("afterprint", () => {
  printing = false;
  for (const { chart } of drawn) chart.getDom().querySelector("svg")?.removeAttribute("viewBox");
  redraw();
});
