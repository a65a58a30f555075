import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { expect, it } from "vitest";
import { wakeUpJobs } from "../../../server/queue/wake-ups.js";
import { faultLasts } from "../../helpers/long-faults.js";
import { ENDLESS, type PaintingFleet } from "../../helpers/painting-fleet.js";
import { PatientViewer } from "../../helpers/patient-viewer.js";
import { until } from "../../helpers/until.js";

/** How long they sleep in the long form, seconds. */
const SLEEP = 60;

/** Whether a request failed because its connection was closed before an answer. */
function wasClosed({ cause }: Error): boolean {
  return cause instanceof Error && "code" in cause && ["ECONNRESET", "UND_ERR_SOCKET"].includes(String(cause.code));
}

/** Processes that sleep and wake up again, and work that is handed out twice. */
export function processFaults(paintings: PaintingFleet): void {
  it("let a worker that slept write nothing of a session that another one has", async () => {
    const sleeper = await paintings.sharedWorker();
    const id = await paintings.start(ENDLESS);
    const watched = paintings.watch(id);
    await until(() => watched.viewer.lastStep >= 3);
    process.kill(sleeper.pid, "SIGSTOP");
    const stopped = watched.viewer.lastStep;
    // Another worker goes on within 10 s; what is left of them is for its look and the checkpoint.
    expect(await paintings.leaseOf(id)).toBeLessThan(6000);
    await paintings.startWorker();
    await faultLasts(SLEEP, () => watched.viewer.lastStep > stopped + 3);
    process.kill(sleeper.pid, "SIGCONT");
    await paintings.expectEndsWhole(watched);
    expect(await paintings.claimsOf(id)).toBe(2);
    // It works again as before.
    await paintings.endWorkers(sleeper);
    await paintings.expectWhole(paintings.watch(await paintings.start(5)), 5);
  });

  it("let viewers of an API server that slept miss nothing, there or elsewhere, and start what it was asked for", async () => {
    await paintings.sharedWorker();
    const { client, process: sleeper } = await paintings.fleet.api();
    const id = await paintings.start(ENDLESS);
    const staying = new PatientViewer(id);
    // It may be cut off, and comes back then.
    const stayed = staying.follow(client).catch(() => false);
    await until(() => staying.lastStep >= 3);
    process.kill(sleeper.pid, "SIGSTOP");
    // When it wakes up, it may close the kept connection before it reads the request. Browsers ask again then, too.
    const asked = paintings.start(5, client).catch((error: Error) => {
      if (!wasClosed(error)) throw error;
      return paintings.start(5, client);
    });
    const moved = staying.elsewhere();
    const watched = { viewer: moved, ended: moved.follow(paintings.second) };
    const stopped = moved.lastStep;
    await faultLasts(SLEEP, () => moved.lastStep > stopped + 3);
    process.kill(sleeper.pid, "SIGCONT");
    const late = paintings.watch(await asked);
    await paintings.expectEndsWhole(watched);
    const ended = (await stayed) || (await staying.follow(paintings.second));
    await paintings.expectWhole({ viewer: staying, ended: Promise.resolve(ended) }, moved.lastStep);
    await paintings.expectWhole(late, 5);
  });

  it("start each session once when its wake-up is delivered many times", async () => {
    await Promise.all([paintings.sharedWorker(), paintings.startWorker()]);
    const connection = new Redis(paintings.fleet.redis.url, { maxRetriesPerRequest: null });
    const { name, prefix } = wakeUpJobs;
    const jobs = new Queue(name, { connection, prefix, skipVersionCheck: true });
    const wake = () => jobs.addBulk(Array.from({ length: 20 }, () => ({ name, data: {}, opts: { removeOnComplete: true } })));
    const [ids] = await Promise.all([Promise.all([20, 20, 20].map((short) => paintings.start(short))), wake()]);
    const watched = ids.map((id) => paintings.watch(id));
    await wake();
    for (const one of watched) await paintings.expectWhole(one, 20);
    expect(await Promise.all(ids.map((id) => paintings.claimsOf(id)))).toEqual([1, 1, 1]);
    await jobs.close();
    connection.disconnect();
  });
}
