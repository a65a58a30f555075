import { execute } from "../graphql/execute";
import { BranchSession, type Painting, RenameSession } from "../graphql/operations";
import { sessionTexts } from "../texts/session";
import type { SteerInput } from "./steerable";

/**
 * Begins a branch of a painting with a title of its own, which `name` makes of the painting's title without what earlier
 * branches have added to it.
 * @throws ServerError, ConnectionError
 */
export async function beginBranch(
  { id, title }: Pick<Painting, "id" | "title">,
  step: number,
  changes: SteerInput | null,
  name: (root: string) => string,
): Promise<Painting> {
  const { branchSession } = await execute(BranchSession, { id, step, changes });
  const root = (title ?? sessionTexts.untitled).split(" · ")[0] ?? "";
  const named = name(root);
  await execute(RenameSession, { id: branchSession.id, title: named });
  return { ...branchSession, title: named };
}
