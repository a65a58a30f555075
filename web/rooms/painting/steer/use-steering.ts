import { useEffect, useRef, useState } from "react";
import { execute } from "../../../graphql/execute";
import { type Painting, Steer } from "../../../graphql/operations";
import { untilReached } from "../../../graphql/subscribe";
import { Coalescer } from "../../../parts/coalescer";
import { type Steerable, type SteerChanges, steerableNow, toChanges } from "../../../session/steerable";

/** Changes are sent at most this often, ms. */
const STEER_EVERY_MS = 200;

export interface Steering {
  /** As this page wants them: what others steer shows too, but for what was just changed here. */
  values: Steerable;
  failure: unknown;
  steer(changes: Partial<Steerable>): void;
}

/** Steers a painting: of changes in quick succession the newest wins, and the last one always arrives. */
export function useSteering(session: Painting): Steering {
  const [draft, setDraft] = useState<Partial<Steerable>>({});
  /** How many changes the session has once all of the draft is among them; null while some of it is on its way. */
  const [accepted, setAccepted] = useState<number | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const sender = useRef<Coalescer<SteerChanges>>(null);
  const known = accepted !== null && session.changes.length >= accepted;

  useEffect(() => {
    const ending = new AbortController();
    const own = new Coalescer<SteerChanges>({
      everyMs: STEER_EVERY_MS,
      merge: (waiting, newer) => ({ ...waiting, ...newer }),
      async work(changes) {
        try {
          const { steer } = await untilReached(() => execute(Steer, { id: session.id, changes }), ending.signal);
          setFailure(null);
          if (!own.hasWaiting) setAccepted(steer.changes.length);
        } catch (error) {
          if (ending.signal.aborted) return;
          setFailure(error);
          if (!own.hasWaiting) setDraft({});
        }
      },
    });
    sender.current = own;
    // What is waiting is still sent when the page is left.
    return () => ending.abort();
  }, [session.id]);

  const values: Steerable = { ...steerableNow(session), ...(known ? {} : draft) };
  return {
    values,
    failure,
    steer(changes) {
      // Neighbouring places of a slider may mean the same value.
      if (Object.entries(changes).every(([name, value]) => value === values[name as keyof Steerable])) return;
      setDraft({ ...(known ? {} : draft), ...changes });
      setAccepted(null);
      sender.current?.offer(toChanges(changes));
    },
  };
}
