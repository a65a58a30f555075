import { once } from "node:events";
import { createServer, type IncomingMessage, request, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import type { Duplex } from "node:stream";

/** A proxy that passes each request, and each upgrade to a WebSocket, on to the next of its servers. */
export class RoundRobin {
  /** How many requests each server got, by its address. */
  readonly counts = new Map<string, number>();
  /** Addresses of the servers that the upgrades reached, in order. */
  readonly upgrades: string[] = [];
  private next = 0;

  private constructor(
    private readonly server: Server,
    private targets: string[],
  ) {
    server.on("request", (incoming, outgoing) => {
      const { method, url, headers } = incoming;
      const passed = request(new URL(url ?? "/", this.target()), { method, headers, agent: false }, (response) => {
        outgoing.writeHead(response.statusCode ?? 502, response.headers);
        outgoing.flushHeaders();
        response.on("error", () => outgoing.destroy());
        response.pipe(outgoing);
      });
      passed.on("error", () => (outgoing.headersSent ? outgoing.destroy() : outgoing.writeHead(502).end()));
      outgoing.on("close", () => passed.destroy());
      incoming.pipe(passed);
    });
    server.on("upgrade", (incoming, socket, head) => this.join(incoming, socket, head));
  }

  /** Starts it on a free port, before its servers are known. */
  static async start(): Promise<RoundRobin> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    return new RoundRobin(server, []);
  }

  get address(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Passes on to these servers from now on, given by their addresses. */
  use(...targets: string[]): void {
    this.targets = targets;
  }

  async close(): Promise<void> {
    const closed = once(this.server, "close");
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  private target(): string {
    const target = this.targets[this.next++ % this.targets.length];
    if (target === undefined) throw new Error("The proxy has no servers.");
    this.counts.set(target, (this.counts.get(target) ?? 0) + 1);
    return target;
  }

  private join({ method, url, rawHeaders }: IncomingMessage, socket: Duplex, head: Buffer): void {
    const target = this.target();
    this.upgrades.push(target);
    const { hostname, port } = new URL(target);
    const joined = connect(Number(port), hostname);
    const lines = rawHeaders.flatMap((name, place) => (place % 2 === 0 ? [`${name}: ${rawHeaders[place + 1]}`] : []));
    joined.write(`${method} ${url} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
    joined.write(head);
    for (const [one, other] of [
      [socket, joined],
      [joined, socket],
    ] as const) {
      one.on("error", () => other.destroy());
      one.on("close", () => other.destroy());
      one.pipe(other);
    }
  }
}
