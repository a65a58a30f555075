import { GraphQLError, type GraphQLFormattedError } from "graphql";
import { AtelierError, type ErrorCode } from "../errors.js";

/** Told about errors that clients only see as INTERNAL. */
export type ErrorLog = (error: unknown) => void;

/** An error of this API with the code, field and limit of DESIGN; `path` and `locations` stay. */
export function formatError(error: GraphQLError, log: ErrorLog): GraphQLFormattedError {
  const cause = rootCause(error);
  if (cause instanceof AtelierError) return formatted(error, cause.code, cause.message, cause.detail);
  if (error.extensions.code === "LIMIT") return formatted(error, "LIMIT", error.message, { limit: error.extensions.limit });
  // What is wrong with the request itself has no path: nothing was resolved yet.
  if (cause instanceof GraphQLError && error.path === undefined) {
    const field = /at "([^"]+)"/.exec(error.message)?.[1] ?? /^Variable "\$(\w+)"/.exec(error.message)?.[1];
    return formatted(error, "BAD_INPUT", error.message, field === undefined ? {} : { field });
  }
  log(cause);
  return formatted(error, "INTERNAL", "Something went wrong on the server.", {});
}

/** An operation that asks for too much. */
export function limitError(message: string, limit: number): GraphQLError {
  return new GraphQLError(message, { extensions: { code: "LIMIT" satisfies ErrorCode, limit } });
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
