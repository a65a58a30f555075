import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tryOnce } from "../../server/fleet/trial-once.js";
import { TrialCutShort } from "../../server/host/model-trial.js";
import type { TrialKey } from "../../server/records/shared-model.js";
import type { TrialStore } from "../../server/storage/fleet.js";
import type { RemoteStorage } from "../../server/storage/remote/open.js";
import { noPostgres, postgresPrograms } from "../helpers/postgres-server.js";
import { type RemoteRig, startRemoteRig } from "../helpers/remote-storage.js";
import { noteSkipped } from "../helpers/skipped.js";

if (postgresPrograms === null) noteSkipped(noPostgres);

const aTrial = (): TrialKey => ({ sha256: randomUUID(), cardSha256: randomUUID(), device: "cpu", engine: "engine 1" });

describe.skipIf(postgresPrograms === null)("a trial that several machines may do", () => {
  let rig: RemoteRig;
  let storage: RemoteStorage;
  beforeAll(async () => {
    rig = await startRemoteRig();
    storage = await rig.open(await rig.newPlace());
  });
  afterAll(async () => {
    await storage?.close();
    await rig?.close();
  });

  const { signal } = new AbortController();
  const patiently = <Result>(work: () => Promise<Result>) => work();
  const failed = (error: unknown) => {
    throw error;
  };

  function trying(trial: TrialKey, run: () => Promise<{ parameters: number }>, changes: { trials?: TrialStore; leaseMs?: number } = {}) {
    return tryOnce({ trials: storage.trials, trial, leaseMs: 50_000, lookMs: 5, signal, patiently, failed, ...changes }, run);
  }

  const cutShort = async () => {
    throw new TrialCutShort("It needs too much memory for a small picture.");
  };

  /** A trial whose process is gone before it ends: nothing of it is stored, and its lease runs out. */
  async function dying(trial: TrialKey): Promise<void> {
    const nothing = async () => undefined;
    const trials = { ...storage.trials, renew: nothing, finish: nothing, release: nothing };
    await expect(trying(trial, cutShort, { trials, leaseMs: 1 })).rejects.toThrow("too much memory");
  }

  it("is not done again once three processes that did it were gone, until the refusal is forgotten", async () => {
    const trial = aTrial();
    let runs = 0;
    const run = async () => ({ parameters: ++runs });
    for (let time = 0; time < 3; time++) await dying(trial);
    const refused = { code: "UNAVAILABLE", message: "It ended the process that tried it three times." };
    await expect(trying(trial, run)).rejects.toMatchObject(refused);
    await expect(trying(trial, run)).rejects.toMatchObject(refused);
    expect(runs).toBe(0);
    await storage.trials.forgetRefusals(trial);
    for (let time = 0; time < 2; time++) await dying(trial);
    expect([await trying(trial, run), await trying(trial, run), runs]).toEqual([{ parameters: 1 }, { parameters: 1 }, 1]);
  });

  it("is done again however often machines had too little memory for it", async () => {
    const trial = aTrial();
    for (let time = 0; time < 5; time++) await expect(trying(trial, cutShort)).rejects.toThrow("too much memory");
    expect(await trying(trial, async () => ({ parameters: 7 }))).toEqual({ parameters: 7 });
  });
});
