import { useAccess } from "../../parts/access";
import { useServer } from "../../parts/use-server";
import { accessTexts } from "../../texts/access";

const texts = accessTexts.retention;

/** Says when the server deletes paintings; nothing where it keeps them. */
export function RetentionNote() {
  const hours = useServer()?.retentionHours ?? null;
  const role = useAccess()?.role;
  if (hours === null || role === "VIEWER") return null;
  const time = hours >= 48 && hours % 24 === 0 ? texts.days(hours / 24) : texts.hours(hours);
  return <p className="note">{role === "ADMIN" ? texts.admins(time) : texts.others(time)}</p>;
}
