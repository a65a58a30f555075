/** What a fleet is kept busy with during a soak: paintings with viewers, visitors who come and go, and a live translation. */
import { setTimeout as delay } from "node:timers/promises";
import { createClient } from "graphql-sse";
import { GraphqlClient } from "../test/helpers/graphql-client.js";
import { digestOf, historyOf, PatientViewer } from "../test/helpers/patient-viewer.js";
import { pngPicture } from "../test/helpers/pictures.js";

const START = "mutation ($input: StyleTransferInput!) { startStyleTransfer(input: $input) { id } }";
const START_LIVE = "mutation ($input: TranslationInput!) { startTranslation(input: $input) { id } }";
const SEND = "mutation ($input: FrameInput!) { sendFrame(input: $input) { credit } }";
const END = "mutation ($id: ID!) { endSession(sessionId: $id) { status } }";
const FRAMES = "subscription ($id: ID!) { session(id: $id, inline: true) { ... on Frame { step data } } }";
const GALLERY = "subscription { sessions { id status } }";

/** Pause between two frames of the live translation, ms. */
const LIVE_MS = 250;
/** Longest stay of a visitor, ms. */
const STAY_MS = 8000;

/** What a soak found; every list is empty when nothing went wrong. */
export interface SoakFindings {
  completed: number;
  /** Frames that viewers of paintings got. */
  frames: number;
  /** Frames that a viewer was too slow for: the newest one wins. */
  skipped: number;
  visits: number;
  liveFrames: number;
  /** Sessions that did not complete with every step. */
  lost: string[];
  /** Steps that a viewer got twice or out of order, last steps that did not come, and frames that differ from what is kept. */
  misdelivered: string[];
  failures: string[];
}

/** Keeps two API servers busy until `end` is called. */
export class SoakLoad {
  readonly findings: SoakFindings = {
    completed: 0,
    frames: 0,
    skipped: 0,
    visits: 0,
    liveFrames: 0,
    lost: [],
    misdelivered: [],
    failures: [],
  };
  private isEnding = false;
  private input: Record<string, unknown> = {};
  /** Sessions that are being painted. */
  private readonly running = new Set<string>();
  private turns = 0;

  /** `servers` are the addresses of the API servers, `steps` those of each painting; `chance` returns numbers from 0 to 1. */
  constructor(
    private readonly servers: readonly string[],
    private readonly steps: number,
    private readonly chance: () => number,
  ) {}

  /** Keeps so many paintings and visitors there until `end`; resolves when all that was accepted has ended. */
  async run({ paintings, visitors }: { paintings: number; visitors: number }): Promise<void> {
    const client = this.client();
    const [content, style] = [await pngPicture(96, 96, 1), await pngPicture(80, 80, 2)];
    const styles = [{ imageId: await client.upload(style.bytes) }];
    this.input = { contentId: await client.upload(content.bytes), styles, size: 64, steps: this.steps, model: "vgg19-lite" };
    const loops = [
      ...Array.from({ length: paintings }, () => this.repeat(() => this.paint())),
      ...Array.from({ length: visitors }, () => this.repeat(() => this.visit())),
      this.repeat(() => this.live()),
    ];
    await Promise.all(loops);
  }

  end(): void {
    this.isEnding = true;
  }

  private async repeat(work: () => Promise<void>): Promise<void> {
    while (!this.isEnding) {
      await work().catch((error: unknown) =>
        this.findings.failures.push(error instanceof Error ? (error.stack ?? error.message) : String(error)),
      );
      // Nothing fails without end.
      if (this.findings.failures.length > 100)
        throw new Error(`More than 100 failures, such as:\n${this.findings.failures.slice(-3).join("\n")}`);
    }
  }

  /** A client of the servers in turns. */
  private client(): GraphqlClient {
    return new GraphqlClient(this.servers[this.turns++ % this.servers.length] ?? "");
  }

