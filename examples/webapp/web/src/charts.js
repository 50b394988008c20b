// Draws the charts of the pages with ECharts, from the specification that the
// server puts beside each: the same figures as in the table under it.
import * as echarts from "echarts/core";
import { BarChart, BoxplotChart, CustomChart, HeatmapChart, LineChart, ScatterChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, MarkLineComponent, TitleComponent, TooltipComponent, VisualMapComponent } from "echarts/components";
import { SVGRenderer } from "echarts/renderers";

echarts.use([
  BarChart, BoxplotChart, CustomChart, HeatmapChart, LineChart, ScatterChart,
  AriaComponent, GridComponent, LegendComponent, MarkLineComponent, TitleComponent, TooltipComponent, VisualMapComponent, SVGRenderer,
]);

// ECharts takes the height of a line from the width of a Chinese character, which a
// font without them writes far too narrow: lines would lie upon each other.
const canvas = document.createElement("canvas").getContext("2d");
echarts.setPlatformAPI({
  measureText(text, font) {
    canvas.font = font;
    return text === "国" ? { width: 1.25 * parseFloat(font.match(/([\d.]+)px/)?.[1] ?? 12) } : canvas.measureText(text);
  },
});
const widthOf = (text, font) => {
  canvas.font = font;
  return canvas.measureText(text).width;
};

const dark = matchMedia("(prefers-color-scheme: dark)");
const lang = document.documentElement.lang;
// Paper is white, also for those who read in the dark.
let printing = false;
const dim = () => dark.matches && !printing;
const css = (name) => (printing ? light() : getComputedStyle(document.documentElement)).getPropertyValue(name).trim();
const light = () => [...document.styleSheets].flatMap((s) => [...s.cssRules]).find((r) => r.selectorText === ":root").style;
const pick = (colour) => (colour && (dim() ? colour.dark : colour.light)) || css("--accent");

// Numbers are written as the server writes them, where the reader lives.
const { numbers: region = lang, thousands = "%sk", millions = "%sM" } = document.documentElement.dataset;
const writers = new Map();
function write(v, least, most = least, style = "decimal") {
  const key = `${style}${least}-${most}`;
  if (!writers.has(key)) writers.set(key, new Intl.NumberFormat(region, { style, minimumFractionDigits: least, maximumFractionDigits: most }));
  return writers.get(key).format(v);
}
const percent = (v) => { const digits = v !== 0 && Math.abs(v) < 0.0995 ? 1 : 0; return write(v, digits, digits, "percent"); };
function long(v, axis) {
  if (v === null || v === undefined || Number.isNaN(v)) return "–";
  if (axis?.percent) return percent(v);
  return write(v, Math.abs(v) >= 100 || Number.isInteger(v) ? 0 : Math.abs(v) >= 10 ? 1 : 2);
}
// Along an axis long numbers are short, 20k or 1.5M.
function tick(axis) {
  if (axis?.percent) return (v) => write(v, 0, 2, "percent");
  return (v) => (Math.abs(v) >= 1e6 ? millions.replace("%s", write(v / 1e6, 0, 4)) : Math.abs(v) >= 1e4 ? thousands.replace("%s", write(v / 1e3, 0, 4)) : write(v, 0, 4));
}

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
  return { type: "value", name: axis.label, nameTextStyle: { align: "left", color: css("--soft") }, axisLabel: { formatter: tick(axis), color: css("--soft"), hideOverlap: true }, splitLine: { lineStyle: { color: css("--line") } }, axisLine: { show: false } };
}

function categoryAxis(c, extra) {
  return { type: "category", data: c.categories, axisTick: { show: false }, axisLine: { lineStyle: { color: css("--edge") } }, axisLabel: { color: css("--soft"), hideOverlap: true }, ...extra };
}

// fold breaks text into lines of at most so many pixels.
function fold(text, most, style = "", size = 12) {
  const font = `${style}${size}px ${css("--sans")}`, lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1), longer = line ? `${line} ${word}` : word;
    if (line && widthOf(longer, font) > most) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines.join("\n");
}

