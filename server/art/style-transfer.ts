import { performance } from "node:perf_hooks";
import { isDeepStrictEqual } from "node:util";
import type { Engine, Program } from "../engine/engine.js";
import { badInput } from "../errors.js";
import type { ChangeAtStep } from "../records/changes.js";
import type { ConvolutionMethod } from "../records/convolutions.js";
import { fitLongerSide, type PictureSize, type Scale } from "../records/scales.js";
import type { StyleTransferSettings } from "../records/settings.js";
import { Adam } from "./adam.js";
import { decodeCheckpoint, encodeCheckpoint, type StyleTransferCheckpoint } from "./checkpoint.js";
import { type OpenFeatureNetwork, openFeatureNetwork } from "./feature-network.js";
import { LBFGS } from "./lbfgs.js";
import { type Evaluation, evaluate, objectiveLayers, type Targets } from "./objective.js";
import type { Optimizer, OptimizerState } from "./optimizer.js";
import type { PaintedStep, Painter, PainterFactory, Planes } from "./painter.js";
import { uprightSize } from "./picture.js";
import { enlarge } from "./resample.js";
import { Schedule } from "./schedule.js";
import { startingPicture } from "./starting-picture.js";
import { StyleTransferResources } from "./style-transfer-resources.js";
import type { EncodedPicture, StyleTransferWork } from "./work.js";

/**
 * Painters of style transfers on `engine`, on a machine with `memoryBytes`. The painters of one factory share networks, programs and targets.
 */
export function createStyleTransferFactory(
  engine: Engine,
  openNetwork: OpenFeatureNetwork = openFeatureNetwork,
  memoryBytes = Number.POSITIVE_INFINITY,
): PainterFactory<StyleTransferWork> {
  const resources = new StyleTransferResources(engine, openNetwork, memoryBytes);
  return {
    async open(asked, checkpoint) {
      const work = { ...asked, convolutions: await resources.methodFor(asked) };
      const sizes = await Promise.all([work.content, ...work.styles].map(({ bytes }) => uprightSize(bytes)));
      const schedule = new Schedule(work, sizes);
      const start = checkpoint ? decodeCheckpoint(checkpoint) : await firstStep(work, schedule.scaleAt(0));
      schedule.advanceBefore(start.step);
      schedule.work = { ...schedule.work, convolutions: start.convolutions };
      const program = await resources.acquireObjective(schedule.workAt(start.step));
      const isOtherMethod = work.convolutions !== (asked.convolutions ?? "DIRECT");
      const isShortOfMemory = isOtherMethod && engine.winogradByteLength !== undefined;
      return new StyleTransferPainter(resources, schedule, sizes[0]!, program, start, isShortOfMemory);
    },
    close: () => resources.close(),
  };
}

type DecidedWork = StyleTransferWork & { convolutions: ConvolutionMethod };

async function firstStep(work: DecidedWork, { size }: Scale): Promise<StyleTransferCheckpoint> {
  const { convolutions } = work;
  return { step: 0, picture: await startingPicture(work, size), optimizer: null, convolutions };
}

/**
 * The loop of neural style transfer (Gatys et al. 2016): evaluate J and its gradient at the image, publish the image,
 * let the optimiser change it. Departure: the settings may ask for several scales, coarse to fine.
 */
class StyleTransferPainter implements Painter {
  nextStep: number;
  /** How convolutions are computed, from the first step to the last. */
  readonly convolutions: ConvolutionMethod;
  /** The work in force, for which the program was acquired. */
  private work: StyleTransferWork;
  private scale: Scale;
  private picture: Planes;
  private optimizer: Optimizer;
  private targets: Targets | null = null;
  /** Evaluation of the last painted picture; null before the first. */
  private evaluation: Evaluation | null = null;
  /** The first step at which a change can still apply. */
  private openStep: number;

  constructor(
    private readonly resources: StyleTransferResources,
    private readonly schedule: Schedule,
    private readonly contentSize: PictureSize,
    private program: Program,
    start: StyleTransferCheckpoint,
    readonly isShortOfMemory: boolean,
  ) {
    this.nextStep = start.step;
    this.openStep = start.step;
    this.convolutions = start.convolutions;
    this.work = schedule.workAt(start.step);
    this.picture = start.picture;
    this.scale = schedule.scaleAt(start.step);
    this.optimizer = createOptimizer(this.work.settings, start.picture, start.optimizer);
  }

  async paint(): Promise<PaintedStep> {
    const step = this.nextStep;
    this.openStep = step + 1;
    let began = performance.now();
    if (this.evaluation) this.update(this.evaluation, step);
    let computeMs = performance.now() - began;
    await this.advanceTo(step);
    const { work } = this;
    this.targets ??= await this.resources.targets(work, this.scale.size);

    began = performance.now();
    this.evaluation = await evaluate(this.program, this.picture, this.targets, work.settings);
    computeMs += performance.now() - began;
    const { losses } = this.evaluation;
    if (!Number.isFinite(losses.total)) {
      throw badInput("learningRate", `The painting diverged: J is not finite at step ${step}. Try a smaller learning rate.`);
    }
    this.nextStep = step + 1;
    const planes = { ...this.picture, data: this.picture.data.slice() };
    return { step, planes, losses, computeMs, last: step === work.settings.steps };
  }

  checkpoint(): Uint8Array {
    const { picture, optimizer, convolutions } = this;
    return encodeCheckpoint({ step: this.nextStep - 1, picture, optimizer: optimizer.state(), convolutions });
  }

  steer(change: ChangeAtStep<EncodedPicture>): number {
    const step = Math.max(change.step, this.openStep);
    this.schedule.add({ ...change, step });
    return step;
  }

  close(): Promise<void> {
    return this.resources.releaseObjective(this.work);
  }

  /** Applies the changes through `step`, and follows a draft to the network of its last scale. */
  private async advanceTo(step: number): Promise<void> {
    const before = this.work;
    this.schedule.advanceTo(step);
    const work = this.schedule.workAt(step);
    const isSteered = work.settings !== before.settings;
    const layersChanged = isSteered && !isDeepStrictEqual(objectiveLayers(work.settings), objectiveLayers(before.settings));
    if (layersChanged || work.network !== before.network) {
      const program = await this.resources.acquireObjective(work);
      await this.resources.releaseObjective(before);
      this.program = program;
      this.targets = null;
    }
    if (work.styles !== before.styles) this.targets = null;
    // The pairs of L-BFGS describe the curvature of another J. Adam's means adapt within a few steps.
    if (isSteered && work.settings.optimizer === "LBFGS") this.optimizer = createOptimizer(work.settings, this.picture, null);
    this.work = work;
  }

  /**
   * Turns the last picture into picture `step`. At a finer scale it is enlarged too, and the optimiser starts afresh.
   */
  private update({ losses, gradient }: Evaluation, step: number): void {
    const { settings } = this.work;
    this.optimizer.step(this.picture.data, losses.total, gradient, settings.learningRate);
    const scale = this.schedule.scaleAt(step);
    if (scale === this.scale) return;
    this.scale = scale;
    this.picture = enlarge(this.picture, fitLongerSide(this.contentSize, scale.size));
    this.optimizer = createOptimizer(settings, this.picture, null);
    this.targets = null;
  }
}

function createOptimizer(settings: StyleTransferSettings, picture: Planes, state: OptimizerState | null): Optimizer {
  return settings.optimizer === "ADAM" ? new Adam(picture.data.length, state) : new LBFGS(state);
}
