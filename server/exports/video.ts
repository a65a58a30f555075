import { type ExecFileException, execFile } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import type { FilmSettings } from "../records/film.js";
import { type Encoder, EncoderError } from "./encoder-process.js";
import { LAST_PICTURE_MS } from "./export.js";
import type { FilmPictures } from "./film-pictures.js";

export type VideoFormat = "MP4" | "WEBM";

/** Encoder of each format. */
const codecs: Record<VideoFormat, string> = { MP4: "libx264", WEBM: "libvpx-vp9" };

/** Encoder options of each format. Players expect 4:2:0 chroma subsampling. */
const codecOptions: Record<VideoFormat, readonly string[]> = {
  MP4: ["-preset", "veryfast", "-crf", "20", "-pix_fmt", "yuv420p", "-movflags", "+faststart", "-f", "mp4"],
  WEBM: ["-deadline", "realtime", "-cpu-used", "6", "-crf", "30", "-b:v", "0", "-pix_fmt", "yuv420p", "-f", "webm"],
};

/** How long ffmpeg may take to list its encoders, ms. */
const LIST_TIMEOUT_MS = 20_000;

/** Path of ffmpeg, looked for on the PATH; null where this machine has none. */
export async function findFfmpeg(path = process.env.PATH ?? ""): Promise<string | null> {
  const name = process.platform === "win32" ? "ffmpeg.exe" : "ffmpeg";
  for (const folder of path.split(delimiter)) {
    const candidate = join(folder, name);
    if (folder !== "" && (await isProgram(candidate))) return candidate;
  }
  return null;
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    // Most folders of the PATH have no ffmpeg.
    return false;
  }
}

/** The videos that this machine can make. */
export interface Videos {
  formats: readonly VideoFormat[];
  /** What the other formats need, for clients. */
  lack: string;
}

/**
 * Asks ffmpeg, whose path may be null for none, what it can encode: builds differ in their encoders. `report` receives
 * the error of one that cannot be run.
 */
export async function askForVideos(ffmpeg: string | null, report: (error: unknown) => void): Promise<Videos> {
  if (ffmpeg === null) return { formats: [], lack: "ffmpeg, which is not on the server's PATH" };
  try {
    const { stdout } = await promisify(execFile)(ffmpeg, ["-hide_banner", "-encoders"], { timeout: LIST_TIMEOUT_MS });
    const encoders = new Set([...stdout.matchAll(/^ V\S*\s+(\S+)/gm)].map(([, name]) => name));
    return { formats: (["MP4", "WEBM"] as const).filter((format) => encoders.has(codecs[format])), lack: "an ffmpeg with its encoder" };
  } catch (error) {
    report(error);
    const { killed, stderr, message } = error as ExecFileException;
    const reason = killed ? "it does not answer" : new EncoderError(stderr || message).reason;
    return { formats: [], lack: `ffmpeg, and the server's cannot be run (${reason})` };
  }
}

/** ffmpeg as the encoder of a film. It shows the last picture again for as long as it stays. */
export function videoEncoder(
  ffmpeg: string,
  path: string,
  { width, height }: FilmPictures,
  { framesPerSecond }: FilmSettings,
  format: VideoFormat,
): Encoder {
  const input = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", `${width}x${height}`, "-r", String(framesPerSecond), "-i", "pipe:0"];
  return {
    program: ffmpeg,
    args: ["-hide_banner", "-loglevel", "error", "-y", ...input, "-an", "-c:v", codecs[format], ...codecOptions[format], path],
    repeats: Math.round((LAST_PICTURE_MS / 1000) * framesPerSecond) - 1,
  };
}
