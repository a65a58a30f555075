import type { Bus } from "../bus/bus.js";
import type { Principal } from "./principal.js";

/** The longest time that a timer can wait, ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

interface Connection {
  principal: Pick<Principal, "linkIds" | "expiresAt">;
  timer: NodeJS.Timeout | undefined;
  end(): void;
}

/** Connections that stay open, such as sockets: they end when a link that they came by is revoked or expires. */
export class OpenConnections {
  private readonly connections = new Set<Connection>();
  private unsubscribe: () => Promise<void> = async () => undefined;

  static async open(bus: Bus): Promise<OpenConnections> {
    const open = new OpenConnections();
    open.unsubscribe = await bus.subscribe("access", (event) => {
      if (event.type !== "revoked") return;
      for (const { principal, end } of [...open.connections]) if (principal.linkIds.includes(event.linkId)) end();
    });
    return open;
  }

  /** Calls `end` when the connection must end. Returns the function to call when it has ended. */
  add(principal: Connection["principal"], end: () => void): () => void {
    const connection: Connection = { principal, timer: undefined, end };
    this.connections.add(connection);
    this.wait(connection);
    return () => {
      clearTimeout(connection.timer);
      this.connections.delete(connection);
    };
  }

  async close(): Promise<void> {
    for (const { timer } of this.connections) clearTimeout(timer);
    this.connections.clear();
    await this.unsubscribe();
  }

  private wait(connection: Connection): void {
    const { expiresAt } = connection.principal;
    if (expiresAt === null) return;
    const left = expiresAt.getTime() - Date.now();
    const wait = () => (left > LONGEST_TIMER_MS ? this.wait(connection) : connection.end());
    connection.timer = setTimeout(wait, Math.max(0, Math.min(left, LONGEST_TIMER_MS)));
    connection.timer.unref();
  }
}
