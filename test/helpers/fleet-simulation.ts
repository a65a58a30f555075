import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { anImage, aSession } from "../contracts/records.js";
import { type PostgresServer, startPostgres } from "./postgres-server.js";
import { RedisServer } from "./redis-server.js";
import { type Member, openMember, type SharedPlaces } from "./simulated-worker.js";

export interface SimulationOptions {
  owners: number;
  /** Sessions of each owner. They are queued owner by owner. */
  sessionsOfEach: number;
  /** Steps of each session. */
  steps: number;
  /** Connections that PostgreSQL accepts: each API server and worker has up to 10. */
  connections: number;
  /** Whether the database waits for its disk; false by default. */
  waitsForDisk?: boolean;
  /** Folder in which the simulation makes its own. */
  parent: string;
}

/** What came of the sessions. */
export interface SimulationReport {
  completed: number;
  /** Sessions that were claimed more or less than once. */
  claimedAgain: number;
  /** Sessions with another number of frame rows than their steps and one. */
  incomplete: number;
  /** Frames that a viewer received. */
  received: number;
  /** Steps that a viewer received twice or out of order. */
  misdelivered: string[];
  /** Owners of the sessions in the order in which they were claimed. */
  claimOrder: string[];
  /** Sessions of each owner that were complete when one owner was the first to have none waiting. */
  completedWhileAllWaited: number[];
  /** From the first claim to the last end, s. */
  seconds: number;
  /** Claims in the second with the most of them. */
  claimsInBusiestSecond: number;
}

interface Row {
  owner: string;
  claimed: Date;
  finished: Date;
}

/** Queues sessions at two API servers, lets workers claim them, and watches each at the other server than that which queued it. */
export class FleetSimulation {
  private readonly ids: string[] = [];
  private readonly lastSteps = new Map<string, number>();
  private readonly misdelivered: string[] = [];
  private received = 0;

  private constructor(
    private readonly options: SimulationOptions,
    readonly postgres: PostgresServer,
    readonly redis: RedisServer,
    readonly shared: SharedPlaces,
    private readonly servers: readonly Member[],
    private readonly database: pg.Client,
    /** What went wrong in the API servers. */
    readonly failures: readonly string[],
  ) {}

  /** Starts PostgreSQL, Redis and the API servers, and queues the sessions. */
  static async start(options: SimulationOptions): Promise<FleetSimulation> {
    const folder = await mkdtemp(join(options.parent, "atelier-simulation-"));
    await mkdir(join(folder, "blobs"));
    const [postgres, redis] = await Promise.all([startPostgres(options), RedisServer.start()]);
    const shared = { databaseUrl: await postgres.newDatabase(), redisUrl: redis.url, folder };
    const failures: string[] = [];
    const open = () => openMember(shared, (error) => failures.push(String(error)));
    const servers = await Promise.all([open(), open()]);
    const database = new pg.Client(shared.databaseUrl);
    await database.connect();
    const simulation = new FleetSimulation(options, postgres, redis, shared, servers, database, failures);
    await simulation.queueSessions();
    return simulation;
  }

  /** Resolves when every session has ended. */
  async ended(): Promise<void> {
    while ((await this.numberOf("status in ('QUEUED', 'RUNNING')")) > 0) await delay(100);
  }

  async report(): Promise<SimulationReport> {
    const { steps } = this.options;
    const { rows } = await this.database.query<Row>(
      "select owner_id as owner, claimed_at as claimed, finished_at as finished from sessions order by claimed_at",
    );
    const claims = rows.map(({ claimed }) => claimed.getTime());
    const lastClaims = new Map(rows.map(({ owner, claimed }) => [owner, claimed.getTime()]));
    const allWaitedUntil = Math.min(...lastClaims.values());
    return {
      completed: await this.numberOf("status = 'COMPLETED'"),
      claimedAgain: await this.numberOf("fence <> 1"),
      incomplete: await this.numberOf(`(select count(*) from frames where session_id = sessions.id) <> ${steps + 1}`),
      received: this.received,
      misdelivered: this.misdelivered,
      claimOrder: rows.map(({ owner }) => owner),
      completedWhileAllWaited: [...lastClaims.keys()].map(
        (owner) => rows.filter((row) => row.owner === owner && row.finished.getTime() <= allWaitedUntil).length,
      ),
      seconds: (Math.max(...rows.map(({ finished }) => finished.getTime())) - Math.min(...claims)) / 1000,
      claimsInBusiestSecond: Math.max(...claims.map((first) => claims.filter((at) => at >= first && at < first + 1000).length)),
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.close()));
    await this.database.end();
    await Promise.all([this.postgres.close(), this.redis.close()]);
    await rm(this.shared.folder, { recursive: true, force: true });
  }

  private async queueSessions(): Promise<void> {
    const { owners, sessionsOfEach, steps } = this.options;
    const [one, other] = this.servers;
    if (!one || !other) throw new TypeError("There are two API servers.");
    const image = await one.storage.images.insert(anImage());
    for (let place = 0; place < owners * sessionsOfEach; place++) {
      const [server, watching] = place % 2 === 0 ? [one, other] : [other, one];
      const ownerId = `owner-${Math.floor(place / sessionsOfEach)}`;
      const record = aSession(image.id, { ownerId });
      const session = { ...record, settings: { ...record.settings, steps } };
      await this.watch(session.id, watching);
      await server.storage.sessions.insert(session);
      await server.queue.add({ sessionId: session.id, ownerId, kind: "PAINTED", ownerLimit: null, linkId: null });
      this.ids.push(session.id);
    }
  }

  private async watch(id: string, { bus }: Member): Promise<void> {
    await bus.subscribe(`session:${id}`, (event) => {
      if (event.type !== "frame") return;
      const { step } = event.frame;
      this.received++;
      const last = this.lastSteps.get(id) ?? -1;
      if (step !== last + 1) this.misdelivered.push(`${id}: step ${step} after ${last}`);
      this.lastSteps.set(id, step);
    });
  }

  private async numberOf(condition: string): Promise<number> {
    const { rows } = await this.database.query<{ count: number }>(`select count(*)::int as count from sessions where ${condition}`);
    return rows[0]?.count ?? 0;
  }
}
