import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { StreamReservations } from "../../server/streams/reservations.js";
import { until } from "../helpers/until.js";

/** What every adapter for reservations does. `open` opens the same ones each time. */
export function reservationsContract(name: string, open: () => Promise<StreamReservations & { close?(): void }>): void {
  describe(name, () => {
    let [here, there]: (StreamReservations & { close?(): void })[] = [];
    beforeEach(async () => {
      [here, there] = [await open(), await open()];
    });
    afterEach(() => {
      for (const opened of [here, there]) opened?.close?.();
    });

    it("lets one of several servers take a reservation, once, for its holder", async () => {
      await here!.put("a", "holder", 60_000);
      expect(await there!.take("a", "another")).toBe(false);
      expect(await there!.take("b", "holder")).toBe(false);
      const taken = await Promise.all([here!, there!, here!].map((server) => server.take("a", "holder")));
      expect(taken.sort()).toEqual([false, false, true]);
    });

    it("ends a reservation after its time", async () => {
      await here!.put("lasting", "holder", 60_000);
      await here!.put("c", "holder", 1);
      await until(async () => {
        await here!.put("d", "holder", 1);
        await new Promise((resolve) => setTimeout(resolve, 20));
        return (await here!.take("d", "holder")) === false;
      });
      expect(await there!.take("c", "holder")).toBe(false);
      expect(await there!.take("lasting", "holder")).toBe(true);
    });
  });
}
