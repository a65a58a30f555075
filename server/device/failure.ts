import { AtelierError, type ErrorCode } from "../errors.js";

/** What a client may be told of an error: typed ones as they are, others without their message, which may hold paths. */
export function failureOf(cause: unknown): { code: ErrorCode; message: string } {
  if (cause instanceof AtelierError) return { code: cause.code, message: cause.message };
  if (cause instanceof RangeError && /allocation failed/i.test(cause.message)) {
    return { code: "OUT_OF_MEMORY", message: "The device has too little memory for this session." };
  }
  return { code: "INTERNAL", message: "The device failed unexpectedly; the server's log says why." };
}
