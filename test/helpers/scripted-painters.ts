import {
  CheckpointError,
  type LiveTranslator,
  nextPainting,
  type PaintedStep,
  type Painter,
  type Painters,
} from "../../server/art/painter.js";
import type { EncodedPicture, LiveTranslationWork, PaintedWork } from "../../server/art/work.js";
import { AtelierError, type ErrorCode } from "../../server/errors.js";
import type { TranslationForm } from "../../server/models/card.js";
import type { ChangeAtStep } from "../../server/records/changes.js";
import type { ConvolutionMethod } from "../../server/records/convolutions.js";
import type { StyleTransferSettings } from "../../server/records/settings.js";

/** What a scripted painter does; it travels as the path of the work's network, so it reaches a device process too. */
export interface PainterScript {
  /** Step of the last picture. */
  steps: number;
  /** Stated compute time of every step, ms. By default long, so that frames are delivered before the next step. */
  computeMs?: number;
  /** Real time that a step blocks its thread, ms. */
  blockMs?: number;
  size?: number;
  /** How many turns a step takes; 1 by default. */
  parts?: number;
  /** The process kills itself instead of painting this step. */
  crashAt?: number;
  /** The process kills itself after this many pictures, each time that it is started. */
  crashAfter?: number;
  /** The process kills itself instead of translating a live picture of this byte. */
  crashOn?: number;
  /** The process blocks its thread for ever instead of painting this step. */
  hangAt?: number;
  /** The process runs out of memory instead of painting this step. */
  exhaustAt?: number;
  /** How it says that it computes convolutions. */
  convolutions?: ConvolutionMethod;
  isShortOfMemory?: boolean;
  throwAt?: { step: number; code: ErrorCode | null };
}

/** A form for generators that never run. */
export const scriptedForm: TranslationForm = {
  inputName: "input",
  outputName: "output",
  inputRange: "UNIT",
  outputRange: "UNIT",
  sizeMultiple: 1,
  minSize: 1,
};

export function scriptedWork(script: PainterScript): PaintedWork {
  const picture = { digest: "00", bytes: new Uint8Array(1) };
  const settings = { steps: script.steps } as StyleTransferSettings;
  return {
    kind: "STYLE_TRANSFER",
    settings,
    content: picture,
    styles: [],
    changes: [],
    network: { id: "scripted", path: JSON.stringify(script), sha256: "", architecture: { family: "vgg19" } },
  };
}

/** What a scripted painter has done: a turn that ends no picture is a part. */
export interface PainterEvent {
  type: "open" | "part" | "paint" | "close";
  step: number;
}

/** Paints flat pictures as their scripts say; `trace` is called at each event. */
export function scriptedPainters(trace: (event: PainterEvent) => void = () => undefined): Painters {
  return {
    async open(work, checkpoint) {
      const changes = work.kind === "STYLE_TRANSFER" ? work.changes : [];
      const painter = new ScriptedPainter(JSON.parse(scriptPath(work)) as PainterScript, stepOf(checkpoint), trace, changes);
      trace({ type: "open", step: painter.nextStep });
      return painter;
    },
    openLive: async (work) => scriptedTranslator(JSON.parse(work.generator.path) as PainterScript, trace),
    close: async () => undefined,
  };
}

/** A live translation by script; `steps` is the number of its pictures. */
export function scriptedLiveWork(script: PainterScript): LiveTranslationWork {
  const generator = { id: "scripted", path: JSON.stringify(script), sha256: "", architecture: null, form: scriptedForm };
  return { kind: "LIVE_TRANSLATION", generator, size: 8 };
}

/** A picture is one byte, which its translation is filled with; an empty one cannot be decoded. */
function scriptedTranslator(script: PainterScript, trace: (event: PainterEvent) => void): LiveTranslator {
  const painter = new ScriptedPainter(script, 0, trace);
  trace({ type: "open", step: 0 });
  return {
    async decode(picture) {
      if (picture.length === 0) throw new AtelierError("BAD_INPUT", "The picture cannot be decoded.");
      return { width: 8, height: 8, data: new Uint8Array(3 * 64).fill(picture[0]!) };
    },
    async translate(pixels) {
      if (pixels.data[0] === script.crashOn) process.kill(process.pid, "SIGKILL");
      const { computeMs } = await nextPainting(painter);
      return { pixels, computeMs };
    },
    close: () => painter.close(),
  };
}

function scriptPath(work: PaintedWork): string {
  return work.kind === "STYLE_TRANSFER" ? work.network.path : work.generator.path;
}

class ScriptedPainter implements Painter {
  readonly convolutions?: ConvolutionMethod;
  readonly isShortOfMemory: boolean;
  private painted = 0;
  private readonly changes: ChangeAtStep<EncodedPicture>[];
  private part = 0;

  constructor(
    private readonly script: PainterScript,
    public nextStep: number,
    private readonly trace: (event: PainterEvent) => void,
    changes: readonly ChangeAtStep<EncodedPicture>[] = [],
  ) {
    this.changes = [...changes];
    if (script.convolutions) this.convolutions = script.convolutions;
    this.isShortOfMemory = script.isShortOfMemory ?? false;
  }

  async paint(): Promise<PaintedStep | null> {
    const { steps, computeMs = 1000, size = 8, parts = 1 } = this.script;
    this.misbehave(this.nextStep);
    if (++this.part < parts) {
      this.trace({ type: "part", step: this.nextStep });
      return null;
    }
    this.part = 0;
    const step = this.nextStep++;
    this.trace({ type: "paint", step });
    const data = new Float32Array(3 * size * size).fill((step % 11) / 10);
    const content = this.alphaAt(step);
    const losses = { total: 100 - step, content, style: 0, tv: 0, layers: [] };
    return { step, planes: { width: size, height: size, data }, losses, computeMs, last: step === steps };
  }

  steer(change: ChangeAtStep<EncodedPicture>): number {
    const step = Math.max(change.step, this.nextStep);
    this.changes.push({ ...change, step });
    return step;
  }

  checkpoint(): Uint8Array {
    return new TextEncoder().encode(String(this.nextStep - 1));
  }

  async close(): Promise<void> {
    this.trace({ type: "close", step: this.nextStep });
  }

  /** The content loss of a picture is the alpha that was steered to by then, 0 before. */
  private alphaAt(step: number): number {
    return this.changes.filter((change) => change.step <= step).at(-1)?.settings.alpha ?? 0;
  }

  private misbehave(step: number): void {
    const { blockMs = 0, crashAt, crashAfter, hangAt, exhaustAt, throwAt } = this.script;
    block(blockMs);
    if (crashAt === step || this.painted++ === crashAfter) process.kill(process.pid, "SIGKILL");
    if (hangAt === step) block(Number.POSITIVE_INFINITY);
    if (exhaustAt === step) exhaustMemory();
    if (throwAt?.step === step)
      throw throwAt.code ? new AtelierError(throwAt.code, "As scripted.") : new Error("/a/path that nobody may see");
  }
}

function stepOf(checkpoint: Uint8Array | null): number {
  const step = checkpoint ? Number(new TextDecoder().decode(checkpoint)) : 0;
  if (!Number.isInteger(step)) throw new CheckpointError("The checkpoint is of no script.");
  return step;
}

function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

function exhaustMemory(): never {
  const kept: number[][] = [];
  for (;;) kept.push(Array.from({ length: 100_000 }, (_, index) => index + 0.5));
}
