import { afterEach, describe, expect, test } from "vitest";
import { PaintingLoop } from "../../server/device/loop.js";
import { type DeviceMessage, type FrameMessage, MAX_UNACKNOWLEDGED } from "../../server/device/messages.js";
import { type PainterScript, scriptedPainters, scriptedWork } from "../helpers/scripted-painters.js";

/** A loop in this process that records its messages. Frames are acknowledged unless a test turns that off. */
class LoopHarness {
  readonly sent: DeviceMessage[] = [];
  readonly trace: { type: string; step: number }[] = [];
  acknowledging = true;
  private readonly loop: PaintingLoop;
  private readonly running: Promise<void>;
  private waiting: { wanted: (message: DeviceMessage) => boolean; resolve: () => void }[] = [];

  constructor(checkpointIntervalMs = Number.POSITIVE_INFINITY) {
    const painters = scriptedPainters((event) => this.trace.push(event));
    this.loop = new PaintingLoop(painters, async (message) => this.take(message), { checkpointIntervalMs, log: () => undefined });
    this.running = this.loop.run();
  }

  start(sessionId: string, script: PainterScript, from: { checkpoint?: number; storedThrough?: number } = {}): void {
    const checkpoint = from.checkpoint === undefined ? null : new TextEncoder().encode(String(from.checkpoint));
    this.loop.receive({ type: "start", sessionId, work: scriptedWork(script), checkpoint, storedThrough: from.storedThrough ?? -1 });
  }

  acknowledge(sessionId: string, step: number): void {
    this.loop.receive({ type: "acknowledge", sessionId, step });
  }

  cancel(sessionId: string): void {
    this.loop.receive({ type: "cancel", sessionId });
  }

  ping(): void {
    this.loop.receive({ type: "ping" });
  }

  /** Resolves when a wanted message has been sent, before or after the call. */
  until(wanted: (message: DeviceMessage) => boolean): Promise<void> {
    if (this.sent.some(wanted)) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push({ wanted, resolve }));
  }

  async ended(...sessionIds: string[]): Promise<void> {
    for (const id of sessionIds) await this.until((message) => endsSession(message) && message.sessionId === id);
  }

  frames(sessionId?: string): FrameMessage[] {
    return this.sent.filter(
      (message): message is FrameMessage => message.type === "frame" && (!sessionId || message.sessionId === sessionId),
    );
  }

  async close(): Promise<void> {
    this.loop.stop();
    await this.running;
  }

  private take(message: DeviceMessage): void {
    this.sent.push(message);
    if (message.type === "frame" && this.acknowledging) this.acknowledge(message.sessionId, message.step);
    for (const { wanted, resolve } of this.waiting) if (wanted(message)) resolve();
    this.waiting = this.waiting.filter(({ wanted }) => !wanted(message));
  }
}

function endsSession(message: DeviceMessage): message is Extract<DeviceMessage, { type: "finished" | "failed" | "cancelled" }> {
  return message.type === "finished" || message.type === "failed" || message.type === "cancelled";
}

let loop: LoopHarness;
afterEach(() => loop.close());

