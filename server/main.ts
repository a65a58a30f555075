import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { hostname } from "node:os";
import { join } from "node:path";
import { pathOf } from "./access/links.js";
import type { OpenIdSettings } from "./access/openid.js";
import { removeOperatorFile, writeOperatorFile } from "./access/operator.js";
import { newSecret } from "./access/secrets.js";
import type { App, AppParts } from "./app.js";
import { auditSinkOf } from "./audit-sink.js";
import type { Bus } from "./bus/bus.js";
import { type Config, readConfig, variables } from "./config.js";
import { ConfigError } from "./config-values.js";
import { memoryOfMachine } from "./device/machine.js";
import { candidatesOf } from "./device/messages.js";
import { hasNvidiaDriver } from "./device/nvidia.js";
import { hasCudaBuild } from "./engine/cuda/libraries.js";
import type { Engines } from "./engines.js";
import { AtelierError, messageOf, systemCode } from "./errors.js";
import { describeWorker, openAnnouncer } from "./fleet/announcer.js";
import { openWorkerDirectory } from "./fleet/directory.js";
import { downloadWanted } from "./fleet/downloads.js";
import { type FleetModels, fleetModels } from "./fleet/models.js";
import { ownHost, type Runners, wholeFleet } from "./fleet/runners.js";
import { SharedModels } from "./fleet/shared-models.js";
import { type DeviceTrial, graphicsTrial, processorTrial, trialInUse } from "./host/device-trials.js";
import { Host } from "./host/host.js";
import { recoverSessions } from "./host/recovery.js";
import { StepTimesFile } from "./host/step-times.js";
import { VerdictFile } from "./host/verdicts.js";
import { registryWorkModels } from "./host/work.js";
import { HostMetrics } from "./http/host-metrics.js";
import { linkLines, localAddress, type Reach } from "./http/link-addresses.js";
import { createMetrics } from "./http/metrics.js";
import { createWorkerApp } from "./http/worker.js";
import { maxPaintingSize } from "./limits/pictures.js";
import { FULL_OWNERS_OF_LINK } from "./limits/table.js";
import { createLog } from "./log.js";
import type { DropInOptions } from "./models/drop-ins/drop-ins.js";
import { downloadPreferredFeatures, openRegistry, type Registry } from "./models/registry.js";
import { openEngines } from "./open-engines.js";
import { packageVersion, rootFolder } from "./paths.js";
import { LOCAL_OWNER } from "./records/access.js";
import { styleTransferSettings } from "./records/settings.js";
import { registryModels } from "./sessions/models.js";
import { Readiness } from "./sessions/readiness.js";
import { DataFolderError } from "./storage/embedded/data-folder.js";
import { startTelemetry } from "./telemetry/start.js";

/** How long the shutdown may take before the process exits anyway, ms. */
const SHUTDOWN_MS = 8000;

type Close = () => Promise<void>;

/** Fields of all records of the log, as they become known. */
const labels: { role?: string; workerId?: string } = {};
// Before the settings are read, whose faults are logged too.
const log = createLog({ format: process.env[variables.log.name] === "json" ? "json" : "text", labels });
const { report } = log;
// What Node would print gets a timestamp and a level too.
process.removeAllListeners("warning").on("warning", ({ name, message }) => log.warn(`${name}: ${message}`));
process.on("uncaughtException", (error) => {
  report(error);
  process.exit(1);
});

