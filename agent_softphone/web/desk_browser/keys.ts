// Alt and a key: what carries data-key (the key's place, whatever letter is on it) is clicked or entered. `?` shows all.
export function watchKeys(): void {
  document.addEventListener("keydown", (event) => {
    if (event.key === "?" || event.key === "؟") showHelp(event);
    if (!event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (document.querySelector("dialog[open]")) return;
    const code = event.code === "NumpadEnter" ? "Enter" : event.code;
    const target = [...document.querySelectorAll<HTMLElement>("[data-key]")].find((one) => one.dataset["key"] === code);
    if (!target) return;
    event.preventDefault();
    if (target.matches("button, summary")) target.click();
    else target.focus();
    if (target.matches("summary")) target.parentElement?.querySelector<HTMLElement>(".menu-body button")?.focus();
    target.scrollIntoView({ block: "nearest" });
  });
}

function showHelp(event: KeyboardEvent): void {
  if (event.target instanceof Element && event.target.closest("input, textarea, select, [contenteditable]")) return;
  const dialog = document.getElementById("desk-help");
  if (dialog instanceof HTMLDialogElement && !dialog.open) dialog.showModal();
}
