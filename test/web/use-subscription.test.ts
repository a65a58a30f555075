import { beforeEach, expect, test, vi } from "vitest";
import { ConnectionError, ServerError } from "../../web/graphql/execute";
import { ViewersEvents } from "../../web/graphql/operations";
import { type Follow, follow } from "../../web/graphql/subscribe";
import { watch } from "../../web/graphql/use-subscription";
import { eventually } from "../helpers/eventually.js";

vi.mock("../../web/graphql/subscribe", () => ({
  follow: vi.fn(async () => undefined),
  subscriptionsBegun: async () => undefined,
  async untilReached(attempt: () => Promise<unknown>, _signal: AbortSignal, passes: (error: unknown) => boolean) {
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        if (!passes(error)) throw error;
      }
    }
  },
}));

const followed = vi.mocked(follow);
const failures: unknown[] = [];
const load = vi.fn(async () => undefined);
const subscription = {
  document: ViewersEvents,
  variables: () => ({ id: "a" }),
  load,
  onEvent: () => undefined,
  onFailure: (error: unknown) => failures.push(error),
};

beforeEach(() => {
  failures.length = 0;
  load.mockReset().mockResolvedValue(undefined);
  followed.mockReset().mockResolvedValue(undefined);
});

/** The options that the events are followed with. */
function options(): Follow<unknown, Record<string, unknown>> {
  return followed.mock.calls[0]?.[0] as Follow<unknown, Record<string, unknown>>;
}

test("loads before it follows, and again only on request", async () => {
  followed.mockImplementation(async () => expect(load).toHaveBeenCalledOnce());
  await watch(subscription, new AbortController().signal);
  options().onConnection?.(true);
  expect(load).toHaveBeenCalledOnce();
  expect(failures).toEqual([]);
});

test("loads again at each connection if the server does not send earlier changes", async () => {
  const connections: boolean[] = [];
  await watch({ ...subscription, reloads: true, onConnection: (connected) => connections.push(connected) }, new AbortController().signal);
  for (const connected of [true, false, true]) options().onConnection?.(connected);
  await eventually(() => expect(load).toHaveBeenCalledTimes(3));
  expect(connections).toEqual([true, false, true]);
});

test("loads again in spite of an outage after it has connected", async () => {
  const reasons = [new ServerError("The database cannot be reached.", "UNAVAILABLE"), new ConnectionError()];
  await watch({ ...subscription, reloads: true }, new AbortController().signal);
  load.mockImplementation(async () => {
    const reason = reasons.shift();
    if (reason) throw reason;
  });
  options().onConnection?.(true);
  await eventually(() => expect(load).toHaveBeenCalledTimes(4));
  expect(failures).toEqual([]);
});

test("does not follow a session that is over when it is loaded", async () => {
  await watch({ ...subscription, isOver: () => true }, new AbortController().signal);
  expect(followed).not.toHaveBeenCalled();
});

test("reports the error that ends it, but nothing after it was abandoned", async () => {
  const refused = new Error("refused");
  followed.mockRejectedValue(refused);
  await watch(subscription, new AbortController().signal);
  expect(failures).toEqual([refused]);
  const ending = new AbortController();
  load.mockImplementation(async () => {
    ending.abort();
    throw refused;
  });
  await watch(subscription, ending.signal);
  expect(failures).toEqual([refused]);
});