/** Starts what the role of this process asks for. `opened` receives what must be closed, in the order in which it was opened. */
async function start(config: Config, opened: Close[]): Promise<void> {
  const { role } = config;
  let host: Host | null = null;
  const memoryBytes = memoryOfMachine();
  const maxSize = () => maxPaintingSize(Math.min(memoryBytes, host?.memoryBytes ?? memoryBytes), styleTransferSettings.size.max);
  // While no device is up, this process claims nothing and announces none.
  const runsOnnxFiles = () => (host?.devices() ?? []).every(({ engine }) => engine === "onnx");

  // 0. What records spans, first of all so that what is closed later is recorded too.
  opened.push(await startTelemetry(process.env, { role, version: packageVersion(), inform: log.info, warn: log.warn }));

  // 1. Storage, bus and queue. The data folder has a lock: if another server uses it, this one stops before it touches anything.
  const capability = () => ({ models: registry.readyIds(runsOnnxFiles()), maxSize: maxSize() });
  const engines = await openEngines({ config, log, capability, opened });
  const { storage, bus, queue, fleet } = engines;
  if (fleet) labels.workerId = fleet.workerId;

  // 2. The models, which the settings of new sessions are checked against. Those that are dropped in are shared in a fleet.
  const sharedModels = fleet && (await openSharedModels(config, bus, fleet));
  const registry = await openModels(config, sharedModels ?? { tryModel: processorTrial(log.warn).run });
  opened.push(() => registry.close());
  if (sharedModels && registry.dropIns) {
    await sharedModels.start(registry.dropIns);
    opened.push(() => sharedModels.close());
  }
  for (const { folder, reason } of registry.problems()) log.warn(`Model ${folder}: ${reason}`);

  // 3. Sessions that the last run left unfinished, before a client can see them or a host can claim them. Those that
  // processes share are claimed when the lease of the one that ran them is over.
  if (fleet === null) await recoverSessions(storage, queue);

  // 4. Who can run sessions: this process, or all workers that announce themselves. An API server is ready without any: it
  // shows what there is, and sessions wait.
  const own = ownHost(() => host, maxSize);
  const isWorker = role !== "api";
  let runners: Runners = own;
  let workers: (() => number) | null = null;
  let models: FleetModels = registry;
  if (fleet && role !== "worker") {
    const describe = () => host && describeWorker(host, { ...capability(), features: null });
    const itself = isWorker ? { workerId: fleet.workerId, describe } : null;
    const directory = await openWorkerDirectory({ workers: fleet.workers, own: itself, failed: report });
    opened.push(() => directory.close());
    runners = wholeFleet(directory, own);
    models = fleetModels(registry, directory);
    if (!isWorker) workers = directory.workers;
  }
  const unready = () => (!isWorker || host?.ready ? null : "The device is starting, or does not respond.");
  const hostMetrics = isWorker ? new HostMetrics(own.devices) : null;

  // Without Redis, a worker paints on; what serves the API cannot show anything new.
  const shown = { unready, hostMetrics, ...(fleet ? { unreachable: fleet.unreachable } : {}), ...(workers ? { workers } : {}) };

  // 5. The API. It listens before the device starts, so that a port in use shows at once.
  const serving: Close[] = [];
  opened.push(() => close(serving));
  const url =
    role === "worker"
      ? await serveHealth(config, { storage, unready, hostMetrics }, serving)
      : await serveApi(config, engines, models, { ...runners, ...shown }, serving);
  if (!isWorker) {
    log.info("Workers in other processes run the sessions.");
    log.info(`Atelier is at ${url}`);
    return;
  }

  // 6. The host, which starts the device and claims sessions.
  host = Host.start({
    storage,
    bus,
    queue,
    ...registryWorkModels(registry),
    frameBudget: { sessionByteLength: config.sessionBytes, totalByteLength: config.historyBytes },
    devices: candidatesOf(config.device, { hasNvidia: hasCudaBuild && hasNvidiaDriver() }),
    device: { output: log.warn },
    verdicts: new VerdictFile(join(config.dataDir, "devices.json"), report),
    stepTimes: new StepTimesFile(join(config.dataDir, "step-times.json"), report),
    computed: (frame) => hostMetrics?.count(frame),
    deviceUp: (device) => void tryModelsOn(device, registry, sharedModels).catch(report),
    log: log.error,
    inform: log.info,
    isShared: fleet !== null,
    maxSize,
  });
  const started = host;
  opened.push(() => started.close());
  // A device that was named and cannot be used stops the start; the processor can always be used.
  if (config.device !== "auto" && config.device !== "cpu") {
    await started.opened().catch((cause: unknown) => {
      throw new ConfigError(`ATELIER_DEVICE=${config.device} cannot be used. ${messageOf(cause)}`, { cause });
    });
  }

  log.info(role === "worker" ? `This worker runs sessions; its health is at ${url}/readyz` : `Atelier is at ${url}`);
  if (!(await registry.list()).some(({ task, state }) => task === "FEATURES" && state === "READY")) {
    log.warn("No feature model is ready, so style transfers are refused. Set ATELIER_MODEL_MIRROR to a folder that holds vgg19/.");
  }
  // 7. How fast this machine paints, from which pages estimate how long a painting takes.
  const features = await registry.defaultFeatures();
  if (features !== null) started.stepTimes(features);

  // 8. What this worker can run, for the API servers.
  if (fleet) {
    const describe = () => describeWorker(started, { ...capability(), features });
    const lacking = { wanted: () => fleet.wantedModels(), registry, failed: report };
    const announcer = openAnnouncer({ ...fleet, describe, announced: () => downloadWanted(lacking), failed: report });
    opened.push(() => announcer.close());
  }

  // Its clients learn of the end before the host leaves its sessions to others, for which it may wait for a database that hangs.
  if (role !== "worker") opened.push(() => close(serving));

  // 9. The preferred feature model, which makes paintings better. Nothing waits for its download.
  if (!config.offline) void downloadPreferredFeatures(registry, log.info).catch(report);
}

