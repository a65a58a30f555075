import type { AccessEvent, Bus } from "../bus/bus.js";
import { isOpen } from "../records/access.js";
import type { AccessStore } from "../storage/access.js";
import { type Principal, principalOfVisitor } from "./principal.js";
import { whileAway } from "./while-away.js";

/** The longest time that a timer can wait, ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** What a connection stays open for. */
export type Grounds = Pick<Principal, "linkIds" | "visitorId" | "expiresAt"> & Partial<Pick<Principal, "role">>;

/**
 * How long after a gap, or after a visitor opened another link, new connections are checked, ms: who opens them may have been
 * told apart before it, by an answer that is remembered or under way.
 */
const CHECKED_MS = 5000;

/**
 * Links that were revoked and visitors who left, as far as they are remembered: that may happen while a connection that
 * came by them is opened.
 */
const MOST_REMEMBERED = 1000;

/** Connections that are checked at the same time: few, so that the database stays free for requests. */
const CHECKED_AT_ONCE = 4;

interface Connection {
  principal: Grounds;
  timer: NodeJS.Timeout | undefined;
  end(): void;
}

export interface OpenConnectionsParts {
  bus: Bus;
  access: Pick<AccessStore, "findLink" | "findVisitor">;
  /** The identity provider whose users may sign in; null for none. */
  issuer: string | null;
}

/**
 * Connections that stay open, such as sockets: they end when a link that they came by is revoked or expires, and when their
 * visitor leaves, opens another link, after which the secret of their cookie is another one, or is a user whose access ends or
 * whose role changes. When the bus has lost such an event, storage tells which connections must end.
 * While the bus cannot be reached, storage is asked again twice a second.
 */
export class OpenConnections {
  private readonly connections = new Set<Connection>();
  private readonly over = new Set<string>();
  private gapAt = Number.NEGATIVE_INFINITY;
  private admittedAt = Number.NEGATIVE_INFINITY;
  private unsubscribe: () => Promise<void> = async () => undefined;
  private readonly endChecks: () => void;

  private constructor(private readonly parts: OpenConnectionsParts) {
    this.endChecks = whileAway(parts.bus, () => this.checkAll((connection) => this.recheck(connection)));
  }

  static async open(parts: OpenConnectionsParts): Promise<OpenConnections> {
    const open = new OpenConnections(parts);
    open.unsubscribe = await parts.bus.subscribe(
      "access",
      (event) => open.receive(event),
      () => void open.checkAll((connection) => open.check(connection)),
    );
    return open;
  }

  /** Calls `end` when the connection must end. Returns the function to call when it has ended. */
  add(principal: Grounds, end: () => void): () => void {
    const connection: Connection = { principal, timer: undefined, end };
    this.connections.add(connection);
    this.wait(connection);
    if ([...principal.linkIds, principal.visitorId].some((id) => id !== null && this.over.has(id))) end();
    const changedAt = principal.visitorId === null ? this.gapAt : Math.max(this.gapAt, this.admittedAt);
    if (performance.now() < changedAt + CHECKED_MS) void this.check(connection);
    return () => {
      clearTimeout(connection.timer);
      this.connections.delete(connection);
    };
  }

  async close(): Promise<void> {
    this.endChecks();
    for (const { timer } of this.connections) clearTimeout(timer);
    this.connections.clear();
    await this.unsubscribe();
  }

  private receive(event: AccessEvent): void {
    if (event.type === "admitted") this.admittedAt = performance.now();
    else this.remember(event.type === "revoked" ? event.linkId : event.visitorId);
    const isOver = ({ linkIds, visitorId }: Grounds) =>
      event.type === "revoked" ? linkIds.includes(event.linkId) : visitorId === event.visitorId;
    for (const { principal, end } of [...this.connections]) if (isOver(principal)) end();
  }

  /** At most `CHECKED_AT_ONCE` reads are under way, however many connections are open. */
  private async checkAll(check: (connection: Connection) => Promise<void>): Promise<void> {
    this.gapAt = performance.now();
    // Those who take turns share one iterator.
    const left = [...this.connections].values();
    const takeTurns = async () => {
      for (const connection of left) if (this.connections.has(connection)) await check(connection);
    };
    await Promise.all(Array.from({ length: CHECKED_AT_ONCE }, takeTurns));
  }

  /** Ends a connection whose grounds do not hold any more, or cannot be read. */
  private async check(connection: Connection): Promise<void> {
    const holds = await this.holds(connection.principal).catch(() => false);
    if (!holds && this.connections.has(connection)) connection.end();
  }

  /** Ends a connection whose grounds do not hold any more. What cannot be read now is read a second later. */
  private async recheck(connection: Connection): Promise<void> {
    const holds = await this.holds(connection.principal).catch(() => true);
    if (!holds && this.connections.has(connection)) connection.end();
  }

  private async holds({ linkIds, visitorId, role }: Grounds): Promise<boolean> {
    const { access, issuer } = this.parts;
    const now = new Date();
    if (visitorId !== null) {
      const visitor = await access.findVisitor(visitorId);
      const present = visitor && principalOfVisitor(visitor, now, issuer);
      return present !== null && present.role === role && present.linkIds.join() === linkIds.join();
    }
    for (const id of linkIds) {
      const link = await access.findLink(id);
      if (!link || !isOpen(link, now)) return false;
    }
    return true;
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
