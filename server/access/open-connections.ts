import type { Bus } from "../bus/bus.js";
import type { Principal } from "./principal.js";

/** The longest time that a timer can wait, ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** What a connection stays open for. */
export type Grounds = Pick<Principal, "linkIds" | "visitorId" | "expiresAt">;

/**
 * Links that were revoked and visitors who left, as far as they are remembered: that may happen while a connection that
 * came by them is opened.
 */
const MOST_REMEMBERED = 1000;

interface Connection {
  principal: Grounds;
  timer: NodeJS.Timeout | undefined;
  end(): void;
}

/**
 * Connections that stay open, such as sockets: they end when a link that they came by is revoked or expires, and when their
 * visitor leaves, opens another link, after which the secret of their cookie is another one, or is a user whose access ends or
 * whose role changes.
 */
export class OpenConnections {
  private readonly connections = new Set<Connection>();
  private readonly over = new Set<string>();
  private unsubscribe: () => Promise<void> = async () => undefined;

  static async open(bus: Bus): Promise<OpenConnections> {
    const open = new OpenConnections();
    open.unsubscribe = await bus.subscribe("access", (event) => {
      if (event.type !== "admitted") open.remember(event.type === "revoked" ? event.linkId : event.visitorId);
      const isOver = ({ linkIds, visitorId }: Grounds) =>
        event.type === "revoked" ? linkIds.includes(event.linkId) : visitorId === event.visitorId;
      for (const { principal, end } of [...open.connections]) if (isOver(principal)) end();
    });
    return open;
  }

  /** Calls `end` when the connection must end. Returns the function to call when it has ended. */
  add(principal: Grounds, end: () => void): () => void {
    const connection: Connection = { principal, timer: undefined, end };
    this.connections.add(connection);
    this.wait(connection);
    if ([...principal.linkIds, principal.visitorId].some((id) => id !== null && this.over.has(id))) end();
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

  private remember(id: string): void {
    if (this.over.size >= MOST_REMEMBERED) this.over.delete(this.over.values().next().value ?? "");
    this.over.add(id);
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
