import type { ErrorRequestHandler, RequestHandler } from "express";
import { AtelierError, type ErrorBody, type ErrorCode, type ErrorDetail, errorBody, PictureLost } from "../errors.js";
import { logFields, REQUEST_ID } from "../records/log-fields.js";

const STATUS: Record<ErrorCode, number> = {
  BAD_INPUT: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  LIMIT: 429,
  UNAVAILABLE: 503,
  INTERRUPTED: 500,
  DEVICE_LOST: 500,
  OUT_OF_MEMORY: 500,
  INTERNAL: 500,
};

/** An error whose HTTP status differs from the usual one of its code: 413, 415 and 422. */
export class HttpError extends AtelierError {
  constructor(
    readonly status: number,
    code: ErrorCode,
    message: string,
    detail: ErrorDetail = {},
    options?: ErrorOptions,
  ) {
    super(code, message, detail, options);
  }
}

/** Status and body for an error. The message of an error that is not an AtelierError stays on the server. */
export function describeError(error: unknown): { status: number; body: ErrorBody } {
  const shown = error instanceof AtelierError ? error : fromLibrary(error);
  return { status: statusOf(shown), body: errorBody(shown) };
}

function statusOf(error: AtelierError): number {
  if (error instanceof HttpError) return error.status;
  return error instanceof PictureLost ? 410 : STATUS[error.code];
}

/** Last middleware: sends every error as JSON. `report` receives those that are the server's own fault. */
export function errorHandler(report: (error: unknown) => void): ErrorRequestHandler {
  return (error, _request, response, _next) => {
    const { status, body } = describeError(error);
    // The error may come from a stream, which knows of no request.
    if (body.code === "INTERNAL") logFields.run({ requestId: response.get(REQUEST_ID) }, () => report(error));
    // The beginning of another response has been sent; the client sees that it breaks off. Express would log the error.
    if (response.headersSent) response.destroy();
    else {
      if (body.retryAfter !== undefined) response.set("Retry-After", String(body.retryAfter));
      response.status(status).set("Cache-Control", "no-store").json(body);
    }
  };
}

/** Refuses a request that no route before it has handled. */
export const notFoundHandler: RequestHandler = () => {
  throw new AtelierError("NOT_FOUND", "There is nothing at this address.");
};

/**
 * The error for one that Express or a middleware threw: a status from 400 to 499 marks what is wrong with the request.
 */
function fromLibrary(error: unknown): AtelierError {
  const status = error instanceof Error && "status" in error ? error.status : undefined;
  if (status === 404) return new AtelierError("NOT_FOUND", "There is nothing at this address.", {}, { cause: error });
  if (status === 413) return new HttpError(413, "LIMIT", "The request is too large.", {}, { cause: error });
  if (typeof status === "number" && status >= 400 && status < 500) {
    return new HttpError(status, "BAD_INPUT", "The request cannot be read.", {}, { cause: error });
  }
  return new AtelierError("INTERNAL", "The server failed.", {}, { cause: error });
}
