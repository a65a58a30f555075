import { spawn } from "node:child_process";
import { once } from "node:events";
import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { unavailable } from "../errors.js";
import { type FilmSettings, LAST_PICTURE_MS } from "./export.js";
import type { FilmPictures } from "./film-pictures.js";

/** Encoder options of each format. Players expect 4:2:0 chroma subsampling. */
const codecs: Record<"MP4" | "WEBM", readonly string[]> = {
  MP4: ["-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-pix_fmt", "yuv420p", "-movflags", "+faststart", "-f", "mp4"],
  WEBM: ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "6", "-crf", "30", "-b:v", "0", "-pix_fmt", "yuv420p", "-f", "webm"],
};

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

/**
 * Encodes a film with ffmpeg. Calls `onPicture` for each picture that ffmpeg has taken.
 * @throws AtelierError UNAVAILABLE when ffmpeg fails.
 */
export async function writeVideo(
  ffmpeg: string,
  path: string,
  pictures: FilmPictures,
  settings: FilmSettings & { format: "MP4" | "WEBM" },
  { onPicture, signal }: { onPicture: () => void; signal: AbortSignal },
): Promise<void> {
  const { width, height } = pictures;
  const input = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", `${width}x${height}`, "-r", String(settings.framesPerSecond), "-i", "pipe:0"];
  const child = spawn(ffmpeg, ["-hide_banner", "-loglevel", "error", "-y", ...input, "-an", ...codecs[settings.format], path], {
    stdio: ["pipe", "ignore", "pipe"],
    signal,
    killSignal: "SIGKILL",
  });
  let errorOutput = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errorOutput = (errorOutput + text).slice(-2000);
  });
  // When ffmpeg closes the pipe, its exit code says why.
  child.stdin.on("error", () => undefined);
  const closed = once(child, "close") as Promise<[number | null]>;
  const writing = writePictures(child.stdin, pictures, settings, onPicture, signal).catch((error: unknown) => {
    // Otherwise ffmpeg would wait for the pictures that are missing.
    child.kill("SIGKILL");
    throw error;
  });
  const [[code]] = await Promise.all([closed, writing]);
  if (code !== 0) throw unavailable("ffmpeg could not encode the film.", { cause: new Error(errorOutput) });
}

/** Writes every picture to the pipe, and the last one again for as long as it stays. */
async function writePictures(
  pipe: NodeJS.WritableStream & { destroyed?: boolean },
  pictures: FilmPictures,
  { framesPerSecond }: FilmSettings,
  onPicture: () => void,
  signal: AbortSignal,
): Promise<void> {
  let last: Buffer | null = null;
  for await (const picture of pictures.read(signal)) {
    await write(pipe, picture);
    last = picture;
    onPicture();
  }
  const repeats = Math.round((LAST_PICTURE_MS / 1000) * framesPerSecond) - 1;
  for (let repeat = 0; last && repeat < repeats; repeat++) await write(pipe, last);
  pipe.end();
}

/** Resolves when the pipe has room for more, or is gone. */
async function write(pipe: NodeJS.WritableStream & { destroyed?: boolean }, bytes: Buffer): Promise<void> {
  if (pipe.destroyed || pipe.write(bytes)) return;
  const settled = new AbortController();
  const { signal } = settled;
  try {
    await Promise.race([once(pipe, "drain", { signal }), once(pipe, "close", { signal })]);
  } finally {
    // Removes the listener of the event that did not come.
    settled.abort();
  }
}
