import { writePolicies } from "./content-security-policy.mjs";
import { preloadFonts } from "./font-preloads.mjs";
import { inRoot } from "./root.mjs";
import { runTool } from "./run.mjs";

/** Whether Next writes a file itself. @param {string} path */
const ignore = (path) => ["web/.next", "web/out", "web/next-env.d.ts"].includes(path) || path.endsWith(".tsbuildinfo");

/**
 * The studio as static files in web/out, which the server serves.
 * @type {import("./stale.mjs").Target}
 */
export const studioTarget = {
  name: "studio",
  inputs: [
    inRoot("web"),
    inRoot("server", "records"),
    inRoot("schema.graphql"),
    inRoot("package-lock.json"),
    inRoot("scripts", "content-security-policy.mjs"),
    inRoot("scripts", "font-preloads.mjs"),
  ],
  output: inRoot("web", "out", "policies.json"),
  stamp: inRoot("web", ".next", "studio.stamp"),
  ignore,
  build: buildStudio,
};

async function buildStudio() {
  const code = await runTool("next", ["build", "web"], { ...process.env, NEXT_TELEMETRY_DISABLED: "1" });
  if (code !== 0) throw new Error(`next build failed with exit code ${code}`);
  await preloadFonts(inRoot("web", "out"));
  await writePolicies(inRoot("web", "out"));
}
