import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { type AtelierError, beyondLimit } from "../errors.js";
import { addressKey } from "./address.js";
import { PlaceCounts } from "./place-counts.js";
import type { SharedPlaces } from "./shared-places.js";
import { type LimitName, type LimitScope, type LimitValues, limitTable, placesForOthers } from "./table.js";

/** Who asks, as far as limits are concerned. */
export interface Party {
  /** Null for a stranger. */
  role: string | null;
  /** Null for a stranger. */
  ownerId: string | null;
  /** The link whose limits count for them too, with everyone else who came by it; null, the default, for none. */
  groupId?: string | null;
}

/** Limits of how much may happen in a time, with that time in seconds. */
const windows = {
  uploadsPerMinute: 60,
  uploadBytesPerMinute: 60,
  linkUploadsPerMinute: 60,
  framesPerSecond: 1,
  strangerUpgradesPerMinute: 60,
  strangerOperationsPerMinute: 60,
  strangerRequestsPerMinute: 60,
  newVisitorsPerAddress: 60,
  newVisitorsPerLink: 60,
  wrongSecretsPerMinute: 60,
} as const satisfies Partial<Record<LimitName, number>>;

export type RateName = keyof typeof windows;

/** Limits of how much is under way at a time, which `take` counts. */
export type PlaceName = "ownOperations" | "uploadsAtOnce" | "waitingPictures" | "strangerWaitingPictures";

/** Limits of owners that hold for admins too. */
const alsoForAdmins: ReadonlySet<LimitName> = new Set(["uploadsAtOnce"]);

/** Limits of the server whose last places are for admins. */
const keptForAdmins: ReadonlySet<LimitName> = new Set(["queuedSessions", "exports", "sockets"]);

/** Opens what counts one rate: `points` in `duration` seconds. */
export type OpenRateLimiter = (options: { keyPrefix: string; points: number; duration: number }) => RateLimiterAbstract;
/** Whom the refusals by some limits name; those by all others name the server. */
const limitedParty: Partial<Record<LimitScope, string>> = {
  OWNER: "you",
  ADDRESS: "your address without a role",
  LINK: "a link",
  SOCKET: "a socket or stream",
};

/** What makes room where waiting does not. */
const remedies: Partial<Record<LimitName, string>> = {
  keptSessions: "Delete some that have ended.",
  linkKeptSessions: "Delete some that have ended.",
  openLinks: "Revoke some.",
  linkOpenLinks: "Revoke some.",
};

/** After how long a client should ask again where nobody knows when a place will be free, s. */
export const FREE_PLACE_S = 10;

/**
 * What everyone may still do. Owners are counted each on their own, strangers by their address. For admins only
 * uploads are counted. A server without access control has one owner, who is an admin.
 */
export class Allowances {
  private readonly rates = new Map<RateName, RateLimiterAbstract>();
  /** Lookups of secrets by address, apart from its other requests. */
  private readonly lookups: RateLimiterAbstract;
  private readonly places: PlaceCounts;

  /** Rates and places are counted by `open` and `shared` together with other servers; by default this one counts alone. */
  constructor(
    readonly values: LimitValues,
    open: OpenRateLimiter = (options) => new RateLimiterMemory(options),
    readonly shared: SharedPlaces | null = null,
  ) {
    this.places = new PlaceCounts(shared);
    const duration = windows.strangerRequestsPerMinute;
    this.lookups = open({ keyPrefix: "lookups", points: values.strangerRequestsPerMinute, duration });
    for (const [name, duration] of Object.entries(windows) as [RateName, number][]) {
      this.rates.set(name, open({ keyPrefix: name, points: values[name], duration }));
    }
  }

  /**
   * Counts something that a party does. A party that the limit is not for is not counted.
   * @throws AtelierError LIMIT, with `retryAfter`, for more than the limit
   */
  async spend(name: RateName, party: Party, address: string | null, points = 1): Promise<void> {
    const key = this.keyOf(name, party, address);
    const rate = this.rates.get(name);
    if (key !== null && rate) await this.consume(rate, name, key, points);
  }

