// A page that shows the present moment says so when what it shows is older than two seconds: because no beat came, because
// the beat says so itself, or because a piece that is asked for at a change has not come yet.
import htmx from "./htmx";

const STALE_MS = 2000;
const LOOK_MS = 250;
/** Beats come twice a second: a stream without any for so long is dead, though the browser may not notice for minutes. */
const SILENT_MS = 8000;
const AGAIN_MS = 3000;
const AGAIN_MOST_MS = 60_000;

interface Beat { status: "live" | "stale" | "blind"; age: number | null }
interface Pulse { beat: Beat; at: number }
interface Connected extends HTMLElement { "htmx-internal-data"?: { sseEventSource?: EventSource } }
interface Asked { since: number; failed: number }

const pulses = new WeakMap<Element, Pulse>();
const revived = new WeakMap<Element, number>();
const asked = new Map<Element, Asked>();
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
  document.addEventListener("htmx:beforeRequest", (event) => begin(event.target));
  document.addEventListener("htmx:afterRequest", (event) => finish(event.target, (event as CustomEvent<{ successful?: boolean }>).detail));
  setInterval(() => document.querySelectorAll<HTMLElement>("[data-live]").forEach(look), LOOK_MS);
}

// What makes a piece ask for itself anew, as `sse:state`; undefined: it is none that follows the stream.
function follows(target: EventTarget | null): string | undefined {
  return target instanceof Element ? /sse:[\w-]+/.exec(target.getAttribute("hx-trigger") ?? "")?.[0] : undefined;
}

function begin(target: EventTarget | null): void {
  if (target instanceof Element && follows(target) && !asked.has(target)) asked.set(target, { since: performance.now(), failed: 0 });
}

function finish(target: EventTarget | null, detail: { successful?: boolean }): void {
  const known = target instanceof Element ? asked.get(target) : undefined;
  if (!(target instanceof Element) || !known) return;
  if (detail.successful) return void asked.delete(target);
  setTimeout(() => ask(target), Math.min(AGAIN_MS * 2 ** known.failed, AGAIN_MOST_MS));
  known.failed += 1;
}

function ask(piece: Element): void {
  const name = follows(piece);
  if (name && piece.isConnected && asked.has(piece)) htmx.trigger(piece, name);
}

// How long the page has waited for a piece.
function behind(element: HTMLElement): number {
  let longest = 0;
  for (const [piece, { since }] of asked) {
    if (!piece.isConnected) asked.delete(piece);
    else if (element.contains(piece)) longest = Math.max(longest, performance.now() - since);
  }
  return longest;
}

// By the extension's own way back: it begins anew when a closed stream has an error.
function revive(element: HTMLElement): void {
  const beat = pulses.get(element)?.at ?? began;
  const again = revived.get(element) ?? 0;
  // A browser sends the new request into the next of its idle connections, each of which may be as dead.
  const patience = again > beat ? AGAIN_MS : SILENT_MS;
  const source = (element as Connected)["htmx-internal-data"]?.sseEventSource;
  if (!source || "over" in element.dataset || performance.now() - Math.max(beat, again) < patience) return;
  revived.set(element, performance.now());
  source.close();
  source.dispatchEvent(new Event("error"));
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
  revive(element);
  const words = wordsFor(element);
  element.classList.toggle("is-stale", words !== "");
  banner.hidden = words === "";
  if (banner.textContent !== words) banner.textContent = words;
}

function wordsFor(element: HTMLElement): string {
  if ("over" in element.dataset) return element.dataset["overText"] ?? "";
  const age = Math.max(ageOf(element), behind(element));
  if (age > STALE_MS) {
    const stale = element.dataset["staleText"] ?? "";
    if (!Number.isFinite(age)) return stale;
    const seconds = new Intl.NumberFormat(document.documentElement.lang).format(Math.floor(age / 1000));
    return `${stale} · ${seconds} ${element.dataset["secondsText"] ?? ""}`;
  }
  return pulses.get(element)?.beat.status === "blind" ? (element.dataset["blindText"] ?? "") : "";
}
