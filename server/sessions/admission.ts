import type { Allowances, Party } from "../limits/allowances.js";
import type { LimitName } from "../limits/table.js";
import type { RequiredPlace, Storage } from "../storage/storage.js";
import type { OwnerPlaces } from "./queue-entry.js";

export interface AdmissionParts {
  storage: Pick<Storage, "images" | "frames" | "films" | "access">;
  allowances: Allowances;
}

/** Admits sessions and pictures within the limits of the server and of their owners. */
export class Admission {
  constructor(private readonly parts: AdmissionParts) {}

  /**
   * Queues a session by `queue` where its owner, all who came by the same link and the server have a place for it: the storage
   * counts when it stores the session. `newIn` names the input that asks for one session more; null for one that is kept already.
   * @throws AtelierError LIMIT
   */
  async admit<Result>(party: Party, newIn: string | null, queue: (place: RequiredPlace) => Promise<Result>): Promise<Result> {
    const { allowances } = this.parts;
    await this.requireSpace(party, 1);
    return queue({
      linkId: this.isLimited("linkSessions", party) ? party.groupId : null,
      require({ queued, own, ofLink, kept, keptOfLink }) {
        if (newIn !== null) {
          allowances.requirePlace("keptSessions", party, kept, newIn);
          allowances.requirePlace("linkKeptSessions", party, keptOfLink, newIn);
        }
        allowances.requirePlace("linkSessions", party, ofLink);
        allowances.requirePlace("queuedSessions", party, queued);
        allowances.requirePlace("openSessions", party, own);
      },
    });
  }

  /** How many sessions of each kind of a party may run, while others of theirs wait, and the link that limits these too. */
  placesOf(party: Party): OwnerPlaces {
    const placesIn = (name: LimitName) => {
      const limit = this.parts.allowances.of(name, party);
      return Number.isFinite(limit) ? limit : null;
    };
    const linkId = this.isLimited("linkRunningSessions", party) ? party.groupId : null;
    return { PAINTED: placesIn("paintedSessions"), LIVE: placesIn("liveSessions"), linkId };
  }

  /** @throws AtelierError LIMIT when `byteLength` bytes more are too many for their owner, or for all who came by the same link. */
  async requireSpace(party: Party, byteLength: number): Promise<void> {
    const { storage, allowances } = this.parts;
    const limit = allowances.of("ownBytes", party);
    if (party.ownerId === null || !Number.isFinite(limit)) return;
    const pictures = (await storage.images.byteLengthOf(party.ownerId)) + (await storage.frames.byteLengthOfOwner(party.ownerId));
    const used = pictures + (await storage.films.byteLengthOf(party.ownerId));
    if (used + byteLength > limit) throw allowances.refusal("ownBytes", null);
    if (!this.isLimited("linkBytes", party)) return;
    const together = await storage.access.byteLengthOfLink(party.groupId);
    if (together + byteLength > allowances.of("linkBytes", party)) throw allowances.refusal("linkBytes", null);
  }

  /** Whether a limit of those who came by the same link is one for this party. It is none for admins. */
  private isLimited(name: "linkSessions" | "linkRunningSessions" | "linkBytes", party: Party): party is Party & { groupId: string } {
    return typeof party.groupId === "string" && Number.isFinite(this.parts.allowances.of(name, party));
  }
}
