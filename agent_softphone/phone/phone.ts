// <pasokh-phone agent="a101" csrf="..." texts='{"answer": "..."}'>: the phone as people see and use it.
import { actions, clock, foremost, type Action, type Call } from "./calls";
import { Client, Refused, type Server } from "./client";
import type { Quality } from "./quality";
import { devices, keepChoice, Meter, Ring, type Choice } from "./sound";
import "./phone.css";

const FORWARDED = ["phone:state", "phone:ringing", "phone:answered", "phone:ended", "phone:quality", "phone:transfer-failed"];
const DIAL = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];
const ORDER: readonly Action[] = [
  "answer", "reject", "hold", "resume", "mute", "unmute", "transfer", "consult", "swap", "complete", "cancel", "hangUp",
];
/** Alt and this key of the keyboard, whatever letter is on it. */
const SHORTCUTS: Readonly<Record<string, readonly Action[]>> = {
  KeyA: ["answer"], KeyE: ["hangUp", "cancel", "reject"], KeyO: ["hold", "resume"], KeyM: ["mute", "unmute"],
  KeyT: ["transfer"], KeyC: ["consult", "complete"], KeyS: ["swap"],
};

export class PasokhPhone extends HTMLElement {
  #client!: Client;
  #texts: Record<string, string> = {};
  readonly #ring = new Ring();
  #context: AudioContext | undefined;
  #meters: { id: string; local: Meter | undefined; remote: Meter | undefined } | undefined;
  #clock: number | undefined;

