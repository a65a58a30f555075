import { describe, expect, it } from "vitest";
import { availableSpaceOf, createSpaceGuard, RESERVE_BYTES } from "../../server/storage/common/space.js";

const full = { name: "AtelierError", code: "UNAVAILABLE", message: expect.stringContaining("almost full") };

describe("the guard of the disk's space", () => {
  it("allows whatever leaves the reserve free, to the byte", async () => {
    const space = createSpaceGuard(async () => RESERVE_BYTES + 1000);
    expect(await space.storing(1000, async () => "stored")).toBe("stored");
    let began = false;
    const begin = async () => {
      began = true;
    };
    await expect(space.storing(1001, begin)).rejects.toMatchObject(full);
    expect(began).toBe(false);
  });

  it("counts bytes while they are being stored, and no longer", async () => {
    const space = createSpaceGuard(async () => RESERVE_BYTES + 1000);
    let finish: () => void = () => undefined;
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const first = space.storing(600, () => finished);
    await expect(space.storing(600, async () => undefined)).rejects.toMatchObject(full);
    finish();
    await first;
    const failing = async () => {
      throw new Error("As scripted.");
    };
    await expect(space.storing(600, failing)).rejects.toThrow("As scripted.");
    expect(await space.storing(600, async () => "stored")).toBe("stored");
  });

  it("lets changes use half of the reserve", async () => {
    let available = RESERVE_BYTES / 2;
    const space = createSpaceGuard(async () => available);
    await expect(space.storing(0, async () => undefined)).rejects.toMatchObject(full);
    expect(await space.changing(async () => "changed")).toBe("changed");
    available--;
    await expect(space.changing(async () => undefined)).rejects.toMatchObject(full);
  });

  it("knows how much of a disk is free", async () => {
    const available = await availableSpaceOf(import.meta.dirname);
    expect(available).toBeGreaterThan(0);
  });
});
