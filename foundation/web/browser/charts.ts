// Lines over time: <div class="chart" data-chart='{"times": [epoch seconds], "zone": ..., "time": word for time,
// "series": [{"label": ..., "values": [...]}]}'>
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

interface Series { label: string; values: (number | null)[] }
interface Chart { times: number[]; series: Series[]; zone: string; time?: string }

const COLOURS = ["--accent", "--warn", "--bad", "--good", "--soft"];
const HEIGHT = 260;

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function draw(place: HTMLElement): void {
  const chart = JSON.parse(place.dataset["chart"] ?? "{}") as Chart;
  const language = document.documentElement.lang;
  const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: chart.zone });
  const figures = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
  const font = `13px ${getComputedStyle(document.body).fontFamily}`;
  const axis = { stroke: colour("--soft"), font, grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line") } };
  const plot = new uPlot({
    width: place.clientWidth, height: HEIGHT,
    series: [
      { label: chart.time ?? "\u2007", value: (_plot, at) => (at === null ? "–" : clock.format(at * 1000)) },
      ...chart.series.map((one, number) => ({
        label: one.label, stroke: colour(COLOURS[number % COLOURS.length] ?? "--ink"), width: 2,
        dash: number ? [6 + 2 * number, 3] : [], value: (_plot: uPlot, value: number | null) => (value === null ? "–" : figures.format(value)),
      })),
    ],
    axes: [
      { ...axis, values: (_plot, at) => at.map((one) => clock.format(one * 1000)) },
      { ...axis, values: (_plot, values) => values.map((one) => figures.format(one)) },
    ],
  }, [chart.times, ...chart.series.map((one) => one.values)], place);
  new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: HEIGHT })).observe(place);
}

// Canvases take a font only once it is there.
void document.fonts.ready.then(() => document.querySelectorAll<HTMLElement>("[data-chart]").forEach(draw));
