import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ObjectStore } from "../../server/storage/remote/objects.js";

/** What every store of objects does. `open` returns one that may hold objects of other tests. */
export function objectsContract(name: string, open: () => Promise<ObjectStore>): void {
  describe(`${name} as a store of objects`, () => {
    let objects: ObjectStore;
    beforeAll(async () => {
      objects = await open();
    });
    afterAll(() => objects.close());

    it("returns what was stored last, also nothing at all", async () => {
      const [first, second] = [randomBytes(300_000), randomBytes(10)];
      await objects.put("contract/ab/one", first);
      expect((await objects.get("contract/ab/one"))?.equals(first)).toBe(true);
      await objects.put("contract/ab/one", second);
      await objects.put("contract/ab/empty", new Uint8Array());
      expect((await objects.get("contract/ab/one"))?.equals(second)).toBe(true);
      expect(await objects.get("contract/ab/empty")).toHaveLength(0);
      expect(await objects.get("contract/ab/none")).toBeNull();
      const sizes = await Promise.all(["one", "empty", "none"].map((name) => objects.size(`contract/ab/${name}`)));
      expect(sizes).toEqual([10, 0, null]);
    });

    it("keeps one of several that are stored under a key at once, in full", async () => {
      const several = Array.from({ length: 5 }, () => randomBytes(50_000));
      await Promise.all(several.map((bytes) => objects.put("contract/same", bytes)));
      const kept = await objects.get("contract/same");
      expect(several.some((bytes) => kept?.equals(bytes))).toBe(true);
    });

    it("deletes many objects, and skips those that do not exist", async () => {
      const keys = Array.from({ length: 40 }, (_, index) => `contract/many/${index}`);
      await Promise.all(keys.map((key) => objects.put(key, Uint8Array.of(1))));
      await objects.put("contract/other", Uint8Array.of(2));
      await objects.delete([...keys, "contract/many/none"]);
      await objects.delete([]);
      expect(await Promise.all(keys.map((key) => objects.get(key)))).toEqual(keys.map(() => null));
      expect(await objects.get("contract/other")).toEqual(Buffer.of(2));
    });

    it("reports free space", async () => {
      expect(await objects.free()).toBeGreaterThan(0);
    });
  });
}
