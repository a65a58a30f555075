import { unavailable } from "../errors.js";
import { type Allowances, FREE_PLACE_S, type Party, type PlaceName, partyKey } from "../limits/allowances.js";

/** Places for pictures that wait to be made: forty browsers with their six connections each. */
export const MAX_WAITING_PICTURES = 240;

/** Who asks for work. */
export interface Sender {
  party: Party;
  /** Null when the connection is gone. */
  address: string | null;
}

/** Limits how many pieces of work run at a time. */
export interface ConcurrencyLimiter {
  /**
   * Runs `work` as soon as it is its sender's turn.
   * @throws AtelierError LIMIT at once when too much of the sender's waits, UNAVAILABLE when too much waits together, both
   * with `retryAfter`.
   */
  run<Result>(sender: Sender, work: () => Promise<Result>): Promise<Result>;
}

export interface LimiterOptions {
  maxRunning: number;
  maxWaiting: number;
  /** Names in the error what the server is busy with. */
  others: string;
  allowances: Allowances;
  /** Limits of what waits for one sender; none by default. */
  ownLimits?: readonly PlaceName[];
}

/** Limits of pictures that wait for one owner, or for strangers at one address. */
export const waitingPictureLimits = ["waitingPictures", "strangerWaitingPictures"] as const satisfies readonly PlaceName[];

/** A piece of work that waits for its turn. */
interface Waiting {
  begin(): void;
  isStranger: boolean;
}

/**
 * At most `maxRunning` run and at most `maxWaiting` more wait. Owners, and addresses of strangers, take turns; the work of
 * each is first come, first served. Strangers at all addresses together have half of the places to wait.
 */
export function createConcurrencyLimiter(options: LimiterOptions): ConcurrencyLimiter {
  const { maxRunning, maxWaiting, others, allowances, ownLimits = [] } = options;
  /** What waits for each sender; the one whose turn is next comes first. */
  const lines = new Map<string, Waiting[]>();
  let waiting = 0;
  let strangers = 0;
  let running = 0;

  /** Waits for a turn, with a place among those of the sender who wait. */
  async function wait({ party, address }: Sender): Promise<void> {
    const places: (() => void)[] = [];
    try {
      for (const name of ownLimits) places.push(await allowances.take(name, party, { address, kind: others }));
      // A turn may have come while other servers were asked for their part of the sender's places.
      if (running < maxRunning) running++;
      else await standInLine(party, partyKey(party, address));
    } finally {
      for (const release of places) release();
    }
  }

  function standInLine(party: Party, key: string): Promise<void> {
    const isStranger = party.role === null;
    if (waiting >= maxWaiting || (isStranger && strangers >= maxWaiting / 2))
      throw unavailable(`The server is busy with other ${others}. Try again in ${FREE_PLACE_S} seconds.`, { retryAfter: FREE_PLACE_S });
    waiting++;
    if (isStranger) strangers++;
    const line = lines.get(key) ?? [];
    return new Promise((resolve) => {
      line.push({ begin: resolve, isStranger });
      lines.set(key, line);
    });
  }

  /** What runs next. Its sender's next turn comes after those of all others. */
  function next(): (() => void) | undefined {
    const [key, line] = lines.entries().next().value ?? [];
    const first = line?.shift();
    if (key === undefined || !line || !first) return undefined;
    waiting--;
    if (first.isStranger) strangers--;
    lines.delete(key);
    if (line.length > 0) lines.set(key, line);
    return first.begin;
  }

  return {
    async run(sender, work) {
      if (running >= maxRunning) await wait(sender);
      else running++;
      try {
        return await work();
      } finally {
        // The place goes straight to the next in turn, so that no newcomer can take it.
        const begin = next();
        if (begin) begin();
        else running--;
      }
    },
  };
}
