// Which queues need somebody now: told at the top, on their cards, and by sound.
import type { Sound } from "./sound";

const AGAIN_MS = 30_000;

export class Alarms {
  readonly #board: HTMLElement;
  readonly #sound: Sound;
  readonly #line: HTMLElement | null;
  #known = new Set<string>();
  #heard = 0;

  constructor(board: HTMLElement, sound: Sound) {
    this.#board = board;
    this.#sound = sound;
    this.#line = board.querySelector("[data-alarms]");
  }

  look(): void {
    const present = new Map<string, string>();
    for (const card of this.#board.querySelectorAll<HTMLElement>("[data-queue]")) {
      const isLong = card.querySelector("[data-long]:not([hidden])") !== null;
      const isLow = card.querySelector("[data-low]") !== null;
      card.classList.toggle("is-long", isLong);
      card.classList.toggle("is-low", isLow);
      const queue = card.dataset["queue"] ?? "";
      if (isLong) present.set(`long ${queue}`, card.dataset["longText"] ?? "");
      if (isLow) present.set(`low ${queue}`, card.dataset["lowText"] ?? "");
    }
    this.#tell([...present.values()].join(" · "));
    this.#ring([...present.keys()]);
    this.#known = new Set(present.keys());
  }

  #tell(text: string): void {
    if (!this.#line || this.#line.textContent === text) return;
    this.#line.textContent = text;
    this.#line.hidden = text === "";
  }

  // Each alarm when it begins. Who waits too long is told again and again; a low service level lasts for hours.
  #ring(present: string[]): void {
    const isNew = present.some((alarm) => !this.#known.has(alarm));
    const isDue = present.some((alarm) => alarm.startsWith("long ")) && performance.now() - this.#heard > AGAIN_MS;
    if (!isNew && !isDue) return;
    this.#heard = performance.now();
    this.#sound.play();
  }
}
