import { AsyncLocalStorage } from "node:async_hooks";

/** The header with the id of a request. */
export const REQUEST_ID = "X-Request-Id";

/** What a line of the log is about, as far as is known. */
export interface LogFields {
  /** Id of the HTTP request, which its response names too; of what comes over a WebSocket, that of the upgrade. */
  requestId?: string;
  sessionId?: string;
}

/** The fields of all that is logged while `run` works, promises that it waits for included. */
export const logFields = new AsyncLocalStorage<LogFields>();
