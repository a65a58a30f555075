import { Arg, Extensions, Field, ID, InputType, ObjectType } from "type-graphql";
import type { Range } from "../errors.js";
import { lifetime } from "../records/settings.js";

/** Returns the GraphQL type of a field; a function, because types may refer to each other. */
export type FieldType = NonNullable<Extract<Parameters<typeof Field>[0], (...arguments_: never[]) => unknown>>;

/** Type and options of one GraphQL field, as `@Field` takes them. */
export interface FieldDeclaration {
  type: FieldType;
  nullable?: boolean;
  description?: string;
  /** Which numbers are allowed. */
  range?: Range | undefined;
}

/** What is allowed for the number in a field: for the error of one that GraphQL cannot read. */
export function InRange(range: Range): PropertyDecorator & MethodDecorator {
  return Extensions({ range });
}

/** The range that `InRange` gave a field of the schema. */
export function rangeOf({ extensions }: { extensions?: Readonly<Record<string, unknown>> }): Range | undefined {
  return extensions?.range as Range | undefined;
}

/** One declaration for every property of `Value`: a property without a field does not compile. */
export type FieldDeclarations<Value> = { [Name in keyof Value]-?: FieldDeclaration };

/** A GraphQL object type for values whose TypeScript type is declared elsewhere. */
export function objectType<Value extends object>(name: string, description: string, fields: FieldDeclarations<Value>): new () => Value {
  const type = withFields(fields);
  ObjectType(name, { description })(type);
  return type;
}

/** A GraphQL input type for values whose TypeScript type is declared elsewhere. */
export function inputType<Value extends object>(name: string, description: string, fields: FieldDeclarations<Value>): new () => Value {
  const type = withFields(fields);
  InputType(name, { description })(type);
  return type;
}

/** An argument that is an id, by default of a session. */
export function IdArg(name: string, thing = "session") {
  return Arg(name, () => ID, { description: `Id of the ${thing}.` });
}

/** The lifetime of a temporary session, for the inputs that start one. */
export const expiresInDescription =
  "Seconds until the server ends and deletes the session, unless extendSession gives it more time; until then it is in no\n" +
  `list. ${rangeText(lifetime)} By default a session lasts.`;

/** Limits of a number, for its description. */
export function rangeText({ min, max }: { min: number; max: number }): string {
  return `From ${min} to ${max}.`;
}

/** Limits and default of a number, for its description. */
export function rangeAndDefault({ min, max, default: value }: { min: number; max: number; default: number }): string {
  return `From ${min} to ${max}; ${value} by default.`;
}

function withFields<Value extends object>(fields: FieldDeclarations<Value>): new () => Value {
  const type = class {} as new () => Value;
  for (const [name, { type: fieldType, range, ...options }] of Object.entries<FieldDeclaration>(fields)) {
    Field(fieldType, options)(type.prototype as object, name);
    if (range) InRange(range)(type.prototype as object, name);
  }
  return type;
}
