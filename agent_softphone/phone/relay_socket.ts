// The WebSocket under JsSIP. Its address says whether this window holds a conversation, which may change until it connects
// again; JsSIP's own keeps the first address for ever.

export class RelaySocket {
  readonly via_transport = "WSS";
  readonly sip_uri: string;
  onconnect: () => void = () => undefined;
  ondisconnect: (error: boolean, code?: number, reason?: string) => void = () => undefined;
  ondata: (data: unknown) => void = () => undefined;
  #socket: WebSocket | undefined;
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
    socket.onopen = () => this.onconnect();
    socket.onmessage = (event) => this.ondata(event.data);
    socket.onclose = (event) => this.#closed(socket, event);
  }

  #closed(socket: WebSocket, event: CloseEvent): void {
    if (this.#socket !== socket) return;
    this.#socket = undefined;
    this.ondisconnect(!event.wasClean, event.code, event.reason);
  }

  disconnect(): void {
    const socket = this.#socket;
    this.#socket = undefined;
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
