import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ServerError } from "../../web/graphql/execute";
import { SessionEvents } from "../../web/graphql/operations";
import { follow, untilReached } from "../../web/graphql/subscribe";
import type { OperationResult, Transport } from "../../web/graphql/transport";

/** What the server answers to each subscription in turn. */
const answers: OperationResult<unknown>[] = [];
const transport: Transport = {
  isConnected: true,
  takesAll: true,
  onConnected: () => () => undefined,
  begun: async () => undefined,
  refusalOf: () => null,
  async *iterate<Result>() {
    const answer = answers.shift();
    if (answer) yield answer as OperationResult<Result>;
  },
};
vi.mock("../../web/graphql/transports", () => ({ sharedTransport: async () => transport }));

const refusal = (code: string) => ({ errors: [{ message: `refused with ${code}`, extensions: { code } }] });
const frame = { data: { session: { __typename: "Frame", step: 1 } } };

beforeEach(() => {
  answers.length = 0;
  vi.stubGlobal("window", new EventTarget());
});
afterEach(() => vi.unstubAllGlobals());

async function followed() {
  const seen: unknown[] = [];
  await follow({
    document: SessionEvents,
    variables: () => ({ id: "a", afterStep: -1 }),
    onEvent: (event) => seen.push(event),
    onConnection: (connected) => seen.push(connected),
    isOver: () => answers.length === 0,
    signal: new AbortController().signal,
  });
  return seen;
}

test("a subscription comes back when the server cannot read what it stores", async () => {
  answers.push(refusal("UNAVAILABLE"), frame);
  expect(await followed()).toEqual([true, false, true, frame.data]);
});

test("a subscription that the server refuses for another reason ends", async () => {
  answers.push(refusal("NOT_FOUND"), frame);
  await expect(followed()).rejects.toThrow("refused with NOT_FOUND");
});

test("what a page loads is asked for again only after errors that may pass", async () => {
  const errors = [new ServerError("The database cannot be reached.", "UNAVAILABLE"), new ServerError("No.", "FORBIDDEN")];
  const attempt = async () => {
    throw errors.shift();
  };
  const passes = (error: unknown) => error instanceof ServerError && error.code === "UNAVAILABLE";
  await expect(untilReached(attempt, new AbortController().signal, passes)).rejects.toThrow("No.");
  expect(errors).toEqual([]);
});

test("says nothing of the connection once it is not waited for any more", async () => {
  const ending = new AbortController();
  const told: boolean[] = [];
  const attempt = async () => {
    ending.abort();
    throw new ServerError("The database cannot be reached.", "UNAVAILABLE");
  };
  const loading = untilReached(
    attempt,
    ending.signal,
    () => true,
    (connected) => told.push(connected),
  );
  await expect(loading).rejects.toThrow("aborted");
  expect(told).toEqual([]);
});
