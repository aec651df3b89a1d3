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
    const dialler = target?.closest<HTMLElement>("[data-dials]");
    const phone = document.querySelector<HTMLElement & { call?: (to: string) => Promise<void> }>("pasokh-phone");
    if (dialler) void phone?.call?.(dialler.dataset["dials"] ?? "");
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target instanceof HTMLElement && event.target.id === "desk-task") document.getElementById("task-title")?.focus();
    const rings = document.querySelector('#desk-call [data-phase="ringing"]') !== null;
    document.title = rings ? `☎ ${page.dataset["ringing"] ?? ""}` : title;
  });
}

function clear(id: string): void {
  document.getElementById(id)?.replaceChildren();
  document.getElementById("work-title")?.focus();
}
