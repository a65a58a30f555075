import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { limitTable } from "../../server/limits/table.js";
import { Fleet } from "../helpers/fleet.js";
import { GraphqlClient } from "../helpers/graphql-client.js";
import { noPostgres, postgresPrograms } from "../helpers/postgres-server.js";
import { hasRedis } from "../helpers/redis-server.js";
import { serverProgram } from "../helpers/server.js";
import { noteSkipped } from "../helpers/skipped.js";
import { beginUpload, plain, upload } from "../limits/attempts.js";

if (postgresPrograms === null) noteSkipped(noPostgres);

const run = promisify(execFile);
const CREATE = `mutation { createLink(input: { name: "Class 7b", role: ARTIST }) { secret link { id } } }`;
const SESSIONS = "{ sessions(first: 1) { totalCount } }";
const AUDIT = "{ auditLog(first: 5) { action name } }";

describe.skipIf(postgresPrograms === null || !hasRedis())("access to several API servers", () => {
  let fleet: Fleet;
  const admins: GraphqlClient[] = [];
  beforeAll(async () => {
    fleet = await Fleet.start();
    const servers = await Promise.all([fleet.api({ ATELIER_ACCESS: "link" }), fleet.api({ ATELIER_ACCESS: "link" })]);
    for (const { client, folder } of servers) {
      const { secret } = JSON.parse(await readFile(join(folder, "operator.json"), "utf8")) as { secret: string };
      admins.push(new GraphqlClient(client.address, secret));
    }
  });
  afterAll(async () => {
    await Promise.all(admins.map((client) => client.close()));
    await fleet?.close();
  });

  it("is by the same links, and ends everywhere when one of them revokes", async () => {
    const [a, b] = admins as [GraphqlClient, GraphqlClient];
    const { createLink } = await a.query(CREATE);
    const artist = new GraphqlClient(b.address, createLink.secret);
    expect(await artist.query(SESSIONS)).toEqual({ sessions: { totalCount: 0 } });
    const watching = artist.subscribe("subscription { sessions { id } }");
    const cut = watching.next().then(
      () => null,
      (event: { code?: number }) => event.code,
    );
    // The socket is open once it has answered.
    for await (const { data } of artist.subscribe(SESSIONS)) expect(data).toEqual({ sessions: { totalCount: 0 } });
    await a.query("mutation ($id: ID!) { revokeLink(id: $id) { id } }", { id: createLink.link.id });
    expect(await cut).toBe(4403);
    expect((await artist.refusal(SESSIONS)).code).toBe("UNAUTHENTICATED");
    await artist.close();
    for (const admin of admins) {
      const { auditLog } = await admin.query(AUDIT);
      expect(auditLog.map(({ action }: { action: string }) => action)).toEqual(
        expect.arrayContaining(["Mutation.revokeLink", "Mutation.createLink"]),
      );
    }
  });

  it("ends on every server while Redis is away", async () => {
    const [a, b] = admins as [GraphqlClient, GraphqlClient];
    const { createLink } = await a.query(CREATE);
    const artists = [a, b].map(({ address }) => new GraphqlClient(address, createLink.secret));
    const cuts = artists.map((artist) =>
      artist
        .subscribe("subscription { sessions { id } }")
        .next()
        .then(
          () => null,
          (event: { code?: number }) => event.code,
        ),
    );
    for (const artist of artists) for await (const { errors } of artist.subscribe(SESSIONS)) expect(errors).toBeUndefined();
    await fleet.redis.stop();
    try {
      await a.query("mutation ($id: ID!) { revokeLink(id: $id) { id } }", { id: createLink.link.id });
      expect(await Promise.all(cuts)).toEqual([4403, 4403]);
    } finally {
      await fleet.redis.start();
    }
    await Promise.all(artists.map((artist) => artist.close()));
  });

  it("has one limit of uploads at a time over all servers", async () => {
    const picture = await plain(16, 16, "png");
    const limit = limitTable.uploadsAtOnce.value;
    // Each server has half of those that may be on their way.
    const begun = await Promise.all(Array.from({ length: limit }, (_, index) => beginUpload(admins[index % 2]!)));
    try {
      const refusal = { code: "LIMIT", limitName: "uploadsAtOnce", limit };
      for (const admin of admins) await expect.poll(() => upload(admin, picture)).toMatchObject(refusal);
    } finally {
      for (const giveUp of begun) giveUp();
    }
    for (const admin of admins) await expect.poll(() => upload(admin, picture)).toBeNull();
  });

  it("can be given and taken by the command on a machine without a server", async () => {
    const links = async (...args: string[]) => {
      const env = { ...process.env, ...fleet.environment(), ATELIER_ACCESS: "link" };
      return (await run(process.execPath, [...serverProgram("links-main"), ...args], { env })).stdout;
    };
    const secret = (await links("token", "Nightly film", "viewer")).trim();
    const viewer = new GraphqlClient(admins[0]!.address, secret);
    expect(await viewer.query(SESSIONS)).toEqual({ sessions: { totalCount: 0 } });
    const id = /^(\S+).*Nightly film \(token\)$/m.exec(await links("list"))?.[1] ?? "";
    await links("revoke", id);
    await expect.poll(async () => (await viewer.send(SESSIONS)).errors?.[0]?.extensions.code).toBe("UNAUTHENTICATED");
    const { auditLog } = await admins[0]!.query(AUDIT);
    const done = auditLog.filter(({ name }: { name: string | null }) => name === "npm run links");
    expect(done.map(({ action }: { action: string }) => action)).toEqual(["Mutation.revokeLink", "Mutation.createToken"]);
  });
});
