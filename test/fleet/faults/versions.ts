import { describe, expect, it, onTestFinished } from "vitest";
import { checkOutEarlier } from "../../helpers/earlier-version.js";
import { areFaultsLong } from "../../helpers/long-faults.js";
import { type PaintingFleet, uploadPictures } from "../../helpers/painting-fleet.js";
import { until } from "../../helpers/until.js";

const PAUSE = "mutation ($id: ID!) { pauseSession(sessionId: $id) { id } }";
const RESUME = "mutation ($id: ID!) { resumeSession(sessionId: $id) { id } }";
const steps = 600;

/**
 * Servers of two versions. In the short form, recorded-version.ts replays the earlier one, and test/storage/migrations.test.ts
 * refuses migrations that would break it.
 */
export function versionFaults(paintings: PaintingFleet): void {
  describe.runIf(areFaultsLong)("of an earlier version and of this one", () => {
    it("serve, paint and take over each other's sessions", async () => {
      const earlier = await checkOutEarlier();
      onTestFinished(() => earlier.remove());
      console.info(`The earlier version is that of ${earlier.commit}.`);
      const place = { DATABASE_URL: await paintings.fleet.postgres.newDatabase("empty") };
      // The earlier version makes the database, and this one migrates it while the other serves and paints.
      const before = (await paintings.fleet.api(place, earlier)).client;
      const images = await uploadPictures(before);
      const first = await paintings.startWorker(place, earlier);
      const id = await paintings.start(steps, before, images);
      const watched = [paintings.watch(id, before)];
      await until(() => watched[0]!.viewer.lastStep >= 3);
      const after = (await paintings.fleet.api(place)).client;
      watched.push(paintings.watch(id, after));
      await after.query(PAUSE, { id });
      await until(() => watched.every(({ viewer }) => viewer.status === "PAUSED"));
      await before.query(RESUME, { id });
      const resumed = watched[1]!.viewer.lastStep;
      await until(() => watched[1]!.viewer.lastStep > resumed + 3);

      const second = await paintings.startWorker(place);
      await first.end("SIGKILL");
      const killed = watched[1]!.viewer.lastStep;
      await until(() => watched[1]!.viewer.lastStep > killed + 3);
      const third = await paintings.startWorker(place, earlier);
      expect(await second.end("SIGTERM")).toBe(0);
      for (const one of watched) for (const client of [before, after]) await paintings.expectWhole(one, steps, client);

      const other = await paintings.start(5, after, images);
      await paintings.expectWhole(paintings.watch(other, before), 5, after);
      await third.end("SIGTERM");
    });
  });
}
