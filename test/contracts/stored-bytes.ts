import { createHash, randomBytes, randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Storage } from "../../server/storage/storage.js";
import { until } from "../helpers/until.js";
import { anImage } from "./records.js";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** How every storage keeps pictures, thumbnails and checkpoints. `open` returns one that deletes bytes without delay. */
export function storedBytesContract(name: string, open: () => Promise<Storage>): void {
  describe(`${name} as a storage of bytes`, () => {
    let storage: Storage;
    beforeAll(async () => {
      storage = await open();
    });
    afterAll(() => storage.close());

    describe("blobs", () => {
      it("keeps bytes under their SHA-256", async () => {
        const bytes = randomBytes(100_000);
        const digest = await storage.blobs.put(bytes);
        expect(digest).toBe(sha256(bytes));
        expect(Buffer.from(await storage.blobs.get(digest)).equals(bytes)).toBe(true);
        expect(await storage.blobs.put(Uint8Array.from(bytes))).toBe(digest);
      });

      it("accepts the same bytes from several writers at once", async () => {
        const bytes = randomBytes(50_000);
        await Promise.all(Array.from({ length: 5 }, () => storage.blobs.put(bytes)));
        expect(Buffer.from(await storage.blobs.get(sha256(bytes))).equals(bytes)).toBe(true);
      });

      it("keeps bytes that a row refers to", async () => {
        const bytes = randomBytes(10);
        const digest = await storage.blobs.put(bytes);
        await storage.images.insert(anImage({ digest }));
        await storage.blobs.delete(digest);
        expect(Buffer.from(await storage.blobs.get(digest)).equals(bytes)).toBe(true);
      });

      it("deletes bytes, and finds none where there are none", async () => {
        const digest = await storage.blobs.put(randomBytes(10));
        await storage.blobs.delete(digest);
        await storage.blobs.delete(digest);
        await expect(storage.blobs.get(digest)).rejects.toMatchObject({ name: "AtelierError", code: "NOT_FOUND" });
        for (const key of ["", "../../package.json", digest.toUpperCase()]) {
          await expect(storage.blobs.get(key)).rejects.toMatchObject({ code: "NOT_FOUND" });
        }
      });
    });

    describe("thumbnails", () => {
      it("are kept as long as their picture, each width separately", async () => {
        const digest = await storage.blobs.put(randomBytes(100));
        const image = await storage.images.insert(anImage({ digest }));
        expect(await storage.thumbnails.get(digest, 128)).toBeNull();
        await storage.thumbnails.put(digest, 128, Uint8Array.of(1, 2, 8));
        await storage.thumbnails.put(digest, 256, Uint8Array.of(2, 5, 6));
        expect(Array.from((await storage.thumbnails.get(digest, 128)) ?? [])).toEqual([1, 2, 8]);
        expect(Array.from((await storage.thumbnails.get(digest, 256)) ?? [])).toEqual([2, 5, 6]);
        await storage.images.delete(image.id);
        await storage.blobs.delete(digest);
        expect(await storage.thumbnails.get(digest, 128)).toBeNull();
        expect(await storage.thumbnails.get(digest, 256)).toBeNull();
      });

      it("are not kept for a picture without a row", async () => {
        const { digest } = anImage();
        await storage.thumbnails.put(digest, 128, Uint8Array.of(1, 2, 8));
        expect(await storage.thumbnails.get(digest, 128)).toBeNull();
      });
    });

    describe("checkpoints", () => {
      it("returns the newest checkpoint of a session up to a step", async () => {
        const [a, b] = [randomUUID(), randomUUID()];
        expect(await storage.checkpoints.get(a, 100)).toBeNull();
        await storage.checkpoints.put(a, 10, Uint8Array.of(1, 2, 3));
        await storage.checkpoints.put(b, 11, new Uint8Array());
        await storage.checkpoints.put(a, 20, Uint8Array.of(4, 5));
        const kept = await storage.checkpoints.get(a, 20);
        expect({ step: kept?.step, bytes: [...(kept?.bytes ?? [])] }).toEqual({ step: 20, bytes: [4, 5] });
        expect((await storage.checkpoints.get(a, 19))?.step).toBe(10);
        expect(await storage.checkpoints.get(a, 9)).toBeNull();
        expect((await storage.checkpoints.get(b, 100))?.bytes).toHaveLength(0);
        await storage.checkpoints.delete(a);
        await storage.checkpoints.delete(a);
        expect(await storage.checkpoints.get(a, 100)).toBeNull();
        expect((await storage.checkpoints.get(b, 100))?.step).toBe(11);
      });

      it("shares a checkpoint with a branch, which outlives its parent", async () => {
        const [parent, branch] = [randomUUID(), randomUUID()];
        for (const step of [5, 10, 15]) await storage.checkpoints.put(parent, step, Uint8Array.of(step));
        await storage.checkpoints.share(parent, branch, 12);
        await storage.checkpoints.share(parent, randomUUID(), 4);
        await storage.checkpoints.delete(parent);
        const shared = await storage.checkpoints.get(branch, 100);
        expect({ step: shared?.step, bytes: [...(shared?.bytes ?? [])] }).toEqual({ step: 10, bytes: [10] });
      });

      it("deletes those of the sessions with the oldest checkpoints when the limit is exceeded", async () => {
        await storage.checkpoints.trim(0);
        const [old, young] = [randomUUID(), randomUUID()];
        await storage.checkpoints.put(old, 1, new Uint8Array(1000));
        // A storage may tell ages apart by a clock, such as the file system's: two times have to differ.
        const stored = Date.now();
        await until(() => Date.now() - stored >= 20);
        await storage.checkpoints.put(young, 1, new Uint8Array(1000));
        await storage.checkpoints.trim(1500);
        expect(await storage.checkpoints.get(old, 1)).toBeNull();
        expect((await storage.checkpoints.get(young, 1))?.step).toBe(1);
      });

      it("accepts no id that is a path", async () => {
        await expect(storage.checkpoints.put("../x", 0, Uint8Array.of(1))).rejects.toMatchObject({ code: "NOT_FOUND" });
      });
    });
  });
}
