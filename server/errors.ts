/** Codes of `extensions.code` in GraphQL, of `code` in HTTP error bodies and of a failed session's error. */
export type ErrorCode =
  | "BAD_INPUT"
  | "NOT_FOUND"
  | "CONFLICT"
  | "LIMIT"
  | "UNAVAILABLE"
  | "UNAUTHENTICATED"
  | "FORBIDDEN"
  | "INTERRUPTED"
  | "DEVICE_LOST"
  | "OUT_OF_MEMORY"
  | "INTERNAL";

/** What was wrong with which input: `field` is its dotted path (`input.styles.0.weight`), `limit` what is allowed. */
export interface ErrorDetail {
  field?: string;
  limit?: string | number;
}

/** An error whose message may be shown to a client: it holds no path and no stack. */
export class AtelierError extends Error {
  override readonly name = "AtelierError";

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly detail: ErrorDetail = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
