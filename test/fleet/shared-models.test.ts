import { randomUUID } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { openEmbeddedBus } from "../../server/bus/embedded.js";
import { StorageUnavailable, unavailable } from "../../server/errors.js";
import { TrialCutShort } from "../../server/host/model-trial.js";
import type { TryModel } from "../../server/models/drop-ins/check.js";
import { openRegistry } from "../../server/models/registry.js";
import type { SharedModelStore } from "../../server/storage/fleet.js";
import { dropIn, negative, sha256Of, shortCard } from "../helpers/drop-in.js";
import {
  failure,
  isGone,
  isReady,
  LASTING_MS,
  type Member,
  type MemberOptions,
  membersOfBlock,
  modelAt,
} from "../helpers/model-members.js";
import { noPostgres, postgresPrograms } from "../helpers/postgres-server.js";
import { noteSkipped } from "../helpers/skipped.js";
import { until } from "../helpers/until.js";

if (postgresPrograms === null) noteSkipped(noPostgres);

const throwError = (error: unknown) => {
  throw error;
};

describe.skipIf(postgresPrograms === null)("models that are dropped in on one of several machines", () => {
  const members = membersOfBlock();
  const joining = (options?: MemberOptions) => members().join(options);
  const isEmpty = async (folder: string) => (await readdir(folder)).every((name) => name.startsWith("."));
  const remove = ({ folder }: Member, id: string) => rm(join(folder, id), { recursive: true });

  /** Puts a model that passed its trial before servers shared models into the folder of a server. */
  async function passedAlone(server: string, ...[id, file, card]: [id: string, file: Uint8Array, card: object]): Promise<void> {
    const folder = join(members().root, server, "models");
    const quick = { stillMs: 20, rescanMs: 20, log: () => undefined };
    const alone = await openRegistry({
      ...{ bundledDir: join(members().root, "bundled"), mirrorDir: null },
      dropIns: { folder, tryModel: async () => ({ parameters: 7 }), ...quick },
    });
    await dropIn(folder, id, file, { ...card });
    await until(async () => (await alone.list())[0]?.state === "READY");
    await alone.close();
  }

  it("are copied to the others, which do not try them again, even when no message arrives", async () => {
    const [a, b] = [await joining(), await joining()];
    await dropIn(a.folder, "doors");
    await Promise.all([isReady(a, "doors"), isReady(b, "doors")]);
    expect([...a.tried, ...b.tried]).toEqual(["doors"]);
    expect(await modelAt(b, "doors")).toMatchObject({ parameters: 7, bytes: negative.byteLength });
    expect(await readFile(join(b.folder, "doors", "net.onnx"))).toEqual(Buffer.from(negative));
    const late = await joining();
    await isReady(late, "doors");
    expect(late.tried).toEqual([]);
  });

  it("are copied at once when the message arrives", async () => {
    const bus = openEmbeddedBus(throwError);
    const [a, b] = [await joining({ bus, lookMs: 3_600_000 }), await joining({ bus, lookMs: 3_600_000 })];
    await dropIn(a.folder, "doors");
    await isReady(b, "doors");
    await Promise.all([a.close(), b.close()]);
    await bus.close();
  });

  const kind = { device: "cpu", engine: "engine 1" };
  const trialOfDoors = { ...kind, sha256: sha256Of(negative), cardSha256: sha256Of(Buffer.from(JSON.stringify(shortCard("doors")))) };

  it("wait for a machine that is trying them, and are tried when its lease is over", async () => {
    const trier = randomUUID();
    await members().storage.trials.claim(trialOfDoors, trier, LASTING_MS);
    const a = await joining();
    await dropIn(a.folder, "doors");
    await until(async () => (await members().storage.sharedModels.list(kind)).length > 0);
    await members().storage.trials.finish(trialOfDoors, trier, { accepted: true, parameters: 9 });
    await isReady(a, "doors");
    expect([a.tried, (await modelAt(a, "doors"))?.parameters]).toEqual([[], 9]);

    await members().storage.trials.claim({ ...trialOfDoors, engine: "engine 2" }, trier, 1);
    const b = await joining({ engine: "engine 2" });
    await isReady(b, "doors");
    expect(b.tried).toEqual(["doors"]);
  });

  it("are refused everywhere when one machine refused them, and tried again when a user asks for it", async () => {
    let isBad = true;
    const tryModel: TryModel = async () => {
      if (isBad) throw unavailable("It returns nonsense.");
      return { parameters: 7 };
    };
    const [a, b] = [await joining({ tryModel }), await joining({ tryModel })];
    await dropIn(a.folder, "doors");
    await Promise.all([failure(a, "doors", "nonsense"), failure(b, "doors", "nonsense")]);
    expect([...a.tried, ...b.tried]).toEqual(["doors"]);
    isBad = false;
    await b.registry.download("doors");
    await Promise.all([isReady(a, "doors"), isReady(b, "doors")]);
    expect([...a.tried, ...b.tried]).toEqual(["doors", "doors"]);
  });

  it("are left to the others by a machine that has too little time or memory, which believes them", async () => {
    const small = await joining({
      async tryModel() {
        throw new TrialCutShort("It needs too much memory for a small picture.");
      },
    });
    await dropIn(small.folder, "doors");
    await failure(small, "doors", "too much memory");
    const large = await joining();
    await Promise.all([isReady(large, "doors"), isReady(small, "doors")]);
    expect([small.tried, large.tried]).toEqual([["doors"], ["doors"]]);
  });

  it("are removed everywhere when they are removed where they were added, also while a server was stopped", async () => {
    const [a, b] = [await joining(), await joining({ folder: "b" })];
    await dropIn(a.folder, "doors");
    await dropIn(a.folder, "windows");
    for (const member of [a, b]) await Promise.all([isReady(member, "doors"), isReady(member, "windows")]);
    await remove(b, "doors");
    await until(() => b.said.filter((line) => line.includes("doors, which was added on here, was copied")).length === 2);
    await isReady(b, "doors");
    await remove(a, "doors");
    await isGone(b, "doors");
    await b.close();
    await remove(a, "windows");
    await until(() => a.said.some((line) => line.includes("windows was removed here")));
    const again = await joining({ folder: "b" });
    await isGone(again, "windows");
    await until(() => isEmpty(again.folder));
    expect([...a.tried, ...b.tried, ...again.tried].sort()).toEqual(["doors", "windows"]);
  });

  it("stay when the server that added them is gone, until they are removed as the guide says", async () => {
    const [a, b] = [await joining(), await joining()];
    await dropIn(a.folder, "doors");
    await isReady(b, "doors");
    await a.close();
    const guide = await readFile(new URL("../../docs/models.md", import.meta.url), "utf8");
    const database = new pg.Client({ connectionString: members().place.databaseUrl });
    await database.connect();
    await database.query(/`(update shared_models .*?)`/.exec(guide)?.[1] ?? "");
    await database.end();
    await isGone(b, "doors");
    await until(() => isEmpty(b.folder));
  });

  it("stay when the whole folder is missing, as on a disk that is not mounted", async () => {
    const [a, b] = [await joining({ folder: "a" }), await joining()];
    await dropIn(a.folder, "doors");
    await isReady(b, "doors");
    await rename(a.folder, `${a.folder}-elsewhere`);
    await until(() => a.said.some((line) => line.includes("emptied or replaced")));
    await a.close();
    const again = await joining({ folder: "a" });
    await Promise.all([isReady(again, "doors"), isReady(b, "doors")]);
    expect([...a.tried, ...b.tried, ...again.tried]).toEqual(["doors"]);
  });

  it("stay where they were added too", async () => {
    const [a, b] = [await joining(), await joining()];
    await dropIn(a.folder, "doors");
    await isReady(b, "doors");
    await remove(b, "doors");
    await dropIn(b.folder, "doors", negative, shortCard("doors", { title: "Other doors" }));
    await failure(b, "doors", "was added on another machine before");
    await remove(a, "doors");
    await until(async () => (await modelAt(a, "doors"))?.title === "Other doors");
    await Promise.all([isReady(a, "doors"), isReady(b, "doors")]);
  });

  it("keep their id when another machine adds other bytes under it", async () => {
    const [a, b] = [await joining({ machine: "first.lan" }), await joining()];
    await dropIn(a.folder, "doors");
    await Promise.all([isReady(a, "doors"), isReady(b, "doors")]);
    await passedAlone("c", "doors", negative, shortCard("doors", { title: "Other doors" }));
    const c = await joining({ folder: "c" });
    await failure(c, "doors", "Another model doors was added on another machine before.");
    expect(c.said.some((line) => line.includes("the one that was added on the machine first.lan before"))).toBe(true);
    expect([await modelAt(a, "doors"), await modelAt(b, "doors")]).toMatchObject([{ title: "doors" }, { title: "doors" }]);
  });

  /** Another file with the same model: a field that no reader knows is at its end. */
  const otherFile = Buffer.concat([negative, Buffer.of(8 * 99, 6, 0)]);
  /** The same store, in which `before` comes before `otherFile` is stored. */
  const storeWith = (before: () => Promise<void>): SharedModelStore => ({
    ...members().storage.sharedModels,
    async put(file, content) {
      if (file.sha256 === sha256Of(otherFile)) await before();
      await members().storage.sharedModels.put(file, content);
    },
  });

  it("do not wait for one that cannot be stored, which is stored when that is possible", async () => {
    const attempts: number[] = [];
    let isFull = true;
    const store = storeWith(async () => {
      attempts.push(performance.now());
      if (isFull) throw new StorageUnavailable("The store is full.");
    });
    const [a, b] = [await joining({ store }), await joining()];
    await dropIn(a.folder, "large", otherFile);
    await until(() => attempts.length > 0);
    await dropIn(a.folder, "doors");
    await dropIn(b.folder, "windows");
    for (const member of [a, b]) await Promise.all([isReady(member, "doors"), isReady(member, "windows")]);
    await until(() => attempts.length > 6);
    const waits = attempts.slice(1, 7).map((at, index) => at - attempts[index]!);
    // A timer may be early by a part of a millisecond.
    expect([10, 20, 40, 80, 80, 80].filter((least, index) => waits[index]! < least - 1)).toEqual([]);
    expect([a.said.filter((line) => line.includes("The store is full.")).length, await modelAt(a, "large")]).toEqual([1, undefined]);
    isFull = false;
    await Promise.all([isReady(a, "large"), isReady(b, "large")]);
  });

  it("are copied while one that was here before is being stored", async () => {
    await passedAlone("a", "large", otherFile, shortCard("large"));
    const upload = new EventEmitter();
    const [begun, allowed] = [once(upload, "begun"), once(upload, "allowed")];
    const store = storeWith(async () => {
      upload.emit("begun");
      await allowed;
    });
    const [a, b] = [await joining({ folder: "a", store }), await joining()];
    await begun;
    try {
      await dropIn(b.folder, "doors");
      await isReady(a, "doors");
      expect(await modelAt(b, "large")).toBeUndefined();
    } finally {
      // The server cannot close before.
      upload.emit("allowed");
    }
    await isReady(b, "large");
  });

  it("are removed after the same time when the clock of the machine is set back again and again", async () => {
    const [a, b] = [await joining(), await joining()];
    await dropIn(a.folder, "doors");
    await isReady(b, "doors");
    let now = Date.now();
    const clock = vi.spyOn(Date, "now").mockImplementation(() => (now -= 60_000));
    onTestFinished(() => clock.mockRestore());
    await remove(a, "doors");
    await isGone(b, "doors");
    await dropIn(a.folder, "windows");
    await isReady(b, "windows");
  });

  it("are replaced everywhere when they change where they were added", async () => {
    const [a, b] = [await joining(), await joining()];
    await dropIn(a.folder, "doors");
    await isReady(b, "doors");
    await writeFile(join(a.folder, "doors", "card.json"), JSON.stringify(shortCard("doors", { title: "Better doors" })));
    await until(async () => (await modelAt(b, "doors"))?.title === "Better doors");
    await isReady(b, "doors");
    expect([...a.tried, ...b.tried]).toEqual(["doors", "doors"]);
  });

  const flipped = (bytes: Buffer) => Buffer.concat([bytes.subarray(0, 9), Buffer.of(bytes.readUInt8(9) ^ 1), bytes.subarray(10)]);
  const notAdded = (what: string) => `Its ${what} in the store is not the one that was added: the checksum differs.`;
  it.each([
    { tampering: "a changed file", what: "file", tamper: flipped, reason: notAdded("file") },
    { tampering: "a changed card", what: "card", tamper: flipped, reason: notAdded("card") },
    { tampering: "a longer file", what: "file", tamper: (bytes: Buffer) => Buffer.concat([bytes, bytes]), reason: notAdded("file") },
    { tampering: "a missing file", what: "file", tamper: null, reason: "A part of its file is missing in the store." },
  ])("are refused with the reason while the store has $tampering", async ({ what, tamper, reason }) => {
    const a = await joining();
    const folder = await dropIn(a.folder, "doors");
    await isReady(a, "doors");
    const bytes = await readFile(join(folder, what === "file" ? "net.onnx" : "card.json"));
    const path = join(members().place.folder, "models", sha256Of(bytes), "0");
    await (tamper ? writeFile(path, tamper(bytes)) : rm(path));
    const b = await joining();
    await failure(b, "doors", reason);
    await until(() => isEmpty(b.folder));
    await writeFile(path, bytes);
    await isReady(b, "doors");
    expect(b.tried).toEqual([]);
  });
});
