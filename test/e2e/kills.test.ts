import { expect, test } from "vitest";
import { killRun } from "../helpers/kill-run.js";
import { KillableServer } from "../helpers/killable-server.js";
import { noteSkipped } from "../helpers/skipped.js";

if (process.platform === "win32") noteSkipped("Windows has no kill -9.");

// The short form of bench/kills.ts.
test.skipIf(process.platform === "win32")(
  "kill -9 of server and device in turns: every session continues to the same picture, and no published frame is lost",
  async () => {
    const report = await killRun(await KillableServer.start(), { sessions: 4, kills: 6, steps: 250, pauseMs: 1200, seed: 7 });
    expect(report).toEqual({ kills: report.kills, lost: [], missing: [], misdelivered: [], different: [], overtaken: [] });
    expect(report.kills.length).toBeGreaterThanOrEqual(3);
  },
  // Six restarts of server and device take a quarter of a minute on an idle machine, and much longer on a busy one.
  300_000,
);
