import { useState } from "react";
import { styleTransferSettings } from "../../../../server/records/settings";
import type { Painting } from "../../../graphql/operations";
import { beginBranch } from "../../../session/begin-branch";
import { type Steerable, steerableAt, toChanges } from "../../../session/steerable";
import { useStart } from "../../../session/use-start";
import { paintingTexts } from "../../../texts/painting";
import { changeInWords } from "../steer/change-in-words";

/** Steps that a branch from the last step gets unless they are set. */
const MORE_STEPS = 100;

export interface Branch {
  /** The settings that the branch starts with. */
  values: Steerable;
  /** Steps that it paints itself. */
  moreSteps: number;
  setMoreSteps(count: number): void;
  change(changes: Partial<Steerable>): void;
  /** Starts the branch and goes to its page. */
  begin(): void;
  beginning: boolean;
  failure: string | null;
}

/** A branch from a step of a painting, with the settings changed for it. */
export function useBranch(session: Painting, step: number): Branch {
  const [draft, setDraft] = useState<Partial<Steerable>>({});
  const [asked, setAsked] = useState<number | null>(null);
  const { start, starting, failure } = useStart();
  const then = steerableAt(session, step);
  const left = then.steps - step;
  const moreSteps = Math.min(styleTransferSettings.steps.max - step, asked ?? (left > 0 ? left : MORE_STEPS));
  const steps = step + moreSteps;
  const changed = { ...draft, ...(steps === then.steps ? {} : { steps }) };
  return {
    values: { ...then, ...changed },
    moreSteps,
    setMoreSteps: setAsked,
    change({ steps: all, ...changes }) {
      if (all !== undefined) setAsked(all - step);
      setDraft({ ...draft, ...changes });
    },
    begin: () =>
      void start(() => {
        const changes = Object.keys(changed).length > 0 ? toChanges(changed) : null;
        return beginBranch(session, step, changes, (root) => paintingTexts.branchName(root, changeInWords(draft), step));
      }),
    beginning: starting,
    failure,
  };
}
