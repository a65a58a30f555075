/**
 * Runs in its own process for fan-out.ts. When told to, it publishes the frames of a session over Redis.
 *
 *   forked with: address of Redis, session, frames, bytes of each, frames a second
 */
import { once } from "node:events";
import { openRemoteBus } from "../server/bus/remote.js";
import { publishFrames } from "./fan-out-frames.js";

const [redisUrl = "", sessionId = "", ...numbers] = process.argv.slice(2);
const [frames = 0, byteLength = 0, perSecond = 1] = numbers.map(Number);
const bus = await openRemoteBus(redisUrl, { onListenerError: console.error, warn: console.warn });
process.send?.("ready");
await once(process, "message");
process.send?.(await publishFrames(bus, sessionId, { frames, byteLength, perSecond }));
process.once("disconnect", () => process.exit());
