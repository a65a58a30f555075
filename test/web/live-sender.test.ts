import { setImmediate as settle } from "node:timers/promises";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { ConnectionError } from "../../web/graphql/execute";
import { LiveSender, type Receipt } from "../../web/rooms/live/live-sender";

/** A sender whose server responds when the test says so. */
function setUp() {
  let clock = 0;
  let picture = "";
  const sent: { step: number; data: string; answer: (receipt: Receipt) => void; refuse: (error: Error) => void }[] = [];
  const errors: unknown[] = [];
  const sender = new LiveSender({
    capture: async () => picture,
    send: (step, data) => new Promise((answer, refuse) => sent.push({ step, data, answer, refuse })),
    onError: (error) => errors.push(error),
    now: () => clock,
  });
  return {
    sender,
    sent,
    errors,
    settle,
    async offer(name: string, at = clock) {
      clock = at;
      picture = name;
      sender.offer();
      await settle();
    },
    at(time: number) {
      clock = time;
    },
    get data() {
      return sent.map(({ data }) => data);
    },
  };
}

describe("a live sender", () => {
  test("keeps two pictures on their way, and then sends only the newest", async () => {
    const live = setUp();
    for (const name of ["a", "b", "c", "d", "e"]) await live.offer(name);
    expect(live.data).toEqual(["a", "b"]);
    live.sender.result(0);
    await live.settle();
    expect(live.data).toEqual(["a", "b", "e"]);
    expect(live.sent.map(({ step }) => step)).toEqual([0, 1, 2]);
  });

  test("measures how long a picture was on its way", async () => {
    const live = setUp();
    await live.offer("a", 100);
    live.at(150);
    expect(live.sender.result(0)).toBe(50);
    expect(live.sender.result(0)).toBeNull();
  });

  test("continues after a picture was superseded or refused", async () => {
    const live = setUp();
    for (const name of ["a", "b", "c"]) await live.offer(name);
    live.sent[1]?.answer({ status: "SUPERSEDED" });
    await live.settle();
    expect(live.data).toEqual(["a", "b", "c"]);
    await live.offer("d");
    live.sent[0]?.refuse(new Error("no picture"));
    await live.settle();
    expect(live.data).toEqual(["a", "b", "c", "d"]);
    expect(live.errors).toEqual([new Error("no picture")]);
  });

  test("sends the picture as it is now when no worker took an earlier one", async () => {
    const live = setUp();
    await live.offer("a");
    live.sent[0]?.answer({ status: "UNTAKEN" });
    await live.settle();
    expect(live.data).toEqual(["a", "a"]);
    await live.offer("b");
    expect(live.data).toEqual(["a", "a", "b"]);
    expect(live.errors).toEqual([]);
  });

  test("sends the last picture again, once, when it was dropped although no newer one was sent", async () => {
    const live = setUp();
    await live.offer("a");
    for (const place of [0, 1]) {
      live.sent[place]?.answer({ status: "SUPERSEDED" });
      await live.settle();
    }
    expect(live.data).toEqual(["a", "a"]);
    await live.offer("b");
    await live.offer("c");
    live.sent[2]?.answer({ status: "SUPERSEDED" });
    await live.settle();
    expect(live.data).toEqual(["a", "a", "b", "c"]);
  });

  test("sends the last picture again when it did not reach the server, and no older one", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const live = setUp();
    await live.offer("a");
    await live.offer("b");
    for (const { refuse } of live.sent) refuse(new ConnectionError());
    await live.settle();
    expect(live.data).toEqual(["a", "b"]);
    vi.advanceTimersByTime(1000);
    await live.settle();
    expect(live.data).toEqual(["a", "b", "b"]);
    live.sent[2]?.refuse(new ConnectionError());
    await live.offer("c");
    vi.advanceTimersByTime(1000);
    await live.settle();
    expect(live.data).toEqual(["a", "b", "b", "c"]);
  });

  test("counts a result as the end of older pictures", async () => {
    const live = setUp();
    for (const name of ["a", "b", "c"]) await live.offer(name);
    live.sender.result(1);
    await live.settle();
    await live.offer("d");
    expect(live.data).toEqual(["a", "b", "c", "d"]);
  });

  test("sends nothing while it is paused, and then the newest picture", async () => {
    const live = setUp();
    live.sender.pause();
    for (const name of ["a", "b"]) await live.offer(name);
    expect(live.data).toEqual([]);
    live.sender.resume();
    await live.settle();
    expect(live.data).toEqual(["b"]);
  });

  test("does not wait for results that were lost with the connection, and sends the current picture instead", async () => {
    const live = setUp();
    for (const name of ["a", "b"]) await live.offer(name);
    for (const { answer } of live.sent) answer({ status: "ACCEPTED" });
    live.sender.disconnected();
    await live.settle();
    expect(live.data).toEqual(["a", "b", "b"]);
    live.sender.result(2);
    live.sender.disconnected();
    await live.settle();
    expect(live.data).toEqual(["a", "b", "b"]);
  });

  test("knows whether there is a picture that it has not sent", async () => {
    const live = setUp();
    expect(live.sender.unsent).toBe(false);
    await live.offer("a");
    expect(live.sender.unsent).toBe(false);
    live.sender.pause();
    await live.offer("b");
    expect(live.sender.unsent).toBe(true);
  });
});
