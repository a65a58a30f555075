import { expect, test } from "vitest";
import type { DeviceMessage } from "../../server/device/messages.js";
import { SilenceLimit } from "../../server/host/silence-limit.js";

const frame = (sessionId: string, computeMs: number): DeviceMessage => ({
  type: "frame",
  sessionId,
  step: 0,
  picture: new Uint8Array(),
  mimeType: "image/jpeg",
  width: 8,
  height: 8,
  losses: null,
  computeMs,
});

test("the limit follows the step times of the session that has its turn", () => {
  const limit = new SilenceLimit({ floorMs: 1000, ceilingMs: 100_000 });
  expect(limit.ms, "no session").toBe(1000);
  limit.observe({ type: "turn", sessionId: "a" });
  expect(limit.ms, "nothing measured yet").toBe(100_000);
  limit.observe(frame("a", 10));
  expect(limit.ms, "fast steps").toBe(1000);
  limit.observe(frame("a", 500));
  expect(limit.ms, "slower ones").toBe(10_000);
  limit.observe(frame("a", 20));
  expect(limit.ms, "the slowest counts").toBe(10_000);
  limit.observe(frame("a", 60_000));
  expect(limit.ms, "never beyond the ceiling").toBe(100_000);
  limit.observe({ type: "turn", sessionId: "b" });
  expect(limit.ms, "another session is unmeasured").toBe(100_000);
  limit.observe(frame("b", 1));
  limit.observe({ type: "finished", sessionId: "b" });
  expect(limit.ms, "its end").toBe(1000);
});
