import { useState } from "react";
import { execute, mayPass } from "../../graphql/execute";
import { MoveInQueue, QueueEvents, QueueQuery, type Waiting } from "../../graphql/queue-operations";
import { untilReached } from "../../graphql/subscribe";
import { type SubscriptionTo, useSubscription } from "../../graphql/use-subscription";
import { Coalescer } from "../../parts/coalescer";

/** Sessions of the queue that are known to the page. */
const MOST = 100;

/** Least time between two loads, ms: one move changes the place of many sessions. */
const RELOAD_EVERY_MS = 300;

/** How long the list is asked for again after a move of this page, ms. */
const MOVED_WITHIN_MS = 10_000;

/** Where a session moves to: the top, or the place of another one. */
export type MoveTo = "first" | (string & {});

async function theQueue(): Promise<readonly Waiting[]> {
  return (await execute(QueueQuery, { first: MOST })).queue;
}

/** The sessions that wait, the next one first, kept up to date while `active`. Until they are loaded there are none. */
export function useQueue(active: boolean): { waiting: readonly Waiting[]; move(id: string, to: MoveTo): Promise<void> } {
  const [waiting, setWaiting] = useState<readonly Waiting[]>([]);

  async function load(signal: AbortSignal) {
    try {
      setWaiting(await untilReached(theQueue, signal, mayPass));
    } catch {
      // The page was left. While the server cannot be reached, the list stays as it was; the page says so elsewhere.
    }
  }

  const [reloads] = useState(() => new Coalescer({ work: load, merge: (_, newer) => newer, everyMs: RELOAD_EVERY_MS }));
  useSubscription(
    active ? "queue" : null,
    (_key, signal): SubscriptionTo<typeof QueueEvents> => ({
      document: QueueEvents,
      variables: () => ({}),
      onEvent: () => reloads.offer(signal),
      onConnection(connected) {
        // What happened before is not sent.
        if (connected) reloads.offer(signal);
      },
      onFailure: () => undefined,
    }),
  );

  return {
    waiting,
    async move(id, to) {
      // Sessions that are not listed may have come and gone since: their places count too.
      const position = to === "first" ? 1 : (await theQueue()).find((session) => session.id === to)?.queuePosition;
      if (position) await execute(MoveInQueue, { id, position });
      reloads.offer(AbortSignal.timeout(MOVED_WITHIN_MS));
    },
  };
}
