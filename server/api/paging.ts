import { Field, Int, ObjectType } from "type-graphql";
import { badInput } from "../errors.js";
import type { Page, PageRequest } from "../storage/storage.js";
import { type FieldType, objectType } from "./declare.js";
import { apiLimits } from "./limits.js";

const DEFAULT_PAGE_SIZE = 20;

/** Options of the argument `first` of every connection. */
export const firstArgument = {
  nullable: true,
  defaultValue: DEFAULT_PAGE_SIZE,
  description: `Length of the page. From 1 to ${apiLimits.maxPageSize}.`,
};

/** Options of the argument `after` of every connection. */
export const afterArgument = { nullable: true, description: "Cursor of the entry before the page; null for the first page." };

/** @throws AtelierError BAD_INPUT for a length that is out of range. */
export function lengthOf(first: number | null): number {
  const limit = apiLimits.maxPageSize;
  const length = first ?? limit;
  if (length >= 1 && length <= limit) return length;
  throw badInput("first", `first must be from 1 to ${limit}.`, limit, { min: 1, max: limit, unit: "entries" });
}

/** Entries to leave out of a list. @throws AtelierError BAD_INPUT for a negative number. */
export function skipOf(skip: number | null): number {
  if ((skip ?? 0) < 0) throw badInput("skip", "skip must be at least 0.", 0, { min: 0 });
  return skip ?? 0;
}

@ObjectType({ description: "Position of a page in its list." })
export class PageInfo {
  @Field(() => Boolean, { description: "Whether more entries follow." })
  hasNextPage!: boolean;

  @Field(() => Boolean, { description: "Whether the page was requested with a cursor in after." })
  hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: "Cursor of the first entry; null for an empty page." })
  startCursor!: string | null;

  @Field(() => String, { nullable: true, description: "Cursor of the last entry; null for an empty page." })
  endCursor!: string | null;
}

/** Cursors of one kind of list. A cursor of another kind, or an invented one, is refused. */
export interface CursorCodec<Key> {
  encode(key: Key): string;
  /** @throws AtelierError BAD_INPUT (field `after`) */
  decode(cursor: string): Key;
}

/** Cursors that hold a tag and a key. `parse` returns null for text that is not a key. */
export function cursorCodec<Key extends string | number>(tag: string, parse: (text: string) => Key | null): CursorCodec<Key> {
  return {
    encode: (key) => Buffer.from(`${tag}:${key}`).toString("base64url"),
    decode(cursor) {
      const text = Buffer.from(cursor, "base64url").toString();
      const key = text.startsWith(`${tag}:`) ? parse(text.slice(tag.length + 1)) : null;
      // Comparing with the encoding of the key leaves exactly one cursor for every key.
      if (key === null || this.encode(key) !== cursor) {
        throw badInput("after", "This cursor does not come from this list.");
      }
      return key;
    },
  };
}

/** A Relay connection. */
export interface Connection<Node> {
  edges: { cursor: string; node: Node }[];
  pageInfo: PageInfo;
  readonly totalCount: Promise<number>;
}

/** The GraphQL types of a connection and its edges; `name` ends in Connection. */
export function connectionType<Node>(name: string, node: FieldType): new () => Connection<Node> {
  const edge = objectType<Connection<Node>["edges"][number]>(name.replace(/Connection$/, "Edge"), `An entry of ${name}.`, {
    cursor: { type: () => String, description: "Position of the entry, for the argument after." },
    node: { type: node, description: "The entry itself." },
  });
  return objectType<Connection<Node>>(name, "A page of the list.", {
    edges: { type: () => [edge], description: "Entries of the page." },
    pageInfo: { type: () => PageInfo, description: "Where the page is in the list." },
    totalCount: { type: () => Int, description: "Number of entries on all pages." },
  });
}

/** The arguments of a Relay connection. */
export interface PageArguments {
  first: number | null;
  after: string | null | undefined;
}

/**
 * The page for the arguments of a Relay connection. `list` reads it, and `key` gives the key of a row for its cursor.
 * `count` is called only for an operation that asks for the number of all rows.
 * @throws AtelierError BAD_INPUT (fields `first`, `after`)
 */
export async function connection<Row, Key>(
  { first, after }: PageArguments,
  cursors: CursorCodec<Key>,
  list: (request: PageRequest<Key>) => Promise<Page<Row>>,
  key: (row: Row) => Key,
  count: () => Promise<number>,
): Promise<Connection<Row>> {
  const size = first ?? DEFAULT_PAGE_SIZE;
  const limit = apiLimits.maxPageSize;
  if (size < 1 || size > limit)
    throw badInput("first", `first must be from 1 to ${limit}.`, limit, { min: 1, max: limit, unit: "entries" });
  const page = await list({ first: size, after: typeof after === "string" ? cursors.decode(after) : null });
  const edges = page.rows.map((row) => ({ cursor: cursors.encode(key(row)), node: row }));
  return {
    edges,
    pageInfo: {
      hasNextPage: page.hasNextPage,
      hasPreviousPage: typeof after === "string",
      startCursor: edges.at(0)?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    get totalCount() {
      return count();
    },
  };
}
