// The desk's page: clocks, keys, notes that are kept as they are typed, sounds.
import { watchClocks } from "./clocks";
import { watchKeys } from "./keys";
import { watchNotes } from "./notes";
import { watchSounds } from "./sounds";

const desk = document.querySelector<HTMLElement>("[data-desk]");
if (desk) {
  watchClocks(Number(desk.dataset["now"]));
  watchKeys();
  watchNotes(desk);
  watchSounds();
  watchPieces(desk);
}

// Pieces that come and go, and the title that tells of a ringing telephone when another window is in front.
function watchPieces(page: HTMLElement): void {
  const title = document.title;
  document.body.addEventListener("desk-done", () => {
    document.querySelectorAll<HTMLDialogElement>("#desk-call dialog[open]").forEach((dialog) => dialog.close());
  });
  document.body.addEventListener("desk-task", () => clear("desk-task"));
  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const clearer = target?.closest<HTMLElement>("[data-clears]");
    if (clearer) clear(clearer.dataset["clears"] ?? "");
    if (target?.closest('[data-opens="deed-case"]')) prefill();
    const wish = target?.closest<HTMLButtonElement>("button[data-post]");
    if (wish) post(page, wish);
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target instanceof HTMLElement && event.target.id === "desk-task") document.getElementById("task-title")?.focus();
    const rings = document.querySelector('#desk-call [data-phase="ringing"]') !== null;
    document.title = rings ? `☎ ${page.dataset["ringing"] ?? ""}` : title;
  });
}

// By an element that stays: the button itself may be replaced by a newer picture in this very moment.
function post(page: HTMLElement, wish: HTMLButtonElement): void {
  const htmx = (window as unknown as { htmx: { ajax(verb: string, path: string, context: object): Promise<void> } }).htmx;
  const values = wish.name ? { [wish.name]: wish.value } : {};
  void htmx.ajax("POST", wish.dataset["post"] ?? "", { source: page, swap: "none", values });
}

// A follow-up begins with what was noted so far.
function prefill(): void {
  take("call-notes", "case-summary");
  take("call-subject", "case-subject");
}

function take(from: string, to: string): void {
  const source = document.getElementById(from), target = document.getElementById(to);
  const areas = source instanceof HTMLTextAreaElement && target instanceof HTMLTextAreaElement;
  const lists = source instanceof HTMLSelectElement && target instanceof HTMLSelectElement;
  if ((areas || lists) && source.value) target.value = source.value;
}

function clear(id: string): void {
  document.getElementById(id)?.replaceChildren();
  document.getElementById("work-title")?.focus();
}
