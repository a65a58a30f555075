import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The files that take longest. Begun last, one of them would run alone for minutes. */
const longest = [
  "test/fleet/faults.test.ts",
  "test/engine/webgpu.test.ts",
  "test/e2e/webgpu.test.ts",
  "test/fleet/fleet.test.ts",
  "test/e2e/walk.test.ts",
  "test/host/device-selection.test.ts",
  "test/e2e/access.test.ts",
  "test/e2e/kills.test.ts",
  "test/fleet/studio.test.ts",
  "test/e2e/style-transfer.test.ts",
  "test/host/deaths.test.ts",
  "test/fleet/telemetry.test.ts",
  "test/fleet/kills.test.ts",
  "test/e2e/studio.test.ts",
  "test/engine/engines.test.ts",
];

const missing = longest.find((file) => !existsSync(join(import.meta.dirname, file)));
if (missing) throw new Error(`vitest.config.ts names ${missing}, which does not exist.`);

/** Begins with the files that take longest. The others keep vitest's order, which is by size where nothing was recorded. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => longest.indexOf(relative(import.meta.dirname, moduleId).replaceAll("\\", "/"));
    const known = files.filter((file) => place(file) >= 0).sort((one, other) => place(one) - place(other));
    return [...known, ...(await super.sort(files.filter((file) => place(file) < 0)))];
  }
}

export default defineConfig({
  // Two copies of graphql in one process break type-graphql ("Cannot determine GraphQL output type").
  resolve: { alias: [{ find: /^graphql$/, replacement: "graphql/index.js" }] },
  test: {
    include: ["test/**/*.test.ts"],
    // Limits for a machine whose cores are shared by many; a test waits for conditions and usually ends long before.
    testTimeout: 180_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 60_000 } },
    // One more than the cores of a small machine: tests of browsers and devices wait more than they compute.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
  },
});
