import type { Session } from "../../graphql/operations";
import { accessTexts } from "../../texts/access";

type Approval = Session["approval"];

/** Whether an admin's decision, or that there is none yet, keeps others from seeing a session. */
export function keepsHidden(approval: Approval): approval is "PENDING" | "REFUSED" {
  return approval === "PENDING" || approval === "REFUSED";
}

/** Says to the owner of a session, and to admins, that others do not see it yet. */
export function ApprovalNote({ session: { approval } }: { session: Pick<Session, "approval"> }) {
  if (!keepsHidden(approval)) return null;
  return (
    <p className="note" role="status">
      {accessTexts.approval[approval]}
    </p>
  );
}
