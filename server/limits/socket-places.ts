import { addressKey } from "./address.js";
import type { Allowances, Party } from "./allowances.js";

/** The place of an open socket, or of a stream that takes one. */
export interface SocketPlace {
  /** Where the socket comes from. */
  readonly address: string;
  /** Gives the place to whom the socket turns out to belong to. @throws AtelierError LIMIT */
  become(party: Party): void;
  release(): void;
}

/**
 * Counts the open sockets of each owner, and of strangers at each address: nobody takes all the places. Strangers at all
 * addresses together have half of them. A stream of events or of pictures (MJPEG) takes the place of a socket.
 */
export class SocketPlaces {
  private readonly counts = new Map<string, number>();
  private total = 0;
  private strangers = 0;

  constructor(private readonly allowances: Allowances) {}

  /** @throws AtelierError LIMIT */
  take(party: Party, address: string): SocketPlace {
    if (this.total >= this.allowances.values.sockets) throw this.allowances.refusal("sockets", RETRY_S);
    let key = this.enter(party, address);
    this.total++;
    let isReleased = false;
    return {
      address,
      become: (owner) => {
        if (isReleased || keyOf(owner, address) === key) return;
        const next = this.enter(owner, address);
        this.leave(key);
        key = next;
      },
      release: () => {
        if (isReleased) return;
        isReleased = true;
        this.total--;
        this.leave(key);
      },
    };
  }

  private enter(party: Party, address: string): string {
    const isStranger = party.role === null;
    if (isStranger && this.strangers >= this.allowances.values.sockets / 2) throw this.allowances.refusal("sockets", RETRY_S);
    const key = keyOf(party, address);
    const count = this.counts.get(key) ?? 0;
    this.allowances.requirePlace(party.role === null ? "strangerSockets" : "ownSockets", party, count);
    this.counts.set(key, count + 1);
    if (isStranger) this.strangers++;
    return key;
  }

  private leave(key: string): void {
    if (key.startsWith(STRANGER)) this.strangers--;
    const left = (this.counts.get(key) ?? 0) - 1;
    if (left > 0) this.counts.set(key, left);
    else this.counts.delete(key);
  }
}

/** How the keys of strangers begin; an owner's never does. */
const STRANGER = "address ";

/** When a client should ask for a socket again, s. */
const RETRY_S = 10;

function keyOf({ role, ownerId }: Party, address: string): string {
  return role === null ? `${STRANGER}${addressKey(address)}` : `owner ${ownerId}`;
}
