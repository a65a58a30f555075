import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";

/** Receives the lines that a child process prints, without their ends. */
export type LineSink = (line: string) => void;

/** Where lines go that no log receives. */
export const toStderr: LineSink = (line) => void process.stderr.write(`${line}\n`);

/** Longest line that is passed on, characters; what follows becomes another line. */
const MAX_LINE = 2000;

/** How much of the output is kept to find out why the process died, characters. */
const TAIL_LENGTH = 16_000;

const memoryMessages =
  /heap out of memory|bad_alloc|alloc_failed|out[ _]of[ _](?:device[ _]|host[ _])?memory|cannot allocate memory|allocation failed/i;

/** Passes on what a child process prints, line by line, and keeps its end. */
export class ChildOutput {
  private tail = "";

  /** `streams`: the process's piped stdout and stderr; null for those that are not. */
  constructor(streams: readonly (Readable | null)[], sink: LineSink) {
    for (const stream of streams) if (stream) this.follow(stream, sink);
  }

  /** Whether the process's last output says that memory ran out. */
  saysOutOfMemory(): boolean {
    return memoryMessages.test(this.tail);
  }

  private follow(stream: Readable, sink: LineSink): void {
    const decoder = new StringDecoder("utf8");
    let begun = "";
    const pass = (line: string) => {
      if (line.trim() !== "") sink(line);
    };
    stream.on("data", (bytes: Buffer) => {
      const text = decoder.write(bytes);
      this.tail = (this.tail + text).slice(-TAIL_LENGTH);
      const lines = (begun + text).split(/\r?\n/);
      begun = lines.pop() ?? "";
      for (const line of lines) pass(line);
      for (; begun.length > MAX_LINE; begun = begun.slice(MAX_LINE)) pass(begun.slice(0, MAX_LINE));
    });
    stream.on("end", () => pass(begun + decoder.end()));
  }
}