/** Has dropped models tried on the device that paints here, where that is a graphics device. */
async function tryModelsOn(
  device: { name: string; description: string },
  { dropIns }: Registry,
  shared: SharedModels | null,
): Promise<void> {
  const trial = await graphicsTrial(device, log.warn);
  const alone = (found: DeviceTrial) => trialInUse(found, found.run, log.warn);
  dropIns?.tryOn(trial && (shared ? shared.graphicsTrial(trial) : alone(trial)));
}

/** The folder of downloaded and dropped models. */
const modelsFolder = ({ dataDir }: Pick<Config, "dataDir">) => join(dataDir, "models");

function openSharedModels(config: Config, bus: Bus, { sharedModels: store, trials }: NonNullable<Engines["fleet"]>): Promise<SharedModels> {
  return SharedModels.open({
    ...{ store, trials, bus, folder: modelsFolder(config), machine: hostname(), processor: processorTrial(log.warn) },
    ...{ inform: log.info, warn: log.warn, failed: (error) => log.warn("Shared models could not be compared:", error) },
  });
}

function openModels(config: Config, { tryModel, beforeTrial }: Pick<DropInOptions, "tryModel" | "beforeTrial">): Promise<Registry> {
  const { modelMirror: mirror, offline } = config;
  const folder = modelsFolder(config);
  return openRegistry({
    bundledDir: join(rootFolder, "models", "bundled"),
    mirrorDir: typeof mirror === "string" ? mirror : null,
    store: { folder, mirror: mirror instanceof URL ? mirror : null, offline, report, log: log.warn },
    dropIns: { folder, tryModel, ...(beforeTrial ? { beforeTrial } : {}), report, log: log.warn },
  });
}

/** What a process shows of its host and of those that it depends on. */
type HealthParts = Pick<AppParts, "unready" | "unreachable" | "workers"> & { hostMetrics: HostMetrics | null };

/** Serves the API and the studio. Returns the address by which this machine reaches them. */
async function serveApi(
  config: Config,
  { storage, bus, queue, streams, fleet }: Engines,
  models: FleetModels,
  runners: Runners & HealthParts,
  opened: Close[],
): Promise<string> {
  // Commands on this machine reach the running server by a secret in the data folder.
  const operatorSecret = config.access === "NONE" ? null : newSecret();
  // A worker starts sooner without all that the API needs.
  const { createApp } = await import("./app.js");
  const app = await createApp({
    ...{ storage, bus, queue, streams },
    models: { catalogue: models, sessions: registryModels(models) },
    ...runners,
    accessMode: config.access,
    requiresApproval: config.approval,
    retentionHours: config.retentionHours,
    operatorSecret,
    openId: openIdOf(config),
    publicUrl: config.publicUrl,
    tls: config.tlsCert !== null && config.tlsKey !== null ? { cert: config.tlsCert, key: config.tlsKey } : null,
    trustedProxies: config.trustedProxies,
    origins: config.origins,
    switches: { graphiql: config.graphiql, introspection: config.introspection, metrics: config.metrics },
    auditSink: config.access === "NONE" ? null : auditSinkOf(config, { fleet }),
    version: packageVersion(),
    studioFolder: join(rootFolder, "web", "out"),
    exportsFolder: join(config.dataDir, "exports", "drafts"),
    memoryBytes: memoryOfMachine(),
    limits: {
      ownBytes: config.ownerBytes,
      linkBytes: FULL_OWNERS_OF_LINK * config.ownerBytes,
      queuedSessions: config.queuedSessions,
    },
    ...(fleet ? { openRateLimiter: fleet.openRateLimiter, sharedPlaces: fleet.places, isShared: true } : {}),
    report,
    warn: log.warn,
  });
  opened.push(() => app.close());
  const listening = await app.listen(config.port, config.host);
  const url = localAddress(listening, config.tlsCert === null ? "http" : "https");
  if (operatorSecret !== null) {
    const host = listening.address;
    await writeOperatorFile(config.dataDir, { address: url, host, secret: operatorSecret });
    opened.push(() => removeOperatorFile(config.dataDir));
    const issuer = config.access === "USERS" ? config.oidcIssuer : null;
    const isAdministered = issuer !== null && (await storage.access.hasUser(issuer.href, "ADMIN"));
    if (!isAdministered) await greetAdmin(app, { publicUrl: config.publicUrl, local: url, host });
  }
  return url;
}

