import { type Attributes, type Context, context, type Span, trace } from "@opentelemetry/api";
import { isLive, type SessionRecord } from "../records/session.js";
import { contextOf, fail, inSpan, spanOf, startSpan } from "./spans.js";

/**
 * One span stands for up to this many steps and this much time, ms, so that a long painting has some hundred spans instead
 * of many thousand, and the death of its worker loses half a minute at most: a span is sent only once it has ended.
 */
const most = { steps: 50, ms: 30_000 };

/** Why a host has a session no more; the final states and PAUSED are those of the session. */
export type Departure = "COMPLETED" | "CANCELLED" | "FAILED" | "PAUSED" | "SUSPENDED" | "DELETED" | "LOST" | "NOT_STARTED" | "INTERRUPTED";

/** How a host came by a session. */
export interface Arrival {
  claimedAt: Date;
  /** How many workers before it died while they had the session. */
  takeovers: number;
}

/** Steps that one span stands for, which has not ended. */
interface OpenSteps {
  span: Span;
  /** Whether it stands for the first step on a device alone. */
  isFirst: boolean;
  beganAt: number;
  count: number;
  computeMs: number;
  storeMs: number;
}

/** What a session has gone through on one host, as spans in the trace of the mutation that started it. */
export class SessionSpans {
  private readonly span: Span;
  private readonly context: Context;
  private readonly id: string;
  private steps: OpenSteps | null = null;
  private lastStep: number;
  private lastRequest: string | null = null;
  private departure: Departure = "INTERRUPTED";

  /** Begins with the session's time in the queue and its claim. */
  constructor(record: SessionRecord, { claimedAt, takeovers }: Arrival) {
    const parent = contextOf(record.traceparent);
    const { model, size } = record.settings;
    this.id = record.id;
    this.lastStep = record.step;
    const shared = { "atelier.session.id": record.id, "atelier.session.kind": isLive(record) ? "LIVE_TRANSLATION" : record.kind };
    if (record.status === "QUEUED") {
      // The clocks of two machines may differ.
      const startTime = record.queuedAt < claimedAt ? record.queuedAt : claimedAt;
      startSpan("session.wait", { attributes: shared, startTime }, parent).end(claimedAt);
    }
    const claim = { ...shared, "atelier.session.interrupted": record.status === "RUNNING", "atelier.session.takeovers": takeovers };
    startSpan("session.claim", { attributes: claim, startTime: claimedAt }, parent).end();
    const painted = { ...shared, "atelier.model": model, "atelier.size": size, "atelier.from_step": record.step + 1 };
    this.span = startSpan("session.paint", { attributes: painted }, parent);
    this.context = trace.setSpan(parent, this.span);
  }

  /** Runs `work` as a part of the session, so that what it logs names the trace. */
  within<Result>(work: () => Result): Result {
    return context.with(this.context, work);
  }

  /** Runs a part of the session that deserves a span of its own. */
  part<Result>(name: `session.${string}`, work: () => Promise<Result>, attributes: Attributes = {}): Promise<Result> {
    return inSpan(name, { "atelier.session.id": this.id, ...attributes }, work, this.context);
  }

  /** The session was sent to a device, which goes on after `step`. */
  sent(device: string, step: number): void {
    this.endSteps();
    this.span.setAttribute("atelier.device", device);
    this.span.addEvent("sent to a device", { "atelier.device": device, "atelier.step": step });
    this.lastStep = step;
    this.beginSteps(true);
  }

  /** A frame came from the device, which computed it in `computeMs`; `store` stores it. */
  async frame<Result>({ step, computeMs }: { step: number; computeMs: number }, store: () => Promise<Result>): Promise<Result> {
    const began = performance.now();
    const { steps } = this;
    const stored = await (steps?.isFirst ? this.part("session.store", store, { "atelier.step": step }) : store());
    this.lastStep = step;
    if (!steps) return stored;
    steps.count++;
    steps.computeMs += computeMs;
    steps.storeMs += performance.now() - began;
    const isFull = steps.isFirst || steps.count >= most.steps || performance.now() - steps.beganAt >= most.ms;
    if (isFull && steps === this.steps) {
      this.endSteps();
      this.beginSteps(false);
    }
    return stored;
  }

  /** Something happened that has no duration. */
  event(name: string, attributes: Attributes = {}): void {
    this.span.addEvent(name, attributes);
  }

  /** A client asked for something while the session runs. `traceparent` names its mutation, which may ask more than once. */
  requested(type: string, traceparent: string | null): void {
    if (traceparent !== null && traceparent === this.lastRequest) return;
    this.lastRequest = traceparent;
    const mutation = spanOf(traceparent);
    if (mutation) this.span.addLink({ context: mutation, attributes: { "atelier.request": type } });
    this.span.addEvent(`${type} requested`);
  }

  /** The device died. */
  died(reason: string): void {
    this.endSteps();
    this.span.addEvent("device died", { "atelier.reason": reason });
  }

  /** Says why the host has finished with the session; `error` is the code of a failure. */
  departs(departure: Departure, error?: string): void {
    this.departure = departure;
    if (error !== undefined) fail(this.span, error);
  }

  /** Ends the spans, once the host has let go of the session. Without a departure before, the host was stopped. */
  end(): void {
    this.endSteps();
    this.span.setAttributes({ "atelier.to_step": this.lastStep, "atelier.ended": this.departure });
    this.span.end();
  }

  private beginSteps(isFirst: boolean): void {
    const attributes = { "atelier.session.id": this.id, "atelier.from_step": this.lastStep + 1 };
    // The first step includes opening the model and the first use of its programs.
    const span = startSpan(isFirst ? "session.first_step" : "session.steps", { attributes }, this.context);
    this.steps = { span, isFirst, beganAt: performance.now(), count: 0, computeMs: 0, storeMs: 0 };
  }

  private endSteps(): void {
    const { steps } = this;
    this.steps = null;
    // One that stands for no step is not sent.
    if (!steps || steps.count === 0) return;
    const { span, computeMs, storeMs } = steps;
    span.setAttributes({ "atelier.to_step": this.lastStep, "atelier.compute_ms": computeMs, "atelier.store_ms": storeMs });
    span.end();
  }
}
