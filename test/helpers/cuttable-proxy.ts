import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer, type Server, type Socket } from "node:net";

/** A TCP connection to a server that can be cut as a network is: nothing arrives any more, and nobody is told. */
export class CuttableProxy {
  private readonly sockets = new Set<Socket>();
  private isCut = false;

  private constructor(
    private readonly server: Server,
    private readonly host: string,
  ) {}

  /** `target` is the address of the server, such as redis://127.0.0.1:6379; `host` is where the proxy listens. */
  static async start(target: string, host = "127.0.0.1"): Promise<CuttableProxy> {
    const { hostname, port } = new URL(target);
    const server = createServer();
    const proxy = new CuttableProxy(server, host);
    server.on("connection", (near) => proxy.join(near, connect(Number(port), hostname)));
    server.listen(0, host);
    await once(server, "listening");
    return proxy;
  }

  /** The address of the server, through this proxy. */
  through(target: string): string {
    const address = new URL(target);
    address.host = `${this.host}:${(this.server.address() as AddressInfo).port}`;
    return address.href;
  }

  cut(): void {
    this.isCut = true;
    for (const socket of this.sockets) socket.pause();
  }

  /** Nothing arrives any more on the connections that there are, while new ones work, as after the restart of a router. */
  forget(): void {
    for (const socket of this.sockets) socket.pause();
  }

  /** New connections work again; those that were cut are reset, as by a network that has forgotten them. */
  restore(): void {
    this.isCut = false;
    for (const socket of this.sockets) if (socket.isPaused()) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, "close");
  }

  private join(near: Socket, far: Socket): void {
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(from);
      if (this.isCut) from.pause();
      from.on("data", (bytes) => to.write(bytes));
      from.on("close", () => {
        this.sockets.delete(from);
        to.destroy();
      });
      // Its end is all that matters.
      from.on("error", () => undefined);
    }
  }
}
