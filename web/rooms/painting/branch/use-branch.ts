import { useState } from "react";
import { styleTransferSettings } from "../../../../server/records/settings";
import { execute } from "../../../graphql/execute";
import { BranchSession, type Painting } from "../../../graphql/operations";
import { type Steerable, steerableAt, toChanges } from "../../../session/steerable";
import { useStart } from "../../../session/use-start";

/** Steps that a branch from the last step gets unless they are set. */
const MORE_STEPS = 100;

export interface Branch {
  /** The settings that the branch starts with. */
  values: Steerable;
  change(changes: Partial<Steerable>): void;
  /** Starts the branch and goes to its page. */
  begin(): void;
  beginning: boolean;
  failure: string | null;
}

/** A branch from a step of a painting, with the settings changed for it. */
export function useBranch(session: Painting, step: number): Branch {
  const [draft, setDraft] = useState<Partial<Steerable>>({});
  const { start, starting, failure } = useStart();
  const then = steerableAt(session, step);
  const more = then.steps > step ? {} : { steps: Math.min(styleTransferSettings.steps.max, step + MORE_STEPS) };
  const changed = { ...more, ...draft };
  return {
    values: { ...then, ...changed },
    change: (changes) => setDraft({ ...draft, ...changes }),
    begin: () =>
      void start(async () => {
        const changes = Object.keys(changed).length > 0 ? toChanges(changed) : null;
        return (await execute(BranchSession, { id: session.id, step, changes })).branchSession;
      }),
    beginning: starting,
    failure,
  };
}
