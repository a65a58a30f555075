import { AtelierError } from "../errors.js";

/** The bytes of a picture cannot be decoded. The message is for the person who brought it. */
export function undecodable(message = "The picture cannot be decoded.", cause?: unknown): AtelierError {
  return new AtelierError("BAD_INPUT", message, {}, cause === undefined ? undefined : { cause });
}
