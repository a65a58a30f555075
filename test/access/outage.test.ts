import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openRemoteBus } from "../../server/bus/remote.js";
import { aFrame, anImage, aSession } from "../contracts/records.js";
import { type RunningApp, startApp } from "../helpers/app.js";
import { GraphqlClient } from "../helpers/graphql-client.js";
import { pngPicture } from "../helpers/pictures.js";
import { hasRedis, RedisServer } from "../helpers/redis-server.js";
import { until } from "../helpers/until.js";

const PRIVATE = "mutation ($id: ID!) { setVisibility(sessionId: $id, visibility: PRIVATE) { visibility } }";

describe.skipIf(!hasRedis())("two servers of one storage while Redis is away", () => {
  let redis: RedisServer;
  const servers: RunningApp[] = [];
  beforeAll(async () => {
    redis = await RedisServer.start();
    const openBus = (report: (error: unknown) => void) => openRemoteBus(redis.url, { onListenerError: report, warn: () => undefined });
    servers.push(await startApp({ accessMode: "LINK", openBus }));
    servers.push(await startApp({ accessMode: "LINK", openBus, beside: servers[0] as RunningApp }));
  });
  afterAll(async () => {
    for (const server of servers.reverse()) await server.close();
    await redis.close();
  });

  async function linkOf(role: "VIEWER" | "ARTIST") {
    const links = (servers[0] as RunningApp).app.links;
    return links.create({ name: role, ownerId: "tests", expiresAt: null }, { kind: "ACCESS", role });
  }

  test("end what is revoked, and hide what becomes private", async () => {
    const [here] = servers as [RunningApp, RunningApp];
    const [revoked, staying, owner] = [await linkOf("VIEWER"), await linkOf("VIEWER"), await linkOf("ARTIST")];
    const picture = await pngPicture(16, 16, 7);
    const digest = await here.storage.blobs.put(new Uint8Array(picture.bytes));
    const size = { digest, byteLength: picture.bytes.byteLength, width: 16, height: 16, mimeType: "image/png" };
    const image = await here.storage.images.insert(anImage({ ownerId: owner.link.id, ...size }));
    const { id } = aSession(image.id);
    const session = aSession(image.id, { id, ownerId: owner.link.id, visibility: "PUBLIC", status: "COMPLETED", finishedAt: new Date() });
    await here.storage.sessions.insert(session);
    await here.storage.frames.insert(aFrame(id, 0, size));

    const socketsOf = (secret: string) => servers.map(({ address }) => new GraphqlClient(address, secret));
    const [ending, open] = [socketsOf(revoked.secret), socketsOf(staying.secret)];
    const ended: number[] = [];
    const watch = (client: GraphqlClient) => client.subscribe("subscription { sessions { id } }").next();
    for (const client of ending) watch(client).catch(({ code }: { code: number }) => ended.push(code));
    let others = 0;
    const watching = open.map((client) => watch(client).catch(() => others++));
    // A socket is open once it has answered.
    for (const client of [...ending, ...open]) for await (const _answer of client.subscribe("{ server { version } }"));
    const statuses = () =>
      Promise.all(
        servers.map(
          async ({ address }) =>
            (await fetch(`${address}/frames/${id}/0`, { headers: { Authorization: `Bearer ${staying.secret}` } })).status,
        ),
      );
    expect(await statuses()).toEqual([200, 200]);

    await redis.stop();
    await here.app.links.revoke(revoked.link.id);
    const artist = new GraphqlClient(here.address, owner.secret);
    expect((await artist.query(PRIVATE, { id })).setVisibility.visibility).toBe("PRIVATE");
    expect((await statuses())[0]).toBe(404);
    await until(() => ended.length === 2);
    expect(ended).toEqual([4403, 4403]);
    await until(async () => (await statuses())[1] === 404);
    expect(others).toBe(0);

    await redis.start();
    await Promise.all([...ending, ...open, artist].map((client) => client.close()));
    await Promise.all(watching);
  });
});
