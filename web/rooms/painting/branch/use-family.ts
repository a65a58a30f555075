import { useEffect, useState } from "react";
import { execute } from "../../../graphql/execute";
import { AncestorsQuery, DescendantsQuery, type Painting } from "../../../graphql/operations";
import { originOf, type Place, places } from "./family-tree";

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
  const { session: origin } = await execute(DescendantsQuery, { id: originOf(ancestry) ?? id }, signal);
  return origin && "branches" in origin ? places(origin) : null;
}
