// Archetype lazy-response-cache-during-reconnect: no reply is written to a socket whose handshake is still pending.
import { WebSocket } from "ws";

const STABLE_AFTER_MS = 2_000;
const RECONNECT_AFTER_MS = 1_000;

/** The connection to the relay. Replies that cannot leave yet wait here, one per session and response. */
export class Uplink {
  private readonly waiting = new Map<string, string>();
  private readonly handshake: { status: "pending" | "connected" } = { status: "pending" };
  private reconnectAttempts = 0;
  private socket: WebSocket | undefined;

  constructor(private readonly url: string) {}

  /** Send a reply now, or keep it until the connection has been stable for a while. Says which of the two it did. */
  deliver(sessionId: string, responseId: string, body: string): "sent" | "kept" {
    if (!this.socket) {
      this.connect();
    }
    if (this.handshake.status === "pending" || this.reconnectAttempts > 0) {
      this.waiting.set(`${sessionId}\u0000${responseId}`, body);
      return "kept";
    }
    this.socket?.send(body);
    return "sent";
  }

  private connect(): void {
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.on("open", () => { // $ root=lifecycle
      this.handshake.status = "connected";
      setTimeout(() => this.settle(socket), STABLE_AFTER_MS); // $ root=warmup
    });
    socket.on("close", () => { // $ root=lifecycle
      this.handshake.status = "pending";
      this.reconnectAttempts += 1;
      setTimeout(() => this.connect(), RECONNECT_AFTER_MS); // $ root=warmup
    });
    socket.on("error", () => socket.terminate()); // $ root=lifecycle
  }

  private settle(socket: WebSocket): void {
    if (socket !== this.socket || this.handshake.status !== "connected") {
      return;
    }
    this.reconnectAttempts = 0;
    for (const [key, body] of this.waiting) {
      socket.send(body);
      this.waiting.delete(key);
    }
  }
}
