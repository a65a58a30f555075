import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openRemoteDatabase } from "../../server/storage/remote/database.js";
import type { Database } from "../../server/storage/sql/database.js";
import { sqlImages } from "../../server/storage/sql/images.js";
import { sqlLeases } from "../../server/storage/sql/leases.js";
import { sessions } from "../../server/storage/sql/schema.js";
import { sqlSessions } from "../../server/storage/sql/sessions.js";
import { anImage, aSession } from "../contracts/records.js";
import { noPostgres, type PostgresServer, postgresPrograms, startPostgres } from "../helpers/postgres-server.js";
import { noteSkipped } from "../helpers/skipped.js";

if (postgresPrograms === null) noteSkipped(noPostgres);

const LEASE_MS = 5000;
const wants = { models: null, maxSize: 2048, kinds: ["PAINTED"] } as const;

describe.skipIf(postgresPrograms === null)("while a process that hangs has locked the row of a session", () => {
  let postgres: PostgresServer;
  let shared: Awaited<ReturnType<typeof openRemoteDatabase>>;
  const leases = () => sqlLeases(shared.database);
  beforeAll(async () => {
    postgres = await startPostgres();
    shared = await openRemoteDatabase(await postgres.newDatabase());
  });
  beforeEach(async () => {
    await shared.database.delete(sessions);
    const { id: imageId } = await sqlImages(shared.database).insert(anImage());
    for (const id of ["first", "second", "third"]) {
      await sqlSessions(shared.database).insert(aSession(imageId, { id, status: "QUEUED" }));
      await leases().enter({ sessionId: id, ownerLimit: null });
    }
  });
  afterAll(async () => {
    await shared?.close();
    await postgres?.close();
  });

  /** Does something while another transaction holds the row of the first session. */
  const locked = <Result>(work: () => Promise<Result>): Promise<Result> =>
    shared.database.transaction(async (transaction: Database) => {
      await transaction.execute(sql`select id from sessions where id = 'first' for update`);
      return work();
    });

  it.each([false, true])("others are claimed, in their order (expected: %s)", async (isExpected) => {
    const claim = (worker: string) => leases().claim(worker, wants, LEASE_MS, isExpected);
    const claimed = await locked(async () => [await claim("one"), await claim("two")]);
    expect(claimed.map((one) => one?.sessionId)).toEqual(["second", "third"]);
    expect(await locked(() => claim("three"))).toBeNull();
    expect(await claim("three")).toMatchObject({ sessionId: "first" });
    expect(await claim("four")).toBeNull();
  });

  it("the other leases of its worker are renewed, and its own still holds", async () => {
    const claims = [await leases().claim("one", wants, LEASE_MS), await leases().claim("one", wants, LEASE_MS)].map((claim) => ({
      sessionId: claim!.sessionId,
      fence: claim!.fence,
    }));
    const [first, second] = claims;
    expect(await locked(() => leases().renew(claims, LEASE_MS))).toEqual([
      { ...second, isRenewed: true },
      { ...first, isRenewed: false },
    ]);
    await leases().release(first!);
    expect(await locked(() => leases().renew(claims, LEASE_MS))).toEqual([{ ...second, isRenewed: true }]);
  });
});
