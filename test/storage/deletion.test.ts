import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type BlobDeletion, createBlobDeletion } from "../../server/storage/embedded/deletion.js";
import { eventually } from "../helpers/eventually.js";

describe("the deletion of blobs", () => {
  const used = new Set<string>();
  let removed: string[];
  let deletion: BlobDeletion;
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    used.clear();
    removed = [];
    deletion = createBlobDeletion({
      isUsed: async (digest) => used.has(digest),
      remove: async (digest) => {
        removed.push(digest);
      },
      graceMs: 1000,
    });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("deletes at once what was stored long ago", async () => {
    await deletion.putting("a");
    vi.advanceTimersByTime(1000);
    await deletion.delete("a");
    await deletion.delete("never put here");
    expect(removed).toEqual(["a", "never put here"]);
  });

  it("keeps what has a row", async () => {
    used.add("a");
    await deletion.delete("a");
    expect(removed).toEqual([]);
  });

  it("waits for the row of what was stored a moment ago", async () => {
    for (const digest of ["gets a row", "gets none"]) {
      await deletion.putting(digest);
      await deletion.delete(digest);
    }
    used.add("gets a row");
    expect(removed).toEqual([]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(removed).toEqual(["gets none"]);
  });

  it("waits again when the same bytes are stored again meanwhile", async () => {
    await deletion.putting("a");
    await deletion.delete("a");
    await vi.advanceTimersByTimeAsync(900);
    await deletion.putting("a");
    await vi.advanceTimersByTimeAsync(900);
    expect(removed).toEqual([]);
    await vi.advanceTimersByTimeAsync(100);
    expect(removed).toEqual(["a"]);
  });

  it("does not let bytes be stored while it deletes them", async () => {
    const order: string[] = [];
    let finish: (() => void) | undefined;
    const slow = createBlobDeletion({
      isUsed: async () => false,
      remove: async () => {
        await new Promise<void>((resolve) => {
          finish = resolve;
        });
        order.push("removed");
      },
      graceMs: 1000,
    });
    const deleting = slow.delete("a");
    const putting = slow.putting("a").then(() => order.push("put"));
    await eventually(() => expect(finish).toBeDefined());
    finish?.();
    await Promise.all([deleting, putting]);
    expect(order).toEqual(["removed", "put"]);
  });

  it("deletes everything at once when it is flushed", async () => {
    await deletion.putting("a");
    await deletion.delete("a");
    await deletion.flush();
    expect(removed).toEqual(["a"]);
    await vi.advanceTimersByTimeAsync(5000);
    expect(removed).toEqual(["a"]);
  });
});
