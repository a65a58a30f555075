import { performance } from "node:perf_hooks";
import type { Engine, Program } from "../engine/engine.js";
import { AtelierError } from "../errors.js";
import { Adam } from "./adam.js";
import { decodeCheckpoint, encodeCheckpoint, type StyleTransferCheckpoint } from "./checkpoint.js";
import { matchColours } from "./colours.js";
import type { OpenFeatureNetwork } from "./feature-network.js";
import { LBFGS } from "./lbfgs.js";
import { noisePicture } from "./noise.js";
import { type Evaluation, evaluate, type Targets } from "./objective.js";
import { openFeatureNetwork } from "./open-feature-network.js";
import type { Optimizer, OptimizerState } from "./optimizer.js";
import type { Painter, PainterFactory, Painting, Planes } from "./painter.js";
import { decodePicture, uprightSize } from "./picture.js";
import { enlarge } from "./resample.js";
import { StyleTransferResources } from "./resources.js";
import { fitLongerSide, type PictureSize, planScales, type Scale } from "./scales.js";
import type { StyleTransferSettings } from "./settings.js";
import type { StyleTransferWork } from "./work.js";

/** Style transfers on `engine`; programs, weights and targets are shared by the painters of one factory. */
export function createStyleTransferFactory(
  engine: Engine,
  openNetwork: OpenFeatureNetwork = openFeatureNetwork,
): PainterFactory<StyleTransferWork> {
  const resources = new StyleTransferResources(engine, openNetwork);
  return {
    async open(work, checkpoint) {
      const { size, scales, steps } = work.settings;
      const [contentSize, ...styleSizes] = await Promise.all([work.content, ...work.styles].map(({ bytes }) => uprightSize(bytes)));
      const plan = planScales(size, scales, steps, [contentSize!, ...styleSizes]);
      const start = checkpoint ? decodeCheckpoint(checkpoint) : await startingPicture(work, plan[0]!);
      const program = await resources.acquireObjective(work);
      return new StyleTransferPainter(resources, work, plan, contentSize!, program, start);
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
  #scale: Scale;
  #picture: Planes;
  #optimizer: Optimizer;
  #targets: Targets | null = null;
  /** Of the picture painted last; null before the first. */
  #evaluation: Evaluation | null = null;

  constructor(
    private readonly resources: StyleTransferResources,
    private readonly work: StyleTransferWork,
    private readonly plan: readonly Scale[],
    private readonly contentSize: PictureSize,
    private readonly program: Program,
    start: StyleTransferCheckpoint,
  ) {
    this.nextStep = start.step;
    this.#picture = start.picture;
    this.#scale = scaleOf(plan, start.step);
    this.#optimizer = createOptimizer(work.settings, start.picture, start.optimizer);
  }

  async paint(): Promise<Painting> {
    const step = this.nextStep;
    let began = performance.now();
    if (this.#evaluation) this.#update(this.#evaluation, step);
    let computeMs = performance.now() - began;
    this.#targets ??= await this.resources.targets(this.work, this.#scale.size);

    began = performance.now();
    this.#evaluation = await evaluate(this.program, this.#picture, this.#targets, this.work.settings);
    computeMs += performance.now() - began;
    const { losses } = this.#evaluation;
    if (!Number.isFinite(losses.total)) {
      throw new AtelierError("BAD_INPUT", `The painting diverged: J is not finite at step ${step}. Try a smaller learning rate.`, {
        field: "learningRate",
      });
    }
    this.nextStep = step + 1;
    const planes = { ...this.#picture, data: this.#picture.data.slice() };
    return { step, planes, losses, computeMs, last: step === this.work.settings.steps };
  }

  checkpoint(): Uint8Array {
    return encodeCheckpoint({ step: this.nextStep - 1, picture: this.#picture, optimizer: this.#optimizer.state() });
  }

  close(): Promise<void> {
    return this.resources.releaseObjective(this.work);
  }

  /** Makes picture `step` of the one before; on a finer scale it is enlarged and the optimiser begins anew. */
  #update({ losses, gradient }: Evaluation, step: number): void {
    this.#optimizer.step(this.#picture.data, losses.total, gradient, this.work.settings.learningRate);
    const scale = scaleOf(this.plan, step);
    if (scale === this.#scale) return;
    this.#scale = scale;
    this.#picture = enlarge(this.#picture, fitLongerSide(this.contentSize, scale.size));
    this.#optimizer = createOptimizer(this.work.settings, this.#picture, null);
    this.#targets = null;
  }
}

function scaleOf(plan: readonly Scale[], step: number): Scale {
  const scale = plan.find(({ fromStep, toStep }) => fromStep <= step && step <= toStep);
  if (!scale) throw new RangeError(`Step ${step} is in no scale.`);
  return scale;
}

function createOptimizer(settings: StyleTransferSettings, picture: Planes, state: OptimizerState | null): Optimizer {
  return settings.optimizer === "ADAM" ? new Adam(picture.data.length, state) : new LBFGS(state);
}
