import { createRequire } from "node:module";
import { context, diag, propagation, trace } from "@opentelemetry/api";
import { afterEach, expect, test, vi } from "vitest";
import { AtelierError } from "../../server/errors.js";
import { createLog } from "../../server/log.js";
import { currentTraceparent, inSpan } from "../../server/telemetry/spans.js";
import { startTelemetry } from "../../server/telemetry/start.js";
import { Collector } from "../helpers/collector.js";

/** The packages of OpenTelemetry that this process has loaded, its interface excepted. */
function loaded(): string[] {
  const files = Object.keys(createRequire(import.meta.url).cache);
  const packages = files.flatMap((file) => /node_modules\/(@opentelemetry\/[^/]+)/.exec(file)?.[1] ?? []);
  return [...new Set(packages)].filter((name) => name !== "@opentelemetry/api");
}

const said: string[] = [];
const parts = { role: "all", version: "1", inform: (line: string) => void said.push(line), warn: (line: string) => void said.push(line) };

afterEach(() => {
  said.length = 0;
  vi.unstubAllEnvs();
  for (const api of [trace, context, propagation, diag]) api.disable();
});

// This test comes first: what is loaded stays.
test.each<[NodeJS.ProcessEnv, string | null]>([
  [{}, null],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: "", OTEL_SERVICE_NAME: "painters" }, null],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318", OTEL_SDK_DISABLED: "true" }, null],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318", OTEL_TRACES_EXPORTER: "none" }, null],
  [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "user:hunter2@collector" }, "must begin with http:// or https://"],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4317", OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }, "must be one of http/protobuf"],
])("%o loads nothing of the SDK", async (env, warning) => {
  const close = await startTelemetry(env, parts);
  expect(loaded()).toEqual([]);
  expect(said).toEqual(warning === null ? [] : [expect.stringContaining(warning)]);
  expect(said.join()).not.toContain("hunter2");
  expect(await inSpan("nothing", {}, async () => currentTraceparent())).toBeNull();
  await close();
});

test("with a collector, spans reach it before the end, as do the codes of errors but not their messages", async () => {
  const collector = await Collector.start();
  for (const [name, value] of Object.entries(collector.variables)) vi.stubEnv(name, value);
  vi.stubEnv("OTEL_BSP_SCHEDULE_DELAY", "60000");
  vi.stubEnv("OTEL_RESOURCE_ATTRIBUTES", "service.name=painters,deployment.environment.name=attic");
  const close = await startTelemetry(process.env, parts);
  expect(loaded()).toContain("@opentelemetry/sdk-trace-node");
  const records: string[] = [];
  const log = createLog({ format: "json", write: (_level, record) => records.push(record) });
  const failing = inSpan("outer", { place: "attic" }, () =>
    inSpan("inner", {}, async () => {
      log.info("Inside.");
      throw new AtelierError("CONFLICT", "The painting of Ada is finished.");
    }),
  );
  await expect(failing).rejects.toThrow("Ada");
  log.info("Outside.");
  await close();
  await collector.close();

  const [inner, outer] = collector.spans;
  expect(outer).toMatchObject({ name: "outer", attributes: { place: "attic", "error.type": "CONFLICT" }, isFailed: true });
  expect(outer?.process).toMatchObject({ "service.name": "painters", "deployment.environment.name": "attic", "service.version": "1" });
  expect(inner).toMatchObject({ name: "inner", traceId: outer?.traceId, parentSpanId: outer?.spanId });
  expect(collector.text).not.toContain("Ada");
  const [inside, outside] = records.map((record) => JSON.parse(record));
  expect(inside).toMatchObject({ trace_id: inner?.traceId, span_id: inner?.spanId });
  expect(outside).not.toHaveProperty("trace_id");
});

test("a collector that does not answer delays the end by some seconds at most", async () => {
  const collector = await Collector.start();
  collector.hang();
  for (const [name, value] of Object.entries(collector.variables)) vi.stubEnv(name, value);
  vi.stubEnv("OTEL_EXPORTER_OTLP_TIMEOUT", "10000");
  const close = await startTelemetry(process.env, parts);
  await inSpan("lost", {}, async () => undefined);
  const began = performance.now();
  await close();
  // The SDK itself would wait for ten seconds.
  expect(performance.now() - began).toBeLessThan(9000);
  await collector.close();
});
