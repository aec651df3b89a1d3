// Microphone, loudspeaker, ring: which devices, how loud.

export interface Choice {
  microphone: string;
  speaker: string;
  ring: string;
  /** Echo, noise and level are mended by the browser. */
  mended: boolean;
}

const KEPT = "pasokh-phone-sound";

export function readChoice(): Choice {
  const usual: Choice = { microphone: "", speaker: "", ring: "", mended: true };
  try {
    return { ...usual, ...(JSON.parse(localStorage.getItem(KEPT) ?? "{}") as Partial<Choice>) };
  } catch {
    return usual;
  }
}

export function keepChoice(choice: Choice): void {
  localStorage.setItem(KEPT, JSON.stringify(choice));
}

/** `there`: the microphones that are plugged in. One that was chosen and is there is used, and no other. */
export function wanted(choice: Choice, there: ReadonlySet<string>): MediaStreamConstraints {
  const mended = choice.mended;
  return { video: false, audio: {
    ...(there.has(choice.microphone) ? { deviceId: { exact: choice.microphone } } : {}),
    echoCancellation: mended, noiseSuppression: mended, autoGainControl: mended,
  } };
}

export async function devices(): Promise<{ inputs: MediaDeviceInfo[]; outputs: MediaDeviceInfo[] }> {
  const all = await navigator.mediaDevices.enumerateDevices();
  return {
    inputs: all.filter((one) => one.kind === "audioinput"), outputs: all.filter((one) => one.kind === "audiooutput"),
  };
}

export async function playOn(audio: HTMLAudioElement, device: string): Promise<void> {
  if ("setSinkId" in audio) await audio.setSinkId(device).catch(() => undefined);
}

/** How loud a stream is now, 0 to 1. */
export class Meter {
  readonly #analyser: AnalyserNode;
  readonly #source: MediaStreamAudioSourceNode;
  readonly #samples: Float32Array<ArrayBuffer>;

  constructor(context: AudioContext, stream: MediaStream) {
    this.#analyser = context.createAnalyser();
    this.#analyser.fftSize = 1024;
    this.#samples = new Float32Array(this.#analyser.fftSize);
    this.#source = context.createMediaStreamSource(stream);
    this.#source.connect(this.#analyser);
  }

  level(): number {
    this.#analyser.getFloatTimeDomainData(this.#samples);
    const power = this.#samples.reduce((sum, one) => sum + one * one, 0) / this.#samples.length;
    return Math.min(1, Math.sqrt(power) * 3);
  }

  close(): void {
    this.#source.disconnect();
  }
}

/** The ring: two tones for a second, silence for two, on a device of its own. */
export class Ring {
  readonly #audio = new Audio();
  #context: AudioContext | undefined;
  #timer: number | undefined;

  start(device: string): void {
    if (this.#timer !== undefined) return;
    const context = this.#context = new AudioContext();
    const out = context.createMediaStreamDestination();
    this.#audio.srcObject = out.stream;
    void playOn(this.#audio, device).then(() => this.#audio.play()).catch(() => undefined);
    const once = (): void => burst(context, out);
    once();
    this.#timer = window.setInterval(once, 3000);
  }

  stop(): void {
    window.clearInterval(this.#timer);
    this.#timer = undefined;
    this.#audio.pause();
    void this.#context?.close();
    this.#context = undefined;
  }
}

function burst(context: AudioContext, out: AudioNode): void {
  const gain = context.createGain();
  gain.gain.value = 0.25;
  gain.connect(out);
  for (const hertz of [425, 480]) {
    const tone = context.createOscillator();
    tone.frequency.value = hertz;
    tone.connect(gain);
    tone.start();
    tone.stop(context.currentTime + 1);
  }
}
