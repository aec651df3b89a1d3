// The WebSocket under JsSIP. Its address says whether this window holds a conversation, which may change until it connects
// again; JsSIP's own keeps the first address for ever. The service asks every three seconds whether the page is there: a line
// on which nothing comes any more is dead, though the browser would not notice for many minutes, and is begun anew.

const SILENT_MS = 8000;
const OPEN_MS = 5000;
const LOOK_MS = 1000;

export class RelaySocket {
  readonly via_transport = "WSS";
  readonly sip_uri: string;
  onconnect: () => void = () => undefined;
  ondisconnect: (error: boolean, code?: number, reason?: string) => void = () => undefined;
  ondata: (data: unknown) => void = () => undefined;
  #socket: WebSocket | undefined;
  #watch: number | undefined;
  readonly #address: () => string;

  constructor(address: () => string) {
    this.#address = address;
    this.sip_uri = `sip:${new URL(address()).host};transport=ws`;
  }

  get url(): string {
    return this.#address();
  }

  connect(): void {
    if (this.isConnected() || this.isConnecting()) return;
    this.disconnect();
    const socket = new WebSocket(this.url, "sip");
    this.#socket = socket;
    let heard = Date.now();
    socket.onopen = () => { heard = Date.now(); this.onconnect(); };
    socket.onmessage = (event) => { heard = Date.now(); this.ondata(event.data); };
    socket.onclose = (event) => this.#closed(socket, event);
    this.#watch = window.setInterval(() => {
      const patience = this.isConnected() ? SILENT_MS : OPEN_MS;
      if (Date.now() - heard > patience) this.#giveUp();
    }, LOOK_MS);
  }

  #giveUp(): void {
    this.disconnect();
    this.ondisconnect(true);
  }

  #closed(socket: WebSocket, event: CloseEvent): void {
    if (this.#socket !== socket) return;
    this.disconnect();
    this.ondisconnect(!event.wasClean, event.code, event.reason);
  }

  disconnect(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    window.clearInterval(this.#watch);
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  send(message: string): boolean {
    if (!this.isConnected()) return false;
    this.#socket?.send(message);
    return true;
  }

  isConnected(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  isConnecting(): boolean {
    return this.#socket?.readyState === WebSocket.CONNECTING;
  }
}
