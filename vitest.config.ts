import { defineConfig } from "vitest/config";

export default defineConfig({
  // Two copies of graphql in one process break type-graphql ("Cannot determine GraphQL output type").
  resolve: { alias: [{ find: /^graphql$/, replacement: "graphql/index.js" }] },
  test: {
    include: ["test/**/*.test.ts"],
    // Limits for a machine whose cores are shared by many; a test waits for conditions and usually ends long before.
    testTimeout: 400_000,
    hookTimeout: 400_000,
    expect: { poll: { timeout: 150_000 } },
    // One more than the cores of a small machine: tests of browsers and devices wait more than they compute.
    maxWorkers: 3,
  },
});
