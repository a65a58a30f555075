import { EventEmitter, once } from "node:events";
import { mkdir, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { unavailable } from "../../../server/errors.js";
import type { GraphicsTrial } from "../../../server/models/drop-ins/check.js";
import { openRegistry, type Registry } from "../../../server/models/registry.js";
import { dropIn } from "../../helpers/drop-in.js";
import { until } from "../../helpers/until.js";

let folder: string;
let dropped: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "atelier-graphics-"));
  dropped = join(folder, "models");
  await mkdir(join(folder, "bundled"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A server's models; the processor accepts all of them. */
async function start(rescanMs = 20): Promise<{ registry: Registry; onProcessor: string[]; close(): Promise<void> }> {
  const onProcessor: string[] = [];
  const registry = await openRegistry({
    ...{ bundledDir: join(folder, "bundled"), mirrorDir: null },
    dropIns: {
      ...{ folder: dropped, stillMs: 20, rescanMs, log: () => undefined },
      async tryModel({ id }) {
        onProcessor.push(id);
        return { parameters: 7 };
      },
    },
  });
  onTestFinished(() => registry.close());
  return { registry, onProcessor, close: () => registry.close() };
}

const stateOf = async (registry: Registry, id: string) => (await registry.list()).find((model) => model.id === id)?.state;
const isReady = (registry: Registry, id: string) => until(async () => (await stateOf(registry, id)) === "READY");

/** A device of a kind that accepts all models, and the ids of those that it was given. */
function device(name: string): GraphicsTrial & { tried: string[] } {
  const tried: string[] = [];
  return {
    ...{ name, tried },
    async accepts({ id }) {
      tried.push(id);
      return true;
    },
  };
}

test("a model is in use while it is tried on the graphics device, and refused with the reason", async () => {
  const { registry } = await start();
  const answer = new EventEmitter();
  const asked: string[] = [];
  const accepts: GraphicsTrial["accepts"] = async ({ id, path }) => {
    const answered = once(answer, "answered");
    asked.push(id, path);
    await answered;
    throw unavailable("It returns nonsense.");
  };
  registry.dropIns?.tryOn({ name: "a card", accepts });
  await dropIn(dropped, "doors");
  await until(() => asked.length > 0);
  expect(asked).toEqual(["doors", join(dropped, "doors", "net.onnx")]);
  expect(await stateOf(registry, "doors")).toBe("READY");
  answer.emit("answered");
  await until(async () => (await stateOf(registry, "doors")) === "FAILED");
  expect((await registry.list())[0]).toMatchObject({ id: "doors", title: "doors", failure: "It returns nonsense." });
});

test("a model is tried once on each kind of graphics device, also after a restart, and stays in use", async () => {
  const first = await start();
  await dropIn(dropped, "doors");
  await isReady(first.registry, "doors");
  // Its process is started again.
  const [card, again] = [device("a card"), device("a card")];
  for (const one of [card, again]) first.registry.dropIns?.tryOn(one);
  await until(() => card.tried.length > 0);
  await dropIn(dropped, "windows");
  await until(() => card.tried.length > 1);
  await first.close();

  const second = await start();
  expect([await stateOf(second.registry, "doors"), await stateOf(second.registry, "windows")]).toEqual(["READY", "READY"]);
  const [same, other] = [device("a card"), device("another card")];
  second.registry.dropIns?.tryOn(same);
  second.registry.dropIns?.tryOn(null);
  second.registry.dropIns?.tryOn(other);
  await until(() => other.tried.length > 1);
  expect([card.tried, again.tried, same.tried, [...other.tried].sort()]).toEqual([["doors", "windows"], [], [], ["doors", "windows"]]);
  expect([first.onProcessor, second.onProcessor]).toEqual([["doors", "windows"], []]);
});

test("a model that one device refused is used when the server paints on another", async () => {
  const { registry } = await start();
  const nonsense = async () => {
    throw unavailable("It returns nonsense.");
  };
  registry.dropIns?.tryOn({ name: "a card", accepts: nonsense });
  await dropIn(dropped, "doors");
  await until(async () => (await stateOf(registry, "doors")) === "FAILED");
  registry.dropIns?.tryOn(null);
  await isReady(registry, "doors");
});

test("a file that has changed, which no scan has seen yet, is not tried on the graphics device", async () => {
  await dropIn(dropped, "doors");
  const { registry } = await start(3_600_000);
  await isReady(registry, "doors");
  const file = await open(join(dropped, "doors", "net.onnx"), "r+");
  await file.write(Uint8Array.of(0xff), 0, 1, 40);
  await file.close();
  const card = device("a card");
  registry.dropIns?.tryOn(card);
  await until(async () => (await stateOf(registry, "doors")) === "FAILED");
  expect(card.tried).toEqual([]);
});

test("a server closes while the graphics device tries a model, which is tried at the next start", async () => {
  const first = await start();
  await dropIn(dropped, "doors");
  const asked: string[] = [];
  first.registry.dropIns?.tryOn({
    name: "a card",
    async accepts({ id }, signal) {
      asked.push(id);
      await once(signal, "abort");
      throw signal.reason;
    },
  });
  await until(() => asked.length > 0);
  await first.close();
  const second = await start();
  const card = device("a card");
  second.registry.dropIns?.tryOn(card);
  await until(() => card.tried.length > 0);
  expect(await stateOf(second.registry, "doors")).toBe("READY");
});
