import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ClaimLost } from "../../server/errors.js";
import type { Storage } from "../../server/storage/storage.js";
import { aFrame, storeSession } from "./records.js";

/** What every storage does for the holder of a session. A session that was never claimed has the fence 0. */
export function claimsContract(name: string, open: () => Promise<Storage>): void {
  describe(`${name} for the holder of a session`, () => {
    let storage: Storage;
    beforeAll(async () => {
      storage = await open();
    });
    afterAll(() => storage.close());
    const bytes = Uint8Array.of(1, 2, 3);

    it("writes while the claim holds", async () => {
      const { id: sessionId } = await storeSession(storage, { status: "RUNNING" });
      const held = storage.held({ sessionId, fence: 0 });
      expect(await held.frames.insert(aFrame(sessionId, 0))).toBe(true);
      await held.checkpoints.put(sessionId, 0, bytes);
      await storage.changes.add(sessionId, { settings: { beta: 2 }, styles: null }, ["RUNNING"]);
      expect(await held.changes.settle(sessionId, 1)).toMatchObject({ id: sessionId });
      expect(await held.sessions.update(sessionId, { status: "COMPLETED" }, ["RUNNING"])).toMatchObject({ status: "COMPLETED", step: 0 });
      expect((await storage.checkpoints.get(sessionId, 0))?.step).toBe(0);
      // What is stored already is no sign of another holder.
      expect(await held.frames.insert(aFrame(sessionId, 0))).toBe(false);
    });

    it("writes nothing under another claim than the present one", async () => {
      const { id: sessionId } = await storeSession(storage, { status: "RUNNING" });
      await storage.changes.add(sessionId, { settings: { beta: 2 }, styles: null }, ["RUNNING"]);
      const before = await storage.sessions.find(sessionId);
      const late = storage.held({ sessionId, fence: 1 });
      await expect(late.frames.insert(aFrame(sessionId, 0))).rejects.toThrow(ClaimLost);
      await expect(late.checkpoints.put(sessionId, 0, bytes)).rejects.toThrow(ClaimLost);
      expect(await late.changes.settle(sessionId, 1)).toBeNull();
      expect(await late.sessions.update(sessionId, { status: "FAILED" }, ["RUNNING"])).toBeNull();
      expect(await late.sessions.setVisibility(sessionId, "PUBLIC", () => null)).toBeNull();
      expect(await storage.sessions.find(sessionId)).toEqual(before);
      expect(await storage.frames.latest(sessionId)).toBeNull();
      expect(await storage.checkpoints.get(sessionId, 0)).toBeNull();
      expect((await storage.changes.list(sessionId)).map(({ step }) => step)).toEqual([null]);
    });

    it("stores no frame of a session that has ended since", async () => {
      const { id: sessionId } = await storeSession(storage, { status: "RUNNING" });
      const held = storage.held({ sessionId, fence: 0 });
      await storage.sessions.update(sessionId, { status: "PAUSED" });
      expect(await held.frames.insert(aFrame(sessionId, 0))).toBe(true);
      await storage.sessions.update(sessionId, { status: "CANCELLED" });
      expect(await held.frames.insert(aFrame(sessionId, 1))).toBe(false);
      expect((await storage.frames.latest(sessionId))?.step).toBe(0);
    });

    it("thins under the present claim alone", async () => {
      const { id: sessionId } = await storeSession(storage, { status: "RUNNING" });
      for (let step = 0; step < 6; step++) await storage.frames.insert(aFrame(sessionId, step));
      const count = async () => (await storage.frames.countOf([sessionId], {})).get(sessionId);
      expect(await storage.held({ sessionId, fence: 1 }).frames.thin(sessionId, 0)).toEqual([]);
      expect(await count()).toBe(6);
      expect(await storage.held({ sessionId, fence: 0 }).frames.thin(sessionId, 0)).not.toEqual([]);
      expect(await count()).toBe(2);
    });

    it("writes of other sessions as anyone does, and nothing of one that was deleted", async () => {
      const [{ id: sessionId }, { id: other }] = [await storeSession(storage), await storeSession(storage)];
      const held = storage.held({ sessionId, fence: 7 });
      expect(await held.frames.insert(aFrame(other, 0))).toBe(true);
      expect(await held.sessions.update(other, { title: "theirs" })).toMatchObject({ title: "theirs" });
      await storage.sessions.delete(sessionId);
      expect(await held.frames.insert(aFrame(sessionId, 0))).toBe(false);
    });
  });
}
