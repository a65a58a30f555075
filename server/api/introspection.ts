import { BREAK, type DocumentNode, Kind, visit } from "graphql";
import { schemaHidden, unauthenticated } from "../access/permissions.js";
import type { AtelierError } from "../errors.js";
import type { Role } from "../records/access.js";

/** Why someone may not see the schema that an operation asks for; null when they may, or it asks for none. */
export function schemaRefusal(document: DocumentNode, role: Role | null, isShown: boolean): AtelierError | null {
  if ((isShown && role !== null) || !asksForSchema(document)) return null;
  return isShown ? unauthenticated() : schemaHidden();
}

/** Whether an operation asks for the schema, which is a list of everything that the server can do. */
function asksForSchema(document: DocumentNode): boolean {
  let asks = false;
  visit(document, {
    [Kind.FIELD]({ name }) {
      if (name.value !== "__schema" && name.value !== "__type") return undefined;
      asks = true;
      return BREAK;
    },
  });
  return asks;
}
