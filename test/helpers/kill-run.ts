import { setTimeout as delay } from "node:timers/promises";
import type { GraphqlClient } from "./graphql-client.js";
import { digestOf, historyOf, PatientViewer } from "./patient-viewer.js";
import { pngPicture } from "./pictures.js";
import { randomNumbers } from "./random.js";
import { dataFolder, ServerProcess } from "./server.js";

export interface KillRunOptions {
  /** Sessions to paint. The first is painted before anything is killed; the others must end with the same picture. */
  sessions: number;
  /** How often `kill -9` is sent, in turns to the process of the server and that of the device. */
  kills: number;
  /** Steps of each session. */
  steps: number;
  /** Longest time from one kill to the next, ms; the shortest is a tenth of it. */
  pauseMs: number;
  seed: number;
}

/** Faults of a run; every list is empty when nothing went wrong. */
export interface KillReport {
  kills: number;
  /** Sessions that did not complete, with their state. */
  lost: string[];
  /** Frames that a viewer saw and that are missing or different in history. */
  missing: string[];
  /** Steps that a viewer received twice, out of order, or not at all. */
  misdelivered: string[];
  /** Sessions whose last picture differs from that of the session that was never interrupted. */
  different: string[];
  /** Sessions that did not begin in the order in which they were queued. */
  overtaken: string[];
}

const START = "mutation ($input: StyleTransferInput!) { startStyleTransfer(input: $input) { id } }";

/** Kills a real server and its device again and again while it paints for viewers, and checks the results. */
export async function killRun(options: KillRunOptions): Promise<KillReport> {
  const run = new KillRun(options, await dataFolder());
  try {
    return await run.run();
  } finally {
    await run.close();
  }
}

class KillRun {
  private server: ServerProcess;
  /** The running server; each kill replaces the promise. */
  private client: Promise<GraphqlClient>;
  /** Whether all sessions have ended: later kills would prove nothing. */
  private ended = false;
  private readonly viewers = new Map<string, PatientViewer>();
  private readonly report: KillReport = { kills: 0, lost: [], missing: [], misdelivered: [], different: [], overtaken: [] };

  constructor(
    private readonly options: KillRunOptions,
    private readonly data: Awaited<ReturnType<typeof dataFolder>>,
  ) {
    this.server = this.launch();
    this.client = this.server.client();
  }

  async run(): Promise<KillReport> {
    const { sessions, steps } = this.options;
    const client = await this.client;
    const [content, style] = [await pngPicture(96, 96, 1), await pngPicture(80, 80, 2)];
    const images = { contentId: await client.upload(content.bytes), styles: [{ imageId: await client.upload(style.bytes) }] };
    const start = async () =>
      (await client.query(START, { input: { ...images, size: 64, steps, model: "vgg19-lite" } })).startStyleTransfer.id as string;

    const undisturbed = await start();
    await this.watch(undisturbed);
    const ids: string[] = [];
    for (let index = 1; index < sessions; index++) ids.push(await start());
    const killing = this.kill();
    await Promise.all(ids.map((id) => this.watch(id)));
    this.ended = true;
    await killing;
    await this.judge(undisturbed, ids);
    return this.report;
  }

  async close(): Promise<void> {
    await (await this.client).close();
    await this.server.end();
    await this.data.remove();
  }

  private launch(): ServerProcess {
    return new ServerProcess({ ATELIER_DATA: this.data.folder, ATELIER_DEVICE: "cpu" });
  }

  private async kill(): Promise<void> {
    const { kills, pauseMs, seed } = this.options;
    const random = randomNumbers(seed);
    while (this.report.kills < kills) {
      // The time from one kill to the next is the load that this run is about.
      await delay(pauseMs * (0.55 + 0.45 * random()));
      if (this.ended) return;
      if (this.report.kills++ % 2 === 0) for (const pid of this.server.devices()) process.kill(pid, "SIGKILL");
      else await this.restart();
    }
  }

  private async restart(): Promise<void> {
    const before = await this.client;
    // Viewers that are cut off wait for the next server from now on.
    this.client = this.replaceServer();
    await this.client;
    await before.close();
  }

  private async replaceServer(): Promise<GraphqlClient> {
    await this.server.end("SIGKILL");
    this.server = this.launch();
    return this.server.client();
  }

  /** Watches a session to its end, and reconnects after every cut. */
  private async watch(id: string): Promise<void> {
    const viewer = new PatientViewer(id);
    this.viewers.set(id, viewer);
    for (let ended = false; !ended; ) {
      const client = await this.client;
      try {
        ended = await viewer.follow(client);
      } catch (error) {
        // Only a kill may cut off a viewer.
        if (client === (await this.client)) throw error;
      }
    }
  }

  private async judge(undisturbed: string, ids: readonly string[]): Promise<void> {
    const { lost, missing, different, overtaken } = this.report;
    const client = await this.client;
    const expected = this.viewers.get(undisturbed)!.seen.get(this.options.steps);
    for (const { misdelivered } of this.viewers.values()) this.report.misdelivered.push(...misdelivered);
    let begun = "";
    for (const id of ids) {
      const { status, startedAt, error, urls } = await historyOf(client, id);
      if (status !== "COMPLETED" || urls.size !== this.options.steps + 1) lost.push(`${id}: ${status} ${error} with ${urls.size} frames`);
      if (startedAt < begun) overtaken.push(id);
      begun = startedAt;
      const { seen } = this.viewers.get(id)!;
      if (seen.get(this.options.steps) !== expected) different.push(id);
      for (const [step, digest] of seen) {
        const url = urls.get(step);
        const served = url && (await fetch(`${client.address}${url}`));
        if (!served || digestOf(new Uint8Array(await served.arrayBuffer())) !== digest) missing.push(`${id}: step ${step}`);
      }
    }
  }
}
