import pg from "pg";
import { Fleet, type FleetServer } from "./fleet.js";
import type { GraphqlClient } from "./graphql-client.js";
import { type KillablePlace, killDevice } from "./killable-place.js";
import { until } from "./until.js";

/**
 * Notes the order in which sessions are first claimed. Their `startedAt` is later, when a device gets them, and two workers
 * may need more and less time until then. Claims wait for each other, so that the order of the numbers is theirs.
 */
const NOTE_FIRST_CLAIMS = `
  create table first_claims (number serial, session_id text primary key);
  create function note_first_claim() returns trigger language plpgsql as $$
    begin
      insert into first_claims (session_id) values (new.id) on conflict do nothing;
      return null;
    end
  $$;
  create trigger first_claims after update of worker_id on sessions for each row when (new.worker_id is not null)
    execute function note_first_claim();`;

/** Two API servers and two workers on real PostgreSQL and Redis; a device, a worker and an API server are killed in turn. */
export class KillableFleet implements KillablePlace {
  private readonly killed = new Set<GraphqlClient>();
  private kills = 0;
  private calls = 0;

  private constructor(
    private readonly fleet: Fleet,
    /** Those that serve now. */
    private readonly servers: FleetServer[],
    private readonly workers: FleetServer[],
  ) {}

  static async start(): Promise<KillableFleet> {
    const fleet = await Fleet.start();
    try {
      await rowsOf(fleet, NOTE_FIRST_CLAIMS);
      const [one, other, ...workers] = await Promise.all([fleet.api(), fleet.api(), startWorker(fleet), startWorker(fleet)]);
      return new KillableFleet(fleet, [one, other], workers);
    } catch (error) {
      await fleet.close();
      throw error;
    }
  }

  /** One of them after the other, so that both have viewers. */
  async server(): Promise<GraphqlClient> {
    return this.servers[this.calls++ % this.servers.length]!.client;
  }

  wasKilled(server: GraphqlClient): boolean {
    return this.killed.has(server);
  }

  async kill(): Promise<string> {
    const turn = this.kills++ % 3;
    if (turn === 0) {
      // Its worker lives on while the other one is killed, and is the next one to be killed.
      await killDevice(this.workers[1]!.process);
      return "device";
    }
    if (turn === 1) {
      await this.workers.shift()!.process.end("SIGKILL");
      this.workers.push(await startWorker(this.fleet));
      return "worker";
    }
    const doomed = this.servers.shift()!;
    this.killed.add(doomed.client);
    await doomed.process.end("SIGKILL");
    this.servers.push(await this.fleet.api());
    return "API server";
  }

  async inOrderOfBegin(ids: readonly string[]): Promise<readonly string[]> {
    const claims = await rowsOf<{ session_id: string }>(
      this.fleet,
      "select session_id from first_claims where session_id = any($1) order by number",
      [ids],
    );
    return claims.map((claim) => claim.session_id);
  }

  close(): Promise<void> {
    return this.fleet.close();
  }
}

/** Starts a worker, and waits until it claims sessions. */
async function startWorker(fleet: Fleet): Promise<FleetServer> {
  const worker = await fleet.worker();
  await until(async () => (await fetch(`${worker.client.address}/readyz`)).ok);
  return worker;
}

async function rowsOf<Row extends pg.QueryResultRow>(fleet: Fleet, statement: string, values?: unknown[]): Promise<Row[]> {
  const database = new pg.Client(fleet.databaseUrl);
  await database.connect();
  try {
    return (await database.query<Row>(statement, values)).rows;
  } finally {
    await database.end();
  }
}
