// The wallboard: waits that run, alarms to be seen and heard, the screen's door.
import { Alarms } from "./alarms";
import { Sound } from "./sound";

const TICK_MS = 250;
const door = document.querySelector<HTMLFormElement>("[data-screen-door]");
const wall = document.querySelector<HTMLElement>("[data-wall]");
if (door) enterByLink(door);
if (wall) watchWall(wall);

// The key stands behind the # of the link: no server's log and no referrer ever has it.
function enterByLink(form: HTMLFormElement): void {
  const key = decodeURIComponent(location.hash.slice(1));
  const field = form.elements.namedItem("key");
  if (!key || !(field instanceof HTMLInputElement)) return;
  history.replaceState(null, "", location.pathname + location.search);
  field.value = key;
  form.requestSubmit();
}

function watchWall(board: HTMLElement): void {
  const sound = new Sound(document.querySelector<HTMLButtonElement>("[data-sound]"));
  const alarms = new Alarms(board, sound);
  const two = new Intl.NumberFormat(document.documentElement.lang, { minimumIntegerDigits: 2, useGrouping: false });
  const plain = new Intl.NumberFormat(document.documentElement.lang, { useGrouping: false });
  let ahead = 0, version = "";

  function written(seconds: number): string {
    const hours = Math.floor(seconds / 3600), minutes = Math.floor(seconds / 60) % 60;
    const parts = hours ? [plain.format(hours), two.format(minutes)] : [plain.format(minutes)];
    return [...parts, two.format(seconds % 60)].join(":");
  }

  function tick(): void {
    const now = Date.now() + ahead;
    for (const clock of board.querySelectorAll<HTMLElement>("[data-since]")) {
      const seconds = Math.max(0, Math.floor((now - Number(clock.dataset["since"])) / 1000));
      const text = written(seconds);
      if (clock.textContent !== text) clock.textContent = text;
      const limit = clock.dataset["limit"];
      mark(clock, limit !== undefined && seconds > Number(limit));
    }
    alarms.look();
  }

  // The server's clock comes each second: one of a screen that stands for months may go wrong. A newer version of the
  // page than this one shows itself.
  function listen(): void {
    const clock = board.querySelector<HTMLElement>("[data-wall-now]");
    if (!clock) return;
    ahead = Number(clock.dataset["wallNow"]) - Date.now();
    const newest = clock.dataset["version"] ?? "";
    if (version && version !== newest) location.reload();
    version = newest;
  }

  function swapped(): void {
    listen();
    tick();
  }

  swapped();
  setInterval(tick, TICK_MS);
  document.addEventListener("htmx:sseMessage", swapped);
}

function mark(clock: HTMLElement, isLong: boolean): void {
  const sign = clock.closest(".wall-longest")?.querySelector<HTMLElement>("[data-long]");
  if (sign) sign.hidden = !isLong;
}
