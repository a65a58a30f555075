import { badInput, outOfRange, type Range } from "../errors.js";
import type { FilmFormat, FilmSettings } from "../records/film.js";
import { requireSession } from "../sessions/requirements.js";
import type { Storage } from "../storage/storage.js";
import { exportLimits } from "./export.js";

/** Settings of a film as a client sends them: what is left out or null gets its default. */
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

/** The input with its defaults. @throws AtelierError BAD_INPUT with field and limit; NOT_FOUND for a session. */
export async function resolveFilmSettings(storage: Pick<Storage, "sessions">, input: FilmInput): Promise<FilmSettings> {
  const besideId = input.besideId ?? null;
  await requireSession(storage, input.sessionId, "input.sessionId");
  if (besideId !== null) await requireSession(storage, besideId, "input.besideId");
  const fromStep = input.fromStep ?? 0;
  const toStep = input.toStep ?? null;
  if (fromStep < 0) throw badInput("input.fromStep", "fromStep must be at least 0.", 0, { min: 0 });
  if (toStep !== null && toStep < fromStep)
    throw badInput("input.toStep", `toStep must be at least fromStep, which is ${fromStep}.`, fromStep, { min: fromStep });
  const { framesPerSecond, size, frames } = exportLimits;
  return {
    sessionId: input.sessionId,
    besideId,
    format: input.format,
    fromStep,
    toStep,
    framesPerSecond: within("framesPerSecond", input.framesPerSecond, framesPerSecond),
    size: within("size", input.size, size),
    maxFrames: within("maxFrames", input.maxFrames, frames),
  };
}

function within(name: keyof FilmInput, value: number | null | undefined, range: Range & { default: number }): number {
  const given = value ?? range.default;
  if (given >= range.min && given <= range.max) return given;
  throw outOfRange(`input.${name}`, range);
}
