import { useEffect, useState } from "react";
import { execute } from "../../../graphql/execute";
import { AncestorsQuery, BranchesQuery, type Painting } from "../../../graphql/operations";
import { type Branching, originOf, type Place, places } from "./family-tree";

/** Generations of branches that are shown below the origin. */
const GENERATIONS = 5;

/** All paintings with the same origin as this one; null until they are loaded, or if there are no others. */
export function useFamily({ id, parent, branches }: Pick<Painting, "id" | "parent" | "branches">): Place[] | null {
  const [family, setFamily] = useState<Place[] | null>(null);
  const key = [parent?.id ?? "", ...branches.map((branch) => `${branch.id} ${branch.status}`)].join();
  useEffect(() => {
    if (key === "") return setFamily(null);
    const ending = new AbortController();
    load(id, ending.signal).then(setFamily, () => {
      // The status line shows a lost connection; the tree stays as it was.
    });
    return () => ending.abort();
  }, [id, key]);
  return family;
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
