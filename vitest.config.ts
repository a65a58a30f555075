import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

// `npm test` builds the server first. What is built loads in less time, and its processes too.
const isBuilt = process.env.TEST_BUILT_SERVER === "1";
const built = fileURLToPath(new URL("dist/server/", import.meta.url));

/** Long files that vitest takes for short ones, since it counts their bytes. */
const long = ["engine/webgpu", "fleet/faults", "e2e/studio", "fleet/studio", "e2e/kills", "fleet/kills"];

/** Begins with those: one that began last would run alone at the end. */
class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) => long.some((name) => moduleId.endsWith(`/test/${name}.test.ts`));
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

/** Tests of modules that keep the state of a page, that replace modules, or that see which ones are loaded. */
const ownModules = ["test/web/**/*.test.ts", "test/http/own-names.test.ts", "test/telemetry/start.test.ts"];

export default defineConfig({
  resolve: {
    alias: [
      // Two copies of graphql in one process break type-graphql ("Cannot determine GraphQL output type").
      { find: /^graphql$/, replacement: "graphql/index.js" },
      ...(isBuilt ? [{ find: /^(?:\.\.\/)+server\/(.+)\.js$/, replacement: `${built}$1.js` }] : []),
    ],
  },
  test: {
    // The files of the first project share what their process has loaded: to load the server takes longer than most tests.
    projects: [
      {
        extends: true,
        test: {
          name: "server",
          include: ["test/**/*.test.ts"],
          exclude: ownModules,
          isolate: false,
          globalSetup: isBuilt ? ["scripts/build-devices.mjs"] : [],
        },
      },
      { extends: true, test: { name: "own modules", include: ownModules } },
    ],
    server: { deps: { external: [/\/dist\/server\//] } },
    // Limits for a machine whose cores are shared by many; a test waits for conditions and usually ends long before.
    testTimeout: 400_000,
    hookTimeout: 400_000,
    expect: { poll: { timeout: 150_000 } },
    // One more than the cores of a small machine: tests of browsers and devices wait more than they compute.
    maxWorkers: 3,
    sequence: { sequencer: LongFirst },
  },
});
