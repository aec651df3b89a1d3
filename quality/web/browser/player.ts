// Plays a recording: place, speed, one side or both, jumps to turns and to the ends of silences, words that follow the sound.
import { nextSilenceEnd, nextTurn, turnBefore, type Turn } from "./turns";

const LEAP = 5;
const SPEEDS = [0.75, 1, 1.25, 1.5, 2];
const LEAPS = new Map<string, (turns: Turn[], now: number) => number | undefined>(
  [["turn-before", turnBefore], ["turn-next", nextTurn], ["silence", nextSilenceEnd]],
);

const DEEDS = new Map([
  ["Space", "play"], ["ArrowLeft", "back"], ["ArrowRight", "forth"], ["KeyP", "turn-before"], ["KeyN", "turn-next"], ["KeyS", "silence"],
]);
const SIDES = new Map([["Digit1", "both"], ["Digit2", "caller"], ["Digit3", "agent"]]);

class Player {
  private readonly audio: HTMLAudioElement;
  private readonly place: HTMLInputElement;
  private readonly speed: HTMLSelectElement;
  private readonly turns: Turn[];
  private readonly columns: number;
  private readonly words: { element: HTMLElement; from: number; to: number }[];
  private sides: ((name: string) => void) | null = null;
  private spoken: HTMLElement | null = null;

  constructor(private readonly root: HTMLElement) {
    this.audio = root.querySelector<HTMLAudioElement>("[data-sound]")!;
    this.place = root.querySelector<HTMLInputElement>("[data-place]")!;
    this.speed = root.querySelector<HTMLSelectElement>("[data-speed]")!;
    this.turns = (JSON.parse(root.dataset["turns"] || "[]") as [number, number, number][])
      .map(([side, start, end]) => ({ side, start: start / 1000, end: end / 1000 }));
    this.columns = root.querySelector<SVGSVGElement>("[data-wave]")?.viewBox.baseVal.width ?? 0;
    this.words = [...document.querySelectorAll<HTMLElement>("[data-speech] [data-from]")].map((element) => ({
      element, from: Number(element.dataset["from"]) / 1000, to: Number(element.dataset["to"]) / 1000,
    }));
    this.listen();
    this.seek(Number(root.dataset["at"] ?? 0) / 1000);
  }

  private get length(): number {
    return Number(this.root.dataset["duration"]) / 1000;
  }

  seek(seconds: number): void {
    this.audio.currentTime = Math.min(Math.max(0, seconds), this.length);
    this.show();
  }

  do(what: string): void {
    const now = this.audio.currentTime;
    if (what === "play") this.toggle();
    else if (what === "back") this.seek(now - LEAP);
    else if (what === "forth") this.seek(now + LEAP);
    else this.leap(LEAPS.get(what)?.(this.turns, now));
  }

  changeSpeed(steps: number): void {
    const at = SPEEDS.indexOf(Number(this.speed.value)) + steps;
    const wanted = SPEEDS[Math.min(Math.max(0, at), SPEEDS.length - 1)];
    this.speed.value = String(wanted);
    this.audio.playbackRate = wanted ?? 1;
  }

  hear(side: string): void {
    this.sides ??= splitSides(this.audio);
    this.sides(side);
    for (const button of this.root.querySelectorAll<HTMLButtonElement>("[data-sides] button")) {
      button.setAttribute("aria-pressed", String(button.value === side));
    }
  }

  private leap(to: number | undefined): void {
    if (to !== undefined) this.seek(to);
  }

  private toggle(): void {
    if (this.audio.paused) void this.audio.play().catch(() => this.fail());
    else this.audio.pause();
  }

  private fail(): void {
    const told = this.root.querySelector<HTMLElement>("[data-failed]");
    if (told) told.hidden = false;
  }

  private listen(): void {
    const { audio, root } = this;
    for (const event of ["timeupdate", "seeked", "loadedmetadata"]) audio.addEventListener(event, () => this.show());
    for (const event of ["play", "pause", "ended"]) audio.addEventListener(event, () => this.showState());
    audio.addEventListener("error", () => this.fail());
    this.place.addEventListener("input", () => this.seek(Number(this.place.value) / 1000));
    this.speed.addEventListener("change", () => { audio.playbackRate = Number(this.speed.value); });
    root.querySelector("[data-wave]")?.addEventListener("click", (event) => {
      const box = (event.currentTarget as Element).getBoundingClientRect();
      this.seek(((event as MouseEvent).clientX - box.left) / box.width * this.length);
    });
    document.addEventListener("click", (event) => this.onClick(event));
    document.addEventListener("keydown", (event) => this.onKey(event));
  }