/** Serves the health and the metrics of a worker. Returns the address by which this machine reaches it. */
async function serveHealth(
  { port, host, metrics: hasMetrics }: Config,
  { storage, unready, unreachable, hostMetrics }: Pick<Engines, "storage"> & HealthParts,
  opened: Close[],
): Promise<string> {
  const metrics = hasMetrics ? createMetrics({ storage, ...(unreachable ? { unreachable } : {}), api: null, host: hostMetrics }) : null;
  opened.push(async () => metrics?.close());
  const readiness = new Readiness({ unready, space: storage.space, report });
  const server = createServer(createWorkerApp({ readiness, metrics, warn: log.warn, report }));
  server.listen(port, host);
  await once(server, "listening");
  opened.push(async () => {
    server.close();
    server.closeAllConnections();
  });
  return localAddress(server.address() as AddressInfo, "http");
}

/** How people sign in; null where no identity provider is named. */
function openIdOf({ oidcIssuer, oidcClientId, oidcClientSecret, oidcRoleClaim, oidcDefaultRole }: Config): OpenIdSettings | null {
  if (oidcIssuer === null) return null;
  const client = { clientId: oidcClientId, clientSecret: oidcClientSecret };
  return { issuer: oidcIssuer, ...client, roleClaim: oidcRoleClaim, defaultRole: oidcDefaultRole };
}

/** Lets the first admin in. Whoever reads what the first start prints can use the link, which can be revoked later. */
async function greetAdmin({ links, audit }: Pick<App, "links" | "audit">, reach: Reach): Promise<void> {
  const made = await links.createFirstAdmin(LOCAL_OWNER);
  if (made === null) return;
  const server = { name: "The server", role: null, ownerId: LOCAL_OWNER };
  audit.record({ action: "First admin", code: null, principal: server, address: null, about: { link: made.link.id } });
  const lines = linkLines(pathOf(made), reach).map((line) => `  ${line}\n`);
  console.log(`\nNobody can use this server yet. Open this link to become its admin, and keep it to yourself:\n\n${lines.join("")}`);
}

/** Closes what was opened, in reverse order. An error does not keep the rest open. */
async function close(opened: Close[]): Promise<void> {
  for (const closeOne of opened.splice(0).reverse()) await closeOne().catch(report);
}

/** Logs why the server does not start, in one line where the operator can fix the cause. */
function explain(error: unknown, config: Config | null): void {
  const isExplained = error instanceof ConfigError || error instanceof AtelierError || error instanceof DataFolderError;
  if (isExplained) log.error(error.message);
  else if (systemCode(error) === "EADDRINUSE") {
    log.error(`Port ${config?.port} is in use. Stop what uses it, or set PORT to another one.`);
  } else report(error);
}

async function main(): Promise<void> {
  const opened: Close[] = [];
  let config: Config | null = null;
  const shutDown = () => {
    setTimeout(() => process.exit(), SHUTDOWN_MS).unref();
    void close(opened).then(() => process.exit());
  };
  // Before the start, so that a server that is stopped while it starts also closes what it opened.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, shutDown);
  try {
    config = readConfig(process.env);
    labels.role = config.role;
    await start(config, opened);
  } catch (error) {
    explain(error, config);
    process.exitCode = 1;
    shutDown();
  }
}

await main();
