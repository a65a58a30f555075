import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import WebSocket from "ws";
import { until } from "../test/helpers/until.js";

type Answer = { id?: number; result?: Record<string, unknown>; error?: { message: string } };

/**
 * Chromium with windows and tabs, over the DevTools protocol. Playwright is of no use where pages must be hidden: it
 * pretends that each of them has the focus.
 */
export class TabbedBrowser {
  private lastId = 0;
  private readonly waiting = new Map<number, (answer: Answer) => void>();

  private constructor(
    private readonly child: ChildProcess,
    private readonly socket: WebSocket,
  ) {
    socket.on("message", (data) => {
      const answer: Answer = JSON.parse(String(data));
      if (answer.id !== undefined) this.waiting.get(answer.id)?.(answer);
    });
  }

  /** `profile` is an empty folder. */
  static async launch(executable: string, profile: string, flags: readonly string[], env: NodeJS.ProcessEnv): Promise<TabbedBrowser> {
    const usual = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-port=0", `--user-data-dir=${profile}`];
    const child = spawn(executable, [...usual, ...flags], { env, stdio: "ignore" });
    const portFile = join(profile, "DevToolsActivePort");
    await until(async () => existsSync(portFile) && (await readFile(portFile, "utf8")).includes("\n"));
    const [port, path] = (await readFile(portFile, "utf8")).split("\n");
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`);
    await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
    return new TabbedBrowser(child, socket);
  }

  /** Opens a page in a tab in front of the others. */
  async open(url: string): Promise<Tab> {
    const { targetId } = await this.send("Target.createTarget", { url });
    const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true });
    return new Tab((expression) => this.evaluate(expression, String(sessionId)));
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once("exit", resolve));
    await this.send("Browser.close", {});
    this.socket.close();
    await ended;
  }

  private async evaluate(expression: string, sessionId: string): Promise<unknown> {
    const { result } = await this.send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true }, sessionId);
    return (result as { value?: unknown }).value;
  }

  private async send(method: string, params: object, sessionId?: string): Promise<Record<string, unknown>> {
    const id = ++this.lastId;
    const answered = new Promise<Answer>((resolve) => this.waiting.set(id, resolve));
    this.socket.send(JSON.stringify({ id, method, params, sessionId }));
    const { result, error } = await answered;
    this.waiting.delete(id);
    if (!result) throw new Error(`${method}: ${error?.message}`);
    return result;
  }
}

/** A page in a tab. */
export class Tab {
  /** Evaluates a JavaScript expression in the page. */
  constructor(readonly evaluate: (expression: string) => Promise<unknown>) {}
}
