import { afterAll, beforeAll } from "vitest";
import { Fleet, type FleetServer } from "./fleet.js";
import { GraphqlClient } from "./graphql-client.js";
import type { PostgresServer } from "./postgres-server.js";
import { RoundRobin } from "./round-robin.js";
import type { StudioServer } from "./studio.js";

/** Two API servers behind a proxy that sends each request to the next one, and a worker, during the tests of a block. */
export class FleetFixture implements StudioServer {
  client!: GraphqlClient;
  private fleet: Fleet | null = null;
  private proxy: RoundRobin | null = null;
  private servers: FleetServer[] = [];

  /** `variables` are those of all processes. */
  constructor(private readonly variables: Record<string, string> = {}) {
    beforeAll(async () => {
      [this.fleet, this.proxy] = await Promise.all([Fleet.start(variables), RoundRobin.start()]);
      this.client = new GraphqlClient(this.address);
      await Promise.all([this.start(), this.fleet.worker()]);
    });
    afterAll(async () => {
      await this.client?.close();
      await this.proxy?.close();
      await this.fleet?.close();
    });
  }

  /** The data folder of an API server. */
  get folder(): string {
    return this.servers[0]?.folder ?? "";
  }

  get address(): string {
    return this.proxy?.address ?? "";
  }

  get postgres(): PostgresServer {
    if (!this.fleet) throw new TypeError("The fleet has not started.");
    return this.fleet.postgres;
  }

  /** Starts both API servers. */
  async start(): Promise<void> {
    const { fleet, proxy } = this;
    if (!fleet || !proxy) throw new TypeError("The fleet starts before its servers.");
    const variables = { ...this.variables, ATELIER_PUBLIC_URL: proxy.address };
    this.servers = await Promise.all([fleet.api(variables), fleet.api(variables)]);
    proxy.use(...this.servers.map(({ client }) => client.address));
  }

  /** Ends both API servers; the worker goes on. */
  async stop(signal?: NodeJS.Signals): Promise<void> {
    await Promise.all(this.servers.map(({ process }) => process.end(signal)));
  }
}
