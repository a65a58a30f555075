import { GraphQLError, type GraphQLFormattedError, type GraphQLSchema, Kind } from "graphql";
import { AtelierError, type ErrorCode } from "../errors.js";
import type { LimitName } from "../limits/table.js";
import { apiLimits } from "./limits.js";
import { unreadableInput } from "./unreadable-input.js";

/** Receives errors that clients see only as INTERNAL. */
export type ReportError = (error: unknown) => void;

/** An error as clients see it: with its code and, if known, field and limit. `path` and `locations` stay. */
export function formatError(error: GraphQLError, schema: GraphQLSchema, report: ReportError): GraphQLFormattedError {
  const cause = rootCause(error);
  if (cause instanceof AtelierError) return formatted(error, cause.code, cause.message, cause.detail);
  const { code, ...detail } = error.extensions;
  if (code === "LIMIT") return formatted(error, "LIMIT", error.message, detail);
  if (cause instanceof GraphQLError && (error.path === undefined || isInvalidValue(cause))) {
    const { message, detail } = unreadableInput(schema, error);
    return formatted(error, "BAD_INPUT", message, detail);
  }
  report(cause);
  return formatted(error, "INTERNAL", "Something went wrong on the server.", {});
}

/** The error for an operation that asks for too much. */
export function limitError(limitName: LimitName, message: string, limit: number, unit?: string): GraphQLError {
  const extensions = { code: "LIMIT" satisfies ErrorCode, limit, max: limit, limitName, ...(unit === undefined ? {} : { unit }) };
  return new GraphQLError(message, { extensions });
}

/** The error for a body or message that is larger than a request may be. */
export function requestTooLarge(): GraphQLError {
  const limit = apiLimits.maxRequestBytes;
  return limitError("messageBytes", `A request may have at most ${limit} bytes.`, limit, "bytes");
}

/**
 * Whether an error of execution is about a value of the request, such as a null in a variable. Most bad requests fail
 * before any field has a path; the remaining errors of this kind point at the value. Errors in the server's own results
 * point at a field, or nowhere.
 */
function isInvalidValue(error: GraphQLError): boolean {
  return error.nodes?.some(({ kind }) => kind !== Kind.FIELD) ?? false;
}

function rootCause(error: GraphQLError): unknown {
  let cause: unknown = error;
  while (cause instanceof GraphQLError && cause.originalError) cause = cause.originalError;
  return cause;
}

function formatted(error: GraphQLError, code: ErrorCode, message: string, detail: object): GraphQLFormattedError {
  const { locations, path } = error;
  return {
    message,
    ...(locations === undefined ? {} : { locations }),
    ...(path === undefined ? {} : { path }),
    extensions: { code, ...detail },
  };
}
