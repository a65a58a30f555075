import { Field, ObjectType } from "type-graphql";
import { badInput } from "../errors.js";
import type { Page, PageRequest } from "../storage/storage.js";
import { apiLimits } from "./limits.js";

@ObjectType()
export class PageInfo {
  @Field(() => Boolean)
  hasNextPage!: boolean;

  @Field(() => Boolean)
  hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true })
  startCursor!: string | null;

  @Field(() => String, { nullable: true })
  endCursor!: string | null;
}

/** Opaque names of places in one kind of list. A cursor of another list, or an invented one, is refused. */
export interface CursorCodec<Key> {
  encode(key: Key): string;
  /** @throws AtelierError BAD_INPUT (field `after`) */
  decode(cursor: string): Key;
}

/** A codec with a tag of its own; `parse` returns null for text that is no key. */
export function cursorCodec<Key extends string | number>(tag: string, parse: (text: string) => Key | null): CursorCodec<Key> {
  return {
    encode: (key) => Buffer.from(`${tag}:${key}`).toString("base64url"),
    decode(cursor) {
      const text = Buffer.from(cursor, "base64url").toString();
      const key = text.startsWith(`${tag}:`) ? parse(text.slice(tag.length + 1)) : null;
      // Encoded again, so that every key has exactly one cursor.
      if (key === null || this.encode(key) !== cursor) {
        throw badInput("after", "The cursor is not one of this server's.");
      }
      return key;
    },
  };
}

/** Arguments of a Relay connection as a request to storage. @throws AtelierError BAD_INPUT (fields `first`, `after`) */
export function pageRequest<Key>(first: number | null, after: string | null, cursors: CursorCodec<Key>): PageRequest<Key> {
  const size = first ?? 20;
  const limit = apiLimits.maxPageSize;
  if (size < 1 || size > limit) throw badInput("first", `first must be from 1 to ${limit}.`, limit);
  return { first: size, after: after === null ? null : cursors.decode(after) };
}

/** A Relay connection. */
export interface Connection<Node> {
  edges: { cursor: string; node: Node }[];
  pageInfo: PageInfo;
  totalCount: number;
}

/** A page of rows as a Relay connection. */
export function connection<Row, Key, Node>(
  page: Page<Row>,
  request: PageRequest<Key>,
  cursors: CursorCodec<Key>,
  key: (row: Row) => Key,
  node: (row: Row) => Node,
): Connection<Node> {
  const edges = page.rows.map((row) => ({ cursor: cursors.encode(key(row)), node: node(row) }));
  return {
    edges,
    pageInfo: {
      hasNextPage: page.hasNextPage,
      hasPreviousPage: request.after !== null,
      startCursor: edges.at(0)?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    totalCount: page.totalCount,
  };
}
