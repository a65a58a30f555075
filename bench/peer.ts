import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** Another program that is measured beside ours: it answers each line that it is sent with a line of JSON. */
export class Peer {
  private readonly child: ChildProcess;
  private readonly lines: AsyncIterator<string>;

  constructor(command: string, args: readonly string[]) {
    const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.child = child;
    this.lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  /** The next line. @throws Error when the program ended. */
  async answer<T>(): Promise<T> {
    const { value, done } = await this.lines.next();
    if (done) throw new Error(`${this.child.spawnargs.join(" ")} ended early`);
    return JSON.parse(value);
  }

  run<T>(): Promise<T> {
    this.child.stdin?.write("run\n");
    return this.answer();
  }

  close(): void {
    this.child.stdin?.end();
  }
}
