import DataLoader from "dataloader";
import { AtelierError, beyondLimit } from "../errors.js";
import type { RecordedChange } from "../records/changes.js";
import type { ExportRecord } from "../records/film.js";
import type { FrameRecord, ImageRecord } from "../records/pictures.js";
import type { SessionRecord, StyleTransferRecord } from "../records/session.js";
import { keptFrames } from "../sessions/watch/kept-frames.js";
import type { KeptLosses, Page, PageRequest, StepRange, Storage } from "../storage/storage.js";
import type { ApiContext } from "./context.js";
import { apiLimits } from "./limits.js";

/** The context of one operation, or of one event of a subscription. It reads through `loaders` where lists are resolved. */
export interface OperationContext extends ApiContext {
  readonly loaders: Loaders;
  /** Counts values whose number is known only when they are read. @throws AtelierError LIMIT for too many. */
  spend(values: number): void;
  /** Counts the bytes of pictures in the answer. @throws AtelierError LIMIT for too many. */
  spendBytes(byteLength: number): void;
  /**
   * A fresh context, with time and values of its own, for the next event of a subscription. It is that of whoever has the
   * socket now. A shared one serves other clients too, so it does not end with this one.
   */
  renewed(options?: { isShared?: boolean }): OperationContext;
}

/** Reads rows for all entries of a list at once. */
export interface Loaders {
  images: DataLoader<string, ImageRecord | null>;
  sessions: DataLoader<string, SessionRecord | null>;
  latestFrames: DataLoader<string, FrameRecord | null>;
  changeCounts: DataLoader<string, number | null>;
  changes: DataLoader<string, RecordedChange[] | null>;
  /** Films that show a session, by its id, oldest first. */
  films: DataLoader<string, ExportRecord[] | null>;
  /** Branches of sessions, oldest first: `first` of them after the first `skip`. */
  branches(first: number, skip: number): DataLoader<string, StyleTransferRecord[] | null>;
  /** Sessions that use an image, by its id. */
  sessionsUsing(page: PageRequest<string>): DataLoader<string, Page<SessionRecord> | null>;
  sessionsUsingCounts: DataLoader<string, number | null>;
  framePages(page: PageRequest<number>, range: StepRange): DataLoader<string, Page<FrameRecord> | null>;
  frameCounts(range: StepRange): DataLoader<string, number | null>;
  lossCurves(range: StepRange, points: number): DataLoader<string, KeptLosses | null>;
}

/** Sessions whose whole history one query reads: each may have thousands of changes or frames. */
const HISTORY_BATCH = 4;

/** Entries that one query reads. */
const BATCH = 200;

/** The context of an operation; `isGone` says whether its client no longer waits for it. */
export function operationContext(context: ApiContext, isGone: () => boolean): OperationContext {
  const reads = new Reads(isGone);
  const storage: Storage = {
    ...context.storage,
    images: guarded(context.storage.images, reads),
    sessions: guarded(context.storage.sessions, reads),
    changes: guarded(context.storage.changes, reads),
    frames: guarded(context.storage.frames, reads),
    blobs: guarded(context.storage.blobs, reads),
    films: guarded(context.storage.films, reads),
  };
  const frames = keptFrames(storage);
  let spent = 0;
  let spentBytes = 0;
  return {
    ...context,
    storage,
    frames,
    loaders: loadersOf(storage, frames),
    spend(values) {
      spent += values;
      const limit = apiLimits.maxCost;
      if (spent > limit)
        throw beyondLimit(`A query may ask for at most ${limit} values; ask for fewer sessions or fields.`, limit, { limitName: "cost" });
    },
    spendBytes(byteLength) {
      spentBytes += byteLength;
      const limit = apiLimits.maxDataBytes;
      if (spentBytes <= limit) return;
      throw beyondLimit(`The pictures of an answer may have at most ${limit} bytes; read the others from their url.`, limit, {
        ...{ unit: "bytes", limitName: "dataBytes" },
      });
    },
    renewed: ({ isShared = false } = {}) => operationContext(context.renewal?.current() ?? context, isShared ? () => false : isGone),
  };
}

/**
 * Reads of one operation, one after the other, so that other operations get their turns in between. They end when the
 * client has gone or the time is over.
 */
class Reads {
  private tail: Promise<unknown> = Promise.resolve();
  private spentMs = 0;

  constructor(private readonly isGone: () => boolean) {}

  run<Result>(read: () => Promise<Result>): Promise<Result> {
    const result = this.tail.then(() => this.timed(read));
    const settled = () => undefined;
    this.tail = result.then(settled, settled);
    return result;
  }

  private async timed<Result>(read: () => Promise<Result>): Promise<Result> {
    const limit = apiLimits.maxReadMs;
    if (this.isGone()) throw new AtelierError("INTERRUPTED", "The client has disconnected.");
    if (this.spentMs >= limit) {
      throw beyondLimit(`An operation may read for at most ${limit / 1000} seconds; ask for less.`, limit, {
        unit: "ms",
        limitName: "readMs",
      });
    }
    const began = performance.now();
    try {
      return await read();
    } finally {
      this.spentMs += performance.now() - began;
    }
  }
}

/** The same store, whose methods take their turns among the operation's reads. */
function guarded<Store extends object>(store: Store, reads: Reads): Store {
  return new Proxy(store, {
    get(target, name, receiver) {
      const member: unknown = Reflect.get(target, name, receiver);
      if (typeof member !== "function") return member;
      return (...args: unknown[]) => reads.run(() => member.apply(target, args) as Promise<unknown>);
    },
  });
}

function loadersOf({ images, sessions, changes, films, frames: stored }: Storage, frames: ApiContext["frames"]): Loaders {
  return {
    images: loader((ids) => images.findAll(ids)),
    sessions: loader((ids) => sessions.findAll(ids)),
    latestFrames: loader((ids) => frames.latestOf(ids)),
    changeCounts: loader((ids) => changes.counts(ids)),
    changes: loader((ids) => changes.listAll(ids), HISTORY_BATCH),
    films: loader((ids) => films.ofSessions(ids)),
    branches: sameForSame((first, skip) => loader((ids) => sessions.branches(ids, { first, skip }))),
    sessionsUsing: sameForSame((page) => loader((ids) => sessions.listUsing(ids, page))),
    sessionsUsingCounts: loader((ids) => sessions.countUsing(ids)),
    framePages: sameForSame((page, range) => loader((ids) => frames.listOf(ids, page, range))),
    frameCounts: sameForSame((range) => loader((ids) => frames.countOf(ids, range))),
    lossCurves: sameForSame((range, points) => loader((ids) => stored.lossesOf(ids, range, points), HISTORY_BATCH)),
  };
}

/** Returns one loader for equal arguments, so that fields with the same arguments share it. */
function sameForSame<Arguments extends unknown[], Loader>(make: (...args: Arguments) => Loader): (...args: Arguments) => Loader {
  const made = new Map<string, Loader>();
  return (...args) => {
    const key = JSON.stringify(args);
    const found = made.get(key) ?? make(...args);
    made.set(key, found);
    return found;
  };
}

/** A loader that keeps nothing: an operation may change what it reads. */
function loader<Value>(load: (ids: string[]) => Promise<Map<string, Value>>, maxBatchSize = BATCH): DataLoader<string, Value | null> {
  return new DataLoader<string, Value | null>(
    async (ids) => {
      const found = await load([...new Set(ids)]);
      return ids.map((id) => found.get(id) ?? null);
    },
    { cache: false, maxBatchSize },
  );
}
