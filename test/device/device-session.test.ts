import { expect, test } from "vitest";
import type { SessionCommand } from "../../server/device/device-session.js";
import { LiveDeviceSession } from "../../server/device/live-device-session.js";
import type { DeviceMessage } from "../../server/device/messages.js";
import { PaintedDeviceSession } from "../../server/device/painted-device-session.js";
import { scriptedLiveWork, scriptedPainters, scriptedWork } from "../helpers/scripted-painters.js";

const sent: DeviceMessage[] = [];
const send = async (message: DeviceMessage) => void sent.push(message);
const steps = Number.POSITIVE_INFINITY;

test("a painted session ignores the commands of live sessions", async () => {
  const start = { type: "start", sessionId: "a", work: scriptedWork({ steps: 5 }), checkpoint: null, storedThrough: -1 } as const;
  const session = new PaintedDeviceSession(start, scriptedPainters(), send, { checkpointIntervalMs: 1e9, log: () => undefined });
  session.receive({ type: "translate", sessionId: "a", step: 0, picture: Uint8Array.of(1) });
  expect(await session.runTurn()).toBe(false);
  expect(sent.splice(0)).toMatchObject([{ type: "frame", step: 0 }]);
  await session.close();
});

test("a painted session says when its convolutions are computed by another method, and logs it where memory is short", async () => {
  const log: string[] = [];
  const options = { checkpointIntervalMs: 1e9, log: (line: string) => void log.push(line) };
  for (const [sessionId, asked, isShortOfMemory] of [
    ["short", "WINOGRAD_4", true],
    ["one method", "WINOGRAD_4", false],
    ["as asked", "DIRECT", false],
  ] as const) {
    const work = { ...scriptedWork({ steps: 5, convolutions: "DIRECT", isShortOfMemory }), convolutions: asked };
    const start = { type: "start", sessionId, work, checkpoint: null, storedThrough: -1 } as const;
    const session = new PaintedDeviceSession(start, scriptedPainters(), send, options);
    await session.runTurn();
    await session.close();
  }
  expect(sent.splice(0)).toMatchObject([
    { type: "convolutions", sessionId: "short", method: "DIRECT" },
    { type: "frame", sessionId: "short" },
    { type: "convolutions", sessionId: "one method", method: "DIRECT" },
    { type: "frame", sessionId: "one method" },
    { type: "frame", sessionId: "as asked" },
  ]);
  expect(log).toEqual(["Session short computes its convolutions by the method DIRECT, not WINOGRAD_4."]);
});

test("a live session ignores the commands of painted sessions", async () => {
  const session = new LiveDeviceSession("a", scriptedLiveWork({ steps }), scriptedPainters(), send);
  await session.runTurn();
  const commands: SessionCommand[] = [
    { type: "acknowledge", sessionId: "a", step: 0 },
    { type: "steer", sessionId: "a", ordinal: 0, settings: {}, styles: null },
    { type: "pause", sessionId: "a" },
  ];
  for (const command of commands) session.receive(command);
  expect(session.runnable).toBe(false);
  expect(sent.splice(0)).toEqual([{ type: "free", sessionId: "a" }]);
  await session.close();
});
