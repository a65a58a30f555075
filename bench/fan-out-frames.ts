import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Bus } from "../server/bus/bus.js";

/** What is published: so many frames of so many bytes, so many a second. */
export interface Load {
  frames: number;
  byteLength: number;
  perSecond: number;
}

/** Publishes frames of a session, as its host does after they are stored. Returns when each was sent, ms on the system's clock. */
export async function publishFrames(bus: Bus, sessionId: string, { frames, byteLength, perSecond }: Load): Promise<number[]> {
  const sentAt: number[] = [];
  const began = performance.now();
  for (let step = 0; step < frames; step++) {
    await delay(Math.max(0, began + (1000 * step) / perSecond - performance.now()));
    const picture = randomBytes(byteLength);
    const size = { digest: "0".repeat(64), width: 512, height: 512, mimeType: "image/jpeg", byteLength };
    const frame = { sessionId, step, ...size, losses: null, computeMs: 1, createdAt: new Date() };
    sentAt[step] = Number(process.hrtime.bigint()) / 1e6;
    void bus.publish(`session:${sessionId}`, { type: "frame", frame, picture });
  }
  return sentAt;
}
