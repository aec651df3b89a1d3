// <span data-since="epoch ms"> runs up, <span data-until="epoch ms"> down to nothing; in the digits of the page's language.
const TICK_MS = 250;

export function watchClocks(serverNow: number): void {
  const ahead = serverNow - Date.now();
  const two = new Intl.NumberFormat(document.documentElement.lang, { minimumIntegerDigits: 2, useGrouping: false });
  const plain = new Intl.NumberFormat(document.documentElement.lang, { useGrouping: false });

  function written(seconds: number): string {
    const hours = Math.floor(seconds / 3600), minutes = Math.floor(seconds / 60) % 60;
    const parts = hours ? [plain.format(hours), two.format(minutes)] : [plain.format(minutes)];
    return [...parts, two.format(seconds % 60)].join(":");
  }

  function tick(): void {
    const now = Date.now() + ahead;
    for (const clock of document.querySelectorAll<HTMLElement>("[data-since], [data-until]")) {
      const since = clock.dataset["since"];
      const ms = since === undefined ? Number(clock.dataset["until"]) - now : now - Number(since);
      const seconds = Math.max(0, since === undefined ? Math.ceil(ms / 1000) : Math.floor(ms / 1000));
      const text = written(seconds);
      if (clock.textContent !== text) clock.textContent = text;
      mark(clock, seconds);
    }
  }

  tick();
  setInterval(tick, TICK_MS);
  document.addEventListener("htmx:afterSwap", tick);
  document.addEventListener("htmx:sseMessage", tick);
}

// A wait over the queue's limit is told by a sign and words, too.
function mark(clock: HTMLElement, seconds: number): void {
  const place = clock.closest<HTMLElement>("[data-over]");
  if (!place || seconds <= Number(place.dataset["over"]) || place.classList.contains("is-over")) return;
  place.classList.add("is-over");
  const words = document.createElement("span");
  words.textContent = ` ▲ ${place.dataset["overText"] ?? ""}`;
  place.append(words);
}
