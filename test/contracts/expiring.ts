import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Storage } from "../../server/storage/storage.js";
import { anImage, aSession, storeSession } from "./records.js";

/** What every storage does with pictures and sessions that expire. `open` returns one that may hold rows of other tests. */
export function expiringContract(name: string, open: () => Promise<Storage>): void {
  describe(`${name} as a storage of pictures and sessions that expire`, () => {
    let storage: Storage;
    beforeAll(async () => {
      storage = await open();
    });
    afterAll(() => storage.close());

    const storedSession = (changes?: Parameters<typeof storeSession>[1]) => storeSession(storage, changes);

    const soon = new Date(Date.now() + 60_000);
    const later = new Date(Date.now() + 120_000);

    it("keeps them out of the lists of those that last, and finds them once they have expired", async () => {
      const image = anImage({ expiresAt: soon });
      await storage.images.insert(image);
      expect(await storage.images.find(image.id)).toEqual(image);
      expect((await storage.images.list({ first: 100, after: null })).rows).not.toContainEqual(image);
      const lasting = await storedSession({ title: "expiry" });
      const passing = aSession(lasting.contentId, { title: "expiry", expiresAt: soon });
      await storage.sessions.insert(passing);
      const page = { first: 10, after: null };
      expect((await storage.sessions.list(page, { titleContains: "expiry" })).rows).toHaveLength(2);
      expect((await storage.sessions.list(page, { titleContains: "expiry", lasting: true })).rows).toEqual([lasting]);
      expect(await storage.sessions.count({ titleContains: "expiry", lasting: true })).toBe(1);
      expect((await storage.sessions.listUsing([lasting.contentId], page)).get(lasting.contentId)?.rows).toEqual([lasting]);
      expect((await storage.sessions.countUsing([lasting.contentId])).get(lasting.contentId)).toBe(1);

      const before = new Date(soon.getTime() - 1);
      expect(await storage.sessions.expired(before)).not.toContain(passing.id);
      expect(await storage.sessions.expired(soon)).toContain(passing.id);
      expect(await storage.images.expired(before)).not.toContain(image.id);
      expect(await storage.images.expired(soon)).toContain(image.id);

      // What was given more time since it was found is not deleted.
      expect(await storage.sessions.delete(passing.id, before)).toBeNull();
      expect(await storage.images.delete(image.id, { expiredBy: before })).toBeNull();
      expect(await storage.sessions.delete(passing.id, soon)).not.toBeNull();
      expect(await storage.images.delete(image.id, { expiredBy: soon })).toBe(image.digest);
      expect(await storage.sessions.delete(lasting.id, later)).toBeNull();
    });

    it("gives a session more time, never less, and none to one that lasts", async () => {
      const session = await storedSession({ expiresAt: soon });
      expect((await storage.sessions.extend(session.id, later))?.expiresAt).toEqual(later);
      expect((await storage.sessions.extend(session.id, soon))?.expiresAt).toEqual(later);
      expect((await storage.sessions.find(session.id))?.expiresAt).toEqual(later);
      const lasting = await storedSession();
      expect(await storage.sessions.extend(lasting.id, later)).toBeNull();
      expect(await storage.sessions.find(lasting.id)).toEqual(lasting);
    });

    it("does not delete a picture that a session uses, and lets equal bytes live as long as the longest of them", async () => {
      const used = anImage({ expiresAt: soon });
      await storage.images.insert(used);
      await storage.sessions.insert(aSession(used.id));
      expect(await storage.images.expired(later)).not.toContain(used.id);

      const twice = anImage({ expiresAt: soon });
      await storage.images.insert(twice);
      expect((await storage.images.insert(anImage({ digest: twice.digest, expiresAt: later }))).expiresAt).toEqual(later);
      expect((await storage.images.insert(anImage({ digest: twice.digest, expiresAt: soon }))).expiresAt).toEqual(later);
      expect(await storage.images.insert(anImage({ digest: twice.digest }))).toEqual({ ...twice, expiresAt: null });
      expect((await storage.images.find(twice.id))?.expiresAt).toBeNull();
    });

    it("a picture that its owner uploads again is as young as its last upload, and keeps its place in the list", async () => {
      const { images } = storage;
      const at = (seconds: number) => new Date(Date.UTC(2001, 0, 1, 0, 0, seconds));
      const image = await images.insert(anImage({ ownerId: randomUUID(), createdAt: at(1) }));
      expect(await images.outdated(at(8))).toContain(image.id);
      expect(await images.insert({ ...image, id: randomUUID(), createdAt: at(9) })).toEqual(image);
      expect(await images.outdated(at(8))).not.toContain(image.id);
      // It may have been uploaded again since it was found.
      expect(await images.delete(image.id, { uploadedBy: at(8) })).toBeNull();
      expect(await images.find(image.id)).toEqual(image);
      expect(await images.outdated(at(9))).toContain(image.id);
      expect(await images.delete(image.id, { uploadedBy: at(9) })).toBe(image.digest);
    });
  });
}