  private onClick(event: Event): void {
    const target = event.target instanceof Element ? event.target : null;
    const doer = target?.closest<HTMLElement>("[data-do]");
    const seeker = target?.closest<HTMLElement>("[data-seek]");
    const word = target?.closest<HTMLElement>("[data-speech] [data-from]");
    const side = target?.closest<HTMLButtonElement>("[data-sides] button");
    if (doer) this.do(doer.dataset["do"] ?? "");
    else if (seeker) this.seek(Number(seeker.dataset["seek"]) / 1000);
    else if (word) this.seek(Number(word.dataset["from"]) / 1000);
    else if (side) this.hear(side.value);
  }

  private onKey(event: KeyboardEvent): void {
    const target = event.target instanceof HTMLElement ? event.target : null;
    const types = target?.matches("input:not([type=range], [type=radio], [type=checkbox]), textarea, select, [contenteditable]");
    if (types || event.ctrlKey || event.metaKey || event.altKey) return;
    const pressesIt = target?.matches("button, summary, a, input") && (event.code === "Space" || event.code.startsWith("Arrow"));
    if (pressesIt) return;
    if (this.press(event.code, event.key)) event.preventDefault();
  }

  // By the key's place, so it is the same one under every keyboard layout.
  private press(code: string, key: string): boolean {
    const deed = DEEDS.get(code), side = this.root.querySelector("[data-sides]") ? SIDES.get(code) : undefined;
    if (deed) this.do(deed);
    else if (side) this.hear(side);
    else if (key === "+" || key === "-") this.changeSpeed(key === "+" ? 1 : -1);
    else if (code === "KeyM") document.getElementById("note-text")?.focus();
    else return false;
    return true;
  }

  private show(): void {
    const now = this.audio.currentTime, text = clock(now, this.root.dataset["digits"] ?? "");
    this.place.value = String(Math.round(now * 1000));
    this.place.setAttribute("aria-valuetext", text);
    for (const place of document.querySelectorAll("[data-now], [data-note-place]")) place.textContent = text;
    const field = document.querySelector<HTMLInputElement>("[data-note] [name=place]");
    if (field) field.value = this.place.value;
    this.root.querySelector("[data-played]")?.setAttribute("width", String(this.length ? this.columns * now / this.length : 0));
    this.follow(now);
  }

  private follow(now: number): void {
    const word = this.words.find((one) => one.from <= now && now < one.to)?.element ?? null;
    if (word === this.spoken || !word) return;
    this.spoken?.classList.remove("now");
    word.classList.add("now");
    if (!this.audio.paused) word.scrollIntoView({ block: "nearest" });
    this.spoken = word;
  }

  private showState(): void {
    const playing = !this.audio.paused;
    this.root.classList.toggle("is-playing", playing);
    const label = this.root.dataset[playing ? "pause" : "play"] ?? "";
    this.root.querySelector("[data-do=play]")?.setAttribute("aria-label", label);
  }
}

function clock(seconds: number, digits: string): string {
  const whole = Math.floor(seconds);
  const text = `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
  return text.replace(/\d/g, (digit) => digits[Number(digit)] ?? digit);
}

// The caller is the left channel, the agent the right one; one side alone is heard in both ears.
function splitSides(audio: HTMLAudioElement): (name: string) => void {
  const context = new AudioContext();
  const splitter = context.createChannelSplitter(2), merger = context.createChannelMerger(2);
  const gains = [0, 1].flatMap((from) => [0, 1].map((to) => {
    const gain = context.createGain();
    splitter.connect(gain, from);
    gain.connect(merger, 0, to);
    return { from, to, gain };
  }));
  context.createMediaElementSource(audio).connect(splitter);
  merger.connect(context.destination);
  return (name) => {
    void context.resume();
    for (const { from, to, gain } of gains) {
      gain.gain.value = name === "both" ? Number(from === to) : Number(from === (name === "caller" ? 0 : 1));
    }
  };
}

const root = document.querySelector<HTMLElement>("[data-player]");
if (root) {
  new Player(root);
  const form = document.querySelector<HTMLFormElement>("[data-note]");
  form?.addEventListener("htmx:afterRequest", (event) => {
    if ((event as CustomEvent<{ successful: boolean }>).detail.successful) form.reset();
  });
}
