import { or, type SQL, sql } from "drizzle-orm";
import { type Approval, approvals } from "../../records/access.js";
import type { Change } from "../../records/changes.js";
import type { SessionPatch } from "../storage.js";
import { sessions } from "./schema.js";

/** The approval that a rule makes of the one in the row that is updated. */
export function decided(approvalOf: (approval: Approval | null) => Approval | null): SQL<Approval | null> {
  const cases = approvals.map((approval) => sql`when ${approval} then ${approvalOf(approval)}::text`);
  return sql`case ${sessions.approval} ${sql.join(cases, sql` `)} else ${approvalOf(null)}::text end`;
}

/**
 * What REOPENED makes of the approval of a session that gets a title, note or styles; undefined without any of them. The row
 * decides as it is at that moment: an admin may have approved it since a client read it. Styles always count as others.
 */
export function reopened({
  title,
  note,
  styles = null,
}: Pick<SessionPatch, "title" | "note"> & Partial<Pick<Change, "styles">>): SQL<Approval | null> | undefined {
  const isOther = or(
    title === undefined ? undefined : sql`${sessions.title} is distinct from ${title}`,
    note === undefined ? undefined : sql`${sessions.note} is distinct from ${note}`,
    styles === null ? undefined : sql`true`,
  );
  const waiting = sql`case ${sessions.visibility} when 'PRIVATE' then null else 'PENDING' end`;
  return isOther && sql`case when ${sessions.approval} = 'APPROVED' and ${isOther} then ${waiting} else ${sessions.approval} end`;
}
