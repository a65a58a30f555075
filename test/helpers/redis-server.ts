import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { noteSkipped } from "./skipped.js";
import { until } from "./until.js";

/** Whether tests that need Redis can run here; for `test.skipIf(!hasRedis())`. Notes the reason when they cannot. */
export function hasRedis(): boolean {
  const installed = spawnSync("redis-server", ["--version"]).status === 0;
  if (!installed) noteSkipped("redis-server is not installed, so that nothing is tested with a real Redis.");
  return installed;
}

/** A real Redis on a free port of this machine, which keeps nothing when it stops. */
export class RedisServer {
  private child: ChildProcess | null = null;

  private constructor(
    private readonly port: number,
    private readonly folder: string,
  ) {}

  static async start(): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), await mkdtemp(join(tmpdir(), "atelier-redis-")));
    await server.start();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it again on the same port, empty. */
  async start(): Promise<void> {
    const options = { port: this.port, bind: "127.0.0.1", dir: this.folder, save: "", appendonly: "no" };
    const child = spawn(
      "redis-server",
      Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]),
      { stdio: "ignore" },
    );
    this.child = child;
    await until(() => {
      if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}.`);
      return this.answers();
    });
  }

  /** Kills it at once, with everything that it holds. */
  async stop(): Promise<void> {
    const { child } = this;
    this.child = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  }

  /** Lets it hang, with its connections open, or go on. */
  hang(isHanging: boolean): void {
    this.child?.kill(isHanging ? "SIGSTOP" : "SIGCONT");
  }

  /** Sends one command over a connection of its own. */
  async command(name: string, ...args: (string | Buffer | number)[]): Promise<unknown> {
    const redis = new Redis(this.url, { retryStrategy: () => null, maxRetriesPerRequest: 0 });
    // The command fails with it.
    redis.on("error", () => undefined);
    try {
      return await redis.call(name, ...args);
    } finally {
      redis.disconnect();
    }
  }

  async close(): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  private async answers(): Promise<boolean> {
    try {
      return (await this.command("PING")) === "PONG";
    } catch {
      // It is starting.
      return false;
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("There is no free port.");
  server.close();
  await once(server, "close");
  return address.port;
}
