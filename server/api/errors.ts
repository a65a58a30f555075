import { GraphQLError, type GraphQLFormattedError, Kind } from "graphql";
import { AtelierError, type ErrorCode } from "../errors.js";

/** Told about errors that clients only see as INTERNAL. */
export type ErrorLog = (error: unknown) => void;

/** An error as clients see it, with its code and, where there is one, field and limit; `path` and `locations` stay. */
export function formatError(error: GraphQLError, log: ErrorLog): GraphQLFormattedError {
  const cause = rootCause(error);
  if (cause instanceof AtelierError) return formatted(error, cause.code, cause.message, cause.detail);
  if (error.extensions.code === "LIMIT") return formatted(error, "LIMIT", error.message, { limit: error.extensions.limit });
  if (cause instanceof GraphQLError && (error.path === undefined || isOfArgument(cause))) {
    const field = /at "([^"]+)"/.exec(error.message)?.[1] ?? /^(?:Variable "\$|Argument ")(\w+)"/.exec(error.message)?.[1];
    return formatted(error, "BAD_INPUT", error.message, field === undefined ? {} : { field });
  }
  log(cause);
  return formatted(error, "INTERNAL", "Something went wrong on the server.", {});
}

/** An operation that asks for too much. */
export function limitError(message: string, limit: number): GraphQLError {
  return new GraphQLError(message, { extensions: { code: "LIMIT" satisfies ErrorCode, limit } });
}

/**
 * Whether a value of the request is wrong. What is wrong with a request shows before a field has a path, but for values
 * that only execution knows, such as a null in a variable; those errors point at the value. Faults of the server's own
 * answers point at a field, or nowhere.
 */
function isOfArgument(error: GraphQLError): boolean {
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
