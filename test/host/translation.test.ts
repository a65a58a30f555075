import { expect, onTestFinished, test } from "vitest";
import { AtelierError } from "../../server/errors.js";
import type { HostOptions } from "../../server/host/host.js";
import { recoverSessions } from "../../server/host/recovery.js";
import { anImage, aTranslation } from "../contracts/records.js";
import { HostHarness, stepsThrough } from "../helpers/host-harness.js";
import { scriptedForm } from "../helpers/scripted-painters.js";

async function startHost(options: Partial<HostOptions> = {}): Promise<HostHarness> {
  const harness = await HostHarness.start(options);
  onTestFinished(() => harness.close());
  return harness;
}

/** Models of which `slow` must be downloaded; `end` lets the download succeed, or fail with an error. */
function fetchedModels(slow: string) {
  let fetched = false;
  let end: (error?: Error) => void = () => undefined;
  const fetching = new Promise<void>((resolve, reject) => {
    end = (error) => {
      fetched = !error;
      if (error) reject(error);
      else resolve();
    };
  });
  const file = async (path: string, signal?: AbortSignal) => {
    if (path === slow) {
      const aborted = new Promise<never>((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
      await Promise.race([fetching, aborted]);
    }
    return { id: "scripted", path, sha256: "" };
  };
  const models = {
    locateFeatureModel: async (path, signal) => ({ ...(await file(path, signal)), architecture: { family: "vgg19" } }),
    locateTranslator: async (path, signal) => ({ ...(await file(path, signal)), architecture: null, form: scriptedForm }),
    isDownloaded: (path) => fetched || path !== slow,
  } satisfies Partial<HostOptions>;
  return { models, end };
}

const slowScript = { steps: 2, size: 16 };
const slow = JSON.stringify(slowScript);

test("a translation runs from queued to completed", async () => {
  const host = await startHost();
  const id = await host.paint({ steps: 0 }, "TRANSLATION");
  expect(await host.end(id)).toMatchObject({ kind: "TRANSLATION", status: "COMPLETED", step: 0, framesTranslated: 1, error: null });
  const events = host.events.get(id)!.map((event) => (event.type === "changed" ? event.session.status : event.type));
  expect(events).toEqual(["RUNNING", "frame", "COMPLETED"]);
});

test("a translation gets turns beside a running style transfer", async () => {
  const host = await startHost();
  const painting = await host.paint({ steps: 1e6, blockMs: 5 });
  await host.frame(painting, 2);
  const before = (await host.storedSteps(painting)).length;
  await host.end(await host.paint({ steps: 0 }, "TRANSLATION"));
  expect((await host.storedSteps(painting)).length - before).toBeLessThan(20);
  expect((await host.session(painting)).status).toBe("RUNNING");
});

test("a translation that kills the device each time is given up, and the painting beside it continues", async () => {
  const host = await startHost();
  const painting = await host.paint({ steps: 1e6, blockMs: 1 });
  await host.frame(painting, 1);
  const deadly = await host.paint({ steps: 0, crashAt: 0 }, "TRANSLATION");
  expect(await host.end(deadly)).toMatchObject({ status: "FAILED", error: { code: "DEVICE_LOST" } });
  await host.frame(painting, (await host.storedSteps(painting)).length + 3);
});

test("sessions whose model is being downloaded take no place, and run when it is complete", async () => {
  const { models, end } = fetchedModels(slow);
  const host = await startHost({ ...models, maxConcurrent: 1 });
  const waiting = [await host.paint(slowScript, "TRANSLATION"), await host.paint(slowScript)];
  expect((await host.end(await host.paint({ steps: 3 }))).status).toBe("COMPLETED");
  expect((await host.end(await host.paint({ steps: 0 }, "TRANSLATION"))).status).toBe("COMPLETED");
  for (const id of waiting) expect((await host.session(id)).status).toBe("QUEUED");
  end();
  for (const id of waiting) {
    expect((await host.end(id)).status).toBe("COMPLETED");
    expect(await host.storedSteps(id)).toEqual(stepsThrough(2));
  }
});

test("a session whose model cannot be downloaded fails with the reason", async () => {
  const { models, end } = fetchedModels(slow);
  const host = await startHost(models);
  const id = await host.paint(slowScript, "TRANSLATION");
  await host.end(await host.paint({ steps: 1 }));
  end(new AtelierError("UNAVAILABLE", "The download was cancelled."));
  expect(await host.end(id)).toMatchObject({
    status: "FAILED",
    startedAt: null,
    error: { code: "UNAVAILABLE", message: "The download was cancelled." },
  });
});

test("a session that was cancelled during the download of its model stays cancelled", async () => {
  const { models, end } = fetchedModels(slow);
  const host = await startHost({ ...models, maxConcurrent: 1 });
  const id = await host.paint(slowScript, "TRANSLATION");
  await host.end(await host.paint({ steps: 1 }));
  await host.storage.sessions.update(id, { status: "CANCELLED" });
  end();
  expect((await host.end(await host.paint({ steps: 1 }))).status).toBe("COMPLETED");
  expect((await host.session(id)).status).toBe("CANCELLED");
  expect(await host.storedSteps(id)).toEqual([]);
});

test("a host that closes does not wait for downloads, and the session stays queued", async () => {
  const { models } = fetchedModels(slow);
  const host = await startHost(models);
  const id = await host.paint(slowScript, "TRANSLATION");
  await host.end(await host.paint({ steps: 1 }));
  await host.host.close();
  expect((await host.session(id)).status).toBe("QUEUED");
});

test("a restart of the server continues translations that ran, ends live ones and queues those that waited", async () => {
  const host = await startHost();
  const image = anImage();
  await host.storage.images.insert(image);
  const running = aTranslation(image.id, { status: "RUNNING" });
  const live = aTranslation(null, { status: "RUNNING" });
  for (const session of [running, live, aTranslation(image.id)]) await host.storage.sessions.insert(session);
  await host.host.close();
  expect(await recoverSessions(host.storage, host.queue)).toEqual({ resumed: 1, requeued: 1 });
  expect(await host.queue.position(running.id)).toBe(1);
  expect(await host.session(live.id)).toMatchObject({ status: "COMPLETED", error: null });
});
