import { useEffect, useRef, useState } from "react";
import { execute, mayPass } from "../../../graphql/execute";
import { AncestorsQuery, BranchesQuery, ElsewhereEvents, type Painting, RemovalEvents } from "../../../graphql/operations";
import { untilReached } from "../../../graphql/subscribe";
import { type SubscriptionTo, useSubscription } from "../../../graphql/use-subscription";
import { Coalescer } from "../../../parts/coalescer";
import { type Branching, originOf, type Place, places } from "./family-tree";

/** Generations of branches that are shown below the origin. */
const GENERATIONS = 5;

/** Least time between two loads of the tree, ms. */
const RELOAD_EVERY_MS = 1_000;

/** All paintings with the same origin as this one; null until they are loaded, or if there are no others. */
export function useFamily({ id, parent, branches }: Pick<Painting, "id" | "parent" | "branches">): Place[] | null {
  const [family, setFamily] = useState<Place[] | null>(null);
  const [changes, setChanges] = useState(0);
  const relatives = [parent?.id ?? "", ...branches.map((branch) => `${branch.id} ${branch.status}`)].join();
  /** Changes when the tree is to be loaded again; null without relatives. */
  const key = relatives === "" ? null : `${changes} ${relatives}`;
  useEffect(() => {
    if (key === null) return setFamily(null);
    const ending = new AbortController();
    const { signal } = ending;
    untilReached(() => load(id, signal), signal, mayPass).then(setFamily, () => {
      // The painting was deleted or hidden meanwhile, or the page was left.
    });
    return () => ending.abort();
  }, [id, key]);
  useRelatives(relatives === "" ? null : id, family, () => setChanges((count) => count + 1));
  return family;
}

/** Calls `onChange` after a painting of the family started, changed or was deleted on another page. */
function useRelatives(id: string | null, family: readonly Place[] | null, onChange: () => void): void {
  const members = useRef(new Set<string>());
  useEffect(() => {
    members.current = new Set(family?.map(({ member }) => member.id));
  });
  const [reloads] = useState(() => new Coalescer({ work: async () => onChange(), merge: () => undefined, everyMs: RELOAD_EVERY_MS }));
  const changed = (...ids: (string | undefined)[]) => {
    // Before the tree is loaded, everyone may belong to it.
    const isMember = (one: string | undefined) => members.current.size === 0 || (one !== undefined && members.current.has(one));
    if (ids.some(isMember)) reloads.offer(undefined);
  };
  useSubscription(
    id,
    (): SubscriptionTo<typeof ElsewhereEvents> => ({
      document: ElsewhereEvents,
      variables: () => ({}),
      onEvent: ({ sessions: event }) => changed(event.id, event.__typename === "StyleTransferSession" ? event.parent?.id : undefined),
      onConnection(connected) {
        // What happened before is not sent.
        if (connected) reloads.offer(undefined);
      },
      // The subscription to the painting's own events says what is wrong.
      onFailure: () => undefined,
    }),
  );
  useSubscription(
    id,
    (): SubscriptionTo<typeof RemovalEvents> => ({
      document: RemovalEvents,
      variables: () => ({}),
      onEvent: ({ sessionRemovals }) => changed(sessionRemovals),
      onFailure: () => undefined,
    }),
  );
}

async function load(id: string, signal: AbortSignal): Promise<Place[] | null> {
  const { session } = await execute(AncestorsQuery, { id }, signal);
  const ancestry = session && "parent" in session ? session.parent : null;
  const origin = await withBranches(originOf(ancestry) ?? id, GENERATIONS, signal);
  return origin && places(origin);
}

/** A painting with its branches, down to a number of generations. One query for all of them could ask for too many values. */
async function withBranches(id: string, generations: number, signal: AbortSignal): Promise<Branching | null> {
  const { session } = await execute(BranchesQuery, { id }, signal);
  if (!session || !("branches" in session)) return null;
  const branches = session.branches.map(async ({ branches: own, ...branch }) =>
    own.length > 0 && generations > 1 ? ((await withBranches(branch.id, generations - 1, signal)) ?? branch) : branch,
  );
  return { ...session, branches: await Promise.all(branches) };
}
