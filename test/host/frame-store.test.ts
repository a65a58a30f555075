import { expect, test } from "vitest";
import { openEmbeddedBus } from "../../server/bus/embedded.js";
import type { FrameMessage } from "../../server/device/messages.js";
import { AtelierError } from "../../server/errors.js";
import { storeAndPublish } from "../../server/host/frame-store.js";
import { aSession } from "../contracts/records.js";
import { MemoryStorage } from "../helpers/host-fakes.js";

test("keeps no picture whose row could not be stored", async () => {
  const storage = new MemoryStorage();
  const session = aSession("image");
  await storage.sessions.insert(session);
  const bus = openEmbeddedBus(console.error);
  const heard: string[] = [];
  await bus.subscribe(`session:${session.id}`, (event) => heard.push(event.type));
  const frame: FrameMessage = {
    type: "frame",
    sessionId: session.id,
    step: 0,
    picture: Uint8Array.of(1, 2, 3),
    mimeType: "image/jpeg",
    width: 64,
    height: 48,
    losses: null,
    computeMs: 1,
  };

  const full = new AtelierError("UNAVAILABLE", "The disk is full.");
  storage.beforeFrame = async () => {
    throw full;
  };
  await expect(storeAndPublish(frame, storage, bus)).rejects.toBe(full);
  expect({ pictures: storage.blobCount, heard }).toEqual({ pictures: 0, heard: [] });

  storage.beforeFrame = async () => undefined;
  expect(await storeAndPublish(frame, storage, bus)).toBe(true);
  expect({ pictures: storage.blobCount, heard }).toEqual({ pictures: 1, heard: ["frame"] });
});