const named = (c, s) => s.name || c.y.label;

const kinds = {
  bar: (c, width) => columns(c, width, "bar"),
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
      Object.assign(o.xAxis, { name: fold(c.y.label, width - 56), splitNumber: 3, nameLocation: "end", nameGap: 0, nameTextStyle: { align: "right", verticalAlign: "top", padding: [28, 0, 0, 0], lineHeight: 15, color: css("--soft") } });
    }
    o.yAxis = categoryAxis(c, { inverse: true });
    Object.assign(o.yAxis.axisLabel, { width: Math.min(180, width * 0.36), overflow: "break", lineHeight: 14, interval: 0, hideOverlap: false });
    o.series = c.series.map((s) => ({
      type: "bar", name: named(c, s), barMaxWidth: 26, itemStyle: { color: pick(s.color), borderRadius: 3 },
      data: s.values.map((v, i) => (c.series.length === 1 && c.colors?.[i] ? { value: v, itemStyle: { color: pick(c.colors[i]) } } : v)),
      label: { show: c.series.length === 1, position: "outside", color: css("--soft"), formatter: (p) => long(p.value, c.y) },
    }));
    for (const s of o.series) s.label.position = "right";
    return o;
  },
  // A lying bar for each category, parted by series.
  stack(c, width) {
    const o = kinds.bars(c, width);
    o.yAxis.axisLabel.width = Math.min(180, width * 0.27);
    const sums = c.categories.map((_, i) => c.series.reduce((sum, s) => sum + (s.values[i] ?? 0), 0));
    const all = sums.reduce((a, b) => a + b, 0);
    o.tooltip.formatter = (list) => tip(list[0].name, list.filter((p) => p.seriesName !== "").map((p) => [p.color, p.seriesName, `${long(p.value, c.y)} (${percent(p.value / sums[p.dataIndex])})`]));
    o.series.forEach((s, i) => Object.assign(s, { stack: "all", label: inside(c.series[i].color, (p) => (p.value / Math.max(...sums) * (width - 200) > 34 ? percent(p.value / sums[p.dataIndex]) : "")) }));
    for (const s of o.series) s.itemStyle.borderRadius = 0;
    // The sum stands behind the last part.
    o.series.push({ type: "bar", name: "", stack: "all", data: sums.map(() => 0), tooltip: { show: false }, label: { show: true, position: "right", color: css("--ink"), formatter: (p) => `${long(sums[p.dataIndex], c.y)} (${percent(sums[p.dataIndex] / all)})` } });
    o.legend.data = c.series.map((s) => s.name);
    o.grid.right = 84;
    return o;
  },
  // Two wholes and their parts; the figures below are in the tip.
  shares(c, width) {
    const rows = c.series.map((s, i) => c.words?.[i] || s.name);
    const parts = c.categories.map((name, i) => ({ name, color: c.colors?.[i], values: c.series.map((s) => s.values[i]) }));
    const o = kinds.bars({ ...c, categories: rows, series: parts, colors: [] }, width);
    o.tooltip.formatter = (list) => tip(list[0].name, list.map((p) => [p.color, p.seriesName, percent(p.value)]));
    if (c.cells) {
      o.tooltip.trigger = "item";
      o.tooltip.formatter = (p) => tip(p.seriesName, [[p.color, p.name, percent(p.value)], ...c.words.map((w, j) => ["", w, c.cells[p.seriesIndex][j]])]);
    }
    o.xAxis.max = 1;
    o.xAxis.name = "";
    o.grid.right = 12;
    o.series.forEach((s, i) => Object.assign(s, { stack: "all", barMaxWidth: 64, barCategoryGap: "40%", label: inside(parts[i].color, (p) => (p.value > 0.05 ? percent(p.value) : "")) }));
    for (const s of o.series) s.itemStyle.borderRadius = 0;
    // Bands lead from the share of one whole to that of the next.
    const before = (i, row) => parts.slice(0, i).reduce((sum, p) => sum + p.values[row], 0);
    o.series.push({
      type: "custom", name: "", silent: true, z: 0, data: parts.flatMap((_, i) => rows.slice(1).map((_, row) => [0, row, i])),
      renderItem(params, api) {
        const row = api.value(1), i = api.value(2), half = Math.min(32, api.size([0, 1])[1] * 0.3);
        const at = (v, r, dy) => { const [x, y] = api.coord([v, r]); return [x, y + dy]; };
        const [ax, ay] = at(before(i, row), row, half), [bx] = at(before(i + 1, row), row, half), [dx, dy] = at(before(i, row + 1), row + 1, -half), [ex] = at(before(i + 1, row + 1), row + 1, -half), m = (ay + dy) / 2;
        return { type: "path", shape: { pathData: `M${ax} ${ay}C${ax} ${m} ${dx} ${m} ${dx} ${dy}L${ex} ${dy}C${ex} ${m} ${bx} ${m} ${bx} ${ay}Z` }, style: { fill: pick(parts[i].color), opacity: 0.22 } };
      },
    });
    o.legend.data = c.categories;
    return o;
  },
  // A column of lying bars for each series, the categories by their weight. A
  // phone has them below each other.
  table(c, width) {
    const n = c.series.length;
    const weight = (i) => c.series.reduce((sum, s) => sum + (s.values[i] ?? 0), 0);
    const order = c.categories.map((_, i) => i).sort((a, b) => weight(b) - weight(a));
    const sorted = { ...c, categories: order.map((i) => c.categories[i]), series: c.series.map((s) => ({ ...s, values: order.map((i) => s.values[i]) })) };
    const o = kinds.bars(sorted, width);
    const most = Math.max(...sorted.series.flatMap((s) => s.values));
    const figure = (v) => (c.y.percent ? percent(v) : write(v, most < 100 ? 1 : 0));
    const written = (s) => (p) => (p.value === null ? "–" : c.words?.[1] ? `${figure(p.value)} (${percent(p.value / s.values.reduce((a, b) => a + b, 0))})` : figure(p.value));
    sorted.series.forEach((s, i) => { o.series[i].label = { show: true, position: "right", fontSize: 11, color: css("--ink"), formatter: written(s) }; });
    // The longest bar may end where the axis does: its figure stands behind.
    o.grid.right = 12 + Math.max(...sorted.series.flatMap((s) => s.values.map((v) => widthOf(written(s)({ value: v }), `11px ${css("--sans")}`))));
    if (width < 480) o.xAxis.name = fold(c.y.label, width - o.grid.right - 12);
    if (width < 110 * (n + 1)) return o;
    const names = Math.min(120, width * 0.2), place = (width - names) / n;
    o.legend.show = false;
    const axis = { ...o.yAxis, axisLabel: { ...o.yAxis.axisLabel, width: names - 12 } };
    o.grid = sorted.series.map((_, i) => ({ left: names + i * place, width: place - 14, top: 46, bottom: 8 }));
    o.xAxis = sorted.series.map((_, i) => ({ type: "value", gridIndex: i, max: most * (c.words?.[1] ? 2.7 : 1.7), show: false }));
    o.yAxis = sorted.series.map((_, i) => ({ ...axis, gridIndex: i, axisLabel: i ? { show: false } : axis.axisLabel }));
    o.series.forEach((s, i) => Object.assign(s, { xAxisIndex: i, yAxisIndex: i }));
    o.tooltip.trigger = "item";
    o.tooltip.formatter = (p) => tip(p.name, sorted.series.map((s) => [pick(s.color), named(c, s), written(s)({ value: s.values[p.dataIndex] })]));
    o.title = sorted.series.map((s, i) => ({
      text: s.name, subtext: c.words?.[0] ? figure(s.values.reduce((a, b) => a + b, 0)) : "", left: names + i * place, top: 6, padding: 0, itemGap: 4,
      textStyle: { color: css("--ink"), fontSize: 13, lineHeight: 16, fontWeight: "bold", width: place - 8, overflow: "truncate" }, subtextStyle: { color: css("--soft"), fontSize: 12 },
    }));
    o.title.push({ text: " ", subtext: c.words?.[0] ?? "", right: width - names + 12, top: 6, padding: 0, itemGap: 4, textStyle: { fontSize: 13, lineHeight: 16 }, subtextStyle: { color: css("--soft"), fontSize: 12 } });
    return o;
  },
  // A dot for each series on the line of each category.
  dots(c, width) {
    const o = kinds.bars(c, width);
    const spans = c.categories.map((_, i) => c.series.map((s) => s.values[i]).filter((v) => v !== null));
    o.tooltip.axisPointer = { type: "line" };
    o.tooltip.formatter = (list) => tip(c.categories[list[0].value[1]], list.filter((p) => p.seriesName !== "").map((p) => [p.color, p.seriesName, long(p.value[0], c.y)]));
    o.grid.right = 16;
    o.series = [{
      type: "custom", name: "", silent: true, z: 1, data: spans.map((v, i) => [Math.min(...v), i, Math.max(...v)]), encode: { x: [0, 2], y: 1 },
      renderItem(params, api) {
        const a = api.coord([api.value(0), api.value(1)]), b = api.coord([api.value(2), api.value(1)]);
        return { type: "line", shape: { x1: a[0], y1: a[1], x2: b[0], y2: b[1] }, style: { stroke: css("--edge"), lineWidth: 2 } };
      },
    }, ...c.series.map((s, i) => ({ type: "scatter", name: named(c, s), symbolSize: 12, z: 10 - i, itemStyle: { opacity: 1, color: pick(s.color), borderColor: css("--surface"), borderWidth: 1.5 }, data: s.values.map((v, j) => [v, j]) }))];
    o.legend.data = c.series.map((s) => s.name);
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
  // Values of different units: a chart for each series, one below another.
  lines(c, width) {
    const o = columns(c, width, "line");
    const n = c.series.length;
    o.legend.show = false;
    const rest = 34 / Math.max(1, n - 1), axis = o.yAxis;
    o.grid = c.series.map((_, i) => ({ left: 44, right: 12, top: `${i ? 62 + (i - 1) * rest : 8}%`, height: `${i ? rest - 9 : 40}%` }));
    o.xAxis = c.series.map((_, i) => ({ ...o.xAxis, gridIndex: i, name: i === n - 1 ? c.x.label : "" }));
    o.yAxis = c.series.map((s, i) => ({ ...axis, gridIndex: i, name: s.name, splitNumber: i ? 2 : 5 }));
    o.series.forEach((s, i) => Object.assign(s, { xAxisIndex: i, yAxisIndex: i }));
    o.tooltip.axisPointer = { type: "line", link: [{ xAxisIndex: "all" }] };
    return o;
  },
  // The curve of each series over one axis, one below another, with its median.
  density(c, width) {
    const o = ridges(c, width, c.series.map(() => 1));
    // Zeros alone have no range in the specification, and one value alone no width.
    const [low, high] = c.range ?? [0, 0], side = c.whole || low === high ? 0.5 : 0;
    Object.assign(o.xAxis, { min: low - side, max: high + side, name: c.x.label });
    Object.assign(o.xAxis.axisLabel, { showMinLabel: false, showMaxLabel: false });
    if (c.whole) Object.assign(o.xAxis, { interval: 1, min: low - 1, max: high + 1, axisLabel: { ...o.xAxis.axisLabel, formatter: (v) => (v < low || v > high ? "" : write(v, 0, 2)) } });
    o.series[0].renderItem = (params, api) => {
      const i = api.value(0), s = c.series[i], curve = s.curve ?? [];
      const x = (v) => api.coord([v, i])[0], middle = s.middle ?? 0;
      const foot = api.coord([low, i])[1] + api.size([0, 1])[1] * 0.42, tall = api.size([0, 1])[1] * 0.68;
      const children = [{ type: "line", shape: { x1: params.coordSys.x, y1: foot, x2: params.coordSys.x + params.coordSys.width, y2: foot }, style: { stroke: css("--line") } }];
      if (!curve.length) return { type: "group", children };
      const color = pick(s.color), most = Math.max(...curve, 1e-9);
      if (c.whole) {
        const w = (x(1) - x(0)) * 0.7;
        curve.forEach((v, k) => children.push({ type: "rect", shape: { x: x(low + k) - w / 2, y: foot - v / most * tall, width: w, height: v / most * tall }, style: { fill: color, opacity: 0.8 } }));
      } else {
        const points = curve.map((v, k) => [x(low + (high - low) * k / (curve.length - 1)), foot - v * tall]);
        children.push({ type: "polygon", shape: { points: [[points[0][0], foot], ...points, [points.at(-1)[0], foot]] }, style: { fill: color, opacity: 0.35 } });
        children.push({ type: "polyline", shape: { points }, style: { stroke: color, lineWidth: 2, fill: "none" } });
        children.push({ type: "line", shape: { x1: x(middle), y1: foot, x2: x(middle), y2: foot - tall }, style: { stroke: css("--ink"), lineWidth: 1.5 } });
      }
      children.push({ type: "text", style: { x: x(middle), y: foot - tall - 3, text: long(middle, c.x), align: "center", verticalAlign: "bottom", fill: css("--ink"), font: `12px ${css("--sans")}` } });
      return { type: "group", children };
    };
    // Which part of whom lies in the range under the mouse.
    o.tooltip.formatter = (p) => tip(p.name, c.categories.map((name, j) => ["", name, long(c.series[p.dataIndex].values[j], c.y)]).filter((r, j) => c.series[p.dataIndex].values[j] > 0));
    return o;
  },
  // A blade for each series, as high as it has rows.
  silhouette(c, width) {
    const counts = c.series.map((s) => s.curve?.length ?? 0);
    const o = ridges(c, width, counts);
    const least = Math.min(0, ...c.series.flatMap((s) => s.curve ?? []));
    Object.assign(o.xAxis, { min: Math.floor(least * 5) / 5, max: 1, name: c.words?.[0] ?? c.y.label });
    const total = counts.reduce((a, b) => a + b, 0);
    o.series[0].renderItem = (params, api) => {
      const i = api.value(0), gap = 7, { y, height } = params.coordSys;
      const row = (height - gap * (counts.length - 1)) / total;
      let top = y;
      for (let k = 0; k < i; k++) top += counts[k] * row + gap;
      const x = (v) => api.coord([v, 0])[0], curve = c.series[i].curve ?? [];
      const points = [[x(0), top], ...curve.flatMap((v, k) => [[x(v), top + k * row], [x(v), top + (k + 1) * row]]), [x(0), top + curve.length * row]];
      const mid = top + curve.length * row / 2, font = `12px ${css("--sans")}`, edge = params.coordSys.x - 8;
      const note = fold(c.series[i].note ?? "", edge, "", 11), more = 6.5 * (note.split("\n").length - 1);
      return {
        type: "group", children: [
          { type: "polygon", shape: { points }, style: { fill: pick(c.series[i].color) } },
          { type: "text", style: { x: 0, y: mid - 8 - more, text: c.series[i].name, verticalAlign: "middle", fill: css("--ink"), font: `bold ${font}`, width: edge, overflow: "truncate" } },
          { type: "text", style: { x: 0, y: mid + 8, text: note, lineHeight: 13, verticalAlign: "middle", fill: css("--soft"), font: `11px ${css("--sans")}` } },
        ],
      };
    };
    o.yAxis.axisLabel = { show: false };
    o.grid.left = Math.min(190, width * 0.4);
    const mean = c.series.reduce((sum, s, i) => sum + (s.curve ?? []).reduce((a, b) => a + b, 0), 0) / total;
    o.series.push({ type: "scatter", data: [], markLine: { symbol: "none", silent: true, lineStyle: { color: css("--ink"), type: "dashed" }, label: { formatter: c.mark, color: css("--ink"), position: "start" }, data: [{ xAxis: mean }] } });
    o.tooltip.formatter = (p) => tip(p.name, [["", c.y.label, long(c.series[p.dataIndex].middle, c.y)]]);
    return o;
  },
  scatter(c, width) {
    const o = base(c);
    o.tooltip.formatter = (p) => tip(p.seriesName, [[p.color, c.x.label, long(p.value[0], c.x)], [p.color, c.y.label, long(p.value[1], c.y)]]);
    const name = (axis) => fold(axis.label, width - 40);
    const apart = { axisLine: { show: false, onZero: false } };
    o.xAxis = { ...valueAxis(c.x), ...apart, name: name(c.x), nameLocation: "middle", nameGap: 28, nameTextStyle: { align: "center", verticalAlign: "top", lineHeight: 15, color: css("--soft") }, scale: true };
    o.yAxis = { ...valueAxis(c.y), ...apart, name: name(c.y), nameTextStyle: { align: "left", lineHeight: 15, color: css("--soft") }, scale: true };
    o.grid.bottom = 20 + 15 * name(c.x).split("\n").length;
    o.grid.top += 15 * (name(c.y).split("\n").length - 1);
    o.series = c.series.map((s) => ({ type: "scatter", name: s.name, data: s.points ?? [], symbolSize: 6, itemStyle: { color: pick(s.color), opacity: 0.6 }, large: s.points?.length > 3000 }));
    // Areas lie behind all points, and go with those of their name.
    for (const s of c.series.filter((s) => s.area)) {
      const color = pick(s.color);
      o.series.unshift({
        type: "custom", name: s.name, silent: true, z: 0, clip: true, itemStyle: { color }, data: s.area, encode: { x: 0, y: 1 },
        renderItem: (params, api) => (params.dataIndex ? null : { type: "polygon", shape: { points: s.area.map((p) => api.coord(p)) }, style: { fill: color, fillOpacity: 0.13, stroke: color, lineWidth: 1.5 } }),
      });
    }
    // A legend that breaks into lines, rather than turns pages, pushes the rest down.
    let at = 0, lines = 1;
    for (const s of c.series) {
      const w = widthOf(s.name, `13px ${css("--sans")}`) + 38;
      if (at && at + w > width) { at = 0; lines++; }
      at += w;
    }
    Object.assign(o.legend, { type: "plain", data: c.series.map((s) => s.name) });
    o.grid.top += 29 * (lines - 1);
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
    o.tooltip.formatter = (p) => tip(c.categories[p.value[1]], [["", c.series[p.value[0]].name, c.cells?.[p.value[1]]?.[p.value[0]] ?? long(p.value[2], c.y)], ...(c.cells ? [["", c.y.label, long(p.value[2], c.y)]] : [])]);
    o.grid = { left: 4, right: 12, top: 28, bottom: 40, containLabel: true };
    o.xAxis = categoryAxis({ categories: c.series.map((s) => s.name) }, { position: "top", axisLine: { show: false }, axisLabel: { color: css("--ink"), interval: 0, overflow: "truncate" } });
    o.yAxis = categoryAxis(c, { inverse: true, axisLine: { show: false } });
    Object.assign(o.yAxis.axisLabel, { width: Math.min(260, width * 0.34), overflow: "break", lineHeight: 14, interval: 0, hideOverlap: false });
    o.visualMap = {
      min: -most, max: most, orient: "horizontal", right: 12, bottom: 0, itemWidth: 10, itemHeight: 120, calculable: false, text: [`+${long(most, c.y)}`, `${width < 560 ? "" : c.y.label} ${long(-most, c.y)}`.trim()], textStyle: { color: css("--soft") },
      inRange: { color: dim() ? ["#8c481e", "#202730", "#265c91"] : ["#e28e5a", "#f8f9fa", "#5a96cd"] },
    };
    o.series = [{ type: "heatmap", data, label: { show: true, color: css("--ink"), formatter: (p) => (p.value[2] === null ? "" : c.cells?.[p.value[1]]?.[p.value[0]] ?? long(p.value[2], c.y)) }, itemStyle: { borderColor: css("--surface"), borderWidth: 2 } }];
    return o;
  },
  // Boxes within boxes, as high as their customers, in the colour of their mean.
  icicle(c, width) {
    const o = base(c);
    const levels = c.x.label.split(", "), total = c.root.reduce((sum, n) => sum + n.count, 0), sans = css("--sans");
    const boxes = [];
    const walk = (nodes, level, at, path) => {
      for (const n of nodes) {
        boxes.push({ value: [level, at, n.count, n.value / n.count], name: n.name, path: [...path, n.name], sum: n.value });
        walk(n.children ?? [], level + 1, at, [...path, n.name]);
        at += n.count;
      }
    };
    walk(c.root, 0, 0, []);
    const detailOf = (b) => `${percent(b.value[2] / total)}  ·  ${long(b.value[3])}`;
    // A level has the room of its longest word, so that names break but are not cut.
    const rooms = levels.map((text, i) => Math.max(widthOf(text, `13px ${sans}`), ...boxes.filter((b) => b.value[0] === i).flatMap((b) => [detailOf(b), ...b.name.split(" ")]).map((word) => widthOf(word, `bold 12px ${sans}`))) + 18);
    const edges = [0];
    for (const room of rooms) edges.push(edges.at(-1) + room / rooms.reduce((a, b) => a + b, 0));
    const leaves = boxes.filter((b) => b.value[0] === levels.length - 1).map((b) => b.value[3]);
    const low = Math.min(...leaves), high = Math.max(...leaves);
    o.grid = { left: 0, right: 0, top: 26, bottom: 36 };
    o.xAxis = { type: "value", min: 0, max: 1, show: false };
    o.yAxis = { type: "value", min: 0, max: total, inverse: true, show: false };
    o.title = levels.map((text, i) => ({ text, left: edges[i] * width + 4, top: 4, padding: 0, textStyle: { color: css("--soft"), fontSize: 13, fontWeight: "normal" } }));
    const ends = [long(high), `${c.words?.[0] ?? ""} ${long(low)}`];
    o.visualMap = {
      min: low, max: high, dimension: 3, orient: "horizontal", left: 0, bottom: 0, itemWidth: 10, itemHeight: Math.min(120, width - widthOf(ends.join(" "), `12px ${sans}`) - 40), calculable: false, precision: 0,
      text: ends, textStyle: { color: css("--soft") }, inRange: { color: dim() ? ["#1c2e38", "#45c4d6"] : ["#e8f2f4", "#0b7285"] },
    };
    o.tooltip.formatter = (p) => tip(p.data.path.join(", "), [["", c.words?.[1] ?? "", `${write(p.value[2], 0)} (${percent(p.value[2] / total)})`], ["", c.words?.[0] ?? "", long(p.value[3])], ["", c.y.label, long(p.data.sum)]]);
    o.series = [{
      type: "custom", data: boxes, encode: { x: 0, y: 1 },
      renderItem(params, api) {
        const level = api.value(0), [x, y] = api.coord([edges[level], api.value(1)]), [w, h] = api.size([edges[level + 1] - edges[level], api.value(2)]);
        const b = boxes[params.dataIndex], fill = api.visual("color"), ink = onto(fill);
        const children = [{ type: "rect", shape: { x, y, width: w - 1.5, height: Math.max(h - 1.5, 0.5) }, style: { fill } }];
        const name = fold(b.name, w - 16, "bold "), lines = name.split("\n").length, both = `${b.name}   ${detailOf(b)}`;
        const write = (text, dy, style) => children.push({ type: "text", style: { x: x + 8, y: y + h / 2 + dy, text, verticalAlign: "middle", fill: ink, lineHeight: 15, font: `${style}12px ${sans}` } });
        if (h >= 15 * lines + 19) { write(name, -7.5, "bold "); write(detailOf(b), 7.5 * lines, ""); } else if (h >= 14 && widthOf(both, `12px ${sans}`) <= w - 16) write(both, 0, ""); else if (h >= 15 * lines - 1) write(name, 0, "");
        return { type: "group", children };
      },
    }];
    return o;
  },
};

