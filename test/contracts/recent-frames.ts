import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { RECENT_FRAMES, type RecentFrameStore } from "../../server/storage/storage.js";
import { aFrame } from "./records.js";

/** What every store of recent frames does. */
export function recentFramesContract(frames: () => RecentFrameStore): void {
  describe("recent frames", () => {
    const bytes = (step: number) => Uint8Array.of(step, 1, 2);
    const page = { first: 100, after: null };

    it("returns what was stored: by step, the newest, and in order", async () => {
      const id = randomUUID();
      const stored = [3, 5, 8].map((step) => aFrame(id, step, { losses: null }));
      for (const frame of stored) expect(await frames().put(frame, bytes(frame.step))).toBe(true);
      expect(await frames().find(id, 5)).toEqual(stored[1]);
      expect(await frames().find(id, 4)).toBeNull();
      expect(await frames().latest(id)).toEqual(stored[2]);
      expect(Array.from((await frames().picture(id, 8)) ?? [])).toEqual([8, 1, 2]);
      expect(await frames().list(id, { first: 1, after: 3 }, { fromStep: 3 })).toEqual({
        rows: [stored[1]],
        hasNextPage: true,
      });
      expect(await frames().count(id, { fromStep: 3 })).toBe(3);
      expect((await frames().list(id, page, { fromStep: 4, toStep: 5 })).rows).toEqual([stored[1]]);
      await frames().clear(id);
      expect(await frames().latest(id)).toBeNull();
    });

    it("returns the newest frame of each of several sessions", async () => {
      const [one, two, none] = [randomUUID(), randomUUID(), randomUUID()];
      const put = async (id: string, step: number) => {
        const frame = aFrame(id, step, { losses: null });
        await frames().put(frame, bytes(step));
        return frame;
      };
      await put(one, 1);
      const newest = [await put(one, 2), await put(two, 0)] as const;
      expect(await frames().latestOf([two, none, one])).toEqual(
        new Map([
          [one, newest[0]],
          [two, newest[1]],
        ]),
      );
      expect(await frames().latestOf([none])).toEqual(new Map());
      expect(await frames().latestOf([])).toEqual(new Map());
    });

    it("drops the oldest frames beyond the ring's size, in that session alone", async () => {
      const [id, other] = [randomUUID(), randomUUID()];
      await frames().put(aFrame(other, 0, { losses: null }), bytes(0));
      for (let step = 0; step <= RECENT_FRAMES; step++) await frames().put(aFrame(id, step, { losses: null }), bytes(step));
      expect(await frames().picture(id, 0)).toBeNull();
      expect((await frames().list(id, page, {})).rows.map(({ step }) => step)).toEqual(
        Array.from({ length: RECENT_FRAMES }, (_, index) => index + 1),
      );
      expect(await frames().find(other, 0)).not.toBeNull();
    });
  });
}
