import { setImmediate as settle } from "node:timers/promises";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { LiveMessage } from "../../../server/bus/bus.js";
import { publishChange } from "../../../server/bus/bus.js";
import { openEmbeddedBus } from "../../../server/bus/embedded.js";
import type { TranslationRecord } from "../../../server/records/session.js";
import { LIVE_FRAME_MS, LIVE_OPENING_MS } from "../../../server/sessions/live/channel.js";
import { delayBucketsMs, LiveCounts } from "../../../server/sessions/live/counts.js";
import { LiveFrames } from "../../../server/sessions/live/frames.js";
import { aFrame, aTranslation } from "../../contracts/records.js";
import { LossyBus } from "../../helpers/lossy-bus.js";

const picture = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0);

/** Frames of one live translation that waits, and the messages that a host would receive about them. */
async function setUp() {
  const bus = new LossyBus(
    openEmbeddedBus((error) => {
      throw error;
    }),
  );
  const session = aTranslation(null);
  const offers: number[] = [];
  const superseded: number[] = [];
  await bus.subscribe(`live:${session.id}`, (message: LiveMessage) => {
    if (message.type !== "offer") return;
    offers.push(message.step);
    superseded.push(message.superseded);
  });
  let reads = 0;
  const frames = new LiveFrames({
    sessions: {
      find: async (id) => {
        reads++;
        return id === session.id ? session : null;
      },
    },
    bus,
  });
  const become = (status: TranslationRecord["status"]) => {
    session.status = status;
    return publishChange(bus, { ...session });
  };
  return {
    bus,
    offers,
    superseded,
    frames,
    become,
    id: session.id,
    get reads() {
      return reads;
    },
    send: (step: number, sessionId = session.id) => frames.send({ sessionId, step, picture }),
    say: (message: LiveMessage) => bus.publish(`live:${session.id}`, message),
    accept: (step: number) => bus.publish(`live:${session.id}`, { type: "receipt", step, status: "ACCEPTED", credit: 1 }),
  };
}

