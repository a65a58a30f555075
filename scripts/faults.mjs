/**
 * Lets the faults that a fleet survives last as long as in the world outside: `npm run faults -- [part of a test's name]`.
 * As root on Linux, network namespaces are cut and small disks are filled. EARLIER_COMMIT names the earlier version to try.
 */
import "./node-version.mjs";
import { prepare } from "./prepare.mjs";
import { runTool } from "./run.mjs";

/** Longest time of one test, ms. */
const TEST_MS = 900_000;

const [name] = process.argv.slice(2);
await prepare();
const files = ["test/fleet/fleet.test.ts", "test/fleet/faults.test.ts"];
const args = ["run", ...files, "--no-file-parallelism", `--testTimeout=${TEST_MS}`, ...(name === undefined ? [] : ["-t", name])];
process.exitCode = await runTool("vitest", args, { ...process.env, LONG_FAULTS: "1", TEST_BUILT_SERVER: "1" });
