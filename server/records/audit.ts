import type { ErrorCode } from "../errors.js";
import type { Role } from "./access.js";

/** An event as it is stored. */
export interface AuditEntry {
  at: Date;
  action: string;
  code: ErrorCode | null;
  /** Name of the link with the role of whoever did it. */
  name: string | null;
  role: Role | null;
  ownerId: string | null;
  address: string | null;
  about: Readonly<Record<string, string>>;
}
