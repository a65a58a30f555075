import { expect, it, onTestFinished } from "vitest";
import { ENDLESS, type PaintingFleet, type Watched } from "../../helpers/painting-fleet.js";
import { ShiftedClock } from "../../helpers/shifted-clock.js";
import { until } from "../../helpers/until.js";

/** Makes all new connections find another clock before that of PostgreSQL, and ends the others. */
const SHIFT_DATABASE = `
  create schema shifted;
  create table shifted.clock as select interval '0' as shift;
  create function shifted.clock_timestamp() returns timestamptz language sql volatile
    as 'select pg_catalog.clock_timestamp() + shift from shifted.clock';
  do $$ begin execute format('alter database %I set search_path = shifted, public, pg_catalog', current_database()); end $$`;
const RIGHT_DATABASE = `
  do $$ begin execute format('alter database %I reset search_path', current_database()); end $$;
  drop schema shifted cascade`;
const END_CONNECTIONS = `select pg_terminate_backend(pid) from pg_stat_activity
  where datname = current_database() and pid <> pg_backend_pid()`;

/** Clocks that jump by an hour. */
export function clockFaults(paintings: PaintingFleet): void {
  it("go on when the clock of the database jumps an hour ahead and back", async () => {
    await paintings.rows(SHIFT_DATABASE);
    await paintings.rows(END_CONNECTIONS);
    onTestFinished(async () => {
      await paintings.rows(RIGHT_DATABASE);
      await paintings.rows(END_CONNECTIONS);
    });
    const jump = (hours: number) => paintings.rows("update shifted.clock set shift = $1 * interval '1 hour'", [hours]);
    await Promise.all([paintings.sharedWorker(), paintings.startWorker()]);
    const id = await paintings.start(ENDLESS);
    const watched = paintings.watch(id);
    for (const hours of [1, 0]) {
      const before = watched.viewer.lastStep;
      await until(() => watched.viewer.lastStep > before + 3);
      await jump(hours);
    }
    await paintings.expectEndsWhole(watched);
  });

  it("paint and show the same while the clocks of a worker and an API server jump an hour ahead, back and right again", async () => {
    const clock = await ShiftedClock.make();
    onTestFinished(() => clock.remove());
    const { variables } = clock;
    await paintings.endWorkers();
    const [worker, server] = await Promise.all([paintings.startWorker(variables), paintings.fleet.api(variables)]);
    const id = await paintings.start(ENDLESS);
    const watched = [paintings.watch(id), paintings.watch(id, server.client)];
    const lastStep = () => Math.min(...watched.map(({ viewer }) => viewer.lastStep));
    const pids = [worker.pid, server.process.pid, ...worker.devices()];
    const begun: Watched[] = [];
    for (const hours of [1, -1, 0]) {
      await clock.jump(hours, ...pids);
      const before = lastStep();
      await until(() => lastStep() > before + 3);
      begun.push(paintings.watch(await paintings.start(5, server.client)));
    }
    await paintings.expectEndsWhole(watched[0]!);
    await paintings.expectWhole(watched[1]!, watched[0]!.viewer.lastStep);
    for (const one of begun) await paintings.expectWhole(one, 5);
    for (const { viewer } of [...watched, ...begun]) expect([...viewer.statuses]).not.toContain("PAUSED");
    await server.process.end();
  });
}
