import { metric, sample } from "./metric-lines.js";

/** Upper bounds of the buckets of the time of a step, s: from a live frame on a card to a large painting on a processor. */
const bucketsSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const;

/** A frame that a device sent. */
export interface ComputedFrame {
  /** Name of the device. */
  device: string;
  kind: "LIVE" | "PAINTED";
  computeMs: number;
}

interface Histogram {
  labels: { device: string; kind: string };
  /** Numbers of frames within each bucket. */
  buckets: number[];
  sumSeconds: number;
  count: number;
}

/** Metrics of the process that runs sessions. */
export class HostMetrics {
  private readonly histograms = new Map<string, Histogram>();

  /** `devices` returns the devices that respond, with the sessions that they run. */
  constructor(private readonly devices: () => readonly { name: string; sessionIds: readonly string[] }[]) {}

  count({ device, kind, computeMs }: ComputedFrame): void {
    const key = `${device} ${kind}`;
    const histogram = this.histograms.get(key) ?? {
      labels: { device, kind },
      buckets: bucketsSeconds.map(() => 0),
      sumSeconds: 0,
      count: 0,
    };
    this.histograms.set(key, histogram);
    const seconds = computeMs / 1000;
    histogram.sumSeconds += seconds;
    histogram.count++;
    for (const [index, limit] of bucketsSeconds.entries()) if (seconds <= limit) histogram.buckets[index]!++;
  }

  /** The metrics in Prometheus's text format. */
  lines(): string[] {
    const name = "atelier_step_seconds";
    const steps = [...this.histograms.values()].flatMap(({ labels, buckets, sumSeconds, count }) => [
      ...buckets.map((within, index) => sample(`${name}_bucket`, within, { ...labels, le: String(bucketsSeconds[index]) })),
      sample(`${name}_bucket`, count, { ...labels, le: "+Inf" }),
      sample(`${name}_sum`, sumSeconds, labels),
      sample(`${name}_count`, count, labels),
    ]);
    const running = this.devices().map(({ name: device, sessionIds }) => sample("atelier_device_sessions", sessionIds.length, { device }));
    return [
      ...metric(name, "histogram", "Time that a device of this process computed for a frame.", steps),
      ...metric("atelier_device_sessions", "gauge", "Sessions that run on a device of this process.", running),
    ];
  }
}
