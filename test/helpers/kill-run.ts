import { setTimeout as delay } from "node:timers/promises";
import type { KillablePlace } from "./killable-place.js";
import { digestOf, historyOf, PatientViewer } from "./patient-viewer.js";
import { pngPicture } from "./pictures.js";
import { randomNumbers } from "./random.js";

export interface KillRunOptions {
  /** Sessions to paint. The first is painted before anything is killed; the others must end with the same picture. */
  sessions: number;
  /** How often `kill -9` is sent, in turns to the processes of the place. */
  kills: number;
  /** Steps of each session. */
  steps: number;
  /** Longest time from one kill to the next, ms; the shortest is a tenth of it. */
  pauseMs: number;
  seed: number;
}

/** Faults of a run; every list but that of the kills is empty when nothing went wrong. */
export interface KillReport {
  /** What was killed, in order. */
  kills: string[];
  /** Sessions that did not complete, with their state. */
  lost: string[];
  /** Frames that a viewer saw and that are missing or different in history. */
  missing: string[];
  /** Steps that a viewer received twice, out of order, or not at all. */
  misdelivered: string[];
  /** Sessions whose last picture differs from that of the session that was never interrupted. */
  different: string[];
  /** Sessions that began after one that was queued later. */
  overtaken: string[];
}

const START = "mutation ($input: StyleTransferInput!) { startStyleTransfer(input: $input) { id } }";

/** Kills the processes of a place again and again while they paint for viewers, checks the results, and closes the place. */
export async function killRun(place: KillablePlace, options: KillRunOptions): Promise<KillReport> {
  try {
    return await new KillRun(place, options).run();
  } finally {
    await place.close();
  }
}

class KillRun {
  /** Whether all sessions have ended: later kills would prove nothing. */
  private ended = false;
  private readonly viewers = new Map<string, PatientViewer>();
  private readonly report: KillReport = { kills: [], lost: [], missing: [], misdelivered: [], different: [], overtaken: [] };

  constructor(
    private readonly place: KillablePlace,
    private readonly options: KillRunOptions,
  ) {}

  async run(): Promise<KillReport> {
    const { sessions, steps } = this.options;
    const client = await this.place.server();
    const [content, style] = [await pngPicture(96, 96, 1), await pngPicture(80, 80, 2)];
    const images = { contentId: await client.upload(content.bytes), styles: [{ imageId: await client.upload(style.bytes) }] };
    const start = async () =>
      (await client.query(START, { input: { ...images, size: 64, steps, model: "vgg19-lite" } })).startStyleTransfer.id as string;

    const undisturbed = await start();
    await this.watch(undisturbed);
    const ids: string[] = [];
    for (let index = 1; index < sessions; index++) ids.push(await start());
    const watching = Promise.all(ids.map((id) => this.watch(id))).finally(() => {
      this.ended = true;
    });
    const killing = this.kill();
    try {
      await Promise.all([watching, killing]);
    } finally {
      // No process may be started after the place is closed.
      await Promise.allSettled([killing]);
    }
    await this.judge(undisturbed, ids);
    return this.report;
  }

  private async kill(): Promise<void> {
    const { kills, pauseMs, seed } = this.options;
    const random = randomNumbers(seed);
    while (this.report.kills.length < kills) {
      // The time from one kill to the next is the load that this run is about.
      await delay(pauseMs * (0.55 + 0.45 * random()));
      if (this.ended) return;
      this.report.kills.push(await this.place.kill());
    }
  }

  /** Watches a session to its end, and reconnects after every cut. */
  private async watch(id: string): Promise<void> {
    const viewer = new PatientViewer(id);
    this.viewers.set(id, viewer);
    for (let ended = false; !ended; ) {
      const client = await this.place.server();
      try {
        ended = await viewer.follow(client);
      } catch (error) {
        // Only a kill may cut off a viewer.
        if (!this.place.wasKilled(client)) throw error;
      }
    }
  }

  private async judge(undisturbed: string, ids: readonly string[]): Promise<void> {
    const { lost, missing, different, overtaken } = this.report;
    const client = await this.place.server();
    const expected = this.viewers.get(undisturbed)!.seen.get(this.options.steps);
    for (const { misdelivered } of this.viewers.values()) this.report.misdelivered.push(...misdelivered);
    const begun = await this.place.inOrderOfBegin(ids);
    overtaken.push(
      ...ids.filter((id, index) => begun.slice(0, Math.max(0, begun.indexOf(id))).some((other) => ids.indexOf(other) > index)),
    );
    for (const id of ids) {
      const { status, error, urls } = await historyOf(client, id);
      if (status !== "COMPLETED" || urls.size !== this.options.steps + 1) lost.push(`${id}: ${status} ${error} with ${urls.size} frames`);
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
