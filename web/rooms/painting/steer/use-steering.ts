import { useEffect, useRef, useState } from "react";
import { execute } from "../../../graphql/execute";
import { type Painting, Steer } from "../../../graphql/operations";
import { untilReached } from "../../../graphql/subscribe";
import { Coalescer } from "../../../parts/coalescer";
import { type Steerable, type SteerInput, steerableNow, toChanges } from "../../../session/steerable";

/** Least time between two changes that are sent, ms. */
const STEER_EVERY_MS = 200;

export interface Steering {
  /** The session's values, including changes by others, under the changes just made on this page. */
  values: Steerable;
  failure: unknown;
  steer(changes: Partial<Steerable>): void;
}

/** Steers a painting: changes in quick succession are merged, and the last one always arrives. */
export function useSteering(session: Painting): Steering {
  const [draft, setDraft] = useState<Partial<Steerable>>({});
  /** Number of changes that the session has once it includes the whole draft; null while some of it is being sent. */
  const [accepted, setAccepted] = useState<number | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const sender = useRef<Coalescer<SteerInput>>(null);
  const known = accepted !== null && session.changes.length >= accepted;

  useEffect(() => {
    const ending = new AbortController();
    const own = new Coalescer<SteerInput>({
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
    // Changes that are waiting are still sent when the page is left.
    return () => ending.abort();
  }, [session.id]);

  const values: Steerable = { ...steerableNow(session), ...(known ? {} : draft) };
  return {
    values,
    failure,
    steer(changes) {
      // Neighbouring slider positions may have the same value.
      if (Object.entries(changes).every(([name, value]) => value === values[name as keyof Steerable])) return;
      setDraft({ ...(known ? {} : draft), ...changes });
      setAccepted(null);
      sender.current?.offer(toChanges(changes));
    },
  };
}