  /**
   * Counts that a secret which may be wrong is looked up for an address, as `strangerRequestsPerMinute`, but apart from its other requests.
   * Returns the function that gives this back because the secret was right.
   * @throws AtelierError LIMIT, with `retryAfter`, for more than the limit
   */
  async beginLookup(address: string | null): Promise<() => Promise<unknown>> {
    const key = addressKey(address ?? "");
    await this.consume(this.lookups, "strangerRequestsPerMinute", key, 1);
    return () => this.lookups.reward(key);
  }

  /** The value of a limit for a party; infinite where it is not for them. */
  of(name: LimitName, party: Party): number {
    if (!isFor(name, party)) return Number.POSITIVE_INFINITY;
    return keptForAdmins.has(name) && party.role !== "ADMIN" ? placesForOthers(this.values[name]) : this.values[name];
  }

  /**
   * Takes a place for something that a party does. A party that the limit is not for needs none. Work of each `kind` is
   * counted by itself. Resolves with the function that gives the place back.
   * @throws AtelierError LIMIT, with `retryAfter`, when the party has no place left
   */
  async take(
    name: PlaceName,
    party: Party,
    { address = null, kind = "" }: { address?: string | null; kind?: string } = {},
  ): Promise<() => void> {
    if (!isFor(name, party)) return () => undefined;
    return this.places.take(`${name} ${kind} ${partyKey(party, address)}`, (taken) => this.requirePlace(name, party, taken));
  }

  /**
   * `field` is the input that asks for one more, where there is one.
   * @throws AtelierError LIMIT when a party has `count` already and the limit is no more. It says after how long a place may be
   * free, or else how to make room.
   */
  requirePlace(name: LimitName, party: Party, count: number, field?: string): void {
    const places = this.of(name, party);
    if (count >= places)
      throw this.refusal(name, name in remedies ? null : FREE_PLACE_S, { value: places, ...(field === undefined ? {} : { field }) });
  }

  /**
   * The error for more than a limit. `retryAfter` is in seconds; null where waiting does not help. `value` is the part of the
   * limit that was there for the party, and `field` the input that asked for more.
   */
  refusal(
    name: LimitName,
    retryAfter: number | null,
    { value = this.values[name], field }: { value?: number; field?: string } = {},
  ): AtelierError {
    const { unit, per } = limitTable[name];
    const whose = limitedParty[per] ?? "this server";
    const wait = retryAfter === null ? remedies[name] : `Try again in ${retryAfter} ${retryAfter === 1 ? "second" : "seconds"}.`;
    const limit = `The limit for ${whose} is ${value.toLocaleString("en")} ${words(unit, value)}.`;
    const named = { ...(field === undefined ? {} : { field }), ...(retryAfter === null ? {} : { retryAfter }) };
    return beyondLimit(wait === undefined ? limit : `${limit} ${wait}`, value, { unit, limitName: name, ...named });
  }

  private async consume(rate: RateLimiterAbstract, name: RateName, key: string, points: number): Promise<void> {
    try {
      await rate.consume(key, points);
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      throw this.refusal(name, Math.max(1, Math.ceil(error.msBeforeNext / 1000)));
    }
  }

  private keyOf(name: RateName, party: Party, address: string | null): string | null {
    if (!isFor(name, party)) return null;
    return limitTable[name].per === "LINK" ? (party.groupId ?? null) : partyKey(party, address);
  }
}

/** What a party counts as: an owner, or the address of a stranger. */
export function partyKey({ ownerId }: Party, address: string | null): string {
  return ownerId ?? addressKey(address ?? "");
}

function isFor(name: LimitName, { role, groupId = null }: Party): boolean {
  const scope = limitTable[name].per;
  if (scope === "LINK") return groupId !== null && role !== "ADMIN";
  if (scope === "OWNER") return role !== null && (role !== "ADMIN" || alsoForAdmins.has(name));
  return scope !== "ADDRESS" || role === null;
}

/** A unit such as uploads/min in words, for a number of it. */
function words(unit: string, value: number): string {
  const [name = "", time] = unit.split("/");
  const counted = value === 1 ? name.replace(/s$/, "") : name;
  return time === undefined ? counted : `${counted} a ${time === "min" ? "minute" : "second"}`;
}
