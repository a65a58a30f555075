import { once } from "node:events";
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/**
 * What is wrong with a store: it answers late, answers 500 to everything, ends every connection, or takes requests and says
 * nothing, as behind a network that is cut.
 */
export type Trouble = { kind: "slow"; ms: number } | { kind: "failing" } | { kind: "refusing" } | { kind: "silent" };

/** A proxy in front of a store with the protocol of S3, whose clients can be given trouble. */
export class TroubledStore {
  private trouble: Trouble | null = null;
  /** Requests that got no answer and are not answered any more. */
  private readonly silenced = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly target: string,
  ) {
    server.on("request", (incoming, outgoing) => void this.handle(incoming, outgoing));
  }

  /** `target` is the address of the store. */
  static async start(target: string): Promise<TroubledStore> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    return new TroubledStore(server, target);
  }

  get address(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  begin(trouble: Trouble): void {
    this.trouble = trouble;
    if (trouble.kind === "refusing") this.server.closeAllConnections();
  }

  /** From now on it serves; connections that were silent are lost. */
  end(): void {
    this.trouble = null;
    for (const socket of this.silenced) socket.destroy();
    this.silenced.clear();
  }

  async close(): Promise<void> {
    const closed = once(this.server, "close");
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  private async handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { trouble } = this;
    if (trouble?.kind === "refusing") incoming.socket.destroy();
    else if (trouble?.kind === "silent") this.silenced.add(incoming.socket);
    else if (trouble?.kind === "failing") outgoing.writeHead(500).end();
    else {
      if (trouble) await delay(trouble.ms);
      this.pass(incoming, outgoing);
    }
  }

  private pass(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { method, url, headers } = incoming;
    const passed = request(new URL(url ?? "/", this.target), { method, headers }, (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(outgoing);
    });
    passed.on("error", () => (outgoing.headersSent ? outgoing.destroy() : outgoing.writeHead(502).end()));
    incoming.pipe(passed);
  }
}
