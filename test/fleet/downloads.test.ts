import { expect, test, vi } from "vitest";
import { downloadWanted } from "../../server/fleet/downloads.js";
import { status } from "../helpers/file-server.js";
import { fastStyleFields, StoreRig, states } from "../helpers/store-rig.js";
import { until } from "../helpers/until.js";

const rig = new StoreRig();
const [wanted, unwanted] = ["fast-style-rain_princess", "fast-style-candy"] as const;

test("a worker downloads from the mirror what a waiting session needs, and then has it", async () => {
  for (const name of [wanted, unwanted]) rig.addToMirror(name, fastStyleFields);
  const registry = await rig.openStore({ mirror: rig.server.url("models/") });
  const failed = vi.fn();
  expect(registry.readyIds(true)).toEqual([]);
  // As often as it announces itself, with models that it cannot get too.
  for (let times = 0; times < 3; times++) await downloadWanted({ wanted: async () => [wanted, "of-nobody"], registry, failed });
  await until(() => registry.readyIds(true).includes(wanted));
  expect(await states(registry)).toMatchObject({ [wanted]: "READY", [unwanted]: "AVAILABLE" });
  expect(rig.server.requests.filter(({ path }) => path.endsWith("style.onnx"))).toHaveLength(1);
  expect(failed).not.toHaveBeenCalled();
});

test("a download that fails is the model's failure, which the server does not report as its own", async () => {
  rig.addToMirror(wanted, fastStyleFields);
  const registry = await rig.openStore({ mirror: rig.server.url("models/") });
  await registry.find(wanted);
  const failed = vi.fn();
  rig.server.faults.push(status(404), status(404));
  await downloadWanted({ wanted: async () => [wanted], registry, failed });
  await until(async () => (await states(registry))[wanted] === "FAILED");
  expect(registry.readyIds(true)).toEqual([]);
  expect(failed).not.toHaveBeenCalled();
});
