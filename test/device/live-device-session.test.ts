import { afterEach, describe, expect, test } from "vitest";
import { PaintingLoop } from "../../server/device/loop.js";
import type { DeviceMessage } from "../../server/device/messages.js";
import { type PainterScript, scriptedLiveWork, scriptedPainters, scriptedWork } from "../helpers/scripted-painters.js";

/** A loop in this process. `reply` receives every message and may reply to it. */
class LiveLoop {
  readonly sent: DeviceMessage[] = [];
  private readonly loop: PaintingLoop;
  private readonly running: Promise<void>;

  /** The clock advances by `paintMs` with each picture, or part of one, only; without `paintMs` it is the real clock. */
  constructor(
    private readonly reply: (message: DeviceMessage, loop: LiveLoop) => void = () => undefined,
    paintMs?: number,
  ) {
    let now = 0;
    const painters = scriptedPainters(({ type }) => {
      if (type === "paint" || type === "part") now += paintMs ?? 0;
    });
    const options = { log: () => undefined, ...(paintMs === undefined ? {} : { clock: () => now }) };
    this.loop = new PaintingLoop(painters, async (message) => this.take(message), options);
    this.running = this.loop.run();
  }

  live(sessionId: string, script: PainterScript = { steps: Number.POSITIVE_INFINITY }): void {
    this.loop.receive({ type: "start", sessionId, work: scriptedLiveWork(script), checkpoint: null, storedThrough: -1 });
  }

  paint(sessionId: string, script: PainterScript): void {
    this.loop.receive({ type: "start", sessionId, work: scriptedWork(script), checkpoint: null, storedThrough: -1 });
  }

  translate(sessionId: string, step: number, picture = Uint8Array.of(128)): void {
    this.loop.receive({ type: "translate", sessionId, step, picture });
  }

  cancel(sessionId: string): void {
    this.loop.receive({ type: "cancel", sessionId });
  }

  async until(wanted: (message: DeviceMessage) => boolean): Promise<void> {
    await expect.poll(() => this.sent.some(wanted), { timeout: 10_000 }).toBe(true);
  }

  /** Sessions in the order of their turns. */
  get turns(): string[] {
    return this.sent.flatMap((message) => (message.type === "turn" ? [message.sessionId] : []));
  }

  types(sessionId: string): string[] {
    return this.sent.flatMap((message) => ("sessionId" in message && message.sessionId === sessionId ? [message.type] : []));
  }

  async close(): Promise<void> {
    this.loop.stop();
    await this.running;
  }

  private take(message: DeviceMessage): void {
    this.sent.push(message);
    if (message.type === "frame") this.loop.receive({ type: "acknowledge", sessionId: message.sessionId, step: message.step });
    this.reply(message, this);
  }
}

let loop: LiveLoop;
afterEach(() => loop.close());

const frameOf = (step: number) => (message: DeviceMessage) => message.type === "frame" && message.step === step;

describe("a live translation on the device", () => {
  test("reports when it is free and when a run begins, and sends the result with the client's step", async () => {
    loop = new LiveLoop();
    loop.live("a");
    await loop.until(({ type }) => type === "free");
    loop.translate("a", 7);
    await loop.until(frameOf(7));
    expect(loop.types("a")).toEqual(["turn", "free", "turn", "begun", "free", "frame"]);
    expect(loop.sent.find(frameOf(7))).toMatchObject({ width: 8, height: 8, mimeType: "image/jpeg", losses: null });
  });

  test("rejects a picture that cannot be decoded, and continues", async () => {
    loop = new LiveLoop();
    loop.live("a");
    await loop.until(({ type }) => type === "free");
    loop.translate("a", 1, new Uint8Array());
    await loop.until(({ type }) => type === "rejected");
    loop.translate("a", 2);
    await loop.until(frameOf(2));
    expect(loop.sent.find(({ type }) => type === "rejected")).toMatchObject({ step: 1, code: "BAD_INPUT" });
  });

  test("fails without affecting other sessions when its model fails", async () => {
    loop = new LiveLoop();
    loop.live("bad", { steps: 9, throwAt: { step: 0, code: "UNAVAILABLE" } });
    loop.live("good");
    await loop.until((message) => message.type === "free" && message.sessionId === "good");
    loop.translate("bad", 0);
    loop.translate("good", 0);
    await loop.until((message) => message.type === "frame" && message.sessionId === "good");
    expect(loop.sent.find(({ type }) => type === "failed")).toMatchObject({ sessionId: "bad", code: "UNAVAILABLE" });
  });

  test("takes no turn without a picture, and ends when it is cancelled", async () => {
    loop = new LiveLoop();
    loop.live("idle");
    await loop.until(({ type }) => type === "free");
    loop.paint("painted", { steps: 5 });
    await loop.until(({ type }) => type === "finished");
    expect(loop.turns.filter((id) => id === "idle")).toHaveLength(1);
    loop.cancel("idle");
    await loop.until(({ type }) => type === "cancelled");
  });

  test("has precedence over painted sessions, which keep a fifth of the time", async () => {
    let step = 0;
    loop = new LiveLoop((message) => {
      if (message.type === "free") loop.translate(message.sessionId, step++);
    }, 8);
    loop.paint("painted", { steps: Number.POSITIVE_INFINITY });
    loop.live("live");
    await loop.until((message) => message.type === "frame" && message.sessionId === "live" && message.step === 60);
    const turns = loop.turns.slice(loop.turns.indexOf("live")).slice(10, 60);
    expect(turns.filter((id) => id === "painted")).toHaveLength(10);
  });

  test("gets turns between the parts of a slow picture", async () => {
    let step = 0;
    loop = new LiveLoop((message) => {
      if (message.type === "free") loop.translate(message.sessionId, step++);
    }, 4);
    loop.live("live");
    await loop.until(frameOf(0));
    loop.paint("large", { steps: 0, parts: 12 });
    await loop.until(({ type }) => type === "finished");
    const { turns } = loop;
    expect(turns.filter((id) => id === "large")).toHaveLength(12);
    // Four fifths of the time.
    expect(turns.slice(turns.indexOf("large"), turns.lastIndexOf("large")).filter((id) => id === "live")).toHaveLength(4 * 11);
    expect(loop.types("large").filter((type) => type !== "turn")).toEqual(["frame", "checkpoint", "finished"]);
  });

  test("alternates with other live translations", async () => {
    const steps = new Map([
      ["a", 0],
      ["b", 0],
    ]);
    loop = new LiveLoop((message) => {
      if (message.type !== "free") return;
      const step = steps.get(message.sessionId) ?? 0;
      steps.set(message.sessionId, step + 1);
      loop.translate(message.sessionId, step);
    });
    loop.live("a");
    loop.live("b");
    await loop.until((message) => message.type === "frame" && message.step === 20);
    const [a = 0, b = 0] = steps.values();
    expect(Math.abs(a - b)).toBeLessThanOrEqual(2);
  });
});
