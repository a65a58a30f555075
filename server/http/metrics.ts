import { monitorEventLoopDelay } from "node:perf_hooks";
import type { RequestHandler } from "express";
import { sessionStatuses } from "../records/session.js";
import { delayBucketsMs, type LiveCounts } from "../sessions/live/counts.js";
import type { Storage } from "../storage/storage.js";

/** Sampling interval of the event loop, ms. */
const SAMPLING_MS = 10;
const uploadResults = ["stored", "refused"] as const;
type UploadResult = (typeof uploadResults)[number];

export interface Metrics {
  countUpload(result: UploadResult): void;
  /** `GET /metrics` in Prometheus's text format. */
  readonly send: RequestHandler;
  close(): void;
}

/**
 * Metrics of the server. `viewers` returns the number of open subscriptions; `live` counts the frames of live
 * translations.
 */
export function createMetrics(storage: Pick<Storage, "sessions" | "frames" | "space">, viewers: () => number, live: LiveCounts): Metrics {
  const uploads: Record<UploadResult, number> = { stored: 0, refused: 0 };
  const loopDelay = monitorEventLoopDelay({ resolution: SAMPLING_MS });
  loopDelay.enable();

  const sendMetrics: RequestHandler = async (_request, response) => {
    const [frames, free] = [await storage.frames.totals(), await storage.space.free()];
    const sessions = await Promise.all(
      sessionStatuses.map(async (status) => {
        const count = await storage.sessions.count({ status: [status] });
        return sample("atelier_sessions", count, { status });
      }),
    );
    const lines = [
      ...metric("atelier_sessions", "gauge", "Sessions by status.", sessions),
      ...metric("atelier_frames", "gauge", "Kept frames.", [sample("atelier_frames", frames.count)]),
      ...metric("atelier_frame_bytes", "gauge", "Encoded size of the kept frames.", [sample("atelier_frame_bytes", frames.byteLength)]),
      ...metric("atelier_disk_free_bytes", "gauge", "Free space on the disk of the data folder.", [
        sample("atelier_disk_free_bytes", free),
      ]),
      ...metric("atelier_viewers", "gauge", "Open subscriptions.", [sample("atelier_viewers", viewers())]),
      ...metric(
        "atelier_uploads_total",
        "counter",
        "Uploads since the server started.",
        uploadResults.map((result) => sample("atelier_uploads_total", uploads[result], { result })),
      ),
      ...liveLines(live),
      ...metric("atelier_event_loop_delay_seconds", "gauge", "Delay of the event loop since the last reading.", [
        sample("atelier_event_loop_delay_seconds", delaySeconds(loopDelay.percentile(50)), { quantile: "0.5" }),
        sample("atelier_event_loop_delay_seconds", delaySeconds(loopDelay.percentile(99)), { quantile: "0.99" }),
        sample("atelier_event_loop_delay_seconds", delaySeconds(loopDelay.max), { quantile: "1" }),
      ]),
      ...metric("process_resident_memory_bytes", "gauge", "Memory of the server process.", [
        sample("process_resident_memory_bytes", process.memoryUsage.rss()),
      ]),
    ];
    loopDelay.reset();
    response.type("text/plain; version=0.0.4; charset=utf-8").send(`${lines.join("\n")}\n`);
  };

  return {
    countUpload: (result) => {
      uploads[result]++;
    },
    send: sendMetrics,
    close: () => loopDelay.disable(),
  };
}

function liveLines({ totals, delays, delaySumMs }: LiveCounts): string[] {
  const name = "atelier_live_frame_delay_seconds";
  const buckets = delays.map((count, bucket) => sample(`${name}_bucket`, count, { le: String(delayBucketsMs[bucket]! / 1000) }));
  return [
    ...metric(
      "atelier_live_frames_total",
      "counter",
      "Live frames since the server started, by state.",
      Object.entries(totals).map(([state, count]) => sample("atelier_live_frames_total", count, { state })),
    ),
    ...metric(name, "histogram", "Time from a live frame's arrival to its published result.", [
      ...buckets,
      sample(`${name}_bucket`, totals.translated, { le: "+Inf" }),
      sample(`${name}_sum`, delaySumMs / 1000),
      sample(`${name}_count`, totals.translated),
    ]),
  ];
}

/** Delay in s: Node measures the ns from one sample to the next, and what exceeds the sampling interval is delay. */
function delaySeconds(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e9 - SAMPLING_MS / 1e3);
}

/** The lines of one metric in the text format. */
function metric(name: string, type: "gauge" | "counter" | "histogram", help: string, samples: string[]): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...samples];
}

function sample(name: string, value: number, labels: Record<string, string> = {}): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${text}"`);
  return `${name}${pairs.length > 0 ? `{${pairs.join(",")}}` : ""} ${value === Number.POSITIVE_INFINITY ? "+Inf" : value}`;
}
