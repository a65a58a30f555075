import { AtelierError } from "../errors.js";

/** A JSON object of which nothing is known yet. */
export type Fields = Readonly<Record<string, unknown>>;

const MAX_TEXT = 1000;
/** GraphQL's Int. */
const MAX_INTEGER = 2 ** 31 - 1;

/** The error for a card that is not understood. */
export function unknownForm(field: string, limit: string | number): AtelierError {
  return new AtelierError("BAD_INPUT", `The card's ${field} is not of a form that this server knows.`, { field, limit });
}

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function fieldsOf(card: Fields, field: string): Fields {
  const value = card[field];
  if (!isFields(value)) throw unknownForm(field, "an object");
  return value;
}

/** A text of 1 to 1000 characters; of a certain form where `form` is given. */
export function textOf(card: Fields, field: string, form?: RegExp): string {
  const value = card[field];
  if (typeof value !== "string" || value.length === 0 || value.length > MAX_TEXT)
    throw unknownForm(field, `a text of 1 to ${MAX_TEXT} characters`);
  if (form && !form.test(value)) throw unknownForm(field, String(form));
  return value;
}

/** One of the keys of `known`, as what stands under it. `field` names it in an error. */
export function oneOf<Value>(known: ReadonlyMap<string, Value>, value: unknown, field: string): Value {
  const found = typeof value === "string" ? known.get(value) : undefined;
  if (found === undefined) throw unknownForm(field, [...known.keys()].join(" | "));
  return found;
}

/** A whole number from 1 to what GraphQL's Int holds. */
export function countOf(card: Fields, field: string): number {
  return asCount(card[field], field);
}

export function asCount(value: unknown, field: string, max = MAX_INTEGER): number {
  if (!Number.isInteger(value) || Number(value) < 1 || Number(value) > max) throw unknownForm(field, `1 to ${max}`);
  return Number(value);
}

/** One of `choices`, texts, numbers or truth values. */
export function asChoice<Value extends string | number | boolean>(value: unknown, choices: readonly Value[], field: string): Value {
  const found = choices.find((choice) => choice === value);
  if (found === undefined) throw unknownForm(field, choices.join(" | "));
  return found;
}

/** A list of 1 to `max` entries. */
export function asList(value: unknown, max: number, field: string): readonly unknown[] {
  if (!Array.isArray(value) || value.length < 1 || value.length > max) throw unknownForm(field, `a list of 1 to ${max}`);
  return value;
}
