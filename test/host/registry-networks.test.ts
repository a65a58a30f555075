import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openRegistry } from "../../models/registry.js";
import { registryNetworks } from "../../server/host/registry-networks.js";
import { inverterId, mirrorWithInverter } from "../helpers/generator-mirror.js";

type Registry = Parameters<typeof registryNetworks>[0];

test("a generator of the registry is found with its form, and told from a feature network", async () => {
  const mirror = await mirrorWithInverter();
  onTestFinished(mirror.remove);
  const registry = await openRegistry({ bundledDir: join(mirror.folder, "none"), mirrorDir: mirror.folder });
  const networks = registryNetworks(registry);
  expect(await networks.resolveGenerator(inverterId)).toEqual({
    id: inverterId,
    path: join(mirror.folder, inverterId, "inverter.onnx"),
    architecture: null,
    form: { inputName: "picture", outputName: "negative", inputRange: "SIGNED", outputRange: "SIGNED", sizeMultiple: 16, minSize: 32 },
  });
  expect(await networks.isFetched(inverterId)).toBe(true);
  await expect(networks.resolveNetwork(inverterId)).rejects.toMatchObject({ code: "BAD_INPUT" });
  await expect(networks.resolveGenerator("unknown")).rejects.toMatchObject({ code: "NOT_FOUND" });
});

test.each([
  ["READY", true],
  ["FAILED", true],
  ["AVAILABLE", false],
  ["DOWNLOADING", false],
] as const)("there is something to wait for unless a model is %s: %s", async (state, fetched) => {
  const registry = { find: async () => ({ state }) } as unknown as Registry;
  expect(await registryNetworks(registry).isFetched("any")).toBe(fetched);
});
