import { describe, expect, test } from "vitest";
import { FrameRetention } from "../../server/host/frame-retention.js";
import type { Storage } from "../../server/storage/storage.js";
import { aFrame, anImage, aSession } from "../contracts/records.js";
import { openTemporaryStorage } from "../helpers/temporary-storage.js";

async function withStorage(use: (storage: Storage) => Promise<void>): Promise<void> {
  const { storage, close } = await openTemporaryStorage();
  try {
    await use(storage);
  } finally {
    await close();
  }
}

async function newSession(storage: Storage): Promise<string> {
  const image = anImage();
  await storage.images.insert(image);
  const session = aSession(image.id, { status: "RUNNING" });
  await storage.sessions.insert(session);
  return session.id;
}

/** Stores frames of 100 bytes as a host does. */
async function paint(storage: Storage, retention: FrameRetention, id: string, from: number, to: number): Promise<void> {
  for (let step = from; step <= to; step++) {
    const digest = await storage.blobs.put(new TextEncoder().encode(`${id} ${step}`.padEnd(100)));
    await storage.frames.insert(aFrame(id, step, { digest, byteLength: 100 }));
    await retention.stored(id, 100, storage);
  }
}

async function stepsOf(storage: Storage, id: string): Promise<number[]> {
  return (await storage.frames.list(id, { first: 1000, after: null }, {})).rows.map(({ step }) => step);
}

const quiet = () => undefined;
const open = new AbortController().signal;

describe("the retention of frames", () => {
  test("a session within its budget keeps everything; beyond it, it is thinned evenly again and again", () =>
    withStorage(async (storage) => {
      const retention = new FrameRetention({ sessionByteLength: 2000, totalByteLength: 1e9 }, quiet, open);
      const id = await newSession(storage);
      await paint(storage, retention, id, 0, 19);
      expect(await stepsOf(storage, id)).toHaveLength(20);
      await paint(storage, retention, id, 20, 20);
      expect(await stepsOf(storage, id)).toEqual([0, 4, 8, 12, 16, 20]);
      await paint(storage, retention, id, 21, 200);
      const steps = await stepsOf(storage, id);
      expect(await storage.frames.byteLengthOf(id)).toBeLessThanOrEqual(2000);
      const old = steps.filter((step) => step < 150);
      expect(new Set(old.slice(1).map((step, index) => step - old[index]!)).size).toBe(1);
      expect([steps[0], steps.at(-1)]).toEqual([0, 200]);
    }));

  test("when all sessions together take too much space, the largest is thinned and the small ones are not", () =>
    withStorage(async (storage) => {
      const retention = new FrameRetention({ sessionByteLength: 1e9, totalByteLength: 5000 }, quiet, open);
      const [small, large] = [await newSession(storage), await newSession(storage)];
      await paint(storage, retention, small, 0, 9);
      await paint(storage, retention, large, 0, 60);
      expect(await stepsOf(storage, small)).toHaveLength(10);
      expect((await storage.frames.totals()).byteLength).toBeLessThanOrEqual(5000);
      expect((await stepsOf(storage, large)).length).toBeGreaterThan(10);
    }));

  test("pictures of thinned frames are deleted, except those that a branch shows", () =>
    withStorage(async (storage) => {
      const retention = new FrameRetention({ sessionByteLength: 1000, totalByteLength: 1e9 }, quiet, open);
      const id = await newSession(storage);
      await paint(storage, retention, id, 0, 5);
      const parent = await storage.sessions.find(id);
      if (parent?.kind !== "STYLE_TRANSFER") throw new Error("It is one.");
      const branch = aSession(parent.contentId, { initial: parent.initial, parentId: id, branchedAtStep: 3, step: 3 });
      await storage.sessions.insertBranch(branch, null);
      const [shared, own] = await Promise.all([1, 5].map((step) => storage.frames.find(id, step)));
      await paint(storage, retention, id, 6, 10);
      expect(await stepsOf(storage, id)).toEqual([0, 3, 4, 8, 10]);
      await expect.poll(() => storage.blobs.get(own!.digest).catch(({ code }) => code)).toBe("NOT_FOUND");
      expect((await storage.blobs.get(shared!.digest)).byteLength).toBe(100);
    }));

  test("a failure is reported and affects no session", () =>
    withStorage(async (storage) => {
      const logged: string[] = [];
      const full = { ...storage, frames: { ...storage.frames, thin: () => Promise.reject(new Error("The disk is full.")) } };
      const retention = new FrameRetention({ sessionByteLength: 150, totalByteLength: 1e9 }, (line) => logged.push(line), open);
      const id = await newSession(storage);
      await paint(full, retention, id, 0, 2);
      expect(logged).toHaveLength(2);
      expect(await stepsOf(storage, id)).toEqual([0, 1, 2]);
    }));
});
