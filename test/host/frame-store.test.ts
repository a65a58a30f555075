import { expect, onTestFinished, test } from "vitest";
import { openEmbeddedBus } from "../../server/bus/embedded.js";
import type { FrameMessage } from "../../server/device/messages.js";
import { AtelierError } from "../../server/errors.js";
import { storeAndPublish } from "../../server/host/frame-store.js";
import { anImage, aSession } from "../contracts/records.js";
import { ProbedStorage } from "../helpers/probed-storage.js";
import { openTemporaryStorage, pictureCount } from "../helpers/temporary-storage.js";

test("keeps no picture whose row could not be stored", async () => {
  const temporary = await openTemporaryStorage();
  onTestFinished(() => temporary.close());
  const storage = new ProbedStorage(temporary.storage);
  const pictures = () => pictureCount(temporary.folder);
  const image = anImage();
  const session = aSession(image.id);
  await storage.images.insert(image);
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
  expect({ pictures: await pictures(), heard }).toEqual({ pictures: 0, heard: [] });

  storage.beforeFrame = async () => undefined;
  expect(await storeAndPublish(frame, storage, bus)).toBe(true);
  expect({ pictures: await pictures(), heard }).toEqual({ pictures: 1, heard: ["frame"] });
});
