import { inRoot } from "./root.mjs";

const names = ["scripted-device.ts", "graphics-device.ts", "scripted-painters.ts"];

/**
 * Builds the device processes that tests script, file for file beside the built server, which they import: built, they start
 * sooner. vitest calls it before the first test.
 */
export default async function buildDevices() {
  const { build, stop } = await import("esbuild");
  const entryPoints = names.map((name) => inRoot("test", "helpers", name));
  await build({ entryPoints, outdir: inRoot("dist", "test", "helpers"), format: "esm", platform: "node", target: "node20" });
  await stop();
}
