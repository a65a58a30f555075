import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Queue } from "../../server/queue/queue.js";

/** What every queue does. `open` returns an empty one. */
export function queueContract(name: string, open: () => Promise<Queue>): void {
  describe(`${name} as a queue`, () => {
    let queue: Queue;
    beforeEach(async () => {
      queue = await open();
    });
    afterEach(() => queue.close());
    const forever = new AbortController().signal;

    it("returns sessions in the order in which they were added", async () => {
      for (const id of ["a", "b", "c"]) await queue.add(id);
      expect([await queue.claim(forever), await queue.claim(forever), await queue.claim(forever)]).toEqual(["a", "b", "c"]);
    });

    it("gives a session that is added later to the longest waiter alone", async () => {
      const abort = new AbortController();
      const first = queue.claim(forever);
      const second = queue.claim(abort.signal);
      await queue.add("a");
      expect(await first).toBe("a");
      abort.abort();
      expect(await second).toBeNull();
    });

    it("loses no session to a claim that was aborted", async () => {
      const abort = new AbortController();
      const claim = queue.claim(abort.signal);
      abort.abort();
      expect(await claim).toBeNull();
      expect(await queue.claim(AbortSignal.abort())).toBeNull();
      await queue.add("a");
      expect(await queue.position("a")).toBe(1);
      expect(await queue.claim(forever)).toBe("a");
    });

    it("gives a claim only what it takes, and leaves the others where they are", async () => {
      await queue.add("a", "LIVE");
      await queue.add("b");
      expect(await queue.claim(forever, ["PAINTED"])).toBe("b");
      expect(await queue.position("a")).toBe(1);
      const narrow = queue.claim(forever, ["PAINTED"]);
      expect(await queue.claim(forever)).toBe("a");
      const wide = queue.claim(forever);
      await queue.add("c", "LIVE");
      await queue.add("d", "PAINTED");
      expect([await wide, await narrow]).toEqual(["c", "d"]);
    });

    it("removes a waiting session once", async () => {
      for (const id of ["a", "b"]) await queue.add(id);
      expect(await queue.remove("a")).toBe(true);
      expect(await queue.remove("a")).toBe(false);
      expect(await queue.claim(forever)).toBe("b");
      expect(await queue.remove("b")).toBe(false);
    });

    it("returns positions, where 1 is next", async () => {
      for (const id of ["a", "b", "c"]) await queue.add(id);
      expect(await Promise.all(["a", "b", "c", "d"].map((id) => queue.position(id)))).toEqual([1, 2, 3, null]);
      await queue.claim(forever);
      await queue.remove("b");
      expect(await Promise.all(["a", "b", "c"].map((id) => queue.position(id)))).toEqual([null, null, 1]);
    });

    it("holds a session once, however often it is added", async () => {
      await queue.add("a");
      await queue.add("a");
      expect(await queue.claim(forever)).toBe("a");
      expect(await queue.position("a")).toBeNull();
    });

    it("moves waiting sessions, and none that does not wait", async () => {
      for (const id of ["a", "b", "c", "d"]) await queue.add(id);
      expect(await queue.move("c", 1)).toBe(true);
      expect(await queue.list()).toEqual(["c", "a", "b", "d"]);
      expect(await queue.move("a", 99)).toBe(true);
      expect(await queue.move("x", 1)).toBe(false);
      expect(await queue.list()).toEqual(["c", "b", "d", "a"]);
      expect([await queue.claim(forever), await queue.position("b")]).toEqual(["c", 1]);
    });

    it("ends waiting claims when it closes", async () => {
      const claim = queue.claim(forever);
      await queue.close();
      expect(await claim).toBeNull();
      expect(await queue.claim(forever)).toBeNull();
    });
  });
}
