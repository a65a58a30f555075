import { EventEmitter, once } from "node:events";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { describe, expect, it } from "vitest";
import { unavailable } from "../../server/errors.js";
import { TrialCutShort } from "../../server/host/model-trial.js";
import { dropIn, negative, shortCard } from "../helpers/drop-in.js";
import { failure, isReady, type Member, type MemberOptions, membersOfBlock, modelAt } from "../helpers/model-members.js";
import { noPostgres, postgresPrograms } from "../helpers/postgres-server.js";
import { noteSkipped } from "../helpers/skipped.js";
import { until } from "../helpers/until.js";

if (postgresPrograms === null) noteSkipped(noPostgres);

describe.skipIf(postgresPrograms === null)("models that are dropped in where some machines have cards", () => {
  const members = membersOfBlock();
  const joining = (options?: MemberOptions) => members().join(options);

  const isTriedOn = (count: number, ...on: Member[]) => until(() => on.flatMap(({ triedOnCard }) => triedOnCard).length === count);
  /** Resolves when a server remembers that its card accepted a model. */
  const isAccepted = ({ folder }: Member) =>
    until(async () => (await readFile(join(folder, ".tried.json"), "utf8").catch(() => "")).includes('"device":'));

  it("are tried once on the processor, and once on each kind of card", async () => {
    const without = await joining();
    const same = [await joining({ card: "webgpu" }), await joining({ card: "webgpu" })];
    const other = await joining({ card: "cuda" });
    await dropIn(without.folder, "doors");
    await Promise.all([...same, other].map(isAccepted));
    const all = [without, ...same, other];
    await Promise.all(all.map((member) => isReady(member, "doors")));
    expect(all.flatMap(({ tried }) => tried)).toEqual(["doors"]);
    expect([same.flatMap(({ triedOnCard }) => triedOnCard), other.triedOnCard]).toEqual([["doors"], ["doors"]]);
  });

  it("are refused by all cards of a kind that one has refused them for, until a user has them tried again anywhere", async () => {
    let isBad = true;
    const tryOnCard = async () => {
      if (isBad) throw unavailable("The card returns nonsense.");
      return { parameters: 7 };
    };
    const [bad, same] = [await joining({ card: "cuda", tryOnCard }), await joining({ card: "cuda", tryOnCard })];
    const [without, other] = [await joining(), await joining({ card: "webgpu" })];
    await dropIn(bad.folder, "doors");
    await Promise.all([bad, same].map((member) => failure(member, "doors", "nonsense")));
    await Promise.all([without, other].map((member) => isReady(member, "doors")));
    expect([...bad.triedOnCard, ...same.triedOnCard]).toEqual(["doors"]);
    isBad = false;
    await same.registry.download("doors");
    await Promise.all([bad, same, other].map(isAccepted));
    await Promise.all([bad, same].map((member) => isReady(member, "doors")));
    expect([...bad.triedOnCard, ...same.triedOnCard]).toEqual(["doors", "doors"]);
  });

  it("are tried again after the statement of the guide, where only workers have refused them", async () => {
    let isBad = true;
    const tryOnCard = async () => {
      if (isBad) throw unavailable("The card returns nonsense.");
      return { parameters: 7 };
    };
    const [without, bad] = [await joining(), await joining({ card: "webgpu", tryOnCard })];
    await dropIn(without.folder, "doors");
    await failure(bad, "doors", "nonsense");
    isBad = false;
    const guide = await readFile(new URL("../../docs/models.md", import.meta.url), "utf8");
    const database = new pg.Client({ connectionString: members().place.databaseUrl });
    await database.connect();
    await database.query(/`(update model_trials [^`]*)`/.exec(guide)?.[1] ?? "");
    await database.end();
    await isAccepted(bad);
    expect([...without.tried, ...bad.tried]).toEqual(["doors"]);
  });

  const cutShort = async () => {
    throw new TrialCutShort("It took more than 30 s for a small picture.");
  };

  it("stay in use where the card could not end the trial, and are tried on it at the next start", async () => {
    const machine = { folder: "a", card: "cuda" };
    const busy = await joining({ ...machine, tryOnCard: cutShort });
    await dropIn(busy.folder, "doors");
    await until(() => busy.said.some((line) => line.includes("could not be tried on cuda. It took more")));
    await isReady(busy, "doors");
    await busy.close();

    const again = await joining(machine);
    expect((await modelAt(again, "doors"))?.state).toBe("READY");
    await isAccepted(again);
    await again.close();

    const later = await joining(machine);
    await dropIn(later.folder, "windows");
    await isTriedOn(1, later);
    expect([later.triedOnCard, again.tried]).toEqual([["windows"], []]);
  });

  it("follow the verdict of another machine where the card here could not end the trial", async () => {
    const busy = await joining({ card: "cuda", tryOnCard: cutShort });
    await dropIn(busy.folder, "doors");
    await isTriedOn(1, busy);
    const nonsense = async () => {
      throw unavailable("The card returns nonsense.");
    };
    const able = await joining({ card: "cuda", tryOnCard: nonsense });
    await Promise.all([busy, able].map((member) => failure(member, "doors", "nonsense")));
    expect([busy.triedOnCard, able.triedOnCard]).toEqual([["doors"], ["doors"]]);
  });

  it("are not refused when their folder is removed during the trial", async () => {
    const ended = new EventEmitter();
    const tryOnCard = async (signal: AbortSignal) => {
      await once(signal, "abort");
      ended.emit("ended");
      throw unavailable("Its file is missing.");
    };
    const here = await joining({ card: "cuda", tryOnCard });
    const folder = await dropIn(here.folder, "doors");
    await isTriedOn(1, here);
    const hasEnded = once(ended, "ended");
    await rm(folder, { recursive: true });
    await hasEnded;
    await until(async () => (await members().storage.sharedModels.list({ device: "cpu", engine: "engine 1" }))[0]?.removed === true);
    const there = await joining({ card: "cuda" });
    await dropIn(there.folder, "windows");
    await dropIn(there.folder, "doors", negative, shortCard("doors"));
    await until(() => there.triedOnCard.length === 2);
    await isReady(there, "doors");
  });
});