describe("the painting loop", () => {
  test("sends every step once, in order, the last as PNG, and then finishes", async () => {
    loop = new LoopHarness();
    loop.start("a", { steps: 4 });
    await loop.ended("a");
    expect(loop.frames().map(({ step, mimeType }) => [step, mimeType])).toEqual([
      [0, "image/jpeg"],
      [1, "image/jpeg"],
      [2, "image/jpeg"],
      [3, "image/jpeg"],
      [4, "image/png"],
    ]);
    expect(loop.frames()[2]).toMatchObject({ width: 8, height: 8, losses: { total: 98 }, computeMs: 1000 });
    expect(loop.sent.at(-1)).toEqual({ type: "finished", sessionId: "a" });
    expect(loop.trace.at(-1)?.type).toBe("close");
  });

  test("gives all sessions one step in turn, including one that starts later", async () => {
    loop = new LoopHarness();
    loop.start("a", { steps: 9 });
    loop.start("b", { steps: 9 });
    await loop.until((message) => message.type === "frame" && message.sessionId === "a" && message.step === 2);
    loop.start("c", { steps: 9 });
    await loop.ended("a", "b", "c");
    const turns = loop.sent.flatMap((message) => (message.type === "turn" ? [message.sessionId] : []));
    const whileThree = turns.slice(turns.indexOf("c"), turns.lastIndexOf("a") + 1);
    whileThree.forEach((id, index) => {
      if (index >= 3) expect(id).toBe(whileThree[index - 3]);
    });
    expect(new Set(whileThree.slice(0, 3))).toEqual(new Set(["a", "b", "c"]));
  });

  test("reports whose turn it is before each step", async () => {
    loop = new LoopHarness();
    loop.start("a", { steps: 2 });
    await loop.ended("a");
    expect(loop.sent.map((message) => message.type)).toEqual(["turn", "frame", "turn", "frame", "turn", "frame", "checkpoint", "finished"]);
  });

  test.each([1000, 0])("paints no further than the unacknowledged limit (steps of %i ms)", async (computeMs) => {
    loop = new LoopHarness();
    loop.acknowledging = false;
    loop.start("held", { steps: 20, computeMs });
    await loop.until((message) => message.type === "frame" && message.step === MAX_UNACKNOWLEDGED - 1);
    loop.acknowledging = true;
    loop.start("free", { steps: 20, computeMs });
    await loop.ended("free");
    expect(loop.frames("held")).toHaveLength(MAX_UNACKNOWLEDGED);
    loop.acknowledge("held", 0);
    await loop.ended("held");
    expect(loop.frames("held")).toHaveLength(21);
  });

  test("computes stored steps again without sending them, and continues after them", async () => {
    loop = new LoopHarness();
    loop.start("a", { steps: 6 }, { checkpoint: 2, storedThrough: 4 });
    await loop.ended("a");
    expect(loop.trace.filter(({ type }) => type === "paint").map(({ step }) => step)).toEqual([2, 3, 4, 5, 6]);
    expect(loop.frames().map(({ step }) => step)).toEqual([5, 6]);
  });

  test("starts again from step 0, without sending stored steps, when the checkpoint cannot be used", async () => {
    loop = new LoopHarness();
    loop.start("a", { steps: 6 }, { checkpoint: Number.NaN, storedThrough: 4 });
    await loop.ended("a");
    expect(loop.trace.filter(({ type }) => type === "paint").map(({ step }) => step)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(loop.frames().map(({ step }) => step)).toEqual([5, 6]);
    expect(loop.sent.at(-1)).toEqual({ type: "finished", sessionId: "a" });
  });

  test("finishes a session whose last step is already stored", async () => {
    loop = new LoopHarness();
    loop.start("a", { steps: 3 }, { checkpoint: 2, storedThrough: 3 });
    await loop.ended("a");
    expect(loop.frames()).toEqual([]);
    expect(loop.sent.at(-1)).toEqual({ type: "finished", sessionId: "a" });
  });

  test.each([1000, 0])("sends a due checkpoint after the frame it belongs to (steps of %i ms)", async (computeMs) => {
    loop = new LoopHarness(0);
    loop.start("a", { steps: 3, computeMs });
    await loop.ended("a");
    const sent = loop.sent.flatMap((message) => (message.type === "frame" || message.type === "checkpoint" ? [message] : []));
    for (const [index, message] of sent.entries()) {
      if (message.type === "checkpoint") expect(sent[index - 1]).toMatchObject({ type: "frame", step: message.step });
    }
    expect(sent.filter(({ type }) => type === "checkpoint").length).toBeGreaterThan(0);
  });

  test("sends no checkpoint before it is due, except that of the last picture, from which branches go on", async () => {
    loop = new LoopHarness();
    loop.start("a", { steps: 5 });
    await loop.ended("a");
    const checkpoints = loop.sent.flatMap((message) => (message.type === "checkpoint" ? [message.step] : []));
    expect(checkpoints).toEqual([5]);
  });

  test("a typed error is reported unchanged and ends only its own session", async () => {
    loop = new LoopHarness();
    loop.start("bad", { steps: 5, throwAt: { step: 2, code: "OUT_OF_MEMORY" } });
    loop.start("good", { steps: 5 });
    await loop.ended("bad", "good");
    expect(loop.sent).toContainEqual({ type: "failed", sessionId: "bad", code: "OUT_OF_MEMORY", message: "As scripted." });
    expect(loop.frames("good")).toHaveLength(6);
  });

  test("any other error is reported without its message", async () => {
    loop = new LoopHarness();
    loop.start("bad", { steps: 5, throwAt: { step: 0, code: null } });
    await loop.ended("bad");
    const failure = loop.sent.at(-1);
    expect(failure).toMatchObject({ type: "failed", code: "INTERNAL" });
    expect(JSON.stringify(failure)).not.toContain("path");
  });

  test("a cancelled session is closed and sends nothing more", async () => {
    loop = new LoopHarness();
    loop.start("a", { steps: 1_000_000 });
    loop.start("b", { steps: 40 });
    await loop.until((message) => message.type === "frame" && message.step === 3);
    loop.cancel("a");
    await loop.ended("a", "b");
    const end = loop.sent.findIndex((message) => message.type === "cancelled");
    expect(loop.sent.slice(end + 1).some((message) => "sessionId" in message && message.sessionId === "a")).toBe(false);
    expect(loop.frames("b")).toHaveLength(41);
  });

  test("a picture in parts gives other sessions a turn after each part, and can be cancelled between parts", async () => {
    loop = new LoopHarness(0);
    loop.start("large", { steps: 0, parts: 6 });
    loop.start("endless", { steps: 0, parts: 1_000_000 });
    loop.start("small", { steps: 3 });
    await loop.ended("large", "small");
    const turns = loop.sent.flatMap((message) => (message.type === "turn" && message.sessionId !== "endless" ? [message.sessionId] : []));
    expect(turns.slice(0, 8)).toEqual(["large", "small", "large", "small", "large", "small", "large", "small"]);
    expect(loop.frames("large").map(({ step, mimeType }) => [step, mimeType])).toEqual([[0, "image/png"]]);
    const checkpoints = loop.sent.flatMap((message) => (message.type === "checkpoint" ? [`${message.sessionId} ${message.step}`] : []));
    expect(checkpoints.filter((checkpoint) => checkpoint.startsWith("large"))).toEqual(["large 0"]);
    loop.cancel("endless");
    await loop.ended("endless");
    expect(loop.sent.at(-1)).toEqual({ type: "cancelled", sessionId: "endless" });
    expect(loop.frames("endless")).toEqual([]);
  });

  test("a session that waits for acknowledgements can be cancelled", async () => {
    loop = new LoopHarness();
    loop.acknowledging = false;
    loop.start("a", { steps: 20 });
    await loop.until((message) => message.type === "frame" && message.step === MAX_UNACKNOWLEDGED - 1);
    loop.cancel("a");
    await loop.ended("a");
    expect(loop.sent.at(-1)).toEqual({ type: "cancelled", sessionId: "a" });
  });

  test("replies to pings while it paints and while it waits", async () => {
    loop = new LoopHarness();
    loop.ping();
    await loop.until((message) => message.type === "pong");
    loop.start("a", { steps: 1_000_000 });
    await loop.until((message) => message.type === "frame");
    loop.ping();
    await loop.until((message) => loop.sent.filter(({ type }) => type === "pong").length === 2 || message.type === "finished");
    expect(loop.sent.filter(({ type }) => type === "pong")).toHaveLength(2);
  });
});
