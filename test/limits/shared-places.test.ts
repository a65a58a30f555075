import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Allowances, type Party, type PlaceName } from "../../server/limits/allowances.js";
import { openSharedPlaces, type SharedPlaces } from "../../server/limits/shared-places.js";
import { type SocketPlace, SocketPlaces } from "../../server/limits/socket-places.js";
import { limitValues } from "../../server/limits/table.js";
import { CuttableProxy } from "../helpers/cuttable-proxy.js";
import { redisOfBlock } from "../helpers/redis-of-block.js";
import { hasRedis } from "../helpers/redis-server.js";
import { until } from "../helpers/until.js";

const ann = { role: "ARTIST", ownerId: "ann" };
const visitor = (ownerId: string): Party => ({ role: "VIEWER", ownerId, groupId: "class" });
const stranger = { role: null, ownerId: null };

describe.skipIf(!hasRedis())("places at several servers", () => {
  const redis = redisOfBlock();
  const opened: SharedPlaces[] = [];
  const warnings: string[] = [];
  beforeEach(() => {
    warnings.length = 0;
  });
  afterEach(() => Promise.all(opened.splice(0).map((places) => places.close())));

  function openShared(url = redis().url, silenceMs?: number): SharedPlaces {
    const shared = openSharedPlaces(url, { warn: (message) => warnings.push(message), ...(silenceMs ? { silenceMs } : {}) });
    opened.push(shared);
    return shared;
  }

  /** Takes a place as a new socket does. */
  async function take(server: SocketPlaces, party: Party, address = "192.0.2.1"): Promise<SocketPlace> {
    const place = server.take(party, address);
    await place.confirm();
    return place;
  }

  const ownLimits = { ownOperations: 4, uploadsAtOnce: 4, waitingPictures: 4, strangerWaitingPictures: 4 };

  /** Two servers that know of each other's places. */
  async function twoServers() {
    const shared = [openShared(), openShared()] as const;
    await connected(...shared);
    const limits = limitValues({ ownSockets: 4, linkSockets: 6, strangerSockets: 2, ...ownLimits });
    const allowances = shared.map((places) => new Allowances(limits, undefined, places));
    const [one, two] = allowances.map((own) => new SocketPlaces(own));
    return { one: one!, two: two!, shared, allowances: [allowances[0]!, allowances[1]!] as const };
  }

  async function connected(one: SharedPlaces, two: SharedPlaces): Promise<void> {
    await until(async () => {
      await one.tell("probe", 3);
      return (await two.tell("other", 1)) === 0 && (await two.tell("probe", 0)) === 3;
    });
    await one.tell("probe", 0);
    // Of the first attempts, before Redis could be reached.
    warnings.length = 0;
  }

  const isFulfilled = [() => true, () => false] as const;
  const tooMany = (limitName: string, limit: number) => ({ code: "LIMIT", detail: { limitName, limit, retryAfter: 10 } });

  it("are counted together for an owner, for those who came by a link, and for strangers at an address", async () => {
    const { one, two } = await twoServers();
    const places = [await take(one, ann), await take(two, ann), await take(one, ann), await take(two, ann)];
    for (const server of [one, two]) await expect(take(server, ann)).rejects.toMatchObject(tooMany("ownSockets", 4));
    await take(two, { ...ann, ownerId: "ben" });
    places[0]!.release();
    await until(async () => take(two, ann).then(...isFulfilled));

    for (const id of ["a", "b", "c"]) for (const server of [one, two]) await take(server, visitor(id));
    await expect(take(one, visitor("d"))).rejects.toMatchObject(tooMany("linkSockets", 6));

    await take(one, stranger);
    await take(two, stranger);
    await expect(take(one, stranger)).rejects.toMatchObject(tooMany("strangerSockets", 2));
    await take(one, stranger, "192.0.2.2");
  });

  const admin: Party = { role: "ADMIN", ownerId: "admin" };
  const cases: [PlaceName, Party, Party][] = [
    ["ownOperations", ann, { ...ann, ownerId: "ben" }],
    ["uploadsAtOnce", ann, { ...ann, ownerId: "ben" }],
    ["uploadsAtOnce", admin, ann],
    ["waitingPictures", ann, { ...ann, ownerId: "ben" }],
  ];
  it.each(cases)("of %s are counted together for an owner, and free again when they are given back", async (name, owner, other) => {
    const { allowances } = await twoServers();
    const [one, two] = allowances;
    const places = [await one.take(name, owner), await two.take(name, owner), await one.take(name, owner), await two.take(name, owner)];
    for (const server of allowances) await expect(server.take(name, owner)).rejects.toMatchObject(tooMany(name, 4));
    await two.take(name, other);
    for (const release of places.slice(0, 2)) release();
    // A server tells of it without waiting for that.
    const free = (server: Allowances) => async () => server.take(name, owner).then(...isFulfilled);
    for (const server of allowances) await until(free(server));
    await expect(one.take(name, owner)).rejects.toMatchObject(tooMany(name, 4));
  });

  it("of pictures are counted together for strangers at an address, each kind by itself", async () => {
    const { allowances } = await twoServers();
    const [one, two] = allowances;
    const here = { address: "192.0.2.1", kind: "thumbnails" };
    for (let count = 0; count < 2; count++) for (const server of allowances) await server.take("strangerWaitingPictures", stranger, here);
    await expect(one.take("strangerWaitingPictures", stranger, here)).rejects.toMatchObject(tooMany("strangerWaitingPictures", 4));
    await two.take("strangerWaitingPictures", stranger, { ...here, kind: "exports" });
    await two.take("strangerWaitingPictures", stranger, { ...here, address: "192.0.2.2" });
  });

  it("are given up where one is refused, and leave a stranger's address when its owner is known", async () => {
    const { one, two } = await twoServers();
    await take(one, stranger);
    const place = await take(two, stranger);
    place.become(ann);
    await place.confirm();
    await take(two, stranger);
    for (let refusals = 0; refusals < 3; refusals++) await expect(take(two, stranger)).rejects.toMatchObject({ code: "LIMIT" });
    for (let count = 0; count < 3; count++) await take(one, ann);
    await expect(take(one, ann)).rejects.toMatchObject({ code: "LIMIT" });
  });

  it("of a server that has closed count no more", async () => {
    const { one, two, shared } = await twoServers();
    for (let count = 0; count < 4; count++) await take(one, ann);
    await expect(take(two, ann)).rejects.toMatchObject({ code: "LIMIT" });
    await shared[0].close();
    await take(two, ann);
  });

  it("of a server that is silent count no more, and again when it is back", async () => {
    const proxy = await CuttableProxy.start(redis().url);
    try {
      const [cut, there] = [openShared(proxy.through(redis().url), 600), openShared()];
      await connected(cut, there);
      await cut.tell("owner ann", 4);
      const elsewhere = () => there.tell("owner ann", 0);
      expect(await elsewhere()).toBe(4);
      proxy.cut();
      await until(async () => (await elsewhere()) === 0);
      proxy.restore();
      await until(async () => (await elsewhere()) === 4);
    } finally {
      await proxy.close();
    }
  });

  it("that were given back while a server could not reach Redis for a moment are free, and those it took then are not", async () => {
    const proxy = await CuttableProxy.start(redis().url);
    try {
      const [cut, there] = [openShared(proxy.through(redis().url)), openShared()];
      await connected(cut, there);
      await cut.tell("owner ann", 4);
      const elsewhere = (key: string) => there.tell(key, 0);
      expect(await elsewhere("owner ann")).toBe(4);
      proxy.cut();
      await until(() => warnings.length === 1);
      await cut.tell("owner ann", 0);
      await cut.tell("owner ben", 2);
      proxy.restore();
      await until(async () => (await elsewhere("owner ann")) === 0 && (await elsewhere("owner ben")) === 2);
    } finally {
      await proxy.close();
    }
  });

  it("are counted by each server alone while Redis is away, and together again when it is back, empty", async () => {
    const { one, two, allowances } = await twoServers();
    for (const server of [one, two]) await take(server, ann);
    await redis().stop();
    await until(() => warnings.length === 2);
    expect(warnings[0]).toMatch(/^Redis cannot be reached \(.+\); each server counts places for itself meanwhile\.$/);
    for (const server of [one, two]) {
      for (let count = 0; count < 3; count++) await take(server, ann);
      await expect(take(server, ann)).rejects.toMatchObject({ code: "LIMIT" });
    }
    for (const server of allowances) {
      for (let count = 0; count < 4; count++) await server.take("uploadsAtOnce", ann);
      await expect(server.take("uploadsAtOnce", ann)).rejects.toMatchObject(tooMany("uploadsAtOnce", 4));
    }
    await redis().start();
    await until(() => warnings.length === 4);
    const ben = { ...ann, ownerId: "ben" };
    for (const server of [one, two]) for (let count = 0; count < 2; count++) await take(server, ben);
    await expect(take(one, ben)).rejects.toMatchObject({ code: "LIMIT" });
  });
});
