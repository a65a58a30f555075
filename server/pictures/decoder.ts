import { type ChildProcess, fork } from "node:child_process";
import { AtelierError, beyondLimit, type ErrorCode, type ErrorDetail, unavailable } from "../errors.js";
import { outOfMemory, outOfTime, type ProcessLimits } from "../processes/guard.js";
import { Heartbeat } from "../processes/heartbeat.js";
import { nodeOptions, scriptFrom } from "../processes/script.js";
import type { Size } from "./decode.js";
import type { PictureLimits } from "./inspect.js";
import { undecodable } from "./undecodable.js";

/** Decodes untrusted pictures in separate processes, so that none can stop the server or exhaust its memory. */
export interface PictureDecoder {
  /**
   * Decodes the whole picture to check it. Returns its size after EXIF orientation, px.
   * @throws AtelierError LIMIT for too many pixels, too much memory or too long a time; BAD_INPUT for a picture that is
   * too small or cannot be decoded; UNAVAILABLE when the decoder is closed.
   */
  inspect(bytes: Uint8Array, limits: PictureLimits): Promise<Size>;
  /** Returns a WebP of `size` without metadata. @throws AtelierError as `inspect` does. */
  shrink(bytes: Uint8Array, size: Size): Promise<Uint8Array>;
  /** Encodes the picture anew, as a JPEG or PNG that is upright and has no metadata. @throws AtelierError as `inspect` does. */
  encodeUpright(bytes: Uint8Array): Promise<Uint8Array>;
  /** Ends all processes. */
  close(): Promise<void>;
}

export type DecoderTask =
  | { type: "inspect"; bytes: Uint8Array; limits: PictureLimits }
  | { type: "shrink"; bytes: Uint8Array; size: Size }
  | { type: "encodeUpright"; bytes: Uint8Array };

export type DecoderReply = (
  | { type: "done"; result: Size | Uint8Array }
  | { type: "refused"; code: ErrorCode; message: string; detail: ErrorDetail }
) & {
  /** Resident memory of the process afterwards. */
  memoryBytes: number;
};

/** Why a process was killed from outside. */
type Killed = "closed" | "idle" | "spent" | "late" | "hung";

export interface DecoderLimits extends Required<ProcessLimits> {
  /** Longest time for a picture on the clock, ms: for a process that hangs without computing. */
  clockMs: number;
  /** How long its heartbeat may pause, ms. */
  silentMs: number;
  /** How long a process without work is kept, ms. */
  idleMs: number;
}

/** Memory that a process may use, bytes: a share of the machine's, within these limits. Its programs take about 100 MB. */
const memoryLimits = { least: 300e6, most: 1e9, share: 1 / 8 };

/** Limits for a machine with `machineBytes` of memory. */
export function decoderLimits(machineBytes: number): DecoderLimits {
  const { least, most, share } = memoryLimits;
  return {
    memoryBytes: Math.min(most, Math.max(least, share * machineBytes)),
    cpuMs: 60_000,
    clockMs: 600_000,
    silentMs: 20_000,
    idleMs: 30_000,
  };
}

const script = scriptFrom(import.meta.url, "./decoder-main");

/** Starts a process for each picture that finds none idle; callers limit how many pictures are decoded at a time. */
export function openPictureDecoder(limits: DecoderLimits): PictureDecoder {
  const idle: DecoderProcess[] = [];
  const all = new Set<DecoderProcess>();
  let closed = false;

  async function run(task: DecoderTask): Promise<Size | Uint8Array> {
    if (closed) throw unavailable("The server is closing.");
    const process = takeIdle() ?? start();
    const reply = await process.run(task);
    // Memory that a large picture leaves behind must not count against the next one.
    if (reply.memoryBytes > limits.memoryBytes / 2) void process.kill("spent");
    else if (process.usable) idle.push(process);
    if (reply.type === "refused") throw new AtelierError(reply.code, reply.message, reply.detail);
    return reply.result;
  }

  /** One that ends is in the list until it is gone, and takes no picture any more. */
  function takeIdle(): DecoderProcess | undefined {
    for (let process = idle.pop(); process; process = idle.pop()) if (process.usable) return process;
    return undefined;
  }

  function start(): DecoderProcess {
    const process = new DecoderProcess(limits, () => {
      all.delete(process);
      const place = idle.indexOf(process);
      if (place >= 0) idle.splice(place, 1);
    });
    all.add(process);
    return process;
  }

  return {
    inspect: async (bytes, pictureLimits) => (await run({ type: "inspect", bytes, limits: pictureLimits })) as Size,
    shrink: async (bytes, size) => (await run({ type: "shrink", bytes, size })) as Uint8Array,
    encodeUpright: async (bytes) => (await run({ type: "encodeUpright", bytes })) as Uint8Array,
    async close() {
      closed = true;
      await Promise.all([...all].map((process) => process.kill("closed")));
    },
  };
}

