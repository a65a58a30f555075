import { AtelierError } from "../errors.js";
import type { Storage } from "../storage/storage.js";
import { exportLimits, type FilmFormat, type FilmOrder } from "./export.js";

/** What a client asks for; what is left out or null gets its default. */
export interface FilmInput {
  sessionId: string;
  besideId?: string | null;
  format: FilmFormat;
  fromStep?: number | null;
  toStep?: number | null;
  framesPerSecond?: number | null;
  size?: number | null;
  maxFrames?: number | null;
}

/** A complete order. @throws AtelierError BAD_INPUT with field and limit; NOT_FOUND for a session. */
export async function resolveOrder({ sessions }: Pick<Storage, "sessions">, input: FilmInput): Promise<FilmOrder> {
  for (const field of ["sessionId", "besideId"] as const) {
    const id = input[field] ?? null;
    if (id !== null && !(await sessions.find(id)))
      throw new AtelierError("NOT_FOUND", "There is no such session.", { field: `input.${field}` });
  }
  const fromStep = input.fromStep ?? 0;
  const toStep = input.toStep ?? null;
  if (fromStep < 0) throw new AtelierError("BAD_INPUT", "fromStep must be at least 0.", { field: "input.fromStep", limit: 0 });
  if (toStep !== null && toStep < fromStep) {
    throw new AtelierError("BAD_INPUT", "toStep must be at least fromStep.", { field: "input.toStep", limit: fromStep });
  }
  const { framesPerSecond, size, frames } = exportLimits;
  return {
    sessionId: input.sessionId,
    besideId: input.besideId ?? null,
    format: input.format,
    fromStep,
    toStep,
    framesPerSecond: within("input.framesPerSecond", input.framesPerSecond, framesPerSecond),
    size: within("input.size", input.size, size),
    maxFrames: within("input.maxFrames", input.maxFrames, frames),
  };
}

function within(field: string, value: number | null | undefined, limits: { min: number; max: number; default: number }): number {
  const given = value ?? limits.default;
  const { min, max } = limits;
  if (given >= min && given <= max) return given;
  throw new AtelierError("BAD_INPUT", `${field} must be from ${min} to ${max}.`, { field, limit: `${min}..${max}` });
}
