import { inputNames, outputNames } from "../art/losses.js";
import { openObjective } from "../art/objective.js";
import { type Engine, gradientName } from "../engine/engine.js";
import { AtelierError } from "../errors.js";
import { constant, FREE, type Graph, input, type Node } from "../graph/node.js";
import { add, concat, conv2d, convTranspose2d, instanceNorm, leakyRelu, relu, tanh, upsampledConv2d } from "../graph/operators/index.js";
import { type Tensor, tensor } from "../graph/tensor.js";
import { openScene, picture, used, waves } from "./test-scene.js";

/** Largest relative error of a loss, and of a gradient by its length. */
const MAX_RELATIVE_ERROR = 1e-3;
/** Largest mean difference of two generated pictures in -1..1: one of 255 levels. */
const MAX_PICTURE_ERROR = 2 / 255;
/** Height and width of the picture, px. */
const [HEIGHT, WIDTH] = [72, 92];

/** A device computes other numbers than the processor. */
export class WrongNumbersError extends AtelierError {
  constructor({ device, description }: Pick<Engine, "device" | "description">, what: string, difference: string) {
    super(
      "UNAVAILABLE",
      `The device ${device} (${description}) computes wrong numbers: ${what} differs by ${difference} from the processor's. An update of its driver may help.`,
    );
  }
}

/**
 * Computes a small loss, its gradient and a generator on a device and on the processor, and compares them.
 * @throws WrongNumbersError when the numbers differ; what the engines throw.
 */
export async function selfTest(device: Engine, processor: Engine): Promise<void> {
  const { objective, inputs } = await openScene(processor, { widths: [32, 64, 128], height: HEIGHT, width: WIDTH });
  const evaluate = async (engine: Engine) => used(await openObjective(engine, objective), (program) => program.run(inputs));
  const [found, expected] = [await evaluate(device), await evaluate(processor)];
  for (const name of [outputNames.total, outputNames.content, outputNames.style, outputNames.tv]) {
    requireAlike(device, `the loss "${name}"`, relativeError(found[name]!, expected[name]!));
  }
  const gradient = gradientName(inputNames.image);
  requireAlike(device, "the gradient", relativeError(found[gradient]!, expected[gradient]!));

  const [made, wanted] = [await generate(device), await generate(processor)];
  const apart = meanDifference(made, wanted);
  if (!(apart <= MAX_PICTURE_ERROR))
    throw new WrongNumbersError(device, "a generated picture", `${(apart * 127.5).toFixed(1)} of 255 levels`);
}

/** The operators of the bundled and the public generators in one small network. */
function generator(): Graph {
  const x = input("picture", [1, 3, FREE, FREE]);
  const normalised = (value: Node, channels: number) => instanceNorm(value, filled(channels, 1), filled(channels, 0), { epsilon: 1e-5 });
  const full = leakyRelu(normalised(conv2d(x, waves([16, 3, 7, 7], 8), null, { padding: 3, padMode: "reflect" }), 16), { slope: 0.2 });
  const half = relu(normalised(conv2d(full, waves([32, 16, 3, 3], 9), waves([32], 10), { stride: 2, padding: 1 }), 32));
  const residual = add(half, normalised(conv2d(half, waves([32, 32, 3, 3], 11), null, { padding: 1, padMode: "reflect" }), 32));
  const enlarged = upsampledConv2d(residual, waves([16, 32, 3, 3], 12), waves([16], 13), { padMode: "reflect" });
  const transposed = convTranspose2d(residual, waves([32, 16, 4, 4], 14), waves([16], 15), { stride: 2, padding: 1 });
  const both = normalised(concat(enlarged, transposed, { axis: 1 }), 32);
  return { made: tanh(conv2d(both, waves([3, 32, 7, 7], 16), null, { padding: 3, padMode: "reflect" })) };
}

async function generate(engine: Engine): Promise<Tensor> {
  const { made } = await used(await engine.open(generator(), { outputs: ["made"] }), (program) =>
    program.run({ picture: picture(18, HEIGHT, WIDTH) }),
  );
  return made!;
}

function requireAlike(device: Engine, what: string, error: number): void {
  // Written so that NaN is refused too.
  if (!(error <= MAX_RELATIVE_ERROR)) throw new WrongNumbersError(device, what, `${(error * 100).toPrecision(2)} %`);
}

/** Length of the difference over the length of `expected`. */
function relativeError(found: Tensor, expected: Tensor): number {
  let [difference, length] = [0, 0];
  expected.data.forEach((value, i) => {
    difference += (value - (found.data[i] ?? Number.NaN)) ** 2;
    length += value ** 2;
  });
  return Math.sqrt(difference / length);
}

function meanDifference(found: Tensor, expected: Tensor): number {
  return expected.data.reduce((sum, value, i) => sum + Math.abs(value - (found.data[i] ?? Number.NaN)), 0) / expected.data.length;
}

function filled(length: number, value: number): Node {
  return constant(tensor([length], new Array<number>(length).fill(value)));
}
