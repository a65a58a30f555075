import { join } from "node:path";
import { AuditFile } from "./access/audit-file.js";
import type { AuditSink } from "./access/audit-log.js";
import type { Config } from "./config.js";
import type { Engines } from "./engines.js";

/** Where it is recorded who did what: the database that several servers share, else a file in the data folder. */
export function auditSinkOf({ dataDir }: Pick<Config, "dataDir">, { fleet }: Pick<Engines, "fleet">): AuditSink {
  return fleet?.audit ?? new AuditFile({ path: join(dataDir, "audit.log") });
}
