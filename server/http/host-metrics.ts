import { TimeHistogram } from "../sessions/time-histogram.js";
import { histogramSamples, metric, sample } from "./metric-lines.js";

/** Upper bounds of the buckets of the time of a step, ms: from a live frame on a card to a large painting on a processor. */
const stepBucketsMs = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000] as const;

/** A frame that a device sent. */
export interface ComputedFrame {
  /** Name of the device. */
  device: string;
  kind: "LIVE" | "PAINTED";
  computeMs: number;
}

/** Metrics of the process that runs sessions. */
export class HostMetrics {
  private readonly steps = new Map<string, { labels: { device: string; kind: string }; times: TimeHistogram }>();

  /** `devices` returns the devices that respond, with the sessions that they run. */
  constructor(private readonly devices: () => readonly { name: string; sessionIds: readonly string[] }[]) {}

  count({ device, kind, computeMs }: ComputedFrame): void {
    const key = `${device} ${kind}`;
    const known = this.steps.get(key) ?? { labels: { device, kind }, times: new TimeHistogram(stepBucketsMs) };
    this.steps.set(key, known);
    known.times.add(computeMs);
  }

  /** The metrics in Prometheus's text format. */
  lines(): string[] {
    const name = "atelier_step_seconds";
    const steps = [...this.steps.values()].flatMap(({ labels, times }) => histogramSamples(name, times, labels));
    const running = this.devices().map(({ name: device, sessionIds }) => sample("atelier_device_sessions", sessionIds.length, { device }));
    return [
      ...metric(name, "histogram", "Time that a device of this process computed for a frame.", steps),
      ...metric("atelier_device_sessions", "gauge", "Sessions that run on a device of this process.", running),
    ];
  }
}
