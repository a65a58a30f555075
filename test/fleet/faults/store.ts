import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { afterFault, areFaultsLong, faultLasts } from "../../helpers/long-faults.js";
import { ENDLESS, type PaintingFleet, uploadPictures, type Watched } from "../../helpers/painting-fleet.js";
import { pngPicture } from "../../helpers/pictures.js";
import { noteSkipped } from "../../helpers/skipped.js";
import { noSmallDisk, SmallDisk } from "../../helpers/small-disk.js";
import type { Trouble, TroubledStore } from "../../helpers/troubled-store.js";
import { until } from "../../helpers/until.js";

if (noSmallDisk !== null) noteSkipped(noSmallDisk);

/** Troubles in which nothing can be stored; a store that says nothing is given up after half a minute. */
const outages: Trouble[] = [{ kind: "failing" }, { kind: "refusing" }, ...(areFaultsLong ? [{ kind: "silent" } as const] : [])];

/** How long the trouble lasts in the long form, seconds. */
const TROUBLE = 35;

/** A store that is slow, fails or cannot be reached, and disks that are full. */
export function storeFaults(paintings: PaintingFleet, store: () => TroubledStore): void {
  it("paint on, only slower, while the store takes a second and more for everything", async () => {
    onTestFinished(() => store().end());
    await paintings.sharedWorker();
    const watched = paintings.watch(await paintings.start(ENDLESS));
    const { viewer } = watched;
    await until(() => viewer.lastStep >= 3);
    store().begin({ kind: "slow", ms: areFaultsLong ? 4000 : 1100 });
    const before = viewer.lastStep;
    await faultLasts(TROUBLE, () => viewer.lastStep > before + 1);
    store().end();
    await paintings.expectEndsWhole(watched);
    expect([...viewer.statuses]).not.toContain("PAUSED");
  });

  it("pause with the reason while the store fails or cannot be reached, and go on by themselves", async () => {
    onTestFinished(() => store().end());
    await paintings.sharedWorker();
    for (const trouble of outages) {
      const running = paintings.watch(await paintings.start(ENDLESS));
      await until(() => running.viewer.lastStep >= 3);
      store().begin(trouble);
      const begun = paintings.watch(await paintings.start(5));
      const isPaused = ({ viewer }: Watched) => viewer.status === "PAUSED" && viewer.errorCode === "UNAVAILABLE";
      await faultLasts(TROUBLE, () => isPaused(running) && isPaused(begun));
      if (trouble.kind === "failing") {
        await expect(paintings.first.upload((await pngPicture(32, 32, 5)).bytes)).rejects.toThrow("UNAVAILABLE");
      }
      store().end();
      await paintings.expectEndsWhole(running);
      await paintings.expectWhole(begun, 5);
    }
  });

  describe.skipIf(noSmallDisk !== null)("on a small disk", () => {
    it("pause with the reason while it is full, and go on when there is space", async () => {
      const disk = await SmallDisk.mount(112);
      onTestFinished(() => disk.unmount());
      const place = { DATABASE_URL: await paintings.fleet.postgres.newDatabase(), ATELIER_BLOBS: disk.folder };
      const [{ client, process: server }, worker] = await Promise.all([
        paintings.fleet.api(place),
        paintings.startWorker({ ...place, ATELIER_DATA: join(disk.folder, "worker") }),
      ]);
      const health = async () => (await fetch(`${(await worker.client()).address}/readyz`)).status;
      const id = await paintings.start(ENDLESS, client, await uploadPictures(client));
      const watched = paintings.watch(id, client);
      const { viewer } = watched;
      await until(() => viewer.lastStep >= 3);
      await disk.fill();
      await faultLasts(TROUBLE, () => viewer.status === "PAUSED" && viewer.errorCode === "UNAVAILABLE");
      expect(await health()).toBe(503);
      await disk.empty();
      await afterFault(() => viewer.status !== "PAUSED");
      await paintings.expectEndsWhole(watched, client);
      await until(async () => (await health()) === 200);
      await Promise.all([server.end(), worker.end()]);
    });

    it("paint on while a worker's own disk is full, and it says that it is", async () => {
      const disk = await SmallDisk.mount(112);
      onTestFinished(() => disk.unmount());
      await paintings.endWorkers();
      const worker = await paintings.startWorker({ ATELIER_DATA: join(disk.folder, "worker") });
      const health = async () => (await fetch(`${(await worker.client()).address}/readyz`)).status;
      const watched = paintings.watch(await paintings.start(ENDLESS));
      await until(() => watched.viewer.lastStep >= 3);
      await disk.fill();
      await until(async () => (await health()) === 503);
      await paintings.expectEndsWhole(watched);
      expect([...watched.viewer.statuses]).not.toContain("PAUSED");
      await worker.end();
    });
  });
}
