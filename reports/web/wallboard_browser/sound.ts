// Two notes. A browser lets a page sound only after somebody has pressed a key or a button on it.
const NOTES = [880, 660];
const NOTE_SECONDS = 0.22;
const LOUD = 0.25;

export class Sound {
  #context: AudioContext | null = null;
  readonly #button: HTMLButtonElement | null;

  constructor(button: HTMLButtonElement | null) {
    this.#button = button;
    button?.addEventListener("click", () => void this.#toggle());
    document.addEventListener("keydown", (event) => {
      const isPlain = !event.ctrlKey && !event.altKey && !event.metaKey && !event.repeat;
      if (event.code === "KeyS" && isPlain) void this.#toggle();
    });
  }

  get isOn(): boolean {
    return this.#context?.state === "running";
  }

  play(): void {
    const context = this.#context;
    if (!context || !this.isOn) return;
    this.#button?.setAttribute("data-sounded", String(Number(this.#button.dataset["sounded"] ?? 0) + 1));
    NOTES.forEach((frequency, place) => {
      const start = context.currentTime + place * NOTE_SECONDS;
      const note = new OscillatorNode(context, { frequency, type: "triangle" });
      const gain = new GainNode(context, { gain: 0 });
      gain.gain.setTargetAtTime(LOUD, start, 0.01);
      gain.gain.setTargetAtTime(0, start + NOTE_SECONDS * 0.6, 0.05);
      note.connect(gain).connect(context.destination);
      note.start(start);
      note.stop(start + NOTE_SECONDS * 2);
    });
  }

  async #toggle(): Promise<void> {
    if (this.isOn) await this.#context?.suspend();
    else await (this.#context ??= new AudioContext()).resume();
    this.#show();
    this.play();
  }

  #show(): void {
    if (!this.#button) return;
    this.#button.setAttribute("aria-pressed", String(this.isOn));
    this.#button.textContent = this.#button.dataset[this.isOn ? "onText" : "offText"] ?? "";
  }
}
