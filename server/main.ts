import { join } from "node:path";
import { createApp } from "./app.js";
import { openEmbeddedBus } from "./bus/embedded.js";
import { type Config, ConfigError, readConfig } from "./config.js";
import { memoryOfMachine } from "./device/memory.js";
import { AtelierError } from "./errors.js";
import { Host } from "./host/host.js";
import { tryInProcess } from "./host/model-trial.js";
import { recoverSessions } from "./host/recovery.js";
import { registryWorkModels } from "./host/work-models.js";
import { openRegistry } from "./models/registry.js";
import { fetchPreferredFeatures } from "./models/store/preferred.js";
import { packageVersion, rootFolder } from "./paths.js";
import { openEmbeddedQueue } from "./queue/embedded.js";
import { registryModels } from "./sessions/models.js";
import { openEmbeddedStorage } from "./storage/embedded/open.js";

/** How long an orderly end may take before the process goes anyway, ms. */
const SHUTDOWN_MS = 8000;

type Close = () => Promise<void>;

const report = (error: unknown) => console.error(error);

/** Starts everything in one process; `opened` gets what is to be closed, in the order in which it was opened. */
async function start(config: Config, opened: Close[]): Promise<void> {
  // 1. The data folder, with its lock: whoever has it open already is found out before anything else is touched.
  const storage = await openEmbeddedStorage(config.dataDir);
  opened.push(() => storage.close());

  // 2. What carries events and waiting sessions.
  const bus = openEmbeddedBus(report);
  const queue = openEmbeddedQueue();
  opened.push(
    () => bus.close(),
    () => queue.close(),
  );

  // 3. The models: sessions are checked against them.
  const { modelMirror: mirror, offline } = config;
  const modelsFolder = join(config.dataDir, "models");
  const registry = await openRegistry({
    bundledDir: join(rootFolder, "models", "bundled"),
    mirrorDir: typeof mirror === "string" ? mirror : null,
    store: { folder: modelsFolder, mirror: mirror instanceof URL ? mirror : null, offline, report },
    dropIns: { folder: modelsFolder, tryModel: tryInProcess, report },
  });
  opened.push(() => registry.close());
  for (const { folder, reason } of registry.problems()) console.warn(`Model ${folder}: ${reason}`);

  const models = registryModels(registry);

  // 4. What the last run left behind, before anybody can see it or claim it.
  await recoverSessions(storage, queue);

  // 5. The API. It listens before the device is started: a port that is taken is found out at once.
  let host: Host | null = null;
  const app = await createApp({
    storage,
    bus,
    queue,
    models: { catalogue: registry, sessions: models },
    devices: () => host?.devices() ?? [],
    unready: () => (host?.ready ? null : "The device is not ready yet."),
    origins: config.origins,
    version: packageVersion(),
    studioFolder: join(rootFolder, "web", "out"),
    exportsFolder: join(config.dataDir, "exports"),
    memoryBytes: memoryOfMachine(),
    report,
  });
  opened.push(() => app.close());
  const { port, address, family } = await app.listen(config.port, config.host);

  // 6. The host, which begins to claim sessions.
  host = await Host.start({
    storage,
    bus,
    queue,
    ...registryWorkModels(registry),
    frameBudget: { sessionByteLength: config.sessionBytes, totalByteLength: config.historyBytes },
    device: { device: config.device },
  });
  const started = host;
  opened.push(() => started.close());

  console.log(`Atelier is at http://${family === "IPv6" ? `[${address}]` : address}:${port}`);
  if (!(await registry.list()).some(({ task, state }) => task === "FEATURES" && state === "READY")) {
    console.warn("No feature network is ready: style transfers are refused. Set ATELIER_MODEL_MIRROR to a folder that holds vgg19/.");
  }
  // 7. What makes paintings better, never possible: nothing waits for it.
  if (!offline) void fetchPreferredFeatures(registry, console.log).catch(report);
}

/** Closes in reverse order what was opened, each whether or not the others could be. */
async function close(opened: Close[]): Promise<void> {
  for (const one of opened.splice(0).reverse()) await one().catch(report);
}

/** What went wrong, in one line where it is the operator's to mend. */
function explain(error: unknown, config: Config | null): unknown {
  if (error instanceof ConfigError || error instanceof AtelierError) return error.message;
  if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") {
    return `Port ${config?.port} is in use. Stop what uses it, or set PORT to another one.`;
  }
  return error;
}

async function main(): Promise<void> {
  const opened: Close[] = [];
  let config: Config | null = null;
  const end = () => {
    setTimeout(() => process.exit(), SHUTDOWN_MS).unref();
    void close(opened).then(() => process.exit());
  };
  // From the beginning: who stops a server that has just said where it is finds it orderly.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, end);
  try {
    config = readConfig(process.env);
    await start(config, opened);
  } catch (error) {
    console.error(explain(error, config));
    process.exitCode = 1;
    end();
  }
}

await main();
