import type { Allowances, Party } from "../limits/allowances.js";
import type { LimitName } from "../limits/table.js";
import type { RequirePlace, Storage } from "../storage/storage.js";
import type { OwnerPlaces } from "./queue-entry.js";

export interface AdmissionParts {
  storage: Pick<Storage, "images" | "frames" | "films">;
  allowances: Allowances;
}

/** Admits sessions and pictures within the limits of the server and of their owners. */
export class Admission {
  constructor(private readonly parts: AdmissionParts) {}

  /**
   * Queues a session by `queue` where its owner and the server have a place for it: the storage counts when it stores the session.
   * @throws AtelierError LIMIT
   */
  async admit<Result>(party: Party, queue: (requirePlace: RequirePlace) => Promise<Result>): Promise<Result> {
    const { allowances } = this.parts;
    await this.requireSpace(party, 1);
    return queue(({ queued, own }) => {
      allowances.requirePlace("queuedSessions", party, queued);
      allowances.requirePlace("openSessions", party, own);
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

  /** @throws AtelierError LIMIT when `byteLength` bytes more are too many for their owner. */
  async requireSpace(party: Party, byteLength: number): Promise<void> {
    const { storage, allowances } = this.parts;
    const limit = allowances.of("ownBytes", party);
    if (party.ownerId === null || !Number.isFinite(limit)) return;
    const pictures = (await storage.images.byteLengthOf(party.ownerId)) + (await storage.frames.byteLengthOfOwner(party.ownerId));
    const used = pictures + (await storage.films.byteLengthOf(party.ownerId));
    if (used + byteLength > limit) throw allowances.refusal("ownBytes", null);
  }
}
