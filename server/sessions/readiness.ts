import { AtelierError } from "../errors.js";
import { sharedLook } from "../limits/shared-look.js";
import { type StorageSpace, storagePlaces } from "../storage/storage.js";
import { Feed } from "./watch/feed.js";

/** Time between two looks while someone watches, ms. */
const LOOK_EVERY_MS = 5000;

export interface ReadinessParts {
  /** Why sessions cannot run yet; null when they can. */
  unready(): string | null;
  /** Why the processes of a fleet cannot reach each other; null when they can. */
  unreachable?: () => string | null;
  space: StorageSpace;
  /** Receives errors that are the server's own fault. */
  report(error: unknown): void;
}

/** Why a server is not ready: the reason in full, and what everyone may know of it. */
export interface Obstacle {
  reason: string;
  kind: string;
}

/** What a look at a server finds. */
export interface ReadinessState {
  /** Null for a server that is ready. */
  obstacle: Obstacle | null;
  /** The least free space of all places, bytes; null where none is known. */
  freeBytes: number | null;
}

interface StorageState {
  obstacle: string | null;
  freeBytes: number | null;
}

/** Sent to each watcher: the obstacle, or null when the server is ready. */
export interface ReadinessEvent {
  id: "readiness";
  obstacle: string | null;
}

/** Someone who follows whether the server is ready. */
interface Watcher {
  /** Whether they may read the reason in full. */
  isTold: boolean;
  /** The obstacle they were last told about; undefined before the first event. */
  known: string | null | undefined;
}

const late: StorageState = { obstacle: "The storage did not answer in time.", freeBytes: null };

/** Tells whether sessions can run at a server, and whether what they make can be stored. */
export class Readiness {
  private readonly storageState: () => Promise<StorageState>;
  private readonly watchers = new Map<Feed<ReadinessEvent>, Watcher>();
  private looking: NodeJS.Timeout | null = null;

  constructor(private readonly parts: ReadinessParts) {
    this.storageState = sharedLook({ look: () => this.lookAtStorage(), late });
  }

  /** Looks at everything. Anyone may ask, and a look writes to the storage: all who ask within a short time share one. */
  async look(): Promise<ReadinessState> {
    const { obstacle: full, freeBytes } = await this.storageState();
    const { unready, unreachable } = this.parts;
    const reasons: [reason: string | null, kind: string][] = [
      [unready(), "Sessions cannot run now."],
      [unreachable?.() ?? null, "The workers cannot be reached now."],
      [full, "Nothing can be stored now."],
    ];
    const [reason = null, kind = ""] = reasons.find(([reason]) => reason !== null) ?? [];
    return { obstacle: reason === null ? null : { reason, kind }, freeBytes };
  }

  /**
   * The obstacle now, then whenever it changes, which is noticed within some seconds. A watcher who `isTold` gets the reason in
   * full, others get its kind.
   */
  watch(isTold: boolean): Promise<Feed<ReadinessEvent>> {
    return Feed.open<ReadinessEvent>((feed) => {
      this.watchers.set(feed, { isTold, known: undefined });
      void this.tell();
      this.looking ??= setInterval(() => void this.tell(), LOOK_EVERY_MS).unref();
      return () => {
        this.watchers.delete(feed);
        if (this.watchers.size > 0 || this.looking === null) return;
        clearInterval(this.looking);
        this.looking = null;
      };
    });
  }

  /** Tells those who watch what they do not know yet. */
  private async tell(): Promise<void> {
    const { obstacle: found } = await this.look();
    for (const [feed, watcher] of this.watchers) {
      const obstacle = found && (watcher.isTold ? found.reason : found.kind);
      if (watcher.known === obstacle) continue;
      watcher.known = obstacle;
      feed.offer({ id: "readiness", obstacle });
    }
  }

  private async lookAtStorage(): Promise<StorageState> {
    const { space, report } = this.parts;
    try {
      const [obstacle, ...free] = await Promise.all([space.obstacle(), ...storagePlaces.map((place) => space.free(place))]);
      const known = free.filter((bytes) => bytes !== null);
      return { obstacle, freeBytes: known.length === 0 ? null : Math.min(...known) };
    } catch (error) {
      if (!(error instanceof AtelierError)) report(error);
      return { obstacle: error instanceof AtelierError ? error.message : "The storage cannot be used.", freeBytes: null };
    }
  }
}
