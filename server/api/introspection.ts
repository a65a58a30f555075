import { BREAK, type DocumentNode, Kind, visit } from "graphql";
import { schemaHidden, unauthenticated } from "../access/permissions.js";
import type { AtelierError } from "../errors.js";
import type { Role } from "../records/access.js";

/** Why someone may not see the schema that an operation asks for; null when they may, or it asks for none. */
export function schemaRefusal(document: DocumentNode, role: Role | null, isShown: boolean): AtelierError | null {
  if (mayReadSchema(role, isShown) || !asksForSchema(document)) return null;
  return isShown ? unauthenticated() : schemaHidden();
}

/** How GraphQL ends the message of an error for a name that the schema almost has. */
const SUGGESTION = / Did you mean .*\?$/s;

/** Errors as someone may see them: those who may not read the schema are not told names of it that they did not send. */
export function withoutSuggestions<Shown extends { message: string }>(
  errors: readonly Shown[],
  role: Role | null,
  isShown: boolean,
): Shown[] {
  if (mayReadSchema(role, isShown)) return [...errors];
  return errors.map((error) => ({ ...error, message: error.message.replace(SUGGESTION, "") }));
}

function mayReadSchema(role: Role | null, isShown: boolean): boolean {
  return isShown && role !== null;
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
