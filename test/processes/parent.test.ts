import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { until } from "../helpers/until.js";

/** Forks a script and ends at once, before the script listens to anything; prints the id of its process. */
const parent = (script: string, argument: string) => `
  const child = require("node:child_process").fork(${JSON.stringify(script)}, [${JSON.stringify(argument)}], {
    execArgv: ["--import", "tsx"], stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  console.log(child.pid);
  process.exit(0);
`;

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test.each([
  ["the decoder of pictures", "server/pictures/decoder-main.ts", JSON.stringify({ memoryBytes: 1e9 })],
  ["a device", "server/device/main.ts", ""],
  ["the trial of a model", "server/device/trial-main.ts", ""],
])("%s ends with a server that was killed while it started", async (_name, script, argument) => {
  const pid = Number(execFileSync(process.execPath, ["-e", parent(script, argument)], { encoding: "utf8" }));
  expect(pid).toBeGreaterThan(0);
  await until(() => !runs(pid));
});
