// The phone without its looks: registers, holds calls, comes back after breaks. JsSIP speaks SIP; here is what it leaves open.
import { UA } from "jssip";
import type { RTCSession } from "jssip/lib/RTCSession";
import type { UnRegisteredEvent } from "jssip/lib/UA";
import { apply, othersToHold, type Call, type Change } from "./calls";
import { judge, look, type Look, type Quality } from "./quality";
import { RelaySocket } from "./relay_socket";
import { devices, playOn, readChoice, wanted, type Choice } from "./sound";

export type Line = "starting" | "connecting" | "ready" | "taken-over" | "elsewhere" | "signed-out" | "away" | "no-microphone";

export interface Server {
  /** A password to register with; its errors have `status` and `detail`. */
  register(page: string): Promise<{ user: string; password: string }>;
  /** What to dial for an agent's id, a queue or a number. */
  target(to: string): Promise<string>;
}

export class Refused extends Error {
  constructor(readonly status: number, readonly kind: string, readonly detail: string) {
    super(detail);
  }
}

const CLOSED: Readonly<Record<number, Line>> = { 4001: "taken-over", 4002: "elsewhere", 4401: "signed-out" };
const LOOK_MS = 2000;
const AGAIN_MS = 3000;
/** How long a page that is being left may count as one that speaks, and how often a new one asks meanwhile. */
const LEAVING_MS = 6000;
const ASK_MS = 300;
const OFFER_MS = 10_000;
const SOUND_ON_ITS_WAY_MS = 250;

interface Held {
  readonly session: RTCSession;
  readonly audio: HTMLAudioElement;
  seen: Look | undefined;
}

export class Client extends EventTarget {
  line: Line = "starting";
  calls: readonly Call[] = [];
  choice: Choice = readChoice();
  readonly page = Array.from(crypto.getRandomValues(new Uint8Array(8)), (one) => one.toString(16).padStart(2, "0")).join("");
  readonly #server: Server;
  readonly #held = new Map<string, Held>();
  #ua: UA | undefined;
  #broken = false;
  #timer: number | undefined;
  #microphones: ReadonlySet<string> = new Set();

  constructor(server: Server) {
    super();
    this.#server = server;
  }

