import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { DiagLogLevel, diag } from "@opentelemetry/api";
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, NodeTracerProvider, type SpanExporter } from "@opentelemetry/sdk-trace-node";

/** How spans are encoded, as `OTEL_EXPORTER_OTLP_PROTOCOL` names it. */
export type Protocol = "http/protobuf" | "http/json";

export interface SdkParts {
  /** What this process does. */
  role: string;
  version: string;
  /** Host and port of the collector, for messages. */
  collector: string;
  inform(message: string): void;
  warn(message: string, cause?: unknown): void;
}

/** Opens OpenTelemetry's SDK. Its packages are imported in this file alone, and this file only where a collector is named. */
export async function openSdk(
  protocol: Protocol,
  { role, version, warn, inform, collector }: SdkParts,
): Promise<{ close(): Promise<void> }> {
  // Faults of the configuration are shown once; what happens later is told by `announced`.
  diag.setLogger(
    silentBut((message) => warn(`OpenTelemetry: ${message}`)),
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  const own = resourceFromAttributes({
    "service.name": "atelier",
    "service.version": version,
    "service.instance.id": randomUUID(),
    "process.pid": process.pid,
    "host.name": hostname(),
    "atelier.role": role,
  });
  const exporter = announced(await openExporter(protocol), {
    failing: (cause) => warn(`Spans cannot be sent to ${collector}, and are lost until they can be:`, cause),
    working: () => inform(`Spans are sent to ${collector} again.`),
  });
  const provider = new NodeTracerProvider({
    resource: defaultResource()
      .merge(own)
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  provider.register();
  diag.disable();
  return {
    // A collector that cannot be reached was announced before.
    close: () => provider.shutdown().catch(() => undefined),
  };
}

async function openExporter(protocol: Protocol): Promise<SpanExporter> {
  const { OTLPTraceExporter } =
    protocol === "http/json"
      ? await import("@opentelemetry/exporter-trace-otlp-http")
      : await import("@opentelemetry/exporter-trace-otlp-proto");
  return new OTLPTraceExporter();
}

/** The same exporter, which says when it begins to fail and when it works again: once each, however many attempts fail. */
function announced(exporter: SpanExporter, say: { failing(cause: unknown): void; working(): void }): SpanExporter {
  let isFailing = false;
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        const fails = result.error !== undefined;
        if (fails && !isFailing) say.failing(result.error);
        if (!fails && isFailing) say.working();
        isFailing = fails;
        done(result);
      }),
    forceFlush: async () => exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown(),
  };
}

function silentBut(warn: (message: string) => void) {
  const silent = () => undefined;
  return { error: warn, warn, info: silent, debug: silent, verbose: silent };
}
