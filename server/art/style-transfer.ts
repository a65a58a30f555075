import { performance } from "node:perf_hooks";
import { isDeepStrictEqual } from "node:util";
import type { Engine, Program } from "../engine/engine.js";
import { AtelierError } from "../errors.js";
import type { ChangeAtStep } from "../records/changes.js";
import type { StyleTransferSettings } from "../records/settings.js";
import { Adam } from "./adam.js";
import { decodeCheckpoint, encodeCheckpoint, type StyleTransferCheckpoint } from "./checkpoint.js";
import { matchColours } from "./colours.js";
import { Course } from "./course.js";
import type { OpenFeatureNetwork } from "./feature-network.js";
import { LBFGS } from "./lbfgs.js";
import { noisePicture } from "./noise.js";
import { type Evaluation, evaluate, objectiveLayers, type Targets } from "./objective.js";
import { openFeatureNetwork } from "./open-feature-network.js";
import type { Optimizer, OptimizerState } from "./optimizer.js";
import type { Painter, PainterFactory, Painting, Planes } from "./painter.js";
import { decodePicture, uprightSize } from "./picture.js";
import { enlarge } from "./resample.js";
import { StyleTransferResources } from "./resources.js";
import { fitLongerSide, type PictureSize, type Scale } from "./scales.js";
import type { EncodedPicture, StyleTransferWork } from "./work.js";

/** Style transfers on `engine`; programs, weights and targets are shared by the painters of one factory. */
export function createStyleTransferFactory(
  engine: Engine,
  openNetwork: OpenFeatureNetwork = openFeatureNetwork,
): PainterFactory<StyleTransferWork> {
  const resources = new StyleTransferResources(engine, openNetwork);
  return {
    async open(work, checkpoint) {
      const sizes = await Promise.all([work.content, ...work.styles].map(({ bytes }) => uprightSize(bytes)));
      const course = new Course(work, sizes);
      const start = checkpoint ? decodeCheckpoint(checkpoint) : await startingPicture(work, course.scaleAt(0));
      course.approach(start.step);
      const program = await resources.acquireObjective(course.work);
      return new StyleTransferPainter(resources, course, sizes[0]!, program, start);
    },
    close: () => resources.close(),
  };
}

/** Image 0: the content, the first style cropped to the content's shape, or seeded noise. */
async function startingPicture({ settings, content, styles }: StyleTransferWork, scale: Scale): Promise<StyleTransferCheckpoint> {
  const contentPicture = await decodePicture(content.bytes, { longerSide: scale.size });
  const size: PictureSize = { width: contentPicture.width, height: contentPicture.height };
  const pictures = {
    CONTENT: () => contentPicture,
    STYLE: async () => {
      const stylePicture = await decodePicture(styles[0]!.bytes, size);
      return settings.preserveColors ? matchColours(stylePicture, contentPicture) : stylePicture;
    },
    NOISE: () => noisePicture(size, settings.seed),
  };
  return { step: 0, picture: await pictures[settings.initialImage](), optimizer: null };
}

/** The loop of neural style transfer (evaluate, publish, update) over coarse-to-fine scales. */
class StyleTransferPainter implements Painter {
  nextStep: number;
  /** Whose layers the program has; what it was acquired for. */
  #programWork: StyleTransferWork;
  #scale: Scale;
  #picture: Planes;
  #optimizer: Optimizer;
  #targets: Targets | null = null;
  /** Of the picture painted last; null before the first. */
  #evaluation: Evaluation | null = null;
  /** The first step that a change can still be in force at. */
  #openStep: number;

  constructor(
    private readonly resources: StyleTransferResources,
    private readonly course: Course,
    private readonly contentSize: PictureSize,
    private program: Program,
    start: StyleTransferCheckpoint,
  ) {
    this.nextStep = start.step;
    this.#openStep = start.step;
    this.#programWork = course.work;
    this.#picture = start.picture;
    this.#scale = course.scaleAt(start.step);
    this.#optimizer = createOptimizer(course.work.settings, start.picture, start.optimizer);
  }

  async paint(): Promise<Painting> {
    const step = this.nextStep;
    this.#openStep = step + 1;
    let began = performance.now();
    if (this.#evaluation) this.#update(this.#evaluation, step);
    let computeMs = performance.now() - began;
    await this.#reach(step);
    const { work } = this.course;
    this.#targets ??= await this.resources.targets(work, this.#scale.size);

    began = performance.now();
    this.#evaluation = await evaluate(this.program, this.#picture, this.#targets, work.settings);
    computeMs += performance.now() - began;
    const { losses } = this.#evaluation;
    if (!Number.isFinite(losses.total)) {
      throw new AtelierError("BAD_INPUT", `The painting diverged: J is not finite at step ${step}. Try a smaller learning rate.`, {
        field: "learningRate",
      });
    }
    this.nextStep = step + 1;
    const planes = { ...this.#picture, data: this.#picture.data.slice() };
    return { step, planes, losses, computeMs, last: step === work.settings.steps };
  }

  checkpoint(): Uint8Array {
    return encodeCheckpoint({ step: this.nextStep - 1, picture: this.#picture, optimizer: this.#optimizer.state() });
  }

  steer(change: ChangeAtStep<EncodedPicture>): number {
    const step = Math.max(change.step, this.#openStep);
    this.course.add({ ...change, step });
    return step;
  }

  close(): Promise<void> {
    return this.resources.releaseObjective(this.#programWork);
  }

  /** Puts the changes of `step` into force. */
  async #reach(step: number): Promise<void> {
    const before = this.course.work;
    this.course.reach(step);
    const { work } = this.course;
    if (work === before) return;
    const layersChanged = !isDeepStrictEqual(objectiveLayers(work.settings), objectiveLayers(before.settings));
    if (layersChanged) {
      const program = await this.resources.acquireObjective(work);
      await this.resources.releaseObjective(this.#programWork);
      this.program = program;
      this.#programWork = work;
    }
    if (layersChanged || work.styles !== before.styles) this.#targets = null;
    // What L-BFGS remembers is the curvature of another J. Adam's moments follow within a few steps.
    if (work.settings.optimizer === "LBFGS") this.#optimizer = createOptimizer(work.settings, this.#picture, null);
  }

  /** Makes picture `step` of the one before; on a finer scale it is enlarged and the optimiser begins anew. */
  #update({ losses, gradient }: Evaluation, step: number): void {
    const { settings } = this.course.work;
    this.#optimizer.step(this.#picture.data, losses.total, gradient, settings.learningRate);
    const scale = this.course.scaleAt(step);
    if (scale === this.#scale) return;
    this.#scale = scale;
    this.#picture = enlarge(this.#picture, fitLongerSide(this.contentSize, scale.size));
    this.#optimizer = createOptimizer(settings, this.#picture, null);
    this.#targets = null;
  }
}

function createOptimizer(settings: StyleTransferSettings, picture: Planes, state: OptimizerState | null): Optimizer {
  return settings.optimizer === "ADAM" ? new Adam(picture.data.length, state) : new LBFGS(state);
}
