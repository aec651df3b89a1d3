// The floor's page: clocks; a panel that opens when its content has come, closes when what was asked for is done, and gives
// the focus back to the row that it came from.
import { watchClocks } from "../desk_browser/clocks";

const floor = document.querySelector<HTMLElement>("[data-floor]");
const panel = document.getElementById("floor-panel");
if (floor && panel instanceof HTMLDialogElement) {
  watchClocks(Number(floor.dataset["now"]));
  watchPanel(panel);
}

function watchPanel(dialog: HTMLDialogElement): void {
  let opener = "";
  document.addEventListener("htmx:afterSwap", (event) => {
    const detail = (event as CustomEvent<{ requestConfig?: { elt: Element } }>).detail;
    if (!(event.target instanceof Element) || event.target.id !== "floor-panel-body") return;
    opener = detail.requestConfig?.elt.id ?? "";
    if (!dialog.open) dialog.showModal();
  });
  dialog.addEventListener("close", () => {
    document.getElementById("floor-panel-body")?.replaceChildren();
    document.getElementById(opener)?.focus();
  });
  document.body.addEventListener("floor-done", () => dialog.close());
}
