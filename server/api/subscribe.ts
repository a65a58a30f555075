import { createSourceEventStream, type ExecutionArgs, type ExecutionResult } from "graphql";
import type { SharedResults } from "./shared-results.js";

/**
 * `subscribe` of graphql-js with a fresh context for each event: a subscription lasts for hours, while limits of time
 * and values are meant for one event. The results of frames are shared.
 */
export async function subscribeEachEvent(
  args: ExecutionArgs,
  results: SharedResults,
): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult> {
  const source = await createSourceEventStream(args);
  if (!(Symbol.asyncIterator in source)) return source;
  const events = source[Symbol.asyncIterator]() as AsyncIterator<unknown>;
  const execute = results.executorOf(args);
  const responses: AsyncIterableIterator<ExecutionResult> = {
    [Symbol.asyncIterator]: () => responses,
    async next() {
      const event = await events.next();
      if (event.done) return { done: true, value: undefined };
      return { done: false, value: await execute(event.value) };
    },
    async return() {
      await events.return?.();
      return { done: true, value: undefined };
    },
  };
  return responses;
}
