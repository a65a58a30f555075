/** Codes of `extensions.code` in GraphQL, of `code` in HTTP error bodies and of a failed session's error. */
export type ErrorCode = keyof typeof errorCodes;

/** Every error code with its meaning, as the API's schema describes it. */
export const errorCodes = {
  BAD_INPUT: "The input is wrong.",
  NOT_FOUND: "Nothing has this id or address.",
  CONFLICT: "The state does not allow it, such as steering a finished painting.",
  LIMIT: "Too much at once, such as a query that is too deep.",
  UNAVAILABLE: "Not possible now: a model that cannot be downloaded, a full disk, too many uploads.",
  UNAUTHENTICATED: "This needs access: a link that was opened, or its secret as a Bearer token.",
  FORBIDDEN: "One may see it but not do this, or the Host or Origin of the request is not allowed.",
  INTERRUPTED: "Reserved; no client receives it.",
  DEVICE_LOST: "The engine failed, or its process died at the same step each time.",
  OUT_OF_MEMORY: "The computation needs more memory; a smaller size needs less.",
  INTERNAL: "A fault of the server; its log says more.",
} as const;

/** Where an error arose: `field` is the dotted path of the input (`input.styles.0.weight`), `limit` what is allowed. */
export interface ErrorDetail extends Allowed {
  field?: string;
  limit?: string | number;
  /** Name of the limit in the table of limits. */
  limitName?: string;
  /** Seconds after which the same may be allowed. */
  retryAfter?: number;
}

/** What would be allowed, typed for programs; `limit` says the same in one value. */
export interface Allowed {
  min?: number;
  max?: number;
  /** Unit of `min` and `max`, such as px or characters. */
  unit?: string;
  /** All values that are allowed. */
  allowed?: readonly string[];
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

/** The input `field` is not allowed; `limit` and `allowed` say what is. */
export function badInput(field: string, message: string, limit?: string | number, allowed: Allowed = {}): AtelierError {
  return new AtelierError("BAD_INPUT", message, { ...detailOf(field, limit), ...allowed });
}

/** Which numbers are allowed. */
export interface Range {
  min: number;
  max: number;
  integer: boolean;
  unit?: string;
}

/** The number `field` is beyond its range, or no number. */
export function outOfRange(field: string, { min, max, integer, unit }: Range): AtelierError {
  const message = `${lastPart(field)} must be ${integer ? "a whole number" : "a number"} from ${min} to ${max}.`;
  return badInput(field, message, `${min}..${max}`, { min, max, ...(unit === undefined ? {} : { unit }) });
}

/** The choice `field` is none of `allowed`. */
export function noSuchChoice(field: string, allowed: readonly string[]): AtelierError {
  const limit = allowed.join(", ");
  return badInput(field, `${lastPart(field)} must be one of ${limit}.`, limit, { allowed });
}

/** What the input `field` names does not exist. */
export function notFound(field: string, message: string): AtelierError {
  return new AtelierError("NOT_FOUND", message, { field });
}

/** The state of what the input `field` names does not allow the operation. */
export function conflict(field: string, message: string): AtelierError {
  return new AtelierError("CONFLICT", message, { field });
}

/** More than `limit` was asked for; `unit` is that of a number. `retryAfter` is in seconds, where waiting helps. */
export function beyondLimit(
  message: string,
  limit: string | number,
  { field, unit, ...named }: { field?: string; unit?: string } & Pick<ErrorDetail, "limitName" | "retryAfter"> = {},
): AtelierError {
  const max = typeof limit === "number" ? { max: limit, ...(unit === undefined ? {} : { unit }) } : {};
  return new AtelierError("LIMIT", message, { ...detailOf(field, limit), ...max, ...named });
}

/**
 * Something that the server needs is not available now: a model, a device, disk space. `retryAfter` is in seconds, where
 * waiting helps.
 */
export function unavailable(
  message: string,
  { field, cause, retryAfter }: { field?: string; cause?: unknown; retryAfter?: number } = {},
): AtelierError {
  const detail = { ...detailOf(field), ...(retryAfter === undefined ? {} : { retryAfter }) };
  return new AtelierError("UNAVAILABLE", message, detail, cause === undefined ? undefined : { cause });
}

/** An error as the body of an HTTP response. What would be allowed is there for programs too, where it applies. */
export interface ErrorBody extends Omit<ErrorDetail, "field" | "limit"> {
  code: ErrorCode;
  message: string;
  field: string | null;
  limit: string | number | null;
}

/** The body of an HTTP response for an error. */
export function errorBody({ code, message, detail }: AtelierError): ErrorBody {
  return { code, message, field: null, limit: null, ...detail };
}

/** A picture that is still listed, but whose file cannot be read now. Others may be readable. */
export class PictureUnreadable extends AtelierError {
  constructor(message: string, cause?: unknown, code: ErrorCode = "UNAVAILABLE") {
    super(code, message, {}, cause === undefined ? undefined : { cause });
  }
}

/** A picture that is still listed, but whose file is missing or damaged. */
export class PictureLost extends PictureUnreadable {
  constructor(message: string, cause?: unknown) {
    super(message, cause, "NOT_FOUND");
  }
}

/** Nothing new can be stored now, because the disk is full or the data folder cannot be written. This may pass. */
export class StorageUnavailable extends AtelierError {
  constructor(message: string, cause?: unknown) {
    super("UNAVAILABLE", message, {}, cause === undefined ? undefined : { cause });
  }
}

/** A session was claimed by another host, so the one that held it before may write nothing about it any more. */
export class ClaimLost extends Error {
  override readonly name = "ClaimLost";

  constructor() {
    super("Another host has claimed the session.");
  }
}

/** The name in a dotted path that a message begins with, such as `steps`; elements of lists go by the list's name. */
function lastPart(field: string): string {
  return field.split(".").findLast((part) => !/^\d+$/.test(part)) ?? field;
}

/** Leaves out what is undefined: clients see the detail as it is. */
function detailOf(field?: string, limit?: string | number): ErrorDetail {
  return { ...(field === undefined ? {} : { field }), ...(limit === undefined ? {} : { limit }) };
}

/** The words of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The operating system's code of an error, such as ENOENT; undefined for other errors. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}