/** How much of a process's stderr is kept, characters: its last words say why it was killed. */
const LAST_WORDS = 500;

/** Time between two checks of the heartbeat, ms: that of two beats. */
const CHECK_MS = 2000;

class DecoderProcess {
  /** Whether it can take a picture. */
  usable = true;
  private readonly child: ChildProcess;
  private readonly gone: Promise<void>;
  private lastWords = "";
  private killedFor: Killed | null = null;
  private timer: NodeJS.Timeout | undefined;
  /** Settles the picture in work; null when there is none. */
  private current: { done(reply: DecoderReply): void; fail(error: AtelierError): void } | null = null;

  constructor(
    private readonly limits: DecoderLimits,
    onEnd: () => void,
  ) {
    const { memoryBytes, cpuMs } = limits;
    const argument = JSON.stringify({ memoryBytes, cpuMs } satisfies ProcessLimits);
    this.child = fork(script, [argument], {
      execArgv: nodeOptions(script),
      serialization: "advanced",
      stdio: ["ignore", "ignore", "pipe", "ipc", "pipe"],
    });
    const heartbeat = new Heartbeat(this.child);
    const watch = setInterval(() => {
      if (heartbeat.check() > limits.silentMs / CHECK_MS) void this.kill("hung");
    }, CHECK_MS);
    watch.unref();
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.lastWords = (this.lastWords + text).slice(-LAST_WORDS);
    });
    this.child.on("message", (reply: DecoderReply) => this.current?.done(reply));
    this.gone = new Promise((resolve) => {
      const end = () => {
        this.usable = false;
        clearTimeout(this.timer);
        clearInterval(watch);
        onEnd();
        this.current?.fail(this.causeOfDeath());
        resolve();
      };
      this.child.once("close", end);
      // A process that could not be started emits no `close`.
      this.child.on("error", () => this.child.pid === undefined && end());
    });
    this.child.once("exit", () => {
      this.usable = false;
    });
  }

  /** Decodes one picture. @throws AtelierError with the cause of the process's death. */
  async run(task: DecoderTask): Promise<DecoderReply> {
    this.wait(this.limits.clockMs, "late");
    try {
      return await new Promise((done, fail) => {
        this.current = { done, fail };
        // When the process has ended, `close` says why.
        this.child.send(task, () => undefined);
      });
    } finally {
      this.current = null;
      if (this.usable) this.wait(this.limits.idleMs, "idle");
    }
  }

  async kill(reason: Killed): Promise<void> {
    this.usable = false;
    this.killedFor ??= reason;
    this.child.kill("SIGKILL");
    await this.gone;
  }

  private wait(timeMs: number, reason: "idle" | "late"): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.kill(reason), timeMs);
    this.timer.unref();
  }

  private causeOfDeath(): AtelierError {
    const { memoryBytes, cpuMs } = this.limits;
    if (this.killedFor === "closed") return unavailable("The server is closing.");
    if (this.lastWords.includes(outOfMemory)) {
      const most = Math.round(memoryBytes / 1e6);
      return beyondLimit(
        `Decoding this picture takes more than ${most} MB of memory. Save it with fewer pixels, or as a JPEG that is not progressive.`,
        memoryBytes,
        { field: "file", unit: "bytes" },
      );
    }
    if (this.killedFor === "hung")
      return unavailable("The process that decodes this picture stopped responding. Upload the picture again.");
    if (this.lastWords.includes(outOfTime) || this.killedFor === "late") {
      const most = Math.round(cpuMs / 1000);
      return beyondLimit(`Decoding this picture takes more than ${most} s. Save it with fewer pixels.`, cpuMs, {
        field: "file",
        unit: "ms",
      });
    }
    return undecodable(undefined, new Error(`The decoding process ended: ${this.lastWords}`));
  }
}
