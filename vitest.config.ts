import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

// `npm test` builds the server first. What is built loads in less time, and its processes too.
const isBuilt = process.env.TEST_BUILT_SERVER === "1";
const built = fileURLToPath(new URL("dist/server/", import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      // Two copies of graphql in one process break type-graphql ("Cannot determine GraphQL output type").
      { find: /^graphql$/, replacement: "graphql/index.js" },
      ...(isBuilt ? [{ find: /^(?:\.\.\/)+server\/(.+)\.js$/, replacement: `${built}$1.js` }] : []),
    ],
  },
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: isBuilt ? ["scripts/build-devices.mjs"] : [],
    server: { deps: { external: [/\/dist\/server\//] } },
    // Limits for a machine whose cores are shared by many; a test waits for conditions and usually ends long before.
    testTimeout: 400_000,
    hookTimeout: 400_000,
    expect: { poll: { timeout: 150_000 } },
    // One more than the cores of a small machine: tests of browsers and devices wait more than they compute.
    maxWorkers: 3,
  },
});
