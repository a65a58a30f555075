import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { GraphqlClient } from "./graphql-client.js";
import { giveStepTimes } from "./known-step-times.js";
import { type PostgresOptions, type PostgresServer, startPostgres } from "./postgres-server.js";
import { RedisServer } from "./redis-server.js";
import { type ServerLaunch, ServerProcess } from "./server.js";

/** A process of a fleet. */
export interface FleetServer {
  process: ServerProcess;
  client: GraphqlClient;
  /** Its data folder. */
  folder: string;
}

/** API servers and workers in processes of their own, which share a real PostgreSQL, a real Redis and a folder. */
export class Fleet {
  private readonly processes: ServerProcess[] = [];
  private readonly clients: GraphqlClient[] = [];
  private count = 0;

  private constructor(
    readonly postgres: PostgresServer,
    readonly redis: RedisServer,
    private readonly folder: string,
    /** Address of the database. */
    readonly databaseUrl: string,
    private readonly variables: Record<string, string>,
  ) {}

  /** `variables` are those of all processes. */
  static async start(variables: Record<string, string> = {}, database: PostgresOptions = {}): Promise<Fleet> {
    const folder = await mkdtemp(join(tmpdir(), "atelier-fleet-"));
    const [postgres, redis] = await Promise.all([startPostgres(database), RedisServer.start()]);
    await mkdir(join(folder, "blobs"));
    return new Fleet(postgres, redis, folder, await postgres.newDatabase(), variables);
  }

  /** The folder that is the store. */
  get blobs(): string {
    return join(this.folder, "blobs");
  }

  /** Starts an API server. */
  async api(variables: Record<string, string> = {}, launch?: ServerLaunch): Promise<FleetServer> {
    const { process, folder } = this.launch("api", variables, launch);
    const client = await process.client();
    this.clients.push(client);
    return { process, client, folder };
  }

  /** Starts a worker; `client` asks only for its health. */
  async worker(variables: Record<string, string> = {}, launch?: ServerLaunch): Promise<FleetServer> {
    const { process, folder } = this.launch("worker", variables, launch);
    return { process, client: await process.client(), folder };
  }

  /** Starts an API server that is a worker too. */
  async both(variables: Record<string, string> = {}): Promise<FleetServer> {
    const { process, folder } = this.launch("all", variables);
    const client = await process.client();
    this.clients.push(client);
    return { process, client, folder };
  }

  async close(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.close()));
    await Promise.all(this.processes.map((process) => process.end("SIGKILL")));
    await Promise.all([this.postgres.close(), this.redis.close()]);
    await rm(this.folder, { recursive: true, force: true });
  }

  /** The environment of one more process, with a data folder of its own. */
  environment(): Record<string, string> {
    const dataFolder = join(this.folder, `process-${this.count++}`);
    giveStepTimes(dataFolder);
    return {
      DATABASE_URL: this.databaseUrl,
      REDIS_URL: this.redis.url,
      ATELIER_BLOBS: this.blobs,
      ATELIER_DATA: dataFolder,
      ...this.variables,
    };
  }

  private launch(role: "api" | "worker" | "all", variables: Record<string, string>, launch?: ServerLaunch) {
    const environment = this.environment();
    const process = new ServerProcess({ ...environment, ATELIER_ROLE: role, ATELIER_DEVICE: "cpu", ...variables }, launch);
    this.processes.push(process);
    return { process, folder: environment.ATELIER_DATA ?? "" };
  }
}
