import {
  type ASTNode,
  type GraphQLError,
  type GraphQLInputField,
  type GraphQLSchema,
  type GraphQLType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  Kind,
  type Token,
  TokenKind,
  typeFromAST,
} from "graphql";
import { type AtelierError, badInput, noSuchChoice, outOfRange } from "../errors.js";
import { rangeOf } from "./declare.js";
import { argumentRanges } from "./limits.js";

/** Where a value is in the input: its dotted path, as in `input.styles.0.weight`, and what the schema says of it. */
interface Place {
  field: string;
  declared: Declared | undefined;
}

/** An argument, a variable or a field of an input type. */
type Declared = { type: GraphQLType } & Partial<Pick<GraphQLInputField, "extensions">>;

/** What Int holds. */
const intRange = { min: -(2 ** 31), max: 2 ** 31 - 1, integer: true };

/** The refusal of an input that GraphQL cannot read; it says what is allowed where the schema does. */
export function unreadableInput(schema: GraphQLSchema, error: GraphQLError): Pick<AtelierError, "message" | "detail"> {
  const { message } = error;
  const place = placeOf(schema, error);
  if (!place) return { message, detail: {} };
  const { field, declared } = place;
  const [, wrong, notText = ""] = /does not exist in "(\w+)" enum|Enum "(\w+)" cannot represent/.exec(message) ?? [];
  const choices = schema.getType(wrong ?? notText);
  if (isEnumType(choices)) {
    const names = choices.getValues().map(({ name }) => name);
    return noSuchChoice(field, names);
  }
  if (/Boolean cannot represent/.test(message)) return noSuchChoice(field, ["true", "false"]);
  const isInt = /Int cannot represent/.test(message);
  const range = (declared && rangeOf(declared)) ?? argumentRanges[field] ?? (isInt ? intRange : undefined);
  return range ? outOfRange(field, range) : badInput(field, message);
}

function placeOf(schema: GraphQLSchema, { message, nodes }: GraphQLError): Place | null {
  const node = nodes?.[0];
  // GraphQL writes `styles[0].weight`.
  const path = /at "([^"]+)"/.exec(message)?.[1]?.replace(/\[(\d+)\]/g, ".$1");
  const named = path ?? /^(?:Variable "\$|Argument ")(\w+)"/.exec(message)?.[1];
  if (node?.kind === Kind.VARIABLE_DEFINITION && named !== undefined) {
    const type = typeFromAST(schema, node.type);
    return { field: named, declared: type && declaredAt({ type }, named.split(".").slice(1)) };
  }
  if (named !== undefined) return { field: named, declared: undefined };
  const literal = node && literals.has(node.kind) && node.loc ? pathOfLiteral(node.loc.startToken) : null;
  if (!literal) return null;
  const [argument, ...rest] = literal.path;
  const types = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const owner = types.map((type) => type?.getFields()[literal.field]).find((field) => field !== undefined);
  return {
    field: literal.path.join("."),
    declared: declaredAt(
      owner?.args.find(({ name }) => name === argument),
      rest,
    ),
  };
}

const literals = new Set<ASTNode["kind"]>([Kind.INT, Kind.FLOAT, Kind.STRING, Kind.BOOLEAN, Kind.ENUM, Kind.NULL, Kind.LIST, Kind.OBJECT]);

/** What is at a path below an argument or a variable; numbers in the path are places in lists. */
function declaredAt(declared: Declared | undefined, path: readonly string[]): Declared | undefined {
  const [name, ...rest] = path.filter((part) => !/^\d+$/.test(part));
  if (!declared || name === undefined) return declared;
  const type = getNamedType(declared.type);
  return isInputObjectType(type) ? declaredAt(type.getFields()[name], rest) : undefined;
}

/** The path of a literal that begins with `start` within the arguments of `field`; null for one that is no argument. */
function pathOfLiteral(start: Token): { field: string; path: string[] } | null {
  const path: string[] = [];
  let value: Token = start;
  for (;;) {
    const isNamed = value.prev?.kind === TokenKind.COLON;
    const name = isNamed ? value.prev?.prev : null;
    const { bracket, values } = enclosing(name ?? value);
    if (!bracket) return null;
    path.unshift(name ? name.value : String(values));
    if (bracket.kind === TokenKind.PAREN_L) return name && bracket.prev ? { field: bracket.prev.value, path } : null;
    value = bracket;
  }
}

const openings: ReadonlySet<string> = new Set([TokenKind.PAREN_L, TokenKind.BRACKET_L, TokenKind.BRACE_L]);
const closings: ReadonlySet<string> = new Set([TokenKind.PAREN_R, TokenKind.BRACKET_R, TokenKind.BRACE_R]);

/** The bracket around a token, and how many values stand between them in a list. */
function enclosing(token: Token): { bracket: Token | null; values: number } {
  let depth = 0;
  let values = 0;
  for (let before = token.prev; before; before = before.prev) {
    if (closings.has(before.kind)) depth++;
    else if (openings.has(before.kind) && depth-- === 0) return { bracket: before, values };
    if (depth === 0 && before.kind !== TokenKind.DOLLAR) values++;
  }
  return { bracket: null, values };
}