  connectedCallback(): void {
    if (this.#clock !== undefined) return;
    this.#texts = JSON.parse(this.getAttribute("texts") ?? "{}") as Record<string, string>;
    this.#client = new Client(this.#server());
    for (const name of FORWARDED) this.#client.addEventListener(name, (event) => this.#forward(event as CustomEvent));
    this.#build();
    this.#clock = window.setInterval(() => this.#tick(), 200);
    document.addEventListener("keydown", this.#onKey);
    void this.#client.start().then(() => this.#listDevices());
    navigator.mediaDevices.addEventListener("devicechange", () => void this.#listDevices());
  }

  disconnectedCallback(): void {
    document.removeEventListener("keydown", this.#onKey);
    window.clearInterval(this.#clock);
    this.#clock = undefined;
    this.#ring.stop();
    this.#client.stop();
  }

  get line(): string { return this.#client.line; }
  get calls(): readonly Call[] { return this.#client.calls; }
  answer(id = foremost(this.calls)?.id): void { if (id) this.#client.answer(id); }
  reject(id = foremost(this.calls)?.id): void { if (id) this.#client.reject(id); }
  hangUp(id = foremost(this.calls)?.id): void { if (id) this.#client.hangUp(id); }
  hold(id = foremost(this.calls)?.id): void { if (id) this.#client.hold(id); }
  resume(id = foremost(this.calls)?.id): void { if (id) this.#client.resume(id); }
  mute(on: boolean, id = foremost(this.calls)?.id): void { if (id) this.#client.mute(id, on); }
  keys(tones: string, id = foremost(this.calls)?.id): void { if (id) this.#client.keys(id, tones); }
  call(to: string): Promise<void> { return this.#try(() => this.#client.call(to)); }
  transfer(to: string, id = foremost(this.calls)?.id): Promise<void> {
    return this.#try(async () => { if (id) await this.#client.transfer(id, to); });
  }
  consult(to: string, id = foremost(this.calls)?.id): Promise<void> { return this.#try(() => this.#client.call(to, id)); }
  complete(id = this.calls.find((call) => call.about)?.id): void { if (id) this.#client.complete(id); }
  swap(): void {
    const held = this.calls.find((call) => call.phase === "held");
    if (held) this.#client.resume(held.id);
  }

  #server(): Server {
    const ask = async (path: string, body: object): Promise<Record<string, string>> => {
      const headers = { "content-type": "application/json", "x-csrf-token": this.getAttribute("csrf") ?? "" };
      const answer = await fetch(`/api/v1/phone/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
      const content = await answer.json() as Record<string, string>;
      if (!answer.ok) throw new Refused(answer.status, content["name"] ?? "", content["detail"] ?? "");
      return content;
    };
    return {
      register: async (page) => (await ask("registration", { page })) as { user: string; password: string },
      target: async (to) => (await ask("target", { to }))["dial"] ?? "",
    };
  }

  async #try(work: () => Promise<void>): Promise<void> {
    try {
      this.#tell("");
      await work();
    } catch (error) {
      this.#tell(error instanceof Refused ? error.detail : this.#t("failed"));
    }
  }

  #forward(event: CustomEvent): void {
    this.dispatchEvent(new CustomEvent(event.type, { detail: event.detail, bubbles: true }));
    if (event.type === "phone:state") this.#show();
    if (event.type === "phone:quality") this.#showQuality(event.detail as Quality);
    if (event.type === "phone:transfer-failed") this.#tell(this.#t("transferFailed"));
  }

  #build(): void {
    const dial = DIAL.map((key) => `<button type="button" class="button" data-key="${key}">${this.#digits(key)}</button>`).join("");
    const select = (name: string): string =>
      `<label>${this.#html(name)}<select name="${name}"></select></label>`;
    this.innerHTML = `
      <p class="phone-line"><span class="phone-dot" aria-hidden="true"></span><span data-part="line" role="status"></span></p>
      <p class="phone-said" data-part="said" role="alert"></p>
      <ul class="phone-calls" data-part="calls"></ul>
      <p class="phone-quality" data-part="quality" role="status" hidden></p>
      <form class="phone-dial">
        <label>${this.#html("number")}<input name="to" dir="ltr" autocomplete="off" inputmode="tel"></label>
        <button class="button primary" type="submit">${this.#html("call")}</button>
        <details class="phone-keys"${this.hasAttribute("compact") ? "" : " open"}><summary>${this.#html("pad")}</summary>
          <div class="phone-pad" role="group" aria-label="${this.#html("pad")}" dir="ltr">${dial}</div>
        </details>
      </form>
      <details class="phone-sound"><summary>${this.#html("sound")}</summary>
        ${select("microphone")}${select("speaker")}${select("ring")}
        <label class="phone-check"><input type="checkbox" name="mended">${this.#html("mended")}</label>
        <label>${this.#html("levelOut")}<meter data-part="out" min="0" max="1"></meter></label>
        <label>${this.#html("levelIn")}<meter data-part="in" min="0" max="1"></meter></label>
      </details>`;
    this.addEventListener("click", (event) => this.#onClick(event));
    this.addEventListener("change", () => void this.#onChoice());
    this.querySelector("form")?.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#to()) void this.call(this.#to());
    });
    this.#show();
  }

  #show(): void {
    const { line, calls } = this.#client;
    this.dataset["line"] = line;
    this.#part("line").textContent = this.#t(`line.${line}`);
    const focused = document.activeElement instanceof HTMLElement && this.contains(document.activeElement)
      ? document.activeElement.dataset["action"] : undefined;
    this.#part("calls").replaceChildren(...calls.map((call) => this.#card(call, calls)));
    if (focused) this.querySelector<HTMLElement>(`[data-action="${focused}"]`)?.focus();
    if (!calls.some((call) => call.phase === "talking")) this.#part("quality").hidden = true;
    if (calls.some((call) => call.phase === "ringing")) this.#ring.start(this.#client.choice.ring);
    else this.#ring.stop();
    this.#listen();
  }

  #card(call: Call, calls: readonly Call[]): HTMLElement {
    const card = document.createElement("li");
    card.className = `phone-call ${call.phase}`;
    card.dataset["call"] = call.id;
    const peer = document.createElement("bdi");
    peer.textContent = call.peer === "unknown" ? this.#t("withheld") : this.#digits(call.peer);
    const state = document.createElement("span");
    state.className = "phone-phase";
    state.textContent = this.#t(`phase.${call.phase}`) + (call.muted ? ` · ${this.#t("muted")}` : "");
    const time = document.createElement("time");
    time.dataset["since"] = String(call.since);
    time.textContent = this.#digits(clock(Date.now() - call.since));
    const possible = actions(call, calls);
    const buttons = document.createElement("div");
    buttons.className = "phone-actions";
    buttons.append(...ORDER.filter((action) => possible.has(action)).map((action) => this.#button(call, action)));
    card.append(peer, state, time, buttons);
    return card;
  }

  #button(call: Call, action: Action): HTMLButtonElement {
    const button = document.createElement("button");
    button.type = "button";
    button.className = `button ${action === "answer" ? "primary" : ""} ${["hangUp", "reject"].includes(action) ? "danger" : ""}`;
    button.dataset["action"] = action;
    button.textContent = this.#t(action);
    const key = Object.keys(SHORTCUTS).find((one) => SHORTCUTS[one]?.includes(action));
    if (key) {
      button.setAttribute("aria-keyshortcuts", `Alt+${key.slice(3)}`);
      button.title = `Alt+${key.slice(3)}`;
    }
    button.onclick = () => this.#act(action, call.id);
    return button;
  }

  #act(action: Action, id: string): void {
    switch (action) {
      case "answer": return this.answer(id);
      case "reject": return this.reject(id);
      case "hangUp": case "cancel": return this.hangUp(id);
      case "hold": return this.hold(id);
      case "resume": return this.resume(id);
      case "mute": return this.mute(true, id);
      case "unmute": return this.mute(false, id);
      case "swap": return this.swap();
      case "complete": return this.complete(id);
      case "transfer": return void this.#toWhom((to) => this.transfer(to, id));
      case "consult": return void this.#toWhom((to) => this.consult(to, id));
      case "keys": return;
    }
  }

  async #toWhom(work: (to: string) => Promise<void>): Promise<void> {
    const to = this.#to();
    if (to) return work(to);
    this.#tell(this.#t("toWhom"));
    this.querySelector<HTMLInputElement>("[name=to]")?.focus();
  }

  #to(): string {
    return this.querySelector<HTMLInputElement>("[name=to]")?.value.trim() ?? "";
  }

  #onClick(event: Event): void {
    const key = (event.target as HTMLElement).dataset["key"];
    if (!key) return;
    const talking = this.calls.find((call) => call.phase === "talking");
    const input = this.querySelector<HTMLInputElement>("[name=to]");
    if (talking) this.keys(key, talking.id);
    else if (input) input.value += key;
  }

  readonly #onKey = (event: KeyboardEvent): void => {
    const wished = event.altKey && !event.ctrlKey && !event.metaKey ? SHORTCUTS[event.code] : undefined;
    const call = wished && foremost(this.calls);
    if (!wished || !call) return;
    const target = wished.includes("complete") ? this.calls.find((one) => one.about) ?? call : call;
    const possible = actions(target, this.calls);
    const action = wished.find((one) => possible.has(one));
    if (!action) return;
    event.preventDefault();
    this.#act(action, target.id);
  };

  async #listDevices(): Promise<void> {
    const { inputs, outputs } = await devices();
    for (const [name, list] of [["microphone", inputs], ["speaker", outputs], ["ring", outputs]] as const) {
      const select = this.querySelector<HTMLSelectElement>(`[name=${name}]`);
      if (!select) continue;
      const usual = new Option(this.#t("usualDevice"), "");
      const others = list.filter((one) => one.deviceId && one.deviceId !== "default");
      select.replaceChildren(usual, ...others.map((one) => new Option(one.label || one.deviceId, one.deviceId)));
      select.value = this.#client.choice[name];
      if (select.selectedIndex < 0) select.value = "";
    }
    const mended = this.querySelector<HTMLInputElement>("[name=mended]");
    if (mended) mended.checked = this.#client.choice.mended;
  }

  async #onChoice(): Promise<void> {
    const of = (name: string): string => this.querySelector<HTMLSelectElement>(`[name=${name}]`)?.value ?? "";
    const mended = this.querySelector<HTMLInputElement>("[name=mended]")?.checked ?? true;
    const choice: Choice = { microphone: of("microphone"), speaker: of("speaker"), ring: of("ring"), mended };
    keepChoice(choice);
    await this.#try(() => this.#client.choose(choice));
    this.#forget();
    this.#listen();
  }

  #showQuality(quality: Quality): void {
    const part = this.#part("quality");
    part.hidden = false;
    part.dataset["fault"] = quality.fault;
    const figures = this.#t("figures")
      .replace("[loss]", this.#number(quality.loss, 1)).replace("[jitter]", this.#number(quality.jitter, 0))
      .replace("[roundTrip]", quality.roundTrip === undefined ? "–" : this.#number(quality.roundTrip, 0));
    part.title = figures;
    const text = this.#t(`quality.${quality.fault}`);
    if (part.textContent !== text) part.textContent = text;
  }

  #listen(): void {
    const talking = this.calls.find((call) => call.phase === "talking");
    if (talking?.id === this.#meters?.id) return;
    this.#forget();
    if (!talking) return;
    const { local, remote } = this.#client.sound(talking.id);
    if (!remote?.getAudioTracks().length) return;
    const context = this.#context ??= new AudioContext();
    const meter = (stream: MediaStream | undefined): Meter | undefined => stream && new Meter(context, stream);
    this.#meters = { id: talking.id, local: meter(local), remote: meter(remote) };
  }

  /** Meters show a track, and another microphone is another track. */
  #forget(): void {
    this.#meters?.local?.close();
    this.#meters?.remote?.close();
    this.#meters = undefined;
  }

  #tick(): void {
    this.#listen();
    for (const time of this.querySelectorAll<HTMLTimeElement>("time[data-since]")) {
      const text = this.#digits(clock(Date.now() - Number(time.dataset["since"])));
      if (time.textContent !== text) time.textContent = text;
    }
    this.#meter("out", this.#meters?.local);
    this.#meter("in", this.#meters?.remote);
  }

  #meter(name: string, meter: Meter | undefined): void {
    (this.#part(name) as HTMLMeterElement).value = meter?.level() ?? 0;
  }

  #tell(text: string): void {
    this.#part("said").textContent = text;
  }

  #number(value: number, digits: number): string {
    return value.toLocaleString(document.documentElement.lang || "fa", { maximumFractionDigits: digits });
  }

  #digits(text: string): string {
    if (document.documentElement.lang !== "fa") return text;
    return text.replace(/[0-9]/g, (digit) => String.fromCharCode(0x06f0 + Number(digit)));
  }

  #part(name: string): HTMLElement {
    return this.querySelector<HTMLElement>(`[data-part="${name}"]`)!;
  }

  #t(key: string): string {
    return this.#texts[key] ?? key;
  }

  #html(key: string): string {
    const holder = document.createElement("i");
    holder.textContent = this.#t(key);
    return holder.innerHTML.replaceAll('"', "&quot;");
  }
}

customElements.define("pasokh-phone", PasokhPhone);
