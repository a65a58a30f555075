import { tmpdir } from "node:os";
import { expect, it } from "vitest";
import { FleetSimulation } from "../helpers/fleet-simulation.js";
import { noPostgres, postgresPrograms } from "../helpers/postgres-server.js";
import { hasRedis } from "../helpers/redis-server.js";
import { hireWorker } from "../helpers/simulated-worker.js";
import { noteSkipped } from "../helpers/skipped.js";
import { until } from "../helpers/until.js";

if (postgresPrograms === null) noteSkipped(noPostgres);

it.skipIf(postgresPrograms === null || !hasRedis())("many workers complete each session once, and take the owners in turns", async () => {
  const [owners, sessionsOfEach, steps] = [4, 10, 10];
  const simulation = await FleetSimulation.start({ owners, sessionsOfEach, steps, connections: 100, parent: tmpdir() });
  try {
    const workers = await Promise.all(Array.from({ length: 5 }, () => hireWorker(simulation.shared, { sessionsAtOnce: 1, stepMs: 2 })));
    await simulation.ended();
    const reports = await Promise.all(workers.map((worker) => worker.leave()));
    // A viewer may be a little later than the database.
    const frames = owners * sessionsOfEach * (steps + 1);
    await until(async () => (await simulation.report()).received >= frames);

    const report = await simulation.report();
    expect(report).toMatchObject({ completed: 40, incomplete: 0, received: frames, misdelivered: [] });
    expect(new Set(reports.flatMap(({ completed }) => completed)).size).toBe(40);
    expect(reports.flatMap(({ completed }) => completed)).toHaveLength(40);
    expect([...reports.flatMap(({ failures }) => failures), ...simulation.failures]).toEqual([]);
    // All sessions of the first owner were queued before those of the others.
    expect(new Set(report.claimOrder.slice(0, owners)).size).toBe(owners);
    expect(Math.min(...report.completedWhileAllWaited)).toBeGreaterThan(1);
  } finally {
    await simulation.close();
  }
});
