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

/** Where an error arose: `field` is the dotted path of the input (`input.styles.0.weight`), `limit` what is allowed. */
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

/** The input `field` is not allowed; `limit` says what is. */
export function badInput(field: string, message: string, limit?: string | number): AtelierError {
  return new AtelierError("BAD_INPUT", message, detailOf(field, limit));
}

/** What the input `field` names does not exist. */
export function notFound(field: string, message: string): AtelierError {
  return new AtelierError("NOT_FOUND", message, { field });
}

/** The state of what the input `field` names does not allow the operation. */
export function conflict(field: string, message: string): AtelierError {
  return new AtelierError("CONFLICT", message, { field });
}

/** More than `limit` was asked for. */
export function beyondLimit(message: string, limit: string | number, field?: string): AtelierError {
  return new AtelierError("LIMIT", message, detailOf(field, limit));
}

/** Something that the server needs is not available now: a model, a device, disk space. */
export function unavailable(message: string, { field, cause }: { field?: string; cause?: unknown } = {}): AtelierError {
  return new AtelierError("UNAVAILABLE", message, detailOf(field), cause === undefined ? undefined : { cause });
}

/** A picture that is still listed, but whose file is missing or damaged. */
export class PictureLost extends AtelierError {
  constructor(message: string, cause?: unknown) {
    super("NOT_FOUND", message, {}, cause === undefined ? undefined : { cause });
  }
}

/** Nothing new can be stored now, because the disk is full or the data folder cannot be written. This may pass. */
export class StorageUnavailable extends AtelierError {
  constructor(message: string, cause?: unknown) {
    super("UNAVAILABLE", message, {}, cause === undefined ? undefined : { cause });
  }
}

/** Leaves out what is undefined: clients see the detail as it is. */
function detailOf(field?: string, limit?: string | number): ErrorDetail {
  return { ...(field === undefined ? {} : { field }), ...(limit === undefined ? {} : { limit }) };
}
