import { randomUUID } from "node:crypto";
import { openRedis } from "../redis/connection.js";

/** How long a server's places count after its last sign of life, ms. */
const SILENCE_MS = 15_000;
/** How long Redis keeps the places of a key that no server tells of, s. */
const KEPT_S = 3600;

/**
 * With the places of a key, this server, its number of places and how the signs of life are named: returns how many places the
 * other servers have that are alive, and forgets those of the dead.
 */
const TELL = `
  local places, server, count, signs = KEYS[1], ARGV[1], tonumber(ARGV[2]), ARGV[3]
  if count > 0 then redis.call("HSET", places, server, count) else redis.call("HDEL", places, server) end
  local elsewhere = 0
  local counts = redis.call("HGETALL", places)
  for index = 1, #counts, 2 do
    if counts[index] ~= server then
      if redis.call("EXISTS", signs .. counts[index]) == 1 then elsewhere = elsewhere + tonumber(counts[index + 1])
      else redis.call("HDEL", places, counts[index]) end
    end
  end
  redis.call("EXPIRE", places, ${KEPT_S})
  return elsewhere`;

// One slot of a Redis cluster: the script reads the signs of life of all servers.
const PLACES = "{atelier}:places:";
const SIGNS = "{atelier}:places-of:";

/** Places that several servers count together. */
export interface SharedPlaces {
  /**
   * Tells how many places a key has at this server. Resolves to how many it has at the others: to 0 while Redis is away, when
   * each server counts for itself.
   */
  tell(key: string, count: number): Promise<number>;
  /** This server's places count no more. */
  close(): Promise<void>;
}

export interface SharedPlacesOptions {
  /** Receives that places are not counted together, and that they are again, once for each time that Redis is away. */
  warn(message: string): void;
  /** How long this server's places count after its last sign of life, ms. */
  silenceMs?: number;
}

/**
 * Counts places in Redis. Those of a server that dies count for some seconds more. With each connection a server counts under
 * another name, and tells all of its places: what it said, or could not say, when the last one was lost counts no more.
 */
export function openSharedPlaces(redisUrl: string, { warn, silenceMs = SILENCE_MS }: SharedPlacesOptions): SharedPlaces {
  let server = randomUUID();
  /** The name under which this server last told all of its places; null before the first time. */
  let toldAs: string | null = null;
  /** Names of connections before, until Redis has forgotten them. */
  const former = new Set<string>();
  let isClosed = false;
  const own = new Map<string, number>();
  const { redis, ask, close } = openRedis(redisUrl, {
    warn,
    meanwhile: "each server counts places for itself meanwhile",
    again: "servers count places together again",
  });

  const tell = (key: string, count: number) =>
    ask(async () => Number(await redis.call("EVAL", TELL, 1, PLACES + key, server, count, SIGNS)), 0);

  /** Shows that this server is alive. Under a name that is new, or was taken for dead, it tells all of its places. */
  async function sign(): Promise<void> {
    if (isClosed) return;
    const name = server;
    const before = await ask(() => redis.call("SET", SIGNS + name, "1", "PX", silenceMs, "GET"), undefined);
    for (const old of former) if ((await ask(() => redis.del(SIGNS + old), null)) !== null) former.delete(old);
    // Without an answer, the sign may be there nevertheless: the next one tells the places.
    if (before === undefined || name !== server || (before !== null && toldAs === name)) return;
    for (const [key, count] of own) await tell(key, count);
    toldAs = name;
  }

  async function keep(): Promise<void> {
    await ask(() => [...own.keys()].reduce((asking, key) => asking.expire(PLACES + key, KEPT_S), redis.pipeline()).exec(), null);
  }

  redis.on("ready", () => {
    former.add(server);
    server = randomUUID();
    void sign();
  });
  const timers = [setInterval(() => void sign(), silenceMs / 3), setInterval(() => void keep(), (KEPT_S * 1000) / 3)];
  for (const timer of timers) timer.unref();

  return {
    tell(key, count) {
      if (count > 0) own.set(key, count);
      else own.delete(key);
      return tell(key, count);
    },
    async close() {
      for (const timer of timers) clearInterval(timer);
      isClosed = true;
      await ask(() => redis.del([server, ...former].map((name) => SIGNS + name)), 0);
      close();
    },
  };
}
