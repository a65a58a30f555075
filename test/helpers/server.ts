import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { GraphqlClient } from "./graphql-client.js";
import { keepStepTimes } from "./known-step-times.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

// A server of a test runs too briefly to gain from an optimised PostgreSQL; to optimise it takes longer than all queries. Of its
// own code, only what runs far more often than during a start is worth optimising. That of a benchmark is as users have it.
const options = process.env.VITEST === undefined ? [] : ["--liftoff-only", "--interrupt-budget=1000000"];
const program = serverProgram("main");

/** How long a server may take to start, ms: within vitest's limit for hooks, even where many processes share few cores. */
const START_MS = 110_000;

/**
 * The arguments with which Node runs a program of the server. `npm test` builds the server before it runs the tests, and what
 * is built starts in less time.
 */
export function serverProgram(name: "main" | "links-main"): string[] {
  return [...options, ...(process.env.TEST_BUILT_SERVER === "1" ? [`dist/server/${name}.js`] : ["--import", "tsx", `server/${name}.ts`])];
}

/** Why tests that need the mirror are skipped. */
export const noMirror = "There is no mirror with vgg19; set ATELIER_MODEL_MIRROR to one.";

/** Folder with the public networks; null where this machine has none, which skips the tests that need it. */
export function modelMirror(): string | null {
  const folder = resolve(process.env.ATELIER_MODEL_MIRROR ?? join(root, "../shared/weights"));
  return existsSync(join(folder, "vgg19", "card.json")) ? folder : null;
}

/** An empty data folder, as at the first start, that the test removes. */
export async function emptyDataFolder(): Promise<{ folder: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "atelier-server-"));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** How a server is started, where not as usual. */
export interface ServerLaunch {
  /** A command that starts the command after it, such as `ip netns exec NAME`. */
  prefix?: readonly string[];
  /** Another checkout of the repository, whose server is not built. */
  root?: string;
}

/** The real server in its own process. */
export class ServerProcess {
  /** Everything that it printed. */
  output = "";
  private readonly child: ChildProcess;
  private readonly address: Promise<string>;
  private readonly gone: Promise<unknown>;

  constructor(env: Record<string, string>, { prefix = [], root: folder = root }: ServerLaunch = {}) {
    // The server must not inherit settings from the environment of the tests.
    const inherited = Object.entries(process.env).filter(
      ([name]) => !/^(ATELIER|OTEL)_/.test(name) && name !== "DATABASE_URL" && name !== "REDIS_URL",
    );
    const { ATELIER_DATA: dataFolder } = env;
    const [command = "", ...args] = [...prefix, process.execPath, ...(folder === root ? program : ["--import", "tsx", "server/main.ts"])];
    this.child = spawn(command, args, {
      cwd: folder,
      // No test uses the internet; one with a mirror of its own overrides ATELIER_OFFLINE.
      env: { ...Object.fromEntries(inherited), PORT: "0", ATELIER_OFFLINE: "1", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.gone = once(this.child, "close").then(() => {
      if (dataFolder !== undefined) keepStepTimes(dataFolder);
    });
    this.address = new Promise((resolve) => {
      for (const stream of [this.child.stdout, this.child.stderr]) {
        stream?.setEncoding("utf8").on("data", (text: string) => {
          this.output += text;
          const address = /(?:Atelier|its health) is at (https?:\S+?)(?:\/readyz)?\n/.exec(this.output)?.[1];
          if (address) resolve(address);
        });
      }
    });
  }

  /** Waits until it serves; returns a client of it. @throws Error with its output when it ends before. */
  async client(): Promise<GraphqlClient> {
    const late = once(AbortSignal.timeout(START_MS), "abort");
    const address = await Promise.race([this.address, Promise.race([this.gone, late]).then(() => null)]);
    if (address === null) {
      const state = this.state();
      await this.end("SIGKILL");
      throw new Error(`The server did not start: ${state}. Its output:\n${this.output || "(none)"}`);
    }
    return new GraphqlClient(address);
  }

  private state(): string {
    const { exitCode, signalCode } = this.child;
    if (signalCode !== null) return `it was ended by ${signalCode}`;
    return exitCode === null ? `it still runs after ${START_MS / 1000} s` : `it ended with exit code ${exitCode}`;
  }

  /** Sends a signal and waits for the end; returns the exit code, null where the signal ended it. */
  async end(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    this.child.kill(signal);
    return this.exitCode();
  }

  /** Waits for the end. */
  async exitCode(): Promise<number | null> {
    await this.gone;
    return this.child.exitCode;
  }

  /** Ids of its device processes, as `ps` lists them. */
  devices(): number[] {
    const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid=,args="], { encoding: "utf8" }).split("\n");
    return lines.flatMap((line) => {
      const [, pid, parent, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
      return Number(parent) === this.pid && command?.includes("device/main") ? [Number(pid)] : [];
    });
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }
}