  async start(): Promise<void> {
    this.#timer = window.setInterval(() => void this.#look(), LOOK_MS);
    navigator.mediaDevices.addEventListener("devicechange", this.#learnDevices);
    if (!(await this.#askMicrophone())) return;
    await this.#connect();
  }

  stop(): void {
    window.clearInterval(this.#timer);
    navigator.mediaDevices.removeEventListener("devicechange", this.#learnDevices);
    this.#ua?.stop();
    this.#ua = undefined;
  }

  sound(id: string): { local: MediaStream | undefined; remote: MediaStream | undefined } {
    const held = this.#held.get(id);
    const track = held?.session.connection?.getSenders().find((one) => one.track?.kind === "audio")?.track;
    const remote = held?.audio.srcObject;
    return { local: track ? new MediaStream([track]) : undefined, remote: remote instanceof MediaStream ? remote : undefined };
  }

  answer(id: string): void {
    this.#holdOthers(id);
    this.#session(id)?.answer({ mediaConstraints: this.#wanted(), pcConfig: { iceServers: [] } });
  }

  reject(id: string): void {
    this.#session(id)?.terminate({ status_code: 486 });
  }

  hangUp(id: string): void {
    const about = this.#call(id)?.about;
    this.#session(id)?.terminate();
    if (about) this.resume(about);
  }

  hold(id: string): void {
    this.#wish(id, "hold");
  }

  resume(id: string): void {
    this.#holdOthers(id);
    this.#wish(id, "unhold");
  }

  mute(id: string, on: boolean): void {
    if (on) this.#session(id)?.mute({ audio: true });
    else this.#session(id)?.unmute({ audio: true });
  }

  keys(id: string, tones: string): void {
    const sender = this.#session(id)?.connection?.getSenders().find((one) => one.dtmf);
    sender?.dtmf?.insertDTMF(tones, 120, 80);
  }

  /** Call somebody; `about`: to ask a colleague about this call, which is put on hold. */
  async call(to: string, about?: string): Promise<void> {
    const target = await this.#server.target(to);
    if (!this.#ua) return;
    this.#holdOthers("");
    const options = { mediaConstraints: this.#wanted(), pcConfig: { iceServers: [] } };
    this.#pending = { peer: to, about };
    this.#ua.call(target, options);
  }

  #pending: { peer: string; about: string | undefined } | undefined;

  /** Pass a call on without asking; a target that cannot be reached gives it back. */
  async transfer(id: string, to: string): Promise<void> {
    const target = await this.#server.target(to);
    const session = this.#session(id);
    session?.refer(target, { eventHandlers: {
      accepted: () => session.terminate(),
      failed: () => this.#say("phone:transfer-failed", { id, to }),
      requestFailed: () => this.#say("phone:transfer-failed", { id, to }),
    } });
  }

  /** Put the two together: whom was asked, and whom it is about. */
  complete(id: string): void {
    const consulted = this.#session(id);
    const about = this.#call(id)?.about;
    const session = about ? this.#session(about) : undefined;
    if (!consulted || !session || !about) return;
    session.refer(consulted.remote_identity.uri, { replaces: consulted, eventHandlers: {
      accepted: () => [session, consulted].filter((one) => !one.isEnded()).forEach((one) => one.terminate()),
      failed: () => this.#say("phone:transfer-failed", { id: about, to: "" }),
      requestFailed: () => this.#say("phone:transfer-failed", { id: about, to: "" }),
    } });
  }

  async choose(choice: Choice): Promise<void> {
    const microphone = choice.microphone !== this.choice.microphone || choice.mended !== this.choice.mended;
    this.choice = choice;
    for (const held of this.#held.values()) await playOn(held.audio, choice.speaker);
    if (!microphone || !this.#held.size) return;
    const [track] = (await navigator.mediaDevices.getUserMedia(this.#wanted())).getAudioTracks();
    for (const { session } of this.#held.values()) {
      const sender = session.connection?.getSenders().find((one) => one.track?.kind === "audio");
      sender?.track?.stop();
      if (track) {
        track.enabled = !session.isMuted().audio;
        await sender?.replaceTrack(track);
      }
    }
  }

  #wanted(): MediaStreamConstraints {
    return wanted(this.choice, this.#microphones);
  }

  /** Before a microphone was permitted, the browser tells no names. */
  readonly #learnDevices = async (): Promise<void> => {
    this.#microphones = new Set((await devices()).inputs.map((one) => one.deviceId));
  };

  async #askMicrophone(): Promise<boolean> {
    try {
      const stream = await navigator.mediaDevices.getUserMedia(this.#wanted());
      stream.getTracks().forEach((track) => track.stop());
      await this.#learnDevices();
      return true;
    } catch {
      this.#become("no-microphone");
      return false;
    }
  }

  async #connect(): Promise<void> {
    this.#become("connecting");
    const given = await this.#password();
    if (!given) return;
    const host = location.hostname.includes(":") ? "pasokh.invalid" : location.hostname;
    const ua = this.#ua = new UA({
      sockets: [new RelaySocket(() => this.#address())], uri: `sip:${given.user}@${host}`, password: given.password,
      register: true, register_expires: 120, connection_recovery_min_interval: 1, connection_recovery_max_interval: 4,
      user_agent: "Pasokh",
    });
    ua.on("registered", () => this.#back());
    ua.on("registrationFailed", (event: UnRegisteredEvent) => void this.#registrationFailed(event.response?.status_code ?? 0));
    ua.on("disconnected", (event) => this.#disconnected(event.code));
    ua.on("newRTCSession", (event: { session: RTCSession; originator: unknown }) => this.#take(event.session, String(event.originator) === "remote"));
    ua.start();
  }

  #address(): string {
    const address = new URL("/phone/ws", location.href);
    address.protocol = address.protocol.replace("http", "ws");
    address.searchParams.set("page", this.page);
    if (this.#held.size) address.searchParams.set("calls", "1");
    return address.href;
  }

  async #password(): Promise<{ user: string; password: string } | undefined> {
    const began = performance.now();
    for (;;) {
      try {
        return await this.#server.register(this.page);
      } catch (error) {
        if (error instanceof Refused && error.status === 401) return void this.#become("signed-out");
        const elsewhere = error instanceof Refused && error.kind === "phone-elsewhere";
        // The page before a reload is known to the server a moment longer than it lives.
        if (elsewhere && performance.now() - began > LEAVING_MS) return void this.#become("elsewhere");
        if (!elsewhere) this.#become("away");
        await new Promise((done) => setTimeout(done, elsewhere ? ASK_MS : AGAIN_MS));
      }
    }
  }

  #back(): void {
    this.#become("ready");
    if (!this.#broken) return;
    this.#broken = false;
    // Asterisk learns by this where we are now; one that knows the call no more ends it here too.
    for (const { session } of this.#held.values()) {
      if (session.isEstablished()) session.renegotiate({ rtcOfferConstraints: { iceRestart: true } });
    }
  }

  async #registrationFailed(status: number): Promise<void> {
    if (status !== 401 && status !== 403) return;
    const ua = this.#ua;
    const given = await this.#password();
    if (!given || !ua || ua !== this.#ua) return;
    ua.set("password", given.password);
    ua.register();
  }

  #disconnected(code: number | undefined): void {
    this.#broken = true;
    const last = code === undefined ? undefined : CLOSED[code];
    if (!last) return this.#become(this.#ua ? "connecting" : this.line);
    const ua = this.#ua;
    this.#ua = undefined;
    ua?.stop();
    this.#become(last);
  }

  #take(session: RTCSession, incoming: boolean): void {
    const pending = incoming ? undefined : this.#pending;
    this.#pending = undefined;
    const id = session.id;
    const audio = new Audio();
    audio.autoplay = true;
    void playOn(audio, this.choice.speaker);
    this.#held.set(id, { session, audio, seen: undefined });
    const peer = pending?.peer ?? session.remote_identity.uri.user;
    if (session.connection) hear(session.connection, audio);
    session.on("peerconnection", (event) => hear(event.peerconnection, audio));
    // The first address of this machine is enough to begin with; waiting for all of them costs a tenth of a second.
    session.on("icecandidate", (event) => setTimeout(event.ready, SOUND_ON_ITS_WAY_MS / 5));
    session.on("accepted", () => this.#change({ kind: "accepted", id }));
    session.on("hold", (event) => String(event.originator) === "local" && this.#change({ kind: "held", id }));
    session.on("unhold", (event) => String(event.originator) === "local" && this.#change({ kind: "resumed", id }));
    session.on("muted", () => this.#change({ kind: "muted", id }));
    session.on("unmuted", () => this.#change({ kind: "unmuted", id }));
    session.on("ended", (event) => this.#over(id, event.cause));
    session.on("failed", (event) => this.#over(id, event.cause));
    this.#change({ kind: "begun", id, incoming, peer, ...(pending?.about ? { about: pending.about } : {}) });
    if (incoming) this.#say("phone:ringing", { id, peer });
  }

  #over(id: string, cause: string): void {
    const held = this.#held.get(id);
    if (!held) return;
    held.audio.srcObject = null;
    this.#held.delete(id);
    this.#change({ kind: "ended", id });
    this.#say("phone:ended", { id, cause });
  }

  #holdOthers(id: string): void {
    for (const other of othersToHold(id, this.calls)) this.#wish(other, "hold");
  }

  readonly #wishes = new Map<string, "hold" | "unhold">();

  // While one offer is on its way, as after a break, JsSIP makes no other: the last wish is made as soon as it can be.
  #wish(id: string, wish: "hold" | "unhold", began = performance.now()): void {
    const session = this.#session(id);
    this.#wishes.set(id, wish);
    const wanted = session?.isEstablished() && session.isOnHold().local !== (wish === "hold");
    if (!session || !wanted || session[wish]() || performance.now() - began > OFFER_MS) return void this.#wishes.delete(id);
    setTimeout(() => this.#wishes.get(id) === wish && this.#wish(id, wish, began), ASK_MS);
  }

  #session(id: string): RTCSession | undefined {
    return this.#held.get(id)?.session;
  }

  #call(id: string): Call | undefined {
    return this.calls.find((call) => call.id === id);
  }

  #become(line: Line): void {
    this.line = line;
    this.#say("phone:state", { line: this.line, calls: this.calls });
  }

  #change(change: Change): void {
    this.calls = apply(this.calls, change, Date.now());
    if (change.kind === "accepted") this.#say("phone:answered", { id: change.id });
    this.#say("phone:state", { line: this.line, calls: this.calls });
  }

  async #look(): Promise<void> {
    for (const [id, held] of this.#held) {
      const connection = held.session.connection;
      if (!connection || this.#call(id)?.phase !== "talking") { held.seen = undefined; continue; }
      const reports: object[] = [];
      (await connection.getStats()).forEach((one: object) => reports.push(one));
      const now = look(reports, Date.now());
      const quality: Quality | undefined = held.seen ? judge(held.seen, now) : undefined;
      held.seen = now;
      if (quality) this.#say("phone:quality", { id, ...quality });
    }
  }

  #say(name: string, detail: object): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

function hear(connection: RTCPeerConnection, audio: HTMLAudioElement): void {
  connection.addEventListener("track", (event) => {
    audio.srcObject = event.streams[0] ?? new MediaStream([event.track]);
    void audio.play().catch(() => undefined);
  });
}
