import type { Allowances, Party } from "../limits/allowances.js";
import type { LimitName } from "../limits/table.js";
import type { RequirePlace, Storage } from "../storage/storage.js";
import type { OwnerPlaces } from "./queue-entry.js";

export interface AdmissionParts {
  storage: Pick<Storage, "images" | "frames" | "films" | "access">;
  allowances: Allowances;
}

/** Admits sessions and pictures within the limits of the server and of their owners. */
export class Admission {
  /** The last work that is under way of all who came by the same link. */
  private readonly turns = new Map<string, Promise<unknown>>();

  constructor(private readonly parts: AdmissionParts) {}

  /**
   * Queues a session by `queue` where its owner and the server have a place for it: the storage counts when it stores the session.
   * @throws AtelierError LIMIT
   */
  async admit<Result>(party: Party, queue: (requirePlace: RequirePlace) => Promise<Result>): Promise<Result> {
    const { allowances } = this.parts;
    return this.inTurn(party, async () => {
      await this.requireSpace(party, 1);
      if (isInGroup(party)) {
        const { openSessions } = await this.parts.storage.access.usageOfLink(party.groupId);
        allowances.requirePlace("linkSessions", party, openSessions);
      }
      return queue(({ queued, own }) => {
        allowances.requirePlace("queuedSessions", party, queued);
        allowances.requirePlace("openSessions", party, own);
      });
    });
  }

  /** How many sessions of each kind of a party may run, while others of theirs wait. */
  placesOf(party: Party): OwnerPlaces {
    const placesIn = (name: LimitName) => {
      const limit = this.parts.allowances.of(name, party);
      return Number.isFinite(limit) ? limit : null;
    };
    return { PAINTED: placesIn("paintedSessions"), LIVE: placesIn("liveSessions") };
  }

  /** @throws AtelierError LIMIT when `byteLength` bytes more are too many for their owner, or for all who came by the same link. */
  async requireSpace(party: Party, byteLength: number): Promise<void> {
    const { storage, allowances } = this.parts;
    const limit = allowances.of("ownBytes", party);
    if (party.ownerId === null || !Number.isFinite(limit)) return;
    const pictures = (await storage.images.byteLengthOf(party.ownerId)) + (await storage.frames.byteLengthOfOwner(party.ownerId));
    const used = pictures + (await storage.films.byteLengthOf(party.ownerId));
    if (used + byteLength > limit) throw allowances.refusal("ownBytes", null);
    if (!isInGroup(party)) return;
    const together = (await storage.access.usageOfLink(party.groupId)).byteLength;
    if (together + byteLength > allowances.of("linkBytes", party)) throw allowances.refusal("linkBytes", null);
  }

  /** Sessions of one link are counted and queued one after the other, so that two do not take the same place. */
  private async inTurn<Result>(party: Party, work: () => Promise<Result>): Promise<Result> {
    if (!isInGroup(party)) return work();
    const key = party.groupId;
    const before = this.turns.get(key) ?? Promise.resolve();
    const turn = before.then(work);
    const settled = turn.then(
      () => undefined,
      () => undefined,
    );
    this.turns.set(key, settled);
    try {
      return await turn;
    } finally {
      if (this.turns.get(key) === settled) this.turns.delete(key);
    }
  }
}

function isInGroup(party: Party): party is Party & { groupId: string } {
  return typeof party.groupId === "string";
}
