import { execFile } from "node:child_process";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import type { GraphqlClient } from "../helpers/graphql-client.js";
import { ENDLESS, PaintingFleet } from "../helpers/painting-fleet.js";
import { noPostgres, postgresPrograms } from "../helpers/postgres-server.js";
import { hasRedis, RedisServer } from "../helpers/redis-server.js";
import { noteSkipped } from "../helpers/skipped.js";
import { until } from "../helpers/until.js";

if (postgresPrograms === null) noteSkipped(noPostgres);

const run = promisify(execFile);
const HISTORY = `query ($id: ID!) { session(id: $id) {
  status title ... on StyleTransferSession { frames(first: 50) { edges { node { step url } } } }
} }`;
const BRANCH = "mutation ($id: ID!) { branchSession(sessionId: $id, step: 3, changes: { steps: 6 }) { id } }";

describe.skipIf(postgresPrograms === null || !hasRedis())("a backup of a fleet", () => {
  const paintings = new PaintingFleet();

  const stepOf = async (client: GraphqlClient, id: string): Promise<number> =>
    (await client.query("query ($id: ID!) { session(id: $id) { latestFrame { step } } }", { id })).session.latestFrame?.step ?? -1;

  /** The session with the bytes of its pictures. */
  async function historyOf(client: GraphqlClient, id: string) {
    const { session } = await client.query(HISTORY, { id });
    const pictures = session.frames.edges.map(async ({ node }: { node: { url: string } }) => {
      const response = await fetch(client.address + node.url);
      return [response.status, Buffer.from(await response.arrayBuffer()).toString("base64")];
    });
    return { ...session, pictures: await Promise.all(pictures) };
  }

  it("is restored with an empty Redis, and what was being painted goes on there", async () => {
    const worker = await paintings.startWorker();
    const id = await paintings.start(5);
    await until(async () => (await paintings.statusOf(id)) === "COMPLETED");
    const running = await paintings.start(ENDLESS);
    await until(async () => (await stepOf(paintings.first, running)) > 0);
    // Files that come and go would disturb the copy of a folder.
    await worker.end("SIGKILL");
    const paintedStep = await stepOf(paintings.first, running);

    // The database first: what the store has beside it does no harm.
    const folder = await mkdtemp(join(tmpdir(), "atelier-backup-"));
    const { environment, postgres } = { environment: paintings.fleet.environment(), postgres: paintings.fleet.postgres };
    const [dump, blobs] = [join(folder, "atelier.dump"), join(folder, "blobs")];
    await run(join(postgresPrograms!, "pg_dump"), ["--format=custom", `--file=${dump}`, environment.DATABASE_URL!]);
    await cp(environment.ATELIER_BLOBS!, blobs, { recursive: true });
    const before = await historyOf(paintings.first, id);

    const [databaseUrl, redis] = [await postgres.newDatabase(), await RedisServer.start()];
    onTestFinished(async () => {
      await redis.close();
      await rm(folder, { recursive: true, force: true });
    });
    // The tests' databases have the tables already.
    await run(join(postgresPrograms!, "pg_restore"), ["--clean", "--if-exists", "--no-owner", `--dbname=${databaseUrl}`, dump]);
    const restored = { DATABASE_URL: databaseUrl, REDIS_URL: redis.url, ATELIER_BLOBS: blobs };
    const [{ client, process }] = await Promise.all([paintings.fleet.api(restored), paintings.startWorker(restored)]);
    onTestFinished(async () => void (await process.end("SIGKILL")));

    expect(await historyOf(client, id)).toEqual(before);
    expect(before.pictures.map(([status]: [number]) => status)).toEqual([200, 200, 200, 200, 200, 200]);
    const statusOf = async (one: string) =>
      (await client.query("query ($id: ID!) { session(id: $id) { status } }", { id: one })).session.status;
    const { branchSession } = await client.query(BRANCH, { id });
    await until(async () => (await statusOf(branchSession.id)) === "COMPLETED");
    await until(async () => (await stepOf(client, running)) > paintedStep + 2);
    await client.query("mutation ($id: ID!) { cancelSession(sessionId: $id) { id } }", { id: running });
  });
});
