import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { limitTable } from "../../server/limits/table.js";
import type { Queue } from "../../server/queue/queue.js";
import type { QueueEntry, WorkKind } from "../../server/records/queue.js";

const painting = (sessionId: string, ownerId = "ann"): QueueEntry => ({
  ...{ sessionId, ownerId, ownerLimit: null, linkId: null },
  kind: "PAINTED",
});
const live = (sessionId: string, ownerId = "ann", ownerLimit: number | null = 2): QueueEntry => ({
  ...{ sessionId, ownerId, ownerLimit, linkId: null },
  kind: "LIVE",
});
/** A session of someone who came by a link, with no other of theirs. */
const byLink = (sessionId: string, kind: WorkKind = "PAINTED", linkId = "class"): QueueEntry => ({
  ...{ sessionId, kind, linkId },
  ...{ ownerId: `visitor ${sessionId}`, ownerLimit: null },
});
const interrupted = (sessionId: string, ownerId = "ann"): QueueEntry => ({ ...painting(sessionId, ownerId), interrupted: true });

const { linkRunningSessions, linkRunningLiveSessions } = limitTable;

/** A queue with the records of its sessions. */
export interface QueueRig {
  queue: Queue;
  /** Stores the record of a session that is about to be added, and its owner's link. */
  store(entry: QueueEntry): Promise<void>;
  /** Stores that a session has ended. */
  end(sessionId: string): Promise<void>;
  close(): Promise<void>;
}

