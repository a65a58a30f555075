import { type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import type { FilmPictures } from "./film-pictures.js";

/** How much of an encoder's stderr is kept, characters. */
const STDERR_LENGTH = 2000;

/** A film encoder: a program that reads raw RGB pictures, 8 bits per channel, from its standard input. */
export interface Encoder {
  program: string;
  args: readonly string[];
  /** How often the last picture is written again. */
  repeats: number;
}

export interface EncodingProgress {
  /** Called for each picture that the encoder has taken. */
  onPicture: () => void;
  /** Kills the encoder at once. */
  signal: AbortSignal;
  /** How long the encoder may take for a picture, and for what follows the last one, ms. */
  stallMs?: number;
}

/** Default of `stallMs`, ms. An animation is encoded for minutes after its last picture. */
const STALL_MS = 600_000;

/**
 * Runs an encoder in a process of its own, so that it can be killed: encoding blocks for minutes and cannot be interrupted.
 * @throws EncoderError when it fails; the signal's AbortError when it was killed.
 */
export async function runEncoder({ program, args, repeats }: Encoder, pictures: FilmPictures, progress: EncodingProgress): Promise<void> {
  const { signal, stallMs = STALL_MS } = progress;
  const options: SpawnOptions = { stdio: ["pipe", "ignore", "pipe"], signal, killSignal: "SIGKILL" };
  const child = spawn(program, args, options);
  const [stdin, stderr] = [child.stdin!, child.stderr!];
  let errorOutput = "";
  stderr.setEncoding("utf8").on("data", (text: string) => {
    errorOutput = (errorOutput + text).slice(-STDERR_LENGTH);
  });
  const stall = setTimeout(() => {
    errorOutput = "It stopped responding.";
    child.kill("SIGKILL");
  }, stallMs);
  // When the encoder closes the pipe, its exit code says why.
  stdin.on("error", () => undefined);
  const closed = once(child, "close") as Promise<[number | null]>;
  const onPicture = () => {
    stall.refresh();
    progress.onPicture();
  };
  const writing = writePictures(stdin, pictures, repeats, { onPicture, signal }).catch((error: unknown) => {
    // What was written so far must not become a film.
    child.kill("SIGKILL");
    throw error;
  });
  // Whichever fails first must not leave the other unheard.
  const [closing, written] = await Promise.allSettled([closed, writing]);
  clearTimeout(stall);
  signal.throwIfAborted();
  if (written.status === "rejected") throw written.reason;
  if (closing.status === "rejected") throw closing.reason;
  if (closing.value[0] !== 0) throw new EncoderError(errorOutput);
}

/** An encoder that ended with an error. */
export class EncoderError extends Error {
  override readonly name = "EncoderError";

  constructor(readonly output: string) {
    super(`The encoder failed:\n${output}`);
  }

  /** The last line of the encoder's output without anything that looks like a path. */
  get reason(): string {
    const line = this.output.trim().split("\n").at(-1) ?? "";
    return line.replace(/(?:[A-Za-z]:)?[\\/][^\s:'"]*/g, "…").slice(0, 200);
  }
}

async function writePictures(
  pipe: NodeJS.WritableStream & { destroyed?: boolean },
  pictures: FilmPictures,
  repeats: number,
  { onPicture, signal }: EncodingProgress,
): Promise<void> {
  let last: Buffer | null = null;
  for await (const picture of pictures.read(signal)) {
    await write(pipe, picture);
    last = picture;
    onPicture();
  }
  for (let repeat = 0; last && repeat < repeats; repeat++) await write(pipe, last);
  pipe.end();
}

/** Resolves when the pipe takes more, or is gone. */
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
