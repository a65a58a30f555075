import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "../errors.js";
import type { Protocol, SdkParts } from "./sdk.js";

/** How long the shutdown waits for the last spans to be sent, ms. */
const FLUSH_MS = 2000;

/** The encodings of OTLP over HTTP, as `OTEL_EXPORTER_OTLP_PROTOCOL` names them. */
const protocols = ["http/protobuf", "http/json"] as const satisfies readonly Protocol[];

/**
 * Loads OpenTelemetry's SDK where the environment names a collector, and loads nothing otherwise. The SDK reads its own
 * variables (`OTEL_*`). Call this before the first span. Returns how to send the last spans, which takes a limited time.
 * Never throws: without telemetry, the server works as before.
 */
export async function startTelemetry(env: NodeJS.ProcessEnv, parts: Omit<SdkParts, "collector">): Promise<() => Promise<void>> {
  const nothing = async () => undefined;
  const endpoint = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || env.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (!endpoint || env.OTEL_SDK_DISABLED?.toLowerCase() === "true" || env.OTEL_TRACES_EXPORTER === "none") return nothing;
  const collector = URL.canParse(endpoint) ? new URL(endpoint) : null;
  // The address may hold secrets, so no message repeats it as a whole.
  if (!collector || !/^https?:$/.test(collector.protocol)) {
    parts.warn("The address of OpenTelemetry's collector must begin with http:// or https://; nothing is traced.");
    return nothing;
  }
  const named = env.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL || env.OTEL_EXPORTER_OTLP_PROTOCOL || protocols[0];
  const protocol = protocols.find((known) => known === named);
  if (!protocol) {
    parts.warn(`OTEL_EXPORTER_OTLP_PROTOCOL=${named} must be one of ${protocols.join(", ")}; nothing is traced.`);
    return nothing;
  }
  try {
    const { openSdk } = await import("./sdk.js");
    const sdk = await openSdk(protocol, { ...parts, collector: collector.host });
    parts.inform(`Spans are sent to ${collector.host} as ${protocol}.`);
    return () => Promise.race([sdk.close(), delay(FLUSH_MS, undefined, { ref: false })]);
  } catch (error) {
    parts.warn(`OpenTelemetry could not be loaded, so nothing is traced: ${messageOf(error)}`, error);
    return nothing;
  }
}
