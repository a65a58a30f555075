import pg from "pg";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { Fleet, type FleetServer } from "./fleet.js";
import type { GraphqlClient } from "./graphql-client.js";
import { digestOf, historyOf, PatientViewer } from "./patient-viewer.js";
import { pngPicture } from "./pictures.js";
import type { ServerLaunch, ServerProcess } from "./server.js";

const START = "mutation ($input: StyleTransferInput!) { startStyleTransfer(input: $input) { id } }";
const SMALL = { size: 64, model: "vgg19-lite" };
const SHORTEN = "mutation ($id: ID!, $steps: Int!) { steer(sessionId: $id, changes: { steps: $steps }) { id } }";
const STEPS = "query ($id: ID!) { session(id: $id) { ... on StyleTransferSession { settings { steps } } } }";
const LATEST = "query ($id: ID!) { session(id: $id) { latestFrame { step } } }";
const STATUS = "query ($id: ID!) { session(id: $id) { status } }";

/** Steps of a painting that ends when a test lets it: more than are painted in a minute. */
export const ENDLESS = 5000;

/** A viewer who watches through one server; `ended` says whether the session ended before the connection did. */
export interface Watched {
  viewer: PatientViewer;
  ended: Promise<boolean>;
}

/**
 * A fleet with two API servers and two uploaded pictures, for the tests of the block that makes it. Workers end with each test,
 * except the one that tests share.
 */
export class PaintingFleet {
  fleet!: Fleet;
  private servers: FleetServer[] = [];
  private images!: { contentId: string; styles: { imageId: string }[] };
  private readonly workers = new Set<ServerProcess>();
  private shared: ServerProcess | null = null;

  /** `variables` returns what all processes of the fleet get besides; it is called first. */
  constructor(variables: () => Promise<Record<string, string>> = async () => ({})) {
    beforeAll(async () => {
      this.fleet = await Fleet.start(await variables());
      this.servers = await Promise.all([this.fleet.api(), this.fleet.api()]);
      this.images = await uploadPictures(this.first, this.second);
    });
    afterEach(() => this.endWorkers(this.shared));
    afterAll(() => this.fleet?.close());
  }

  /** The server that starts sessions, unless a test says otherwise. */
  get first(): GraphqlClient {
    return this.servers[0]!.client;
  }

  /** The server through which they are watched. */
  get second(): GraphqlClient {
    return this.servers[1]!.client;
  }

  async startWorker(variables: Record<string, string> = {}, launch?: ServerLaunch): Promise<ServerProcess> {
    const { process } = await this.fleet.worker(variables, launch);
    this.workers.add(process);
    return process;
  }

  /** The worker that tests share: that of the tests before, or a new one where there is none or a test has ended it. */
  async sharedWorker(): Promise<ServerProcess> {
    if (!this.shared?.isRunning) this.shared = await this.startWorker();
    return this.shared;
  }

  /** Ends all workers, or all but one, with `kill -9`. */
  async endWorkers(kept: ServerProcess | null = null): Promise<void> {
    for (const worker of this.workers) {
      if (worker === kept) continue;
      this.workers.delete(worker);
      await worker.end("SIGKILL");
    }
  }

  /** Starts a painting of 64 px; returns its id. */
  async start(steps: number, client = this.first, images = this.images): Promise<string> {
    return (await client.query(START, { input: { ...images, ...SMALL, steps } })).startStyleTransfer.id;
  }

  /** Asks for a painting, and returns the code of the refusal. */
  async refusalOfStart(): Promise<string> {
    return (await this.first.refusal(START, { input: { ...this.images, ...SMALL, steps: 3 } })).code;
  }

  async statusOf(id: string): Promise<string> {
    return (await this.second.query(STATUS, { id })).session.status;
  }

  watch(id: string, client = this.second): Watched {
    const viewer = new PatientViewer(id);
    return { viewer, ended: viewer.follow(client) };
  }

  /** Lets a painting end after a few more steps. */
  async shorten(id: string, client = this.first): Promise<void> {
    const step = async (): Promise<number> => (await client.query(LATEST, { id })).session.latestFrame?.step ?? 0;
    // Until then it may have painted more than those.
    for (let more = 5; ; more *= 4) {
      const { errors } = await client.send(SHORTEN, { id, steps: (await step()) + more });
      if (errors === undefined) return;
      expect(errors).toMatchObject([{ extensions: { code: "BAD_INPUT", field: "changes.steps" } }]);
    }
  }

  /** Lets an endless painting end, and checks what `expectWhole` does. */
  async expectEndsWhole(watched: Watched, client = this.first): Promise<void> {
    await this.shorten(watched.viewer.id, client);
    expect(await watched.ended).toBe(true);
    const { viewer } = watched;
    // It may have painted more until the worker knew.
    const { steps } = (await client.query(STEPS, { id: viewer.id })).session.settings;
    expect(viewer.lastStep).toBeGreaterThanOrEqual(steps);
    await this.expectWhole(watched, viewer.lastStep, client);
  }

  /** Checks that each step was stored once, and that what came was in order and is in history. */
  async expectWhole({ viewer, ended }: Watched, steps: number, client = this.first): Promise<void> {
    expect(await ended).toBe(true);
    const { status, error, urls } = await historyOf(client, viewer.id);
    expect([status, error]).toEqual(["COMPLETED", "null"]);
    expect([...urls.keys()]).toEqual(Array.from({ length: steps + 1 }, (_, step) => step));
    expect(viewer.misdelivered).toEqual([]);
    expect(viewer.lastStep).toBe(steps);
    for (const [step, digest] of viewer.seen) {
      const served = await fetch(`${client.address}${urls.get(step)}`);
      const bytes = new Uint8Array(await served.arrayBuffer());
      if (!served.ok) throw new Error(`Step ${step} is not served: ${Buffer.from(bytes)}`);
      expect(digestOf(bytes)).toBe(digest);
    }
  }

  /** How often workers claimed a session since it was started. */
  async claimsOf(id: string): Promise<number> {
    const [row] = await this.rows<{ fence: string }>("select fence from sessions where id = $1", [id]);
    return Number(row?.fence);
  }

  /** Time until the lease of a session ends if it is not renewed, ms, by the database's clock. */
  async leaseOf(id: string): Promise<number> {
    const left = "select extract(epoch from lease_until - clock_timestamp()) * 1000 as left from sessions where id = $1";
    const [row] = await this.rows<{ left: string }>(left, [id]);
    return Number(row?.left);
  }

  /** Runs a statement in the database of the fleet. */
  async rows<Row extends pg.QueryResultRow>(statement: string, values: unknown[] = []): Promise<Row[]> {
    const database = new pg.Client(this.fleet.databaseUrl);
    await database.connect();
    try {
      return (await database.query<Row>(statement, values)).rows;
    } finally {
      await database.end();
    }
  }
}

/** Uploads two pictures, each through another server; returns them as a painting takes them. */
export async function uploadPictures(one: GraphqlClient, other = one) {
  const [content, style] = [await pngPicture(96, 96, 1), await pngPicture(80, 80, 2)];
  return { contentId: await one.upload(content.bytes), styles: [{ imageId: await other.upload(style.bytes) }] };
}