/** What every queue does. `open` returns an empty one. */
export function queueContract(name: string, open: () => Promise<QueueRig>): void {
  describe(`${name} as a queue`, () => {
    let rig: QueueRig;
    let queue: Queue;
    beforeEach(async () => {
      rig = await open();
      queue = rig.queue;
    });
    afterEach(() => rig.close());
    const forever = new AbortController().signal;

    const add = async (...entries: QueueEntry[]) => {
      for (const entry of entries) {
        await rig.store(entry);
        await queue.add(entry);
      }
    };
    const release = async (sessionId: string) => {
      await rig.end(sessionId);
      await queue.release(sessionId);
    };
    const remove = async (sessionId: string) => {
      await rig.end(sessionId);
      await queue.remove(sessionId);
    };
    const claim = async (kinds?: readonly WorkKind[], signal = forever) => (await queue.claim(signal, kinds))?.sessionId ?? null;
    const claims = async (count: number) => {
      const ids: (string | null)[] = [];
      while (ids.length < count) ids.push(await claim());
      return ids;
    };
    const places = (...ids: string[]) => Promise.all(ids.map((id) => queue.position(id)));

    describe("with one owner", () => {
      it("returns sessions in the order in which they were added", async () => {
        await add(painting("a"), live("b", "ann", null), painting("c"));
        expect(await queue.list()).toEqual(["a", "b", "c"]);
        expect(await claims(3)).toEqual(["a", "b", "c"]);
      });

      it("returns what was added", async () => {
        await add(live("a"));
        expect(await queue.claim(forever)).toMatchObject(live("a"));
      });

      it("tells each session by itself that it was lost", async () => {
        await add(painting("a"), painting("b"));
        const [first, second] = [await queue.claim(forever), await queue.claim(forever)];
        expect(first?.lost).not.toBe(second?.lost);
      });

      it("gives a session that is added later to the longest waiter alone", async () => {
        const abort = new AbortController();
        const first = claim();
        const second = claim(undefined, abort.signal);
        await add(painting("a"));
        expect(await first).toBe("a");
        abort.abort();
        expect(await second).toBeNull();
      });

      it("loses no session to a claim that was aborted", async () => {
        const abort = new AbortController();
        const aborted = claim(undefined, abort.signal);
        abort.abort();
        expect(await aborted).toBeNull();
        expect(await claim(undefined, AbortSignal.abort())).toBeNull();
        await add(painting("a"));
        expect(await queue.position("a")).toBe(1);
        expect(await claim()).toBe("a");
      });

      it("gives a claim only what it takes, and leaves the others where they are", async () => {
        await add(live("a"), painting("b"));
        expect(await claim(["PAINTED"])).toBe("b");
        expect(await queue.position("a")).toBe(1);
        const narrow = claim(["PAINTED"]);
        expect(await claim()).toBe("a");
        const wide = claim();
        await add(live("c"), painting("d"));
        expect([await wide, await narrow]).toEqual(["c", "d"]);
      });

      it("takes out a session that waits no more", async () => {
        await add(painting("a"), painting("b"));
        await remove("a");
        await remove("a");
        expect(await queue.list()).toEqual(["b"]);
        expect(await claim()).toBe("b");
      });

      it("returns positions, where 1 is next", async () => {
        await add(painting("a"), painting("b"), painting("c"));
        expect(await places("a", "b", "c", "d")).toEqual([1, 2, 3, null]);
        await claim();
        await remove("b");
        expect(await places("a", "b", "c")).toEqual([null, null, 1]);
      });

      it("holds a session once, however often it is added", async () => {
        await add(painting("a"), painting("a"));
        expect(await claim()).toBe("a");
        expect(await queue.position("a")).toBeNull();
      });

      it("moves waiting sessions, and none that does not wait", async () => {
        await add(painting("a"), painting("b"), painting("c"), painting("d"));
        expect(await queue.move("c", 1)).toBe(true);
        expect(await queue.list()).toEqual(["c", "a", "b", "d"]);
        expect(await queue.move("a", 99)).toBe(true);
        expect(await queue.move("x", 1)).toBe(false);
        expect(await queue.list()).toEqual(["c", "b", "d", "a"]);
        expect(await queue.move("c", 3)).toBe(true);
        expect(await queue.list()).toEqual(["b", "d", "c", "a"]);
        expect([await claim(), await queue.position("d")]).toEqual(["b", 1]);
      });

      it("gives a session that is queued again while it runs to nobody before it is released", async () => {
        await add(painting("a"));
        await claim();
        await add(painting("a"), painting("b"));
        expect(await claim()).toBe("b");
        expect(await queue.position("a")).toBe(1);
        const again = claim();
        await queue.release("a");
        expect(await again).toBe("a");
        expect(await queue.position("a")).toBeNull();
      });

      it("ends waiting claims when it closes", async () => {
        const waiting = claim();
        await queue.close();
        expect(await waiting).toBeNull();
        expect(await claim()).toBeNull();
      });
    });

    describe("between owners", () => {
      it("serves the one with the fewest running first, each of them first come, first served", async () => {
        await add(painting("a1"), painting("a2"), painting("a3"), painting("b1", "ben"), painting("b2", "ben"));
        const order = ["a1", "b1", "a2", "b2", "a3"];
        expect(await queue.list()).toEqual(order);
        expect(await places(...order)).toEqual([1, 2, 3, 4, 5]);
        expect(await claims(5)).toEqual(order);
      });

      it("counts as running what was claimed and not released", async () => {
        await add(painting("a1"), painting("a2"), painting("b1", "ben"));
        expect(await claims(3)).toEqual(["a1", "b1", "a2"]);
        await add(painting("a3"), painting("b2", "ben"), painting("b3", "ben"));
        expect(await queue.list()).toEqual(["b2", "a3", "b3"]);
        for (const id of ["a1", "a2", "a2", "unknown"]) await release(id);
        expect(await queue.list()).toEqual(["a3", "b2", "b3"]);
      });

      it("serves the one who was served longest ago, or never, where as many run", async () => {
        await add(painting("a1"), painting("a2"), painting("b1", "ben"), painting("b2", "ben"));
        for (const expected of ["a1", "b1", "a2"]) {
          expect(await claim()).toBe(expected);
          await release(expected);
        }
        await add(painting("a3"), painting("c1", "cy"), painting("d1", "dan"));
        expect(await queue.list()).toEqual(["c1", "d1", "b2", "a3"]);
      });

      it("compares what runs of the same kind", async () => {
        await add(painting("a1"), painting("a2"));
        await claims(2);
        await add(live("b1", "ben"));
        await claim();
        await add(painting("a3"), live("b2", "ben"), painting("b3", "ben"), live("a4"));
        expect(await claim(["PAINTED"])).toBe("b3");
        expect(await claim(["LIVE"])).toBe("a4");
      });

      it("lets a session beyond its owner's limit wait, and holds up nobody behind it", async () => {
        await add(live("a1"), live("a2"), live("a3"));
        expect(await claims(2)).toEqual(["a1", "a2"]);
        expect(await queue.position("a3")).toBe(1);
        const next = claim();
        await add(live("b1", "ben"));
        expect(await next).toBe("b1");
        await add(painting("a4"));
        expect(await places("a4", "a3")).toEqual([1, 2]);
        expect(await claim()).toBe("a4");
        const afterEnd = claim();
        await release("b1");
        await release("a1");
        expect(await afterEnd).toBe("a3");
      });

      it("counts the end of a session once", async () => {
        await add(live("a1"), live("a2"), live("a3"), live("a4"));
        await claims(2);
        await release("a1");
        await release("a1");
        expect(await claim()).toBe("a3");
        await add(painting("a5"));
        expect(await queue.list()).toEqual(["a5", "a4"]);
      });

      it("has a limit only for sessions of its kind, and for some owners none", async () => {
        await add(painting("a1"), live("a2", "ann", 1), live("b1", "ben", null), live("b2", "ben", null), live("b3", "ben", null));
        expect((await claims(5)).sort()).toEqual(["a1", "a2", "b1", "b2", "b3"]);
      });

      it("serves what its server interrupted first, and counts it", async () => {
        await add(painting("a0"), interrupted("a1"), interrupted("a2"), painting("a3"), painting("b1", "ben"), painting("b2", "ben"));
        const order = ["a1", "a2", "b1", "b2", "a0", "a3"];
        expect(await queue.list()).toEqual(order);
        expect(await claims(6)).toEqual(order);
      });

      it("moves a session among those of its owner only", async () => {
        await add(painting("a1"), painting("a2"), painting("b1", "ben"), painting("b2", "ben"));
        await queue.move("a2", 1);
        expect(await queue.list()).toEqual(["a2", "b1", "a1", "b2"]);
        await queue.move("b2", 1);
        expect(await queue.list()).toEqual(["a2", "b2", "a1", "b1"]);
        await queue.move("a2", 99);
        expect(await claims(4)).toEqual(["a1", "b2", "a2", "b1"]);
      });

      it("claims sessions in the order that it shows", async () => {
        await add(
          interrupted("a1"),
          live("b1", "ben", 1),
          painting("b2", "ben"),
          live("a2"),
          painting("c1", "cy"),
          live("a3"),
          painting("c2", "cy"),
        );
        const shown = await queue.list();
        expect(await claims(7)).toEqual(shown);
      });
    });

    describe("between links", () => {
      const many = (count: number, kind: WorkKind) => Array.from({ length: count }, (_, index) => byLink(`${kind} ${index}`, kind));
      const idsOf = (entries: QueueEntry[]) => entries.map(({ sessionId }) => sessionId);

      it("keeps the last place from the visitors of one link, however many they are, and gives it to others", async () => {
        const first = [...many(linkRunningSessions.value - 1, "PAINTED"), byLink("live", "LIVE")];
        await add(...first);
        expect((await claims(first.length)).sort()).toEqual(idsOf(first).sort());
        await add(byLink("more"), byLink("more live", "LIVE"));
        const next = claim();
        await add(painting("a1"));
        expect(await next).toBe("a1");
        const afterEnd = claim();
        await add(byLink("others", "PAINTED", "museum"));
        expect(await afterEnd).toBe("others");
        const freed = claim();
        await release(first[0]!.sessionId);
        expect(await freed).toBe("more");
        expect(await queue.list()).toEqual(["more live"]);
      });

      it("keeps the last place for live translations from them too, and lets them paint meanwhile", async () => {
        const first = many(linkRunningLiveSessions.value, "LIVE");
        await add(...first);
        expect((await claims(first.length)).sort()).toEqual(idsOf(first).sort());
        await add(byLink("more", "LIVE"), byLink("painting"));
        expect(await claim()).toBe("painting");
        await add(live("a1"));
        expect(await claim()).toBe("a1");
        const freed = claim();
        await release(first[0]!.sessionId);
        expect(await freed).toBe("more");
      });

      it("goes on with what was interrupted", async () => {
        const entries = many(linkRunningSessions.value + 1, "PAINTED").map((entry) => ({ ...entry, interrupted: true }));
        await add(...entries);
        expect((await claims(entries.length)).sort()).toEqual(idsOf(entries).sort());
      });
    });
  });
}