describe("live frames", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  /** Lets as much time pass as a frame may wait. */
  const waitInVain = async () => {
    await settle();
    vi.advanceTimersByTime(LIVE_FRAME_MS);
  };

  test("are counted by outcome, and results are measured by their delay", async () => {
    const live = await setUp();
    const sent = [live.send(0), live.send(1)];
    await sent[0];
    await live.become("RUNNING");
    await live.accept(1);
    await sent[1];
    await live.bus.publish(`session:${live.id}`, { type: "frame", frame: { ...aFrame(live.id, 1), losses: null }, picture });
    await expect(live.send(1)).rejects.toMatchObject({ code: "BAD_INPUT" });
    await expect(live.frames.send({ sessionId: live.id, step: 2, picture: Uint8Array.of(1) })).rejects.toMatchObject({ code: "BAD_INPUT" });
    const { totals, delays } = live.frames.counts;
    expect(totals).toEqual({ received: 4, translated: 1, superseded: 1, rejected: 2 });
    expect(delays.sumMs).toBeGreaterThanOrEqual(0);
  });

  test("count in every bucket whose delay they do not exceed", () => {
    const counts = new LiveCounts();
    counts.translated(100);
    counts.translated(2000);
    expect(counts.delays.within).toEqual(delayBucketsMs.map((limit) => (limit >= 100 ? 1 : 0)));
    expect([counts.totals.translated, counts.delays.sumMs]).toEqual([2, 2100]);
  });

  test("that wait for a queued session are replaced by the newest, which is offered when it runs", async () => {
    const live = await setUp();
    const [first, second, third] = [live.send(0), live.send(1), live.send(2)];
    expect(await first).toEqual({ step: 0, status: "SUPERSEDED", credit: 1 });
    expect(await second).toEqual({ step: 1, status: "SUPERSEDED", credit: 1 });
    expect(live.offers).toEqual([]);
    await live.become("RUNNING");
    expect([live.offers, live.superseded]).toEqual([[2], [2]]);
    await live.accept(2);
    expect(await third).toEqual({ step: 2, status: "ACCEPTED", credit: 1 });
  });

  test("are refused when the session ends before their turn, and afterwards", async () => {
    const live = await setUp();
    const waiting = live.send(0);
    const refused = expect(waiting).rejects.toMatchObject({ code: "CONFLICT", detail: { field: "input.sessionId" } });
    await settle();
    await live.become("CANCELLED");
    await refused;
  });

  test("that were offered go on as superseded when messages were lost, and those that wait are offered", async () => {
    const live = await setUp();
    const first = live.send(0);
    await settle();
    live.bus.lose();
    await live.become("RUNNING");
    live.bus.recover();
    await settle();
    expect(live.offers).toEqual([0]);
    live.bus.lose();
    await live.accept(0);
    live.bus.recover();
    expect(await first).toEqual({ step: 0, status: "SUPERSEDED", credit: 1 });
  });

  test("are refused when messages were lost and the session has ended", async () => {
    const live = await setUp();
    const refused = expect(live.send(0)).rejects.toMatchObject({ code: "CONFLICT" });
    await settle();
    live.bus.lose();
    await live.become("COMPLETED");
    live.bus.recover();
    await refused;
  });

  test("are dropped with a reason while no worker takes the session, which goes on when one does", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const live = await setUp();
    const [replaced, dropped] = [live.send(0), live.send(1)];
    const refused = expect(dropped).rejects.toMatchObject({ code: "UNAVAILABLE", detail: { field: "input.sessionId" } });
    expect((await replaced).status).toBe("SUPERSEDED");
    await waitInVain();
    await refused;
    await live.become("RUNNING");
    expect(live.offers).toEqual([]);
    const taken = live.send(2);
    await settle();
    await live.accept(2);
    expect((await taken).status).toBe("ACCEPTED");
    expect([live.offers, live.superseded]).toEqual([[2], [2]]);
  });

  test("are dropped with a reason while the worker of the session is gone, which goes on with another one", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const live = await setUp();
    await live.become("RUNNING");
    const refused = [live.send(0), live.send(1)].map((sent) => expect(sent).rejects.toMatchObject({ code: "UNAVAILABLE" }));
    await waitInVain();
    await Promise.all(refused);
    const taken = live.send(2);
    await settle();
    // A worker that slept takes an older one too late.
    await live.accept(1);
    await live.accept(2);
    expect((await taken).status).toBe("ACCEPTED");
    expect(vi.getTimerCount()).toBe(0);
  });

  test("wait longer while the device opens the model, and for the device as long as before once it is open", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const live = await setUp();
    await live.become("RUNNING");
    const sent = live.send(0);
    const refused = expect(sent).rejects.toMatchObject({ code: "UNAVAILABLE", message: expect.stringContaining("has not begun") });
    await settle();
    await live.say({ type: "opening", step: 0 });
    vi.advanceTimersByTime(LIVE_OPENING_MS - 1);
    await live.say({ type: "taken", step: 0 });
    vi.advanceTimersByTime(LIVE_FRAME_MS - 1);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(1);
    await refused;
  });

  test("are dropped with a reason of its own when the device does not open the model in time", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const live = await setUp();
    await live.become("RUNNING");
    const refused = expect(live.send(0)).rejects.toMatchObject({ code: "UNAVAILABLE", message: expect.stringContaining("opening") });
    await settle();
    await live.say({ type: "opening", step: 0 });
    vi.advanceTimersByTime(LIVE_OPENING_MS);
    await refused;
    await live.say({ type: "taken", step: 0 });
    expect(vi.getTimerCount()).toBe(0);
  });

  test("read the session from storage once", async () => {
    const live = await setUp();
    await settle();
    for (let step = 0; step < 20; step++) {
      const sent = live.send(step);
      await settle();
      await live.become("RUNNING");
      await live.accept(step);
      expect((await sent).status).toBe("ACCEPTED");
    }
    expect(live.reads).toBe(1);
  });

  test("leave nothing behind for unknown sessions", async () => {
    const live = await setUp();
    const unknown = "00000000-0000-4000-8000-000000000000";
    for (let attempt = 1; attempt <= 2; attempt++) {
      await expect(live.send(0, unknown)).rejects.toMatchObject({ code: "NOT_FOUND" });
      expect(live.reads).toBe(attempt);
    }
  });
});
