import {
  type ASTNode,
  GraphQLBoolean,
  type GraphQLError,
  type GraphQLInputField,
  GraphQLInt,
  type GraphQLSchema,
  type GraphQLType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isObjectType,
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
  /** The argument that holds it, where the document shows that. */
  argument: string | undefined;
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
  const { field, declared, argument } = place;
  const type = declared && getNamedType(declared.type);
  if (isEnumType(type)) {
    const names = type.getValues().map(({ name }) => name);
    return noSuchChoice(field, names);
  }
  if (type === GraphQLBoolean) return noSuchChoice(field, ["true", "false"]);
  const ofArgument = argument === undefined ? undefined : argumentRanges.get(argument);
  const range = (declared && rangeOf(declared)) ?? ofArgument ?? (type === GraphQLInt ? intRange : undefined);
  if (range) return outOfRange(field, range);
  if (type?.name === "DateTime") return badInput(field, `${field} must be an instant such as 2030-01-31T12:00:00Z.`);
  return badInput(field, message);
}

function placeOf(schema: GraphQLSchema, { message, nodes, originalError }: GraphQLError): Place | null {
  const node = nodes?.[0];
  if (node?.kind === Kind.VARIABLE_DEFINITION) {
    const name = node.variable.name.value;
    // GraphQL writes ` at "input.styles[0].weight"; ` and then the reason; before that stands what the client sent.
    const head = originalError ? message.slice(0, -originalError.message.length) : "";
    const path = / at "([^"]*)"; $/.exec(head)?.[1]?.replace(/\[(\d+)\]/g, ".$1") ?? name;
    const inner = path.split(".").slice(1);
    const usage = node.loc && usageOf(name, node.loc.startToken);
    if (usage) return { field: path, ...declaredIn(schema, usage, inner) };
    const type = typeFromAST(schema, node.type);
    return { field: path, declared: type && declaredAt({ type }, inner), argument: undefined };
  }
  const literal = node && literals.has(node.kind) && node.loc ? pathOfLiteral(node.loc.startToken) : null;
  if (literal) return { field: literal.path.join("."), ...declaredIn(schema, literal, []) };
  const named = /^Argument "(\w+)"/.exec(message)?.[1];
  return named === undefined ? null : { field: named, declared: undefined, argument: undefined };
}

/** What the schema says of a value in an argument, or at a path below it. */
function declaredIn(schema: GraphQLSchema, { field, path }: Literal, inner: readonly string[]): Pick<Place, "declared" | "argument"> {
  const [argument, ...rest] = path;
  const fields = Object.values(schema.getTypeMap()).flatMap((type) => (isObjectType(type) ? (type.getFields()[field] ?? []) : []));
  const declared = fields.flatMap(({ args }) => args).find(({ name }) => name === argument);
  return { declared: declaredAt(declared, [...rest, ...inner]), argument: rest.length + inner.length === 0 ? argument : undefined };
}

const literals = new Set<ASTNode["kind"]>([Kind.INT, Kind.FLOAT, Kind.STRING, Kind.BOOLEAN, Kind.ENUM, Kind.NULL, Kind.LIST, Kind.OBJECT]);

/** What is at a path below an argument or a variable; numbers in the path are places in lists. */
function declaredAt(declared: Declared | undefined, path: readonly string[]): Declared | undefined {
  const [name, ...rest] = path.filter((part) => !/^\d+$/.test(part));
  if (!declared || name === undefined) return declared;
  const type = getNamedType(declared.type);
  return isInputObjectType(type) ? declaredAt(type.getFields()[name], rest) : undefined;
}

/** A value in a document: the path below the arguments of a field. */
interface Literal {
  field: string;
  path: string[];
}

/** The path of a value that begins with `start`; null for one that is in no argument. */
function pathOfLiteral(start: Token): Literal | null {
  const path: string[] = [];
  let value: Token = start;
  for (;;) {
    const colon = before(value);
    const name = colon?.kind === TokenKind.COLON ? before(colon) : null;
    const { bracket, values } = enclosing(name ?? value);
    if (!bracket) return null;
    path.unshift(name ? name.value : String(values));
    const field = bracket.kind === TokenKind.PAREN_L ? before(bracket) : null;
    if (field) return name ? { field: field.value, path } : null;
    value = bracket;
  }
}

/** Where a variable is used first; `definition` is the first token of its definition. */
function usageOf(name: string, definition: Token): Literal | null {
  for (let token = definition.next?.next; token; token = token.next) {
    if (token.kind !== TokenKind.DOLLAR || token.next?.value !== name) continue;
    const usage = pathOfLiteral(token);
    if (usage) return usage;
  }
  return null;
}

/** The token before; comments do not count. */
function before({ prev }: Token): Token | null {
  return prev?.kind === TokenKind.COMMENT ? before(prev) : prev;
}

const openings: ReadonlySet<string> = new Set([TokenKind.PAREN_L, TokenKind.BRACKET_L, TokenKind.BRACE_L]);
const closings: ReadonlySet<string> = new Set([TokenKind.PAREN_R, TokenKind.BRACKET_R, TokenKind.BRACE_R]);

/** The bracket around a token, and how many values stand between them in a list. */
function enclosing(token: Token): { bracket: Token | null; values: number } {
  let depth = 0;
  let values = 0;
  for (let at = before(token); at; at = before(at)) {
    if (closings.has(at.kind)) depth++;
    else if (openings.has(at.kind) && depth-- === 0) return { bracket: at, values };
    if (depth === 0 && at.kind !== TokenKind.DOLLAR) values++;
  }
  return { bracket: null, values };
}
