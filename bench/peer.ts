import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** Another program that is measured next to ours. It replies to each line on its stdin with a line of JSON. */
export class Peer {
  private readonly child: ChildProcess;
  private readonly lines: AsyncIterator<string>;

  constructor(command: string, args: readonly string[]) {
    const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.child = child;
    this.lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  /** Reads the next line. @throws Error when the program has ended. */
  async reply<T>(): Promise<T> {
    const { value, done } = await this.lines.next();
    if (done) throw new Error(`${this.child.spawnargs.join(" ")} ended early`);
    return JSON.parse(value);
  }

  /** Asks for one run and reads its result. */
  run<T>(): Promise<T> {
    this.child.stdin?.write("run\n");
    return this.reply();
  }

  close(): void {
    this.child.stdin?.end();
  }
}
