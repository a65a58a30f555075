import { createHash, randomBytes, randomUUID } from "node:crypto";
import { readdir, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import pg from "pg";
import { describe, expect, it } from "vitest";
import { StorageUnavailable } from "../../server/errors.js";
import type { SharedModel, StoredFile, TrialKey } from "../../server/records/shared-model.js";
import { noPostgres, postgresPrograms } from "../helpers/postgres-server.js";
import { TwoServers } from "../helpers/remote-storage.js";
import { noteSkipped } from "../helpers/skipped.js";
import { until } from "../helpers/until.js";

if (postgresPrograms === null) noteSkipped(noPostgres);

/** A lease that outlasts a test, ms. */
const LASTING_MS = 50_000;
const kind = { device: "cpu", engine: "engine 1" };
const aTrial = (): TrialKey => ({ sha256: digestOf(randomBytes(8)), cardSha256: digestOf(randomBytes(8)), ...kind });

function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.byteLength; start += size) yield bytes.subarray(start, start + size);
}

describe.skipIf(postgresPrograms === null)("models that servers share", () => {
  const servers = new TwoServers();
  const { both } = servers;

  /** Stores random bytes as a file. */
  async function stored(byteLength = 100): Promise<{ file: StoredFile; bytes: Buffer }> {
    const bytes = randomBytes(byteLength);
    const file = { sha256: digestOf(bytes), bytes: bytes.byteLength };
    await both()[0].sharedModels.put(file, inChunks(bytes, 1_000_000));
    return { file, bytes };
  }

  async function aModel(changes: Partial<SharedModel> = {}): Promise<SharedModel> {
    const [{ file }, { file: card }] = [await stored(), await stored()];
    return { id: randomUUID(), file, card, origin: randomUUID(), machine: "somewhere", ...changes };
  }

  const find = async (id: string) => (await both()[1].sharedModels.list(kind)).find((model) => model.id === id);
  /** The digests of the files in the store. */
  const digests = () => readdir(join(servers.place.folder, "models"));

  it("return files of every size as they were stored, and refuse others", async () => {
    for (const byteLength of [1, 4 * 2 ** 20, 9 * 2 ** 20 + 1]) {
      const { file, bytes } = await stored(byteLength);
      expect(bytes.equals(await buffer(await both()[1].sharedModels.read(file)))).toBe(true);
    }
    const claimed = { sha256: digestOf(randomBytes(8)), bytes: 10 };
    for (const actual of [9, 10, 2 ** 23]) {
      const changed = both()[0].sharedModels.put(claimed, inChunks(randomBytes(actual), 1000));
      await expect(changed).rejects.toMatchObject({ code: "CONFLICT" });
    }
    const missing = async () => buffer(await both()[1].sharedModels.read({ sha256: digestOf(randomBytes(8)), bytes: 1 }));
    await expect(missing()).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("are sent on from where sending failed, but only what the store still has as it is", async () => {
    const store = both()[0].sharedModels;
    const part = 4 * 2 ** 20;
    const right = randomBytes(3 * part + 1);
    const file = { sha256: digestOf(right), bytes: right.byteLength };
    async function* failing(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
      yield* inChunks(bytes, 1_000_000);
      throw new StorageUnavailable("The store is full.");
    }
    const pathOf = (number: number) => join(servers.place.folder, "models", file.sha256, String(number));
    const wrong = Buffer.concat([right.subarray(0, 2 * part), randomBytes(part)]);
    await expect(store.put(file, failing(wrong))).rejects.toMatchObject({ code: "UNAVAILABLE" });
    const old = new Date(0);
    await utimes(pathOf(0), old, old);
    await rm(pathOf(1));
    await store.put(file, inChunks(right, 1_000_000));
    expect((await stat(pathOf(0))).mtime).toEqual(old);
    expect(right.equals(await buffer(await store.read(file)))).toBe(true);

    await expect(store.put(file, inChunks(wrong, 1_000_000))).rejects.toMatchObject({ code: "CONFLICT" });
    await store.put(file, inChunks(right, 1_000_000));
    expect(right.equals(await buffer(await store.read(file)))).toBe(true);
  });

  it("keep an id for the server that added it first, which alone may replace and remove its model", async () => {
    const [a, b] = both();
    const model = await aModel();
    const rival = await aModel({ id: model.id });
    const kept = await Promise.all([a.sharedModels.add(model), b.sharedModels.add(rival)]);
    expect(kept[1]).toEqual(kept[0]);
    const [first, second] = kept[0]?.origin === model.origin ? [model, rival] : [rival, model];
    expect(await find(model.id)).toEqual({ ...first, removed: false, verdict: null });

    const better = await aModel({ id: model.id, origin: first.origin });
    expect(await a.sharedModels.add(better)).toEqual(better);
    expect(await b.sharedModels.remove(model.id, second.origin)).toBe(false);
    expect(await a.sharedModels.remove(model.id, first.origin)).toBe(true);
    expect(await find(model.id)).toMatchObject({ ...better, removed: true });
    expect(await b.sharedModels.add(second)).toEqual(second);
    expect(await find(model.id)).toMatchObject({ ...second, removed: false });
  });

  it("delete files that no model names, and no others", async () => {
    const [a] = both();
    const model = await aModel();
    await a.sharedModels.add(model);
    const unnamed = await stored();
    const sweeper = await servers.rig.open(servers.place, { graceMs: 0, sweepMs: 20 });
    await until(async () => !(await filesOf(unnamed.file)));
    expect([await filesOf(model.file), await filesOf(model.card)]).toEqual([true, true]);
    await a.sharedModels.remove(model.id, model.origin);
    await until(async () => !(await filesOf(model.file)) && !(await filesOf(model.card)));
    await sweeper.close();
  });

  async function filesOf({ sha256 }: StoredFile): Promise<boolean> {
    return (await digests()).includes(sha256) && (await readdir(join(servers.place.folder, "models", sha256))).length > 0;
  }

  it("are not added when their files were deleted because their server hung, and are once these are stored again", async () => {
    const [{ file, bytes }, { file: card }] = [await stored(), await stored()];
    const model = { id: randomUUID(), file, card, origin: randomUUID(), machine: "somewhere" };
    const other = await servers.rig.open(servers.place, { graceMs: 0, sweepMs: 20 });
    await until(async () => !(await filesOf(file)));
    await other.close();
    await expect(both()[0].sharedModels.add(model)).rejects.toThrow(StorageUnavailable);
    expect(await find(model.id)).toBeUndefined();
    const again = { ...model, card: (await stored()).file };
    await both()[0].sharedModels.put(file, inChunks(bytes, 1000));
    await both()[0].sharedModels.add(again);
    expect(bytes.equals(await buffer(await both()[1].sharedModels.read((await find(model.id))!.file)))).toBe(true);
  });

  it("are tried by one server at a time, whose verdict counts for its kind of device", async () => {
    const model = await aModel();
    await both()[0].sharedModels.add(model);
    const trial = { ...kind, sha256: model.file.sha256, cardSha256: model.card.sha256 };
    const triers = Array.from({ length: 6 }, () => randomUUID());
    const claim = (trierId: string, index: number) => both()[index % 2]!.trials.claim(trial, trierId, LASTING_MS);
    const claims = await Promise.all(triers.map(claim));
    expect(claims.toSorted()).toEqual([...Array(5).fill("BUSY"), "CLAIMED"]);
    const trier = triers[claims.indexOf("CLAIMED")]!;
    await both()[1].trials.finish(trial, trier, { accepted: true, parameters: 7 });
    expect(await Promise.all(triers.map(claim))).toEqual(Array(6).fill({ accepted: true, parameters: 7 }));
    expect(await find(model.id)).toMatchObject({ verdict: { accepted: true, parameters: 7 } });
    expect(await both()[0].trials.claim({ ...trial, device: "another" }, trier, LASTING_MS)).toBe("CLAIMED");
    await both()[0].trials.forgetRefusals(trial);
    expect(await claim(trier, 0)).toMatchObject({ accepted: true });
  });

  it("are tried by another server when the lease of the first is over, which then decides nothing", async () => {
    const [a, b] = both();
    const [trial, dead, heir] = [aTrial(), randomUUID(), randomUUID()];
    expect(await a.trials.claim(trial, dead, 1)).toBe("CLAIMED");
    await until(async () => (await b.trials.claim(trial, heir, LASTING_MS)) === "CLAIMED");
    await a.trials.renew(trial, dead, 1);
    await a.trials.finish(trial, dead, { accepted: true, parameters: 1 });
    await a.trials.release(trial, dead);
    expect(await a.trials.claim(trial, dead, LASTING_MS)).toBe("BUSY");
    await b.trials.finish(trial, heir, { accepted: false, reason: "It returns nonsense." });
    expect(await a.trials.claim(trial, dead, LASTING_MS)).toEqual({ accepted: false, reason: "It returns nonsense." });
    await b.trials.forgetRefusals(trial);
    expect(await a.trials.claim(trial, dead, LASTING_MS)).toBe("CLAIMED");
    await a.trials.release(trial, dead);
    expect(await b.trials.claim(trial, heir, LASTING_MS)).toBe("CLAIMED");
  });

  /** Moves the end of a lease. */
  async function endsIn(trial: TrialKey, interval: string): Promise<void> {
    const database = new pg.Client({ connectionString: servers.place.databaseUrl });
    await database.connect();
    const moved = "update model_trials set lease_until = clock_timestamp() + $1::interval where sha256 = $2";
    await database.query(moved, [interval, trial.sha256]);
    await database.end();
  }

  it("are tried by another server when the lease was given before the clock of the database was set back an hour", async () => {
    const [a, b] = both();
    const trial = aTrial();
    expect(await a.trials.claim(trial, randomUUID(), LASTING_MS)).toBe("CLAIMED");
    await endsIn(trial, "1 hour");
    expect(await b.trials.claim(trial, randomUUID(), LASTING_MS)).toBe("CLAIMED");
    expect(await a.trials.claim(trial, randomUUID(), LASTING_MS)).toBe("BUSY");
  });

  it("are refused when three servers were gone before they had a verdict, until the refusal is forgotten", async () => {
    const [a, b] = both();
    const trial = aTrial();
    const refusal = { accepted: false, reason: "It ended the process that tried it three times." };
    async function cutShort(times: number): Promise<void> {
      for (let time = 0; time < times; time++) {
        expect(await a.trials.claim(trial, randomUUID(), LASTING_MS)).toBe("CLAIMED");
        await endsIn(trial, "-1 second");
      }
    }
    await cutShort(2);
    for (let time = 0; time < 4; time++) {
      const alive = randomUUID();
      expect(await b.trials.claim(trial, alive, LASTING_MS)).toBe("CLAIMED");
      await b.trials.release(trial, alive);
    }
    await cutShort(1);
    expect(await Promise.all([a, b].map(({ trials }) => trials.claim(trial, randomUUID(), LASTING_MS)))).toEqual([refusal, refusal]);
    await a.trials.forgetRefusals(trial);
    await cutShort(3);
    expect(await b.trials.claim(trial, randomUUID(), LASTING_MS)).toEqual(refusal);
  });

  it("are held for as long as a lease is renewed", async () => {
    const [a, b] = both();
    const [trial, trier] = [aTrial(), randomUUID()];
    expect(await a.trials.claim(trial, trier, 1)).toBe("CLAIMED");
    await a.trials.renew(trial, trier, LASTING_MS);
    expect(await b.trials.claim(trial, randomUUID(), 1)).toBe("BUSY");
  });
});
