import { expect, test } from "vitest";
import { killRun } from "../helpers/kill-run.js";
import { KillableFleet } from "../helpers/killable-fleet.js";
import { noPostgres, postgresPrograms } from "../helpers/postgres-server.js";
import { hasRedis } from "../helpers/redis-server.js";
import { noteSkipped } from "../helpers/skipped.js";

if (postgresPrograms === null) noteSkipped(noPostgres);

// The short form of `npx tsx bench/kills.ts fleet`. Two workers run sixteen sessions at a time, so some wait.
test.skipIf(postgresPrograms === null || !hasRedis())(
  "kill -9 of a device, a worker and an API server in turns: every session continues to the same picture, and no published frame is lost",
  async () => {
    const report = await killRun(await KillableFleet.start(), { sessions: 19, kills: 4, steps: 50, pauseMs: 800, seed: 7 });
    expect(report).toEqual({ kills: report.kills, lost: [], missing: [], misdelivered: [], different: [], overtaken: [] });
    // The sessions of a killed worker wait for its leases to end, which takes longer than the next kill.
    expect(new Set(report.kills)).toEqual(new Set(["device", "worker", "API server"]));
  },
);
