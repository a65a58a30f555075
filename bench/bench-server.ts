import { readdir, readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { GraphqlClient } from "../test/helpers/graphql-client.js";
import { emptyDataFolder, ServerProcess } from "../test/helpers/server.js";
import { requireModelMirror } from "./sample-work.js";
import { median } from "./statistics.js";

/** One frame as a viewer received it. */
export interface SeenFrame {
  step: number;
  computeMs: number;
  /** When it arrived, ms on the clock of `performance.now`. */
  at: number;
}

/** A session as a viewer saw it. */
export interface SeenSession {
  /** When the session was requested, ms on the same clock. */
  requestedAt: number;
  frames: SeenFrame[];
}

const startDocument = "mutation ($input: StyleTransferInput!) { startStyleTransfer(input: $input) { id } }";
const watchDocument = `subscription ($id: ID!) {
  session(id: $id, afterStep: -1, inline: true) {
    ... on Frame { step computeMs data }
    ... on SessionChange { session { status error { code message } } }
  }
}`;

/** The real server in a process of its own, with an empty data folder and the model mirror, ready to paint. */
export class BenchServer {
  private constructor(
    private readonly server: ServerProcess,
    private readonly data: { folder: string; remove: () => Promise<void> },
    readonly client: GraphqlClient,
  ) {}

  /** Resolves when sessions can run. */
  static async start(mirror = requireModelMirror()): Promise<BenchServer> {
    const data = await emptyDataFolder();
    const server = new ServerProcess({ ATELIER_DATA: data.folder, ATELIER_MODEL_MIRROR: mirror });
    const client = await server.client();
    while (!(await fetch(`${client.address}/readyz`)).ok) await delay(100);
    return new BenchServer(server, data, client);
  }

  /** Runs a style transfer to its end, with a viewer that receives every frame with its bytes. */
  async paint(input: Record<string, unknown>): Promise<SeenSession> {
    const requestedAt = performance.now();
    const { startStyleTransfer } = await this.client.query(startDocument, { input });
    const frames: SeenFrame[] = [];
    let status = "";
    for await (const { data, errors } of this.client.subscribe(watchDocument, { id: startStyleTransfer.id })) {
      const event = data?.session;
      if (!event) throw new Error(JSON.stringify(errors));
      if (event.session) status = event.session.error?.message ?? event.session.status;
      else frames.push({ step: event.step, computeMs: event.computeMs, at: performance.now() });
    }
    if (status !== "COMPLETED") throw new Error(`The session ended with: ${status}`);
    return { requestedAt, frames };
  }

  /** 99th percentile of the server's event-loop delay since the last reading, ms. */
  async eventLoopDelay(): Promise<number> {
    const metrics = await (await fetch(`${this.client.address}/metrics`)).text();
    const seconds = /^atelier_event_loop_delay_seconds\{quantile="0\.99"\} (\S+)$/m.exec(metrics)?.[1];
    if (seconds === undefined) throw new Error("/metrics holds no event-loop delay");
    return Number(seconds) * 1000;
  }

  /**
   * Processor time of the server process so far, threads included, ms; with its device process on request. Linux only.
   */
  async processorTime({ withDevice = false } = {}): Promise<number> {
    const processes = [String(this.server.pid), ...(withDevice ? await this.children() : [])];
    const times = await Promise.all(
      processes.map(async (pid) => {
        const stat = await readFile(`/proc/${pid}/stat`, "utf8");
        // Read after the program's name, which may hold any text: state is field 3, utime and stime are 14 and 15, in
        // 1/100 s.
        const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        return 10 * (Number(fields[11]) + Number(fields[12]));
      }),
    );
    return times.reduce((sum, time) => sum + time);
  }

  /** Peak memory of the device process, the largest child of the server, MiB. Linux only. */
  async deviceMemory(): Promise<number> {
    const peaks = await Promise.all((await this.children()).map(async (pid) => statusValue(await statusOf(pid), "VmHWM")));
    return Math.max(...peaks) / 1024;
  }

  async close(): Promise<void> {
    await this.client.close();
    await this.server.end();
    await this.data.remove();
  }

  /** Processes that the server started. */
  private async children(): Promise<string[]> {
    const found = await Promise.all(
      (await readdir("/proc")).map(async (pid) => /^\d+$/.test(pid) && statusValue(await statusOf(pid), "PPid") === this.server.pid && pid),
    );
    return found.filter((pid) => pid !== false);
  }
}

/** The kernel's status of a process; empty when the process has ended since the folder was read. */
async function statusOf(pid: string): Promise<string> {
  return readFile(`/proc/${pid}/status`, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ESRCH") return "";
    throw error;
  });
}

function statusValue(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0);
}

/** Median time from one frame to the next at the viewer, ms. Leaves out the last frame, a PNG. */
export function stepTime({ frames }: SeenSession): number {
  return median(frames.slice(1, -1).map(({ at }, index) => at - frames[index]!.at));
}
