import { styleTransferLimits } from "../../server/records/settings";
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
  const root = (title ?? sessionTexts.untitled).replace(/( · (\d+ px|[^·]+ from \d+))+$/, "");
  const named = name(root).slice(-styleTransferLimits.maxTitleLength);
  try {
    await execute(RenameSession, { id: branchSession.id, title: named });
    return { ...branchSession, title: named };
  } catch (error) {
    // It paints already, under its parent's title.
    console.debug("The branch was not renamed:", error);
    return branchSession;
  }
}
