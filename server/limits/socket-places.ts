import { addressKey } from "./address.js";
import { type Allowances, FREE_PLACE_S, type Party } from "./allowances.js";
import type { LimitName } from "./table.js";

/** The place of an open socket, or of a stream that takes one. */
export interface SocketPlace {
  /** Where the socket comes from. */
  readonly address: string;
  /** Gives the place to whom the socket turns out to belong to. @throws AtelierError LIMIT */
  become(party: Party): void;
  /**
   * Resolves when it is known that there is such a place also with those at other servers.
   * @throws AtelierError LIMIT otherwise; the place is then released.
   */
  confirm(): Promise<void>;
  release(): void;
}

/** Who has a place, and what it counts as by the limits. */
interface Holder {
  party: Party;
  keys: readonly (readonly [LimitName, string])[];
}

/**
 * Counts the open sockets of each owner, of all who came by the same link, and of strangers at each address: nobody takes
 * all the places. Strangers at all addresses together have half of them, and the last tenth is for admins. A stream of
 * events or of pictures (MJPEG) takes the place of a socket. Where servers count places together, this is so for those of
 * owners, links and addresses; the server's own are not.
 */
export class SocketPlaces {
  private readonly counts = new Map<string, number>();
  private total = 0;
  private admins = 0;
  private strangers = 0;

  constructor(private readonly allowances: Allowances) {}

  /** @throws AtelierError LIMIT */
  take(party: Party, address: string): SocketPlace {
    if (this.total >= this.allowances.values.sockets) throw this.allowances.refusal("sockets", FREE_PLACE_S);
    this.allowances.requirePlace("sockets", party, this.total - this.admins);
    let holder = this.enter(party, address);
    this.total++;
    let isReleased = false;
    const release = () => {
      if (isReleased) return;
      isReleased = true;
      this.total--;
      this.leave(holder);
    };
    return {
      address,
      become: (owner) => {
        if (isReleased || isSame(holderOf(owner, address), holder)) return;
        const next = this.enter(owner, address);
        this.leave(holder);
        holder = next;
      },
      confirm: () =>
        this.confirm(holder).catch((error: unknown) => {
          release();
          throw error;
        }),
      release,
    };
  }

  private enter(party: Party, address: string): Holder {
    const { allowances } = this;
    const holder = holderOf(party, address);
    if (party.role === null && this.strangers >= allowances.values.sockets / 2) throw allowances.refusal("sockets", FREE_PLACE_S);
    for (const [name, key] of holder.keys) allowances.requirePlace(name, party, this.counts.get(key) ?? 0);
    for (const [, key] of holder.keys) this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
    this.countRole(party, 1);
    return holder;
  }

  private async confirm({ party, keys }: Holder): Promise<void> {
    for (const [name, key] of this.limited(party, keys)) {
      const count = this.counts.get(key) ?? 0;
      const elsewhere = (await this.allowances.shared?.tell(key, count)) ?? 0;
      this.allowances.requirePlace(name, party, count + elsewhere - 1);
    }
  }

  private leave({ party, keys }: Holder): void {
    this.countRole(party, -1);
    for (const [, key] of keys) {
      const left = (this.counts.get(key) ?? 0) - 1;
      if (left > 0) this.counts.set(key, left);
      else this.counts.delete(key);
    }
    for (const [, key] of this.limited(party, keys)) void this.allowances.shared?.tell(key, this.counts.get(key) ?? 0);
  }

  /** The counts that a party has a limit of. */
  private limited(party: Party, keys: Holder["keys"]): Holder["keys"] {
    return keys.filter(([name]) => Number.isFinite(this.allowances.of(name, party)));
  }

  private countRole({ role }: Pick<Party, "role">, places: 1 | -1): void {
    if (role === null) this.strangers += places;
    if (role === "ADMIN") this.admins += places;
  }
}

function holderOf(party: Party, address: string): Holder {
  const { role, ownerId, groupId = null } = party;
  if (role === null) return { party, keys: [["strangerSockets", `address ${addressKey(address)}`]] };
  const own = ["ownSockets", `owner ${ownerId}`] as const;
  return { party, keys: groupId === null ? [own] : [own, ["linkSockets", `link ${groupId}`]] };
}

function isSame(one: Holder, other: Holder): boolean {
  return one.party.role === other.party.role && one.keys.join() === other.keys.join();
}
