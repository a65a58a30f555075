import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { freePort } from "./postgres-server.js";
import { noteSkipped } from "./skipped.js";
import { until } from "./until.js";

/** Whether tests that need PgBouncer can run here. Notes the reason when they cannot. */
export function hasPooler(): boolean {
  const installed = spawnSync("pgbouncer", ["--version"]).status === 0;
  if (!installed) noteSkipped("pgbouncer is not installed, so that nothing is tested behind a pooler.");
  return installed;
}

/** Starts PgBouncer in transaction mode, as docs/operate.md sets it up, before the server of `databaseUrl`. */
export async function startPooler(databaseUrl: string): Promise<{ url: string; close(): Promise<void> }> {
  const { hostname, port, username, pathname } = new URL(databaseUrl);
  const through = new URL(databaseUrl);
  through.port = String(await freePort());
  const folder = await mkdtemp(join(tmpdir(), "atelier-pooler-"));
  const settings = join(folder, "pgbouncer.ini");
  await writeFile(
    settings,
    `[databases]
* = host=${hostname} port=${port} user=${username}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${through.port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 10
ignore_startup_parameters = statement_timeout,idle_in_transaction_session_timeout,options
`,
  );
  await chmod(folder, 0o755);
  // It refuses to run as root.
  const user = process.getuid?.() === 0 ? ["-u", "nobody"] : [];
  const pooler = spawn("pgbouncer", [...user, settings], { stdio: "ignore" });
  await until(async () => {
    if (pooler.exitCode !== null) throw new Error(`pgbouncer ended with ${pooler.exitCode} for ${pathname}.`);
    const client = new pg.Client(through.href);
    try {
      await client.connect();
      return true;
    } catch {
      // It is starting.
      return false;
    } finally {
      await client.end();
    }
  });
  return {
    url: through.href,
    async close() {
      const exited = once(pooler, "exit");
      pooler.kill("SIGKILL");
      await exited;
      await rm(folder, { recursive: true });
    },
  };
}
