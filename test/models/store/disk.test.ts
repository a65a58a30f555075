import { tmpdir } from "node:os";
import { expect, it } from "vitest";
import { requireRoom } from "../../../models/store/disk.js";

it("lets nothing be fetched that the disk has no room for", async () => {
  await requireRoom(tmpdir(), 1);
  await expect(requireRoom(tmpdir(), 2 ** 60)).rejects.toMatchObject({
    name: "AtelierError",
    code: "UNAVAILABLE",
    detail: { limit: 2 ** 60 },
  });
});
