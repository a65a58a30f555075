import { defineConfig } from "vitest/config";

export default defineConfig({
  // Two copies of graphql in one process break type-graphql ("Cannot determine GraphQL output type").
  resolve: { alias: [{ find: /^graphql$/, replacement: "graphql/index.js" }] },
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
