import { cp, mkdir, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { inRoot } from "./root.mjs";
import { filesUnder, repositoryPath } from "./stale.mjs";

const source = inRoot("server");

/**
 * The server as JavaScript in dist/, file for file, so that import specifiers and stack traces keep their paths.
 * @type {import("./stale.mjs").Target}
 */
export const serverTarget = {
  name: "server",
  inputs: [source, inRoot("tsconfig.json"), inRoot("package-lock.json"), inRoot("scripts", "build-server.mjs")],
  output: inRoot("dist", "server", "main.js"),
  stamp: inRoot("dist", "server.stamp"),
  build: buildServer,
};

async function buildServer() {
  const files = await filesUnder(source);
  const scripts = files.filter((file) => file.endsWith(".ts"));
  const assets = files.filter((file) => !file.endsWith(".ts"));
  const { build, stop } = await import("esbuild");
  await build({
    entryPoints: scripts,
    outdir: inRoot("dist"),
    outbase: inRoot(),
    tsconfig: inRoot("tsconfig.json"),
    bundle: false,
    format: "esm",
    platform: "node",
    target: "node20",
    sourcemap: true,
    logLevel: "warning",
  });
  await stop();
  for (const asset of assets) {
    const copy = inRoot("dist", repositoryPath(asset));
    await mkdir(dirname(copy), { recursive: true });
    await cp(asset, copy);
  }
  await removeLeftovers(new Set(files.map((file) => repositoryPath(file).replace(/\.ts$/, ".js"))));
}

/**
 * Removes the output of source files that no longer exist. Nothing else is removed: the build overwrites files in
 * place, so a server that runs from dist/ never misses a file.
 * @param {Set<string>} built paths relative to dist/
 */
async function removeLeftovers(built) {
  for (const file of await filesUnder(inRoot("dist"))) {
    const path = repositoryPath(file).replace(/^dist\//, "");
    const source = path.replace(/\.js\.map$/, ".js");
    if (path.includes("/") && !built.has(source)) await rm(file);
  }
}
