import { BREAK, type DocumentNode, Kind, visit } from "graphql";

/** Whether an operation asks for the schema, which is a list of everything that the server can do. */
export function asksForSchema(document: DocumentNode): boolean {
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
