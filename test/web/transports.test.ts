import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Transport } from "../../web/graphql/transport";

/** What the socket of the page tells. */
let refuse: () => void;
let connect: () => void;
const stored = new Map<string, string>();
const socket = { isConnected: false } as Transport;
const events = { isConnected: true } as Transport;

vi.mock("../../web/graphql/socket-transport", () => ({
  socketTransport: (onRefused: () => void) => {
    refuse = onRefused;
    return Object.assign(socket, {
      onConnected: (listener: () => void) => {
        connect = listener;
      },
    });
  },
}));
vi.mock("../../web/graphql/event-transport", () => ({ eventTransport: () => events }));

let isAway: boolean;
let shared: () => Promise<Transport>;

/** The module as a page that has just opened has it. */
async function openPage(): Promise<void> {
  vi.resetModules();
  shared = (await import("../../web/graphql/transports")).sharedTransport;
}

beforeEach(async () => {
  isAway = false;
  stored.clear();
  vi.stubGlobal("fetch", async () => {
    if (isAway) throw new TypeError("Failed to fetch");
    return new Response(null, { status: 200 });
  });
  vi.stubGlobal("sessionStorage", {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => void stored.set(key, value),
  });
  await openPage();
});
afterEach(() => vi.unstubAllGlobals());

test("after two refused sockets the page uses events, and later pages of the tab begin with them", async () => {
  expect(await shared()).toBe(socket);
  refuse();
  expect(await shared()).toBe(socket);
  refuse();
  expect(await shared()).toBe(events);
  await openPage();
  expect(await shared()).toBe(events);
  stored.clear();
  await openPage();
  expect(await shared()).toBe(socket);
});

test("while the server is away, the page keeps its socket", async () => {
  await shared();
  for (const away of [true, true, false, true, false]) {
    isAway = away;
    refuse();
    expect(await shared()).toBe(socket);
  }
});

test("a socket that worked once is never given up", async () => {
  await shared();
  connect();
  for (let time = 0; time < 4; time++) {
    refuse();
    expect(await shared()).toBe(socket);
  }
});

test("a server that does not answer in four seconds is away, and the page keeps its socket", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const timeout = vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => {
    const ending = new AbortController();
    setTimeout(() => ending.abort(new DOMException("", "TimeoutError")), ms);
    return ending.signal;
  });
  vi.stubGlobal(
    "fetch",
    (_url: string, { signal }: { signal: AbortSignal }) =>
      new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
  );
  try {
    await shared();
    for (let time = 0; time < 4; time++) {
      refuse();
      let found: Transport | null = null;
      const asked = shared().then((transport) => {
        found = transport;
      });
      await vi.advanceTimersByTimeAsync(3_999);
      expect(found).toBeNull();
      await vi.advanceTimersByTimeAsync(1);
      await asked;
      expect(found).toBe(socket);
    }
  } finally {
    timeout.mockRestore();
    vi.useRealTimers();
  }
});
