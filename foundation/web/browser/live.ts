// A page that shows the present moment says so when what it shows is older than two seconds.
const STALE_MS = 2000;
const LOOK_MS = 250;

interface Beat { status: "live" | "stale" | "blind"; age: number | null }
interface Pulse { beat: Beat; at: number }

const pulses = new WeakMap<Element, Pulse>();
const began = performance.now();

export function watchLive(): void {
  document.addEventListener("htmx:sseOpen", (event) => {
    const source = (event as CustomEvent<{ source: EventSource }>).detail.source;
    const element = event.target;
    if (!(element instanceof HTMLElement) || !("live" in element.dataset)) return;
    source.addEventListener("beat", (message) => {
      pulses.set(element, { beat: JSON.parse(message.data as string) as Beat, at: performance.now() });
    });
    source.addEventListener("over", () => {
      source.close();
      element.dataset["over"] = "";
    });
  });
  setInterval(() => document.querySelectorAll<HTMLElement>("[data-live]").forEach(look), LOOK_MS);
}

// Milliseconds since the picture was true; a page without any beat counts from its own beginning.
function ageOf(element: HTMLElement): number {
  const pulse = pulses.get(element);
  if (!pulse) return performance.now() - began;
  return (pulse.beat.age ?? Infinity) + (performance.now() - pulse.at);
}

function look(element: HTMLElement): void {
  const banner = element.querySelector<HTMLElement>("[data-stale]");
  if (!banner) return;
  const words = wordsFor(element);
  element.classList.toggle("is-stale", words !== "");
  banner.hidden = words === "";
  if (banner.textContent !== words) banner.textContent = words;
}

function wordsFor(element: HTMLElement): string {
  if ("over" in element.dataset) return element.dataset["overText"] ?? "";
  const age = ageOf(element);
  if (age > STALE_MS) {
    const stale = element.dataset["staleText"] ?? "";
    if (!Number.isFinite(age)) return stale;
    const seconds = new Intl.NumberFormat(document.documentElement.lang).format(Math.floor(age / 1000));
    return `${stale} · ${seconds} ${element.dataset["secondsText"] ?? ""}`;
  }
  return pulses.get(element)?.beat.status === "blind" ? (element.dataset["blindText"] ?? "") : "";
}
