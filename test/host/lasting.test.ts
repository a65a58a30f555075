import { afterEach, describe, expect, test } from "vitest";
import { AtelierError } from "../../server/errors.js";
import { HostHarness, stepsThrough } from "../helpers/host-harness.js";

const started: HostHarness[] = [];
async function startHost(options: Parameters<typeof HostHarness.start>[0] = {}): Promise<HostHarness> {
  const host = await HostHarness.start(options);
  started.push(host);
  return host;
}
afterEach(async () => {
  await Promise.all(started.splice(0).map((host) => host.close()));
});

const endless = { steps: 1e6, blockMs: 2 };

/** The alpha of each stored frame, which scripted painters report as a loss. */
async function alphas(host: HostHarness, id: string): Promise<number[]> {
  return (await host.frames(id)).map(({ losses }) => losses!.content);
}

describe("pausing", () => {
  test("stops a session after the current step, frees its place, and continues without a gap", async () => {
    const host = await startHost({ maxConcurrent: 1 });
    const id = await host.paint({ steps: 60, blockMs: 5 });
    await host.frame(id, 5);
    await host.pause(id);
    await host.released(id);
    const paused = await host.storedSteps(id);
    expect((await host.end(await host.paint({ steps: 3 }))).status).toBe("COMPLETED");
    expect(await host.storedSteps(id)).toEqual(paused);
    expect((await host.session(id)).status).toBe("PAUSED");

    await host.resume(id);
    expect((await host.end(id)).status).toBe("COMPLETED");
    expect(await host.storedSteps(id)).toEqual(stepsThrough(60));
    expect(host.publishedSteps(id)).toEqual(stepsThrough(60));
  });

  test("keeps the state of exactly the step at which it stopped", async () => {
    const host = await startHost();
    const id = await host.paint(endless);
    await host.frame(id, 3);
    await host.pause(id);
    await host.released(id);
    expect(await host.checkpointStep(id)).toBe((await host.storedSteps(id)).at(-1));
  });

  test("loses nothing when the session is resumed before the device has released it", async () => {
    const host = await startHost();
    const id = await host.paint({ steps: 40, blockMs: 20 });
    await host.frame(id, 2);
    for (let time = 0; time < 3; time++) {
      await host.pause(id);
      await host.resume(id);
    }
    expect((await host.end(id)).status).toBe("COMPLETED");
    expect(await host.storedSteps(id)).toEqual(stepsThrough(40));
  });

  test("completes a session whose last step was being painted", async () => {
    const host = await startHost();
    const id = await host.prepare({ steps: 1 });
    host.storage.beforeFrame = async ({ step }) => (step === 1 ? host.pause(id) : undefined);
    await host.enqueue(id);
    expect((await host.end(id)).status).toBe("COMPLETED");
    expect(await host.storedSteps(id)).toEqual([0, 1]);
  });

  test("keeps a session paused when its device dies", async () => {
    const host = await startHost();
    const [id, other] = [await host.paint({ ...endless, blockMs: 200 }), await host.paint(endless)];
    await Promise.all([host.frame(id, 1), host.frame(other, 1)]);
    await host.pause(id);
    process.kill(host.host.devices()[0]!.pid!, "SIGKILL");
    await host.frame(other, (await host.storedSteps(other)).at(-1)! + 5);
    expect((await host.session(id)).status).toBe("PAUSED");
    expect(host.host.devices()[0]!.sessionIds).toEqual([other]);
  });
});

test("a disk that is full during a checkpoint is reported in the log, and the session continues", async () => {
  const host = await startHost();
  host.storage.checkpoints.put = () => Promise.reject(new AtelierError("UNAVAILABLE", "The server's disk is full."));
  const id = await host.paint({ steps: 8, blockMs: 20 });
  await host.frame(id, 3);
  process.kill(host.host.devices()[0]!.pid!, "SIGKILL");
  expect((await host.end(id)).status).toBe("COMPLETED");
  expect(host.publishedSteps(id)).toEqual(stepsThrough(8));
  expect(host.log.join()).toContain("could not be written");
});

describe("steering", () => {
  test("shows in a frame at most two steps later, and its step is recorded", async () => {
    const host = await startHost();
    const id = await host.paint(endless);
    await host.frame(id, 4);
    await host.steer(id, 7);
    await host.event(id, (event) => event.type === "frame" && event.frame.losses!.content === 7);
    const [change] = await host.storage.changes.list(id);
    expect((await alphas(host, id)).indexOf(7)).toBe(change!.step);
    expect(await settledBeforeItsFrame(host, id)).toBe(true);
  });

  test("applies from the next step on when the session waits or is paused", async () => {
    const host = await startHost();
    const id = await host.prepare({ steps: 30, blockMs: 5 });
    await host.steer(id, 1);
    await host.enqueue(id);
    await host.frame(id, 4);
    await host.pause(id);
    await host.released(id);
    const last = (await host.storedSteps(id)).at(-1)!;
    await host.steer(id, 2);
    await host.resume(id);
    await host.end(id);
    expect((await host.storage.changes.list(id)).map(({ step }) => step)).toEqual([0, last + 1]);
    expect(await alphas(host, id)).toEqual(stepsThrough(30).map((step) => (step > last ? 2 : 1)));
  });

  test("survives a death of the device, and painted frames stay the same", async () => {
    const host = await startHost();
    const id = await host.paint({ ...endless, blockMs: 50 });
    await host.frame(id, 2);
    process.kill(host.host.devices()[0]!.pid!, "SIGKILL");
    await host.steer(id, 9);
    await host.event(id, (event) => event.type === "frame" && event.frame.losses!.content === 9);
    const [change] = await host.storage.changes.list(id);
    const stored = await host.frames(id);
    expect(stored.map(({ losses }) => losses!.content)).toEqual(stored.map((_, step) => (step < change!.step! ? 0 : 9)));
    expect(stored.map(({ step }) => step)).toEqual(stepsThrough(stored.length - 1));
  });
});

/** Whether viewers received the step of a change before its frame. */
async function settledBeforeItsFrame(host: HostHarness, id: string): Promise<boolean> {
  const events = host.events.get(id)!;
  const frame = events.findIndex((event) => event.type === "frame" && event.frame.losses!.content === 7);
  const settled = events.findIndex((event) => event.type === "changed" && event.session.revision >= 3);
  return settled >= 0 && settled < frame;
}

test("a session that is painted by another method than it asks for is recorded with that method", async () => {
  const host = await startHost();
  const id = await host.paint({ steps: 3, convolutions: "WINOGRAD_4" });
  expect(await host.end(id)).toMatchObject({ status: "COMPLETED", initial: { convolutions: "WINOGRAD_4", settings: {} } });
});
