// What every page needs: htmx, live events, toasts, dialogs.
import "./htmx";
import "htmx-ext-sse";
import "idiomorph/htmx";
import { watchLive } from "./live";
import { toast, watchToasts } from "./toasts";

function watchDialogs(): void {
  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const opener = target?.closest<HTMLElement>("[data-opens]");
    const dialog = opener && document.getElementById(opener.dataset["opens"] ?? "");
    if (dialog instanceof HTMLDialogElement) dialog.showModal();
    if (target?.closest("[data-closes]")) target.closest("dialog")?.close();
    for (const menu of document.querySelectorAll<HTMLDetailsElement>("details.menu[open]")) {
      if (target && !menu.contains(target)) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll<HTMLDetailsElement>("details.menu[open]")) {
      menu.open = false;
      menu.querySelector("summary")?.focus();
    }
  });
}

watchDialogs();
watchToasts();
watchLive();
document.addEventListener("htmx:sendError", () => toast(document.body.dataset["offline"] ?? "", "refused"));
document.addEventListener("htmx:configRequest", (event) => {
  const detail = (event as CustomEvent<{ headers: Record<string, string> }>).detail;
  detail.headers["HX-Current-URL-Path"] = location.pathname;
});
