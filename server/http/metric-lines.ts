/** Prometheus's text format. */

type MetricType = "gauge" | "counter" | "histogram";

/** The lines of one metric. */
export function metric(name: string, type: MetricType, help: string, samples: readonly string[]): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...samples];
}

/** The lines of a metric that is one number. */
export function single(name: string, type: MetricType, help: string, value: number): string[] {
  return metric(name, type, help, [sample(name, value)]);
}

/** One line of a metric. */
export function sample(name: string, value: number, labels: Readonly<Record<string, string>> = {}): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${text}"`);
  return `${name}${pairs.length > 0 ? `{${pairs.join(",")}}` : ""} ${value === Number.POSITIVE_INFINITY ? "+Inf" : value}`;
}
