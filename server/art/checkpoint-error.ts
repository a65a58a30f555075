import { AtelierError } from "../errors.js";

/** Bytes that are no checkpoint of a version known here: the work can only begin anew. */
export class CheckpointError extends AtelierError {
  constructor(message: string, options?: ErrorOptions) {
    super("INTERNAL", message, {}, options);
  }
}
