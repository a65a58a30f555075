import { monitorEventLoopDelay } from "node:perf_hooks";
import type { RequestHandler } from "express";
import { StorageUnavailable } from "../errors.js";
import { sharedLook } from "../limits/shared-look.js";
import { type SessionLoad, sessionStatuses } from "../records/session.js";
import type { LiveCounts } from "../sessions/live/counts.js";
import type { TimeHistogram } from "../sessions/time-histogram.js";
import { type Storage, type StoragePlace, storagePlaces } from "../storage/storage.js";
import type { HostMetrics } from "./host-metrics.js";
import { histogramSamples, metric, sample, single } from "./metric-lines.js";

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

/** What the API side of a server counts. */
export interface ApiCounts {
  /** Open subscriptions to sessions. */
  viewers(): number;
  /** Frames since the start that a newer one replaced before a viewer had read them. */
  droppedFrames(): number;
  /** How late the frames of watched sessions reach this server. */
  lag: TimeHistogram;
  /** Frames of live translations. */
  live: LiveCounts;
}

export interface MetricsParts {
  storage: Pick<Storage, "sessions" | "frames" | "space">;
  /** Null in a process that serves no API. */
  api: ApiCounts | null;
  /** Why Redis cannot be reached, null while it can; left out where one process has everything. */
  unreachable?: () => string | null;
  /** Null in a process that runs no sessions. */
  host: Pick<HostMetrics, "lines"> | null;
}

/**
 * Metrics of one process. Those of sessions and frames are of all processes that share the storage, and are left out while
 * the database is away. Free space is left out where it is not known.
 */
export function createMetrics({ storage, unreachable, api, host }: MetricsParts): Metrics {
  const uploads: Record<UploadResult, number> = { stored: 0, refused: 0 };
  const loopDelay = monitorEventLoopDelay({ resolution: SAMPLING_MS });
  loopDelay.enable();

  const looks = { late: null, sharedMs: 0 };
  const totals = sharedLook<Totals | null>({ ...looks, look: () => totalsOf(storage) });
  const free = storagePlaces.map((place) => ({
    place,
    bytes: sharedLook<number | null>({ ...looks, look: () => storage.space.free(place) }),
  }));

  const sendMetrics: RequestHandler = async (_request, response) => {
    const [stored, ...spaces] = await Promise.all([totals(), ...free.map(async ({ place, bytes }) => ({ place, bytes: await bytes() }))]);
    const lines = [
      ...single("atelier_database_up", "gauge", "Whether the database answers.", stored === null ? 0 : 1),
      ...(unreachable ? single("atelier_redis_up", "gauge", "Whether Redis answers.", unreachable() === null ? 1 : 0) : []),
      ...(stored === null ? [] : totalLines(stored)),
      ...spaceLines(spaces),
      ...(api ? apiLines(api, uploads) : []),
      ...(host?.lines() ?? []),
      ...metric("atelier_event_loop_delay_seconds", "gauge", "Delay of the event loop since the last reading.", [
        sample("atelier_event_loop_delay_seconds", delaySeconds(loopDelay.percentile(50)), { quantile: "0.5" }),
        sample("atelier_event_loop_delay_seconds", delaySeconds(loopDelay.percentile(99)), { quantile: "0.99" }),
        sample("atelier_event_loop_delay_seconds", delaySeconds(loopDelay.max), { quantile: "1" }),
      ]),
      ...single("process_resident_memory_bytes", "gauge", "Memory of the server process.", process.memoryUsage.rss()),
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

/** What the database knows of all processes. */
interface Totals {
  load: SessionLoad;
  frames: Awaited<ReturnType<Storage["frames"]["totals"]>>;
}

/** Null while the database is away. */
async function totalsOf({ sessions, frames }: MetricsParts["storage"]): Promise<Totals | null> {
  try {
    const [load, totals] = await Promise.all([sessions.load(), frames.totals()]);
    return { load, frames: totals };
  } catch (error) {
    if (error instanceof StorageUnavailable) return null;
    throw error;
  }
}

function totalLines({ load, frames }: Totals): string[] {
  return [
    ...metric(
      "atelier_sessions",
      "gauge",
      "Sessions by status.",
      sessionStatuses.map((status) => sample("atelier_sessions", load.counts[status], { status })),
    ),
    ...single("atelier_oldest_wait_seconds", "gauge", "How long the session that waits longest has waited.", seconds(load.oldestWaitMs)),
    ...single(
      "atelier_oldest_lease_seconds",
      "gauge",
      "How long a worker has held the session that is held longest.",
      seconds(load.oldestLeaseMs),
    ),
    ...single("atelier_frames", "gauge", "Kept frames.", frames.count),
    ...single("atelier_frame_bytes", "gauge", "Encoded size of the kept frames.", frames.byteLength),
  ];
}

function spaceLines(spaces: readonly { place: StoragePlace; bytes: number | null }[]): string[] {
  const name = "atelier_disk_free_bytes";
  const samples = spaces.flatMap(({ place, bytes }) => (bytes === null ? [] : [sample(name, bytes, { place })]));
  return metric(name, "gauge", "Free space for what is stored.", samples);
}

function apiLines({ viewers, droppedFrames, lag, live }: ApiCounts, uploads: Record<UploadResult, number>): string[] {
  return [
    ...single("atelier_viewers", "gauge", "Open subscriptions.", viewers()),
    ...single(
      "atelier_viewer_frames_dropped_total",
      "counter",
      "Frames since the start that a newer one replaced before a viewer had read them.",
      droppedFrames(),
    ),
    ...metric(
      "atelier_frame_lag_seconds",
      "histogram",
      "Time from a frame's making to its arrival at this server, by the clocks of both processes.",
      histogramSamples("atelier_frame_lag_seconds", lag),
    ),
    ...metric(
      "atelier_uploads_total",
      "counter",
      "Uploads since the server started.",
      uploadResults.map((result) => sample("atelier_uploads_total", uploads[result], { result })),
    ),
    ...liveLines(live),
  ];
}

function liveLines({ totals, delays }: LiveCounts): string[] {
  const name = "atelier_live_frame_delay_seconds";
  return [
    ...metric(
      "atelier_live_frames_total",
      "counter",
      "Live frames since the server started, by state.",
      Object.entries(totals).map(([state, count]) => sample("atelier_live_frames_total", count, { state })),
    ),
    ...metric(name, "histogram", "Time from a live frame's arrival to its published result.", histogramSamples(name, delays)),
  ];
}

/** Delay in s: Node measures the ns from one sample to the next, and what exceeds the sampling interval is delay. */
function delaySeconds(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e9 - SAMPLING_MS / 1e3);
}

/** A time in s; 0 for none. */
function seconds(ms: number | null): number {
  return (ms ?? 0) / 1000;
}