// inside is a label in the middle of a part of a bar.
const inside = (colour, formatter) => ({ show: true, position: "inside", formatter, color: onto(pick(colour)), fontSize: 12 });

// onto is the better readable of black and white upon a colour (WCAG 2.2).
function onto(colour) {
  const parts = colour.startsWith("#") ? colour.slice(1).match(/../g).map((v) => parseInt(v, 16)) : colour.match(/\d+/g).map(Number);
  const [r, g, b] = parts.map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#000" : "#fff";
}

// ridges is the frame of charts that have a custom mark for each series, one
// below another.
function ridges(c, width) {
  const o = base(c);
  o.legend.show = false;
  // A name breaks at its blanks, so that its longest word has room.
  const word = Math.max(...c.series.flatMap((s) => s.name.split(" ")).map((w) => widthOf(w, `bold 12px ${css("--sans")}`)));
  const names = Math.max(Math.min(100, width * 0.22), Math.min(word + 2, width * 0.34));
  o.grid = { left: names + 10, right: 16, top: 20, bottom: 44 };
  o.xAxis = { ...valueAxis(c.x), nameLocation: "middle", nameGap: 28, nameTextStyle: { align: "center", color: css("--soft") }, splitLine: { show: false }, axisLine: { show: true, lineStyle: { color: css("--edge") } } };
  o.yAxis = categoryAxis({ categories: c.series.map((s) => s.name) }, { inverse: true, axisLine: { show: false } });
  Object.assign(o.yAxis.axisLabel, { color: css("--ink"), fontWeight: "bold", interval: 0, hideOverlap: false, formatter: (name) => fold(name, names, "bold "), lineHeight: 15 });
  o.series = [{ type: "custom", data: c.series.map((s, i) => ({ name: s.name, value: [i, s.middle ?? 0] })), encode: { x: 1, y: 0 } }];
  return o;
}

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
    const longest = (split) => Math.max(...c.categories.flatMap((n) => n.split(split)).map((n) => widthOf(n, `12px ${css("--sans")}`)));
    Object.assign(o.xAxis.axisLabel, { interval: 0, hideOverlap: false });
    if (longest(" ") > place) {
      const reach = Math.min(longest("\n"), 120);
      Object.assign(o.xAxis.axisLabel, { rotate: 40, width: 130, overflow: "truncate" });
      o.xAxis.nameGap = 22 + 0.7 * reach;
    } else {
      o.xAxis.axisLabel.formatter = (name) => fold(name, place);
      o.xAxis.nameGap = 13 + 15 * Math.max(...c.categories.map((n) => fold(n, place).split("\n").length));
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
  for (const entry of entries) {
    const one = drawn.find((d) => d.chart.getDom() === entry.target);
    if (!one || entry.contentRect.width === 0) continue;
    one.chart.resize();
    if (Math.abs(one.width - one.chart.getWidth()) < 1) continue;
    one.width = one.chart.getWidth();
    one.chart.setOption(kinds[one.c.kind](one.c, one.width), true);
  }
});

// A chart is drawn when it comes near to the screen.
const watch = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (!entry.isIntersecting) continue;
    // One that cannot be drawn stays the picture of the server, and stops no other.
    try {
      draw(entry.target);
    } catch (e) {
      console.error(e);
    }
  }
}, { rootMargin: "400px" });

function draw(box) {
  watch.unobserve(box);
  const c = JSON.parse(box.querySelector('script[type="application/json"]').textContent);
  const option = kinds[c.kind]?.(c, box.clientWidth);
  if (!option) return;
  box.replaceChildren();
  box.classList.add("live");
  box.removeAttribute("tabindex");
  if (["icicle", "silhouette", "lines"].includes(c.kind) || c.series?.some((s) => s.area) || (c.kind === "density" && c.series.length > 4) || (c.kind === "table" && box.clientWidth < 480) || (c.kind === "heat" && c.categories.length > 7)) box.classList.add("tall");
  if (c.kind === "icicle" && box.clientWidth < 480) box.classList.add("taller"); // names break into lines
  const chart = echarts.init(box, null, { renderer: "svg" });
  chart.setOption(option);
  drawn.push({ chart, c, width: chart.getWidth() });
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
