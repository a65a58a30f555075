import { addressKey } from "./address.js";
import { type Allowances, FREE_PLACE_S, type Party } from "./allowances.js";
import type { LimitName } from "./table.js";

/** The place of an open socket, or of a stream that takes one. */
export interface SocketPlace {
  /** Where the socket comes from. */
  readonly address: string;
  /** Gives the place to whom the socket turns out to belong to. @throws AtelierError LIMIT */
  become(party: Party): void;
  release(): void;
}

/** Who has a place, and what it counts as by the limits. */
interface Holder {
  role: string | null;
  keys: readonly (readonly [LimitName, string])[];
}

/**
 * Counts the open sockets of each owner, of all who came by the same link, and of strangers at each address: nobody takes
 * all the places. Strangers at all addresses together have half of them, and the last tenth is for admins. A stream of
 * events or of pictures (MJPEG) takes the place of a socket.
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
    return {
      address,
      become: (owner) => {
        if (isReleased || isSame(holderOf(owner, address), holder)) return;
        const next = this.enter(owner, address);
        this.leave(holder);
        holder = next;
      },
      release: () => {
        if (isReleased) return;
        isReleased = true;
        this.total--;
        this.leave(holder);
      },
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

  private leave(holder: Holder): void {
    this.countRole(holder, -1);
    for (const [, key] of holder.keys) {
      const left = (this.counts.get(key) ?? 0) - 1;
      if (left > 0) this.counts.set(key, left);
      else this.counts.delete(key);
    }
  }

  private countRole({ role }: Pick<Party, "role">, places: 1 | -1): void {
    if (role === null) this.strangers += places;
    if (role === "ADMIN") this.admins += places;
  }
}

function holderOf({ role, ownerId, groupId = null }: Party, address: string): Holder {
  if (role === null) return { role, keys: [["strangerSockets", `address ${addressKey(address)}`]] };
  const own = ["ownSockets", `owner ${ownerId}`] as const;
  return { role, keys: groupId === null ? [own] : [own, ["linkSockets", `link ${groupId}`]] };
}

function isSame(one: Holder, other: Holder): boolean {
  return one.role === other.role && one.keys.join() === other.keys.join();
}
