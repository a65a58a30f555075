import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { badFiles, dropIn } from "../helpers/drop-in.js";
import { Fleet } from "../helpers/fleet.js";
import { pngPicture } from "../helpers/pictures.js";
import { noPostgres, postgresPrograms } from "../helpers/postgres-server.js";
import { hasRedis } from "../helpers/redis-server.js";
import { noteSkipped } from "../helpers/skipped.js";
import { until } from "../helpers/until.js";

if (postgresPrograms === null) noteSkipped(noPostgres);

const START = "mutation ($input: TranslationInput!) { startTranslation(input: $input) { id } }";
const SESSION = "query ($id: ID!) { session(id: $id) { status latestFrame { url } error { code message } } }";

describe.skipIf(postgresPrograms === null || !hasRedis())("models that are dropped in at a worker", () => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await Fleet.start();
  });
  afterAll(() => fleet?.close());

  it("reach API servers and other workers, are tried once, and run when the first worker is dead", async () => {
    const [api, a, b] = await Promise.all([fleet.api(), fleet.worker(), fleet.worker()]);
    const processes = [api, a, b].map(({ process }) => process);
    const timesSaid = (text: string) => processes.reduce((sum, { output }) => sum + output.split(text).length - 1, 0);
    const modelAtApi = async (id: string) =>
      (await api.client.query("{ models { id state failure } }")).models.find((model: { id: string }) => model.id === id) ?? null;

    await dropIn(join(a.folder, "models"), "doors");
    await dropIn(join(a.folder, "models"), "broken", badFiles.unknownOperator);
    await until(async () => (await modelAtApi("doors"))?.state === "READY");
    await until(async () => (await modelAtApi("broken"))?.state === "FAILED");
    expect((await modelAtApi("broken")).failure).toContain("Enchant");
    await until(() => b.process.output.includes("The model doors was added from its folder."));
    await a.process.end("SIGKILL");

    const input = { model: "doors", size: 64, imageId: await api.client.upload((await pngPicture(64, 64, 1)).bytes) };
    const id = (await api.client.query(START, { input })).startTranslation.id as string;
    await until(async () => ["COMPLETED", "FAILED"].includes((await api.client.query(SESSION, { id })).session.status));
    const { session } = await api.client.query(SESSION, { id });
    expect(session).toMatchObject({ status: "COMPLETED", error: null });
    expect((await fetch(`${api.client.address}${session.latestFrame.url}`)).status).toBe(200);
    const trials = ["doors", "broken"].map((model) => timesSaid(`The model ${model} is tried on this machine (`));
    expect(trials).toEqual([1, 1]);
    const database = new pg.Client({ connectionString: fleet.databaseUrl });
    await database.connect();
    const { rows } = await database.query("select attempts, accepted from model_trials order by accepted");
    await database.end();
    expect(rows).toEqual([
      { attempts: 1, accepted: false },
      { attempts: 1, accepted: true },
    ]);
  });
});
