/**
 * A server in a process of its own, with one session that runs, for fan-out.ts. Without Redis it publishes the session's
 * frames itself. It measures its use of processor and memory while they are published.
 *
 *   forked with: address of Redis, or nothing
 */
import { openRemoteBus } from "../server/bus/remote.js";
import { startApp, startSession } from "../test/helpers/app.js";
import { type Load, publishFrames } from "./fan-out-frames.js";

const [redisUrl] = process.argv.slice(2);
const app = await startApp(
  redisUrl === undefined ? {} : { openBus: (report) => openRemoteBus(redisUrl, { onListenerError: report, warn: console.warn }) },
);
const sessionId = await startSession(app, { steps: 2000 });
await app.host.claim();

let usage = process.cpuUsage();
let began = 0;
let peak = 0;
const memory = () => process.memoryUsage.rss() / 2 ** 20;
setInterval(() => {
  peak = Math.max(peak, memory());
}, 50).unref();

process.on("message", async (message: { begin: Load } | "measure") => {
  if (message === "measure") {
    const { user, system } = process.cpuUsage(usage);
    process.send?.({ busy: (user + system) / 1000 / (performance.now() - began), peak, faults: app.faults.length });
    return;
  }
  usage = process.cpuUsage();
  began = performance.now();
  const before = memory();
  peak = before;
  process.send?.({ before, sentAt: redisUrl === undefined ? await publishFrames(app.bus, sessionId, message.begin) : null });
});
process.once("disconnect", () => process.exit());
process.send?.({ address: app.address, sessionId });
