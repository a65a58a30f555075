import { removableDataFolder } from "./data-folder.js";
import type { GraphqlClient } from "./graphql-client.js";
import { type KillablePlace, killDevice } from "./killable-place.js";
import { historyOf } from "./patient-viewer.js";
import { ServerProcess } from "./server.js";

/** One process with its own database; the device and the process are killed in turn. */
export class KillableServer implements KillablePlace {
  private process: ServerProcess;
  /** The running server; each kill replaces the promise. */
  private client: Promise<GraphqlClient>;
  private readonly killed = new Set<GraphqlClient>();
  private kills = 0;

  private constructor(private readonly data: Awaited<ReturnType<typeof removableDataFolder>>) {
    this.process = this.launch();
    this.client = this.process.client();
  }

  static async start(): Promise<KillableServer> {
    return new KillableServer(await removableDataFolder());
  }

  server(): Promise<GraphqlClient> {
    return this.client;
  }

  wasKilled(server: GraphqlClient): boolean {
    return this.killed.has(server);
  }

  async kill(): Promise<string> {
    if (this.kills++ % 2 === 0) {
      await killDevice(this.process);
      return "device";
    }
    const before = await this.client;
    this.killed.add(before);
    // Viewers that are cut off wait for the next server from now on.
    this.client = this.replace();
    await this.client;
    await before.close();
    return "server";
  }

  async inOrderOfBegin(ids: readonly string[]): Promise<readonly string[]> {
    const client = await this.client;
    const begun: { id: string; startedAt: string }[] = [];
    for (const id of ids) begun.push({ id, startedAt: (await historyOf(client, id)).startedAt });
    // Those of the same millisecond stay in their order.
    return begun.sort((one, other) => one.startedAt.localeCompare(other.startedAt)).map(({ id }) => id);
  }

  async close(): Promise<void> {
    await (await this.client).close();
    await this.process.end();
    await this.data.remove();
  }

  private launch(): ServerProcess {
    return new ServerProcess({ ATELIER_DATA: this.data.folder, ATELIER_DEVICE: "cpu" });
  }

  private async replace(): Promise<GraphqlClient> {
    await this.process.end("SIGKILL");
    this.process = this.launch();
    return this.process.client();
  }
}
