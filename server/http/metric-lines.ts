/** Prometheus's text format. */
import type { TimeHistogram } from "../sessions/time-histogram.js";

type MetricType = "gauge" | "counter" | "histogram";

/** The lines of one metric. */
export function metric(name: string, type: MetricType, help: string, samples: readonly string[]): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...samples];
}

/** The lines of a metric that is one number. */
export function single(name: string, type: MetricType, help: string, value: number): string[] {
  return metric(name, type, help, [sample(name, value)]);
}

/** The samples of a histogram, whose name ends in `_seconds`. */
export function histogramSamples(name: string, times: TimeHistogram, labels: Readonly<Record<string, string>> = {}): string[] {
  const { limitsMs, within, count, sumMs } = times;
  return [
    ...limitsMs.map((limit, bucket) => sample(`${name}_bucket`, within[bucket]!, { ...labels, le: String(limit / 1000) })),
    sample(`${name}_bucket`, count, { ...labels, le: "+Inf" }),
    sample(`${name}_sum`, sumMs / 1000, labels),
    sample(`${name}_count`, count, labels),
  ];
}

/** One line of a metric. */
export function sample(name: string, value: number, labels: Readonly<Record<string, string>> = {}): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${text}"`);
  return `${name}${pairs.length > 0 ? `{${pairs.join(",")}}` : ""} ${value === Number.POSITIVE_INFINITY ? "+Inf" : value}`;
}
