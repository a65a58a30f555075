import { createSourceEventStream, type ExecutionArgs, type ExecutionResult, execute } from "graphql";
import type { OperationContext } from "./operation.js";

/**
 * `subscribe` of graphql-js with a fresh context for each event: a subscription lasts for hours, while limits of time
 * and values are meant for one event.
 */
export async function subscribeEachEvent(args: ExecutionArgs): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult> {
  const source = await createSourceEventStream(args);
  if (!(Symbol.asyncIterator in source)) return source;
  const events = source[Symbol.asyncIterator]() as AsyncIterator<unknown>;
  const context = args.contextValue as OperationContext;
  const responses: AsyncIterableIterator<ExecutionResult> = {
    [Symbol.asyncIterator]: () => responses,
    async next() {
      const event = await events.next();
      if (event.done) return { done: true, value: undefined };
      return { done: false, value: await execute({ ...args, rootValue: event.value, contextValue: context.renewed() }) };
    },
    async return() {
      await events.return?.();
      return { done: true, value: undefined };
    },
  };
  return responses;
}
