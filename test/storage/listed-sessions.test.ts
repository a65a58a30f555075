import { drizzle } from "drizzle-orm/node-postgres";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SessionFilter } from "../../server/records/session.js";
import { openRemoteDatabase } from "../../server/storage/remote/database.js";
import { sqlImages } from "../../server/storage/sql/images.js";
import { sqlSessions } from "../../server/storage/sql/sessions.js";
import type { SessionStore } from "../../server/storage/storage.js";
import { anImage, aSession } from "../contracts/records.js";
import { noPostgres, type PostgresServer, postgresPrograms, startPostgres } from "../helpers/postgres-server.js";
import { noteSkipped } from "../helpers/skipped.js";

if (postgresPrograms === null) noteSkipped(noPostgres);

/** Every condition of the gallery but that on an image, which another table holds. */
const filters: Record<string, SessionFilter> = {
  none: {},
  "sessions that last": { lasting: true, live: false },
  "live translations": { live: true },
  "a kind": { kind: "STYLE_TRANSFER" },
  "a status": { status: ["FAILED", "RUNNING"] },
  "a title": { titleContains: "dunes" },
  models: { models: ["vgg19", "vgg19-lite"] },
  stars: { starred: true },
  "an approval": { approval: "PENDING" },
  dates: { createdAfter: new Date(0), createdBefore: new Date() },
  "an owner": { ownerId: "owner" },
  "a reader": { reader: { ownerId: "owner", shared: ["shared"] } },
};

describe.skipIf(postgresPrograms === null)("lists of sessions in PostgreSQL", () => {
  let server: PostgresServer;
  let client: pg.Client;
  let sessions: SessionStore;
  let statement = { text: "", parameters: [] as unknown[] };

  beforeAll(async () => {
    server = await startPostgres();
    const address = await server.newDatabase();
    client = new pg.Client(address);
    await client.connect();
    const logQuery = (text: string, parameters: unknown[]) => {
      statement = { text, parameters };
    };
    const database = drizzle(client, { logger: { logQuery } });
    sessions = sqlSessions(database);
    const image = anImage();
    await sqlImages(database).insert(image);
    for (let n = 0; n < 50; n++) await sessions.insert(aSession(image.id, { title: `Dunes ${n}` }));
    // Nothing is left to read but the table, which is made the last resort, and the index of lists.
    const others = await client.query<{ indexname: string }>(
      "select indexname from pg_indexes where tablename = 'sessions' and indexname not in ('sessions_listed', 'sessions_pkey')",
    );
    for (const { indexname } of others.rows) await client.query(`drop index ${indexname}`);
    await client.query("analyze sessions");
    const { close } = await openRemoteDatabase(address);
    await close();
    await client.query("set enable_seqscan = off");
  });
  afterAll(async () => {
    await client.end();
    await server.close();
  });

  test("read no rows of a table that was just written anew: the first server to open it vacuums it", async () => {
    const { rows } = await client.query("select relpages = relallvisible as all_visible from pg_class where relname = 'sessions'");
    expect(rows).toEqual([{ all_visible: true }]);
  });

  test.each(Object.entries(filters))("read one index and not the rows, filtered by: %s", async (_name, filter) => {
    await sessions.count(filter);
    expect(await planOf(statement)).toMatch(/Index Only Scan (Backward )?using sessions_listed/);
    await sessions.list({ first: 24, after: null }, filter);
    expect(await planOf(statement)).toMatch(/Index Only Scan (Backward )?using sessions_listed/);
  });

  async function planOf({ text, parameters }: typeof statement): Promise<string> {
    const { rows } = await client.query<Record<"QUERY PLAN", string>>(`explain ${text}`, parameters);
    return rows.map((row) => row["QUERY PLAN"]).join("\n");
  }
});