  /** Starts a painting at one server, watches it at the other one to its end, and compares what came with what is kept. */
  private async paint(): Promise<void> {
    const [starter, watcher] = [this.client(), this.client()];
    const { startStyleTransfer } = await starter.query(START, { input: this.input });
    const viewer = new PatientViewer(startStyleTransfer.id);
    this.running.add(viewer.id);
    try {
      const hasEnded = await viewer.follow(watcher);
      const { status, error, urls } = await historyOf(starter, viewer.id);
      if (!hasEnded || status !== "COMPLETED" || urls.size !== this.steps + 1) {
        this.findings.lost.push(`${viewer.id}: ${status} ${error} with ${urls.size} frames`);
      }
      if (viewer.lastStep !== this.steps) this.findings.misdelivered.push(`${viewer.id}: the last step that came is ${viewer.lastStep}`);
      this.findings.skipped += urls.size - viewer.seen.size;
      this.findings.misdelivered.push(...viewer.misdelivered);
      for (const [step, digest] of viewer.seen) {
        const kept = await fetch(`${starter.address}${urls.get(step)}`);
        if (digestOf(new Uint8Array(await kept.arrayBuffer())) !== digest)
          this.findings.misdelivered.push(`${viewer.id}: step ${step} differs`);
      }
      this.findings.completed++;
      this.findings.frames += viewer.seen.size;
    } finally {
      this.running.delete(viewer.id);
      await watcher.close();
    }
  }

  /** Someone who looks at a painting or the gallery for some seconds, in one of the ways there are, and leaves in the middle. */
  private async visit(): Promise<void> {
    const id = [...this.running][Math.floor(this.chance() * this.running.size)];
    const until = performance.now() + 500 + this.chance() * (STAY_MS - 500);
    if (id === undefined) {
      await delay(LIVE_MS);
      return;
    }
    const client = this.client();
    const way = Math.floor(this.chance() * 4);
    if (way === 0) await this.watchMjpeg(`${client.address}/sessions/${id}/stream.mjpeg`, until);
    else if (way === 1) await this.watchEvents(client.address, id, until);
    else await this.watchSocket(client, way === 2 ? GALLERY : FRAMES, id, until);
    this.findings.visits++;
  }

  private async watchMjpeg(address: string, until: number): Promise<void> {
    const leaving = AbortSignal.timeout(Math.max(1, Math.round(until - performance.now())));
    try {
      const response = await fetch(address, { signal: leaving });
      await response.arrayBuffer();
    } catch (error) {
      if (!leaving.aborted) throw error;
    }
  }

  private async watchEvents(address: string, id: string, until: number): Promise<void> {
    const client = createClient({ url: `${address}/graphql`, singleConnection: true, retryAttempts: 0 });
    const events = client.iterate<FrameEvent>({ query: FRAMES, variables: { id } });
    await this.read(events, id, until);
    client.dispose();
  }

  private async watchSocket(client: GraphqlClient, query: string, id: string, until: number): Promise<void> {
    await this.read(client.subscribe(query, query === FRAMES ? { id } : {}), id, until);
    await client.close();
  }

  /** Reads events until it is time to leave, or with null to their end; steps must come in order. */
  private async read(events: AsyncIterableIterator<FrameAnswer>, id: string, until: number | null): Promise<void> {
    const leaving = until === null ? undefined : setTimeout(() => void events.return?.(), Math.max(1, until - performance.now()));
    let last = -1;
    for await (const { data, errors } of events) {
      if (errors) throw new Error(JSON.stringify(errors));
      const step = data?.session?.step;
      if (step === undefined) continue;
      if (step <= last) this.findings.misdelivered.push(`${id}: a visitor got step ${step} after ${last}`);
      last = step;
    }
    clearTimeout(leaving);
  }

  /** A live translation for as long as the soak lasts, sent to one server and watched at the other one. */
  private async live(): Promise<void> {
    const [sender, watcher] = [this.client(), this.client()];
    const { startTranslation } = await sender.query(START_LIVE, { input: { model: "drawing-to-emoji", size: 256 } });
    const sessionId: string = startTranslation.id;
    const data = Buffer.from((await pngPicture(64, 64, 3)).bytes).toString("base64");
    const reading = this.read(watcher.subscribe(FRAMES, { id: sessionId }), sessionId, null);
    for (let step = 0; !this.isEnding; step++) {
      await sender.query(SEND, { input: { sessionId, step, data } });
      this.findings.liveFrames++;
      await delay(LIVE_MS);
    }
    const { endSession } = await sender.query(END, { id: sessionId });
    if (endSession.status !== "COMPLETED") this.findings.lost.push(`${sessionId}: the live translation is ${endSession.status}`);
    await reading;
    await watcher.close();
  }
}

interface FrameEvent {
  session?: { step?: number };
}

interface FrameAnswer {
  data?: FrameEvent | null;
  errors?: readonly unknown[];
}
