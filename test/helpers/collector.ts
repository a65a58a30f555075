import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A span as the collector received it; attributes are plain values. */
export interface ReceivedSpan {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId: string;
  attributes: Record<string, unknown>;
  events: string[];
  /** Trace ids of its links. */
  links: string[];
  isFailed: boolean;
  /** Attributes of the process that sent it. */
  process: Record<string, unknown>;
}

interface KeyValue {
  key: string;
  value: Record<string, unknown>;
}

interface SentSpan extends Pick<ReceivedSpan, "name" | "traceId" | "spanId" | "parentSpanId"> {
  attributes?: KeyValue[];
  events?: { name: string }[];
  links?: { traceId: string }[];
  status?: { code?: number };
}

interface SentSpans {
  resourceSpans: { resource: { attributes: KeyValue[] }; scopeSpans: { spans: SentSpan[] }[] }[];
}

/** A collector of OTLP over HTTP that understands JSON alone. */
export class Collector {
  readonly spans: ReceivedSpan[] = [];
  /** Everything that it received. */
  text = "";

  private isHanging = false;

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(): Promise<Collector> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const collector = new Collector(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on("request", async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      if (collector.isHanging) return;
      if (request.url === "/v1/traces") collector.receive(Buffer.concat(chunks).toString());
      response.writeHead(200, { "Content-Type": "application/json" }).end("{}");
    });
    return collector;
  }

  /** The variables with which a server sends its spans here, at once, and gives up soon. */
  get variables(): Record<string, string> {
    return {
      OTEL_EXPORTER_OTLP_ENDPOINT: this.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_TIMEOUT: "1000",
      OTEL_BSP_SCHEDULE_DELAY: "50",
    };
  }

  /** Spans of a name. */
  named(name: string): ReceivedSpan[] {
    return this.spans.filter((span) => span.name === name);
  }

  /** Answers nothing more. */
  hang(): void {
    this.isHanging = true;
  }

  /** Stops; from now on nothing listens at its address. */
  async close(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
  }

  private receive(text: string): void {
    this.text += text;
    for (const { resource, scopeSpans } of (JSON.parse(text) as SentSpans).resourceSpans) {
      const process = valuesOf(resource.attributes);
      for (const { attributes = [], events = [], links = [], status, ...span } of scopeSpans.flatMap(({ spans }) => spans)) {
        this.spans.push({
          ...span,
          attributes: valuesOf(attributes),
          events: events.map(({ name }) => name),
          links: links.map(({ traceId }) => traceId),
          isFailed: status?.code === 2,
          process,
        });
      }
    }
  }
}

function valuesOf(pairs: readonly KeyValue[]): Record<string, unknown> {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, Object.values(value)[0]]));
}
