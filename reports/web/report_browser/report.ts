// A report's page: figures over time as steps, and printing. The table below a chart has the same values.
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

interface Series { label: string; values: (number | null)[]; earlier?: boolean }
interface Lines {
  times: number[]; end: number; series: Series[]; unit: string; zone: string; calendar: string; time: string;
}

const HEIGHT = 300;
const DAY = 86_400;
const COLOURS = 6;
const DASHES = [[], [9, 4], [2, 3], [12, 3, 2, 3], [5, 2], [14, 5]];
const PIXELS_BETWEEN_TICKS = 95;
const WHOLE_STEPS = [1, 2, 5].flatMap((one) => [...Array(10).keys()].map((power) => one * 10 ** power)).sort((a, b) => a - b);

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function writer(unit: string, language: string): (value: number | null) => string {
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: unit === "count" ? 0 : 2 });
  const percent = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 });
  const two = new Intl.NumberFormat(language, { minimumIntegerDigits: 2, useGrouping: false });
  return (value) => {
    if (value === null || value === undefined) return "–";
    if (unit === "ratio" || unit === "change") return percent.format(value);
    if (unit !== "seconds") return number.format(value);
    const whole = Math.round(value);
    return `${number.format(Math.floor(whole / 60))}:${two.format(whole % 60)}`;
  };
}

function moments(chart: Lines, language: string): (at: number) => string {
  const span = chart.end - (chart.times[0] ?? 0);
  const calendar = chart.calendar === "jalali" ? "persian" : "gregory";
  const shape: Intl.DateTimeFormatOptions = span <= 2 * DAY
    ? { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }
    : span <= 400 * DAY ? { day: "numeric", month: "short" } : { month: "short", year: "numeric" };
  const format = new Intl.DateTimeFormat(`${language}-u-ca-${calendar}`, { ...shape, timeZone: chart.zone });
  // A canvas is written from the left: without the mark a Persian day would stand behind its month.
  const mark = document.documentElement.dir === "rtl" ? "\u200f" : "";
  return (at) => mark + format.format(at * 1000);
}

// Where the intervals themselves begin: a calendar's months are no even steps.
function ticks(chart: Lines, width: number): number[] {
  const every = Math.max(1, Math.ceil(chart.times.length / Math.max(2, Math.floor(width / PIXELS_BETWEEN_TICKS))));
  return chart.times.filter((_, number) => number % every === 0);
}

// From nought, or from below it where something fell.
function heights(unit: string, low: number | null, high: number | null): [number, number] {
  if (unit === "ratio") return [0, 1];
  const least = Math.min(0, low ?? 0), most = Math.max(0, high ?? 0);
  return [least * 1.08, most === least ? 1 : most * 1.08];
}

function lineOf(one: Series, number: number, stepped: uPlot.Series.PathBuilder, write: (value: number | null) => string): uPlot.Series {
  const own = Math.floor(number);
  return {
    label: one.label, stroke: colour(`--line-${(own % COLOURS) + 1}`), width: one.earlier ? 1.25 : 2.25, paths: stepped,
    dash: one.earlier ? [2, 4] : DASHES[own % COLOURS] ?? [], points: { show: false },
    value: (_plot, value) => write(value),
  };
}

// A step lasts until the next time, also where that one has no value: it gets a point of its own just before it.
function stepsOf(chart: Lines): (number | null)[][] {
  const ends = [...chart.times.slice(1), chart.end];
  const kept = chart.times.map((_, at) => at + 1 === chart.times.length
    || chart.series.some((one) => one.values[at] != null && one.values[at + 1] == null));
  const doubled = <T>(values: readonly T[], ending: (at: number) => T): T[] =>
    values.flatMap((value, at) => kept[at] ? [value, ending(at)] : [value]);
  return [
    doubled(chart.times, (at) => (ends[at] ?? chart.end) - (at + 1 < chart.times.length ? 1 : 0)),
    ...chart.series.map((one) => doubled(one.values, (at) => one.values[at] ?? null)),
  ];
}

function draw(place: HTMLElement): void {
  const chart = JSON.parse(place.dataset["lines"] ?? "{}") as Lines;
  const language = document.documentElement.lang;
  const mirrored = document.documentElement.dir === "rtl";
  const write = writer(chart.unit, language);
  const moment = moments(chart, language);
  // uPlot goes from the left to the right: in a mirrored chart it meets the end of a step first.
  const stepped = uPlot.paths.stepped?.({ align: mirrored ? -1 : 1 });
  if (!stepped) return;
  const font = `12px ${getComputedStyle(document.body).fontFamily}`;
  const axis = { stroke: colour("--soft"), font, grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line") } };
  let drawn = -1;
  const lines = chart.series.map((one) => lineOf(one, one.earlier ? drawn : ++drawn, stepped, write));
  const data = stepsOf(chart);
  const plot = new uPlot({
    width: place.clientWidth, height: HEIGHT,
    scales: { x: { dir: mirrored ? -1 : 1 }, y: { range: (_plot, low, high) => heights(chart.unit, low, high) } },
    series: [{ label: chart.time, value: (_plot, at) => (at === null ? "–" : moment(at)) }, ...lines],
    axes: [
      { ...axis, splits: (plot) => ticks(chart, plot.width), values: (_plot, at) => at.map(moment) },
      { ...axis, side: mirrored ? 1 : 3, size: 62, ...(chart.unit === "count" ? { incrs: WHOLE_STEPS } : {}), values: (_plot, values) => values.map((one) => write(one)) },
    ],
  }, data as uPlot.AlignedData, place);
  new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: HEIGHT })).observe(place);
  place.dataset["drawn"] = "yes";
}

document.addEventListener("click", (event) => {
  if (event.target instanceof Element && event.target.closest("[data-print]")) window.print();
});
// Canvases take a font only once it is there.
void document.fonts.ready.then(() => document.querySelectorAll<HTMLElement>("[data-lines]").forEach(draw));
