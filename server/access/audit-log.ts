import type { AtelierError, ErrorCode } from "../errors.js";
import { addressKey } from "../limits/address.js";
import type { AuditEntry } from "../records/audit.js";
import type { Principal } from "./principal.js";
import { RecentKeys } from "./recent-keys.js";
import { RepeatedEvents } from "./repeated-events.js";

/** How long the same refusal of the same address, or the same of what comes in bursts, is not recorded again, ms. */
const REPEATED_MS = 60_000;
/** Refusals that are remembered. */
const MOST_REMEMBERED = 1000;
/** How often in `OFTEN_MS` the same action of one owner, or of all who came by one link, is recorded; more are only counted. */
const MOST_ALIKE = 100;
const OFTEN_MS = 3600_000;
/** Owners and actions that are counted. */
const MOST_COUNTED = 1000;
/** Entries that wait to be stored; those beyond are lost, and reported. */
const MOST_WAITING = 10_000;
/** Characters of each text in an entry. */
const MAX_TEXT = 100;

/** What happened. It holds ids and names, and never a secret. */
export interface AuditEvent {
  /** An operation of the policy, such as `Mutation.createLink`, or an address, such as `POST /access`. */
  action: string;
  /** Why it was refused or failed; null when it was carried out. */
  code: ErrorCode | null;
  /** Who did it, as far as it is known. */
  principal: (Pick<Principal, "name" | "role" | "ownerId"> & Partial<Pick<Principal, "groupId">>) | null;
  /** Address of the client; null when its connection is gone. */
  address: string | null;
  /** What it was done to: ids, names and choices. */
  about?: Readonly<Record<string, string>>;
  /** Whether it may happen many times a second, as a slider moves. Of the same in a minute, the first and the last are recorded. */
  comesInBursts?: boolean;
}

/** Records who did what, for the server's operator. */
export interface AuditLog {
  /** Never throws and never waits: what cannot be stored is reported, and the request goes on. */
  record(event: AuditEvent): void;
  /** The newest entries, newest first. */
  list(first: number): Promise<AuditEntry[]>;
  /** Resolves when everything is stored. */
  close(): Promise<void>;
}

/** That of a server on which everyone is the one owner. */
export const noAudit: AuditLog = { record: () => undefined, list: async () => [], close: async () => undefined };

/** Whether a refusal is recorded: a stranger without credentials is told to bring some, and does nothing wrong. */
export function isWorthNoting({ code }: AtelierError, { role, visitorId }: Principal): boolean {
  return code === "FORBIDDEN" || (code === "UNAUTHENTICATED" && (role !== null || visitorId !== null));
}

/** Where entries are stored. */
export interface AuditSink {
  /** Stores entries, the oldest first. */
  append(entries: readonly AuditEntry[]): Promise<void>;
  /** The newest entries, newest first. */
  list(first: number): Promise<AuditEntry[]>;
}

/** An audit log that is written in the background, one write after the other. `report` receives why entries were lost. */
export class AuditJournal implements AuditLog {
  private readonly refusals = new RecentKeys(REPEATED_MS, MOST_REMEMBERED);
  private readonly successes = this.counted(MOST_ALIKE, OFTEN_MS);
  private readonly bursts = this.counted(1, REPEATED_MS);
  private waiting: AuditEntry[] = [];
  private lost = 0;
  private isBroken = false;
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly sink: AuditSink,
    private readonly report: (error: unknown) => void,
  ) {}

  record({ action, code, principal, address, about = {}, comesInBursts = false }: AuditEvent): void {
    const { name = null, role = null, ownerId = null, groupId = null } = principal ?? {};
    const shown = Object.fromEntries(Object.entries(about).map(([key, text]) => [key, text.slice(0, MAX_TEXT)]));
    const entry: AuditEntry = { at: new Date(), action, code, name, role, ownerId, address, about: shown };
    // A link has as many owners as browsers that open it.
    const party = groupId ?? ownerId;
    const isNews = () => {
      if (code !== null) return this.refusals.note(JSON.stringify([action, code, party, addressKey(address ?? "")]));
      if (comesInBursts) return this.bursts.passes(JSON.stringify([action, party, shown]), entry);
      return role === "ADMIN" || this.successes.passes(JSON.stringify([action, party]), entry);
    };
    if (isNews()) this.store(entry);
  }

  async list(first: number): Promise<AuditEntry[]> {
    await this.writing;
    return this.sink.list(first);
  }

  close(): Promise<void> {
    for (const repeated of [this.successes, this.bursts]) repeated.close();
    return this.writing;
  }

  /** Lets the `most` first entries of a kind in `windowMs` through, and of those beyond the last with their number. */
  private counted(most: number, windowMs: number): RepeatedEvents<AuditEntry> {
    return new RepeatedEvents({
      ...{ most, windowMs, mostKeys: MOST_COUNTED },
      heldBack: (last, count) => this.store({ ...last, about: { ...last.about, alike: String(count) } }),
    });
  }

  private store(entry: AuditEntry): void {
    if (this.waiting.length >= MOST_WAITING) {
      this.lost++;
      return;
    }
    this.waiting.push(entry);
    if (this.waiting.length === 1) this.writing = this.writing.then(() => this.write());
  }

  private async write(): Promise<void> {
    const entries = this.waiting;
    this.waiting = [];
    try {
      await this.sink.append(entries);
      this.isBroken = false;
      if (this.lost > 0) this.report(new Error(`${this.lost} entries of the audit log were lost.`));
      this.lost = 0;
    } catch (error) {
      this.lost += entries.length;
      // Once, and not for every request while nothing can be stored.
      if (!this.isBroken) this.report(new Error("The audit log cannot be written.", { cause: error }));
      this.isBroken = true;
    }
  }
}
