import type { Bus } from "../bus/bus.js";
import { type Guarded, maySee, type Reader } from "../records/access.js";
import type { SessionRecord } from "../records/session.js";
import type { SessionStore } from "../storage/storage.js";
import { AWAY_PAUSE_MS, whileAway } from "./while-away.js";

/** Sessions that are remembered. */
const MOST_REMEMBERED = 2000;

/** A session of a revision: messages of two writers may come in another order than their changes. */
type Known = Guarded & Pick<SessionRecord, "revision">;

interface Entry {
  session: Promise<Known | null>;
  /** When it was read, by `performance.now()`. */
  readAt: number;
}

interface Watcher {
  reader: Reader;
  hidden(): void;
}

/**
 * Owners and visibilities of sessions, which frames ask for by the thousand: they are remembered, and follow the changes
 * that the bus carries. While the bus cannot be reached, they are read again after a second.
 */
export class SessionDirectory {
  private readonly known = new Map<string, Entry>();
  private readonly watchers = new Map<string, Set<Watcher>>();
  private readonly endReading: () => void;
  private listening: Promise<() => Promise<void>> | null = null;

  constructor(
    private readonly sessions: Pick<SessionStore, "find">,
    private readonly bus: Bus,
  ) {
    // What cannot be read now is read a second later.
    this.endReading = whileAway(bus, () => this.readWatched(() => undefined));
  }

  /** Null when there is no such session. */
  find(id: string): Promise<Guarded | null> {
    return this.remembered(id) ?? this.read(id);
  }

  private remembered(id: string): Promise<Guarded | null> | null {
    const found = this.known.get(id);
    return found && (this.bus.unreachable() === null || performance.now() < found.readAt + AWAY_PAUSE_MS) ? found.session : null;
  }

  private async read(id: string): Promise<Guarded | null> {
    // A change that comes while the session is read must not be missed.
    await this.listen();
    // Others may have asked for it at the same time.
    const remembered = this.remembered(id);
    if (remembered) return remembered;
    const session = this.sessions.find(id).then((record) => record && knownOf(record));
    const entry = { session, readAt: performance.now() };
    if (this.known.size >= MOST_REMEMBERED) this.known.delete(this.known.keys().next().value ?? "");
    this.known.set(id, entry);
    try {
      const read = await session;
      // Ids that name nothing would push out those that do.
      if (read === null && this.known.get(id) === entry) this.known.delete(id);
      return read;
    } catch (error) {
      if (this.known.get(id) === entry) this.known.delete(id);
      throw error;
    }
  }

  /** Whether a reader may see a session; null is someone who sees everything. False when there is none. */
  async isVisible(reader: Reader | null, id: string): Promise<boolean> {
    const session = await this.find(id);
    return session !== null && maySee(reader, session);
  }

  /** Calls `hidden` once a reader may no longer see a session that they see. Returns the function that ends this. */
  async watch(reader: Reader | null, id: string, hidden: () => void): Promise<() => void> {
    if (reader === null) return () => undefined;
    await this.listen();
    const watcher = { reader, hidden };
    const ofSession = this.watchers.get(id) ?? new Set();
    this.watchers.set(id, ofSession);
    ofSession.add(watcher);
    return () => {
      ofSession.delete(watcher);
      if (ofSession.size === 0 && this.watchers.get(id) === ofSession) this.watchers.delete(id);
    };
  }

  async close(): Promise<void> {
    this.endReading();
    const unsubscribe = await this.listening;
    await unsubscribe?.();
  }

  private async listen(): Promise<void> {
    this.listening ??= this.bus.subscribe(
      "sessions",
      (event) => {
        if (event.type === "deleted") this.known.delete(event.sessionId);
        else this.follow(knownOf(event.session));
      },
      () => void this.readAgain(),
    );
    await this.listening;
  }

  /** Changes were lost: forgets what is known, and reads the sessions that are watched. */
  private async readAgain(): Promise<void> {
    this.known.clear();
    await this.readWatched((id) => {
      // Whether they may still see it is not known. They come again.
      for (const { hidden } of [...(this.watchers.get(id) ?? [])]) hidden();
    });
  }

  /** Reads the sessions that are watched, one after the other. `failed` receives those that cannot be read. */
  private async readWatched(failed: (id: string) => void): Promise<void> {
    for (const id of [...this.watchers.keys()]) {
      try {
        const session = await this.sessions.find(id);
        if (session) this.follow(knownOf(session));
      } catch {
        failed(id);
      }
    }
  }

  private follow(session: Known): void {
    const before = this.known.get(session.id);
    if (before) {
      const newest = before.session.then(
        (known) => (known && known.revision > session.revision ? known : session),
        // What the change says holds although the read before it failed.
        () => session,
      );
      this.known.set(session.id, { ...before, session: newest });
    }
    for (const { reader, hidden } of [...(this.watchers.get(session.id) ?? [])]) if (!maySee(reader, session)) hidden();
  }
}

function knownOf({ id, ownerId, visibility, approval, revision }: SessionRecord): Known {
  return { id, ownerId, visibility, approval, revision };
}
