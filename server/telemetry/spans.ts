import {
  type Attributes,
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  type SpanOptions,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import { AtelierError } from "../errors.js";

/** Begins a span. Without OpenTelemetry's SDK, which `start.ts` loads, it costs next to nothing and goes nowhere. */
export function startSpan(name: string, options: SpanOptions, parent: Context): Span {
  return trace.getTracer("atelier").startSpan(name, options, parent);
}

/** The active span as a W3C `traceparent`, with which another process continues its trace; null where nothing is traced. */
export function currentTraceparent(): string | null {
  const carrier: { traceparent?: string } = {};
  propagation.inject(context.active(), carrier);
  return carrier.traceparent ?? null;
}

/** The context that a `traceparent` names: spans begun in it continue its trace. Null begins a trace of its own. */
export function contextOf(traceparent: string | null): Context {
  return traceparent === null ? ROOT_CONTEXT : propagation.extract(ROOT_CONTEXT, { traceparent });
}

/** The span that a `traceparent` names; null for none. */
export function spanOf(traceparent: string | null): SpanContext | null {
  return trace.getSpanContext(contextOf(traceparent)) ?? null;
}

/** Says on the active span which session it is about, and links it to the session's own trace. */
export function noteSession({ id, traceparent }: { id: string; traceparent: string | null }): void {
  const span = trace.getActiveSpan();
  if (!span) return;
  span.setAttribute("atelier.session.id", id);
  const origin = spanOf(traceparent);
  if (origin && origin.traceId !== span.spanContext().traceId) span.addLink({ context: origin });
}

/** Runs `work` in a span, which is a child of the active one or of that of `parent`, and ends it with its outcome. */
export async function inSpan<Result>(
  name: string,
  attributes: Attributes,
  work: () => Promise<Result>,
  parent: Context = context.active(),
): Promise<Result> {
  const span = startSpan(name, { attributes }, parent);
  try {
    return await context.with(trace.setSpan(parent, span), work);
  } catch (error) {
    fail(span, codeOf(error));
    throw error;
  } finally {
    span.end();
  }
}

/** Marks a span as failed with a code; messages stay in the log, because they may hold what people wrote. */
export function fail(span: Span, code: string): void {
  span.setAttribute("error.type", code);
  span.setStatus({ code: SpanStatusCode.ERROR });
}

/** Fields of a log record that name the active span, under the names that OpenTelemetry gives them; none where nothing is traced. */
export function traceFields(): { trace_id?: string; span_id?: string } {
  const active = trace.getSpanContext(context.active());
  return active ? { trace_id: active.traceId, span_id: active.spanId } : {};
}

function codeOf(error: unknown): string {
  if (error instanceof AtelierError) return error.code;
  return error instanceof Error ? error.name : "INTERNAL";
}
