import { type AtelierError, badInput } from "../errors.js";

/** A JSON object with unknown fields. */
export type Fields = Readonly<Record<string, unknown>>;

const MAX_TEXT = 1000;
/** Largest value of GraphQL's Int. */
const MAX_INTEGER = 2 ** 31 - 1;

/** The error for a field that is missing or has an unknown form; `limit` says what is allowed. */
export function invalidField(field: string, limit: string | number): AtelierError {
  return badInput(field, `The card's ${field} does not have a form that this server knows.`, limit);
}

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An object within the card. */
export function fieldsOf(card: Fields, field: string): Fields {
  const value = card[field];
  if (!isFields(value)) throw invalidField(field, "an object");
  return value;
}

/** A text of 1 to 1000 characters that matches `form` where it is given. */
export function textOf(card: Fields, field: string, form?: RegExp): string {
  return asText(card[field], field, form);
}

/** The same for a value at hand; `field` names it in an error, here and below. */
export function asText(value: unknown, field: string, form?: RegExp): string {
  if (typeof value !== "string" || value.length === 0 || value.length > MAX_TEXT)
    throw invalidField(field, `a text of 1 to ${MAX_TEXT} characters`);
  if (form && !form.test(value)) throw invalidField(field, String(form));
  return value;
}

/** The entry of `known` whose key is `value`. */
export function lookUp<Value>(known: ReadonlyMap<string, Value>, value: unknown, field: string): Value {
  const found = typeof value === "string" ? known.get(value) : undefined;
  if (found === undefined) throw invalidField(field, [...known.keys()].join(" | "));
  return found;
}

/** A whole number from 1 to the largest Int of GraphQL. */
export function countOf(card: Fields, field: string): number {
  return asCount(card[field], field);
}

/** A whole number from 1 to `max`. */
export function asCount(value: unknown, field: string, max = MAX_INTEGER): number {
  if (!Number.isInteger(value) || Number(value) < 1 || Number(value) > max) throw invalidField(field, `1 to ${max}`);
  return Number(value);
}

/** One of `choices`. */
export function asChoice<Value extends string | number | boolean>(value: unknown, choices: readonly Value[], field: string): Value {
  const found = choices.find((choice) => choice === value);
  if (found === undefined) throw invalidField(field, choices.join(" | "));
  return found;
}

/** A list of 1 to `max` entries. */
export function asList(value: unknown, max: number, field: string): readonly unknown[] {
  if (!Array.isArray(value) || value.length < 1 || value.length > max) throw invalidField(field, `a list of 1 to ${max}`);
  return value;
}
