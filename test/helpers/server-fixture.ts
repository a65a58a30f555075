import { rm } from "node:fs/promises";
import { afterAll, beforeAll } from "vitest";
import { newDataFolder } from "./data-folder.js";
import type { GraphqlClient } from "./graphql-client.js";
import { ServerProcess } from "./server.js";

type Variables = Record<string, string>;

/** A real server with its own data folder, which runs during the tests of the block that makes the fixture. */
export class ServerFixture {
  /** The data folder. */
  folder = "";
  process!: ServerProcess;
  client!: GraphqlClient;
  private port = "0";

  /** `variables` is called at the first start, after the hooks that were registered before this one. */
  constructor(private readonly variables: () => Variables | Promise<Variables> = () => ({})) {
    beforeAll(async () => {
      this.folder = await newDataFolder();
      await this.start();
    });
    afterAll(async () => {
      // A server that did not start has no client; its hook has failed already.
      if (this.client) await this.stop();
      if (this.folder) await rm(this.folder, { recursive: true, force: true });
    });
  }

  get address(): string {
    return this.client.address;
  }

  /** Starts the server, on the same port as before when it was stopped. */
  async start(variables: Variables | Promise<Variables> = this.variables()): Promise<void> {
    this.process = new ServerProcess({ ATELIER_DATA: this.folder, ATELIER_DEVICE: "cpu", PORT: this.port, ...(await variables) });
    this.client = await this.process.client();
    this.port = new URL(this.address).port;
  }

  /** Disconnects the client and ends the server; returns its exit code, null where the signal ended it. */
  async stop(signal?: NodeJS.Signals): Promise<number | null> {
    await this.client.close();
    return this.process.end(signal);
  }
}
