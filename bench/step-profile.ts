/**
 * Where the time of one VGG-19 step goes, by ONNX Runtime's own profile: the objective and gradient of loss-gradient.ts
 * with sizes fixed, by Winograd's method. Transforms are the operators that only that method adds.
 *
 *   npx tsx bench/step-profile.ts [size, px]
 */
import { join } from "node:path";
import { openFeatureNetwork } from "../server/art/feature-network.js";
import { inputNames, objectiveGraph } from "../server/art/losses.js";
import { objectiveRequest } from "../server/art/objective.js";
import { compile } from "../server/engine/compile.js";
import { FREE } from "../server/graph/node.js";
import { withSizes } from "../server/graph/sizes.js";
import { elementCount, type Tensor } from "../server/graph/tensor.js";
import { toFedOnnx } from "../server/graph/to-onnx.js";
import { whereFaster, withWinograd } from "../server/graph/winograd.js";
import { nodeTimes, printTimes } from "./node-times.js";
import { featureNetworkIn, requireModelMirror } from "./sample-work.js";

const size = Number(process.argv[2] ?? 256);
const layers = { content: ["conv4_2"], style: ["conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1"] };

const network = await openFeatureNetwork(await featureNetworkIn(join(requireModelMirror(), "vgg19")));
const graph = objectiveGraph(network, layers);
const compiled = compile(graph, objectiveRequest(graph));
const inputs: Record<string, Tensor> = {};
for (const [name, node] of compiled.inputs) {
  const shape = node.shape.map((one) => (one === FREE ? (name === inputNames.image ? size : size / 8) : one));
  inputs[name] = { shape, data: Float32Array.from({ length: elementCount(shape) }, (_, i) => 0.5 + 0.5 * Math.sin(i / 37)) };
}
const { bytes, fed } = toFedOnnx(withWinograd(withSizes(compiled.outputs, inputs), whereFaster));
const fedMegabytes = Object.values(fed).reduce((sum, { data }) => sum + data.byteLength, 0) / 1e6;
printTimes(`${size} px, ${fedMegabytes.toFixed(0)} MB of transformed weights read`, await nodeTimes(bytes, { ...inputs, ...fed }, kindOf));

function kindOf(operator: string, shape: readonly number[]): string {
  const [first = 0] = shape;
  if (operator === "FusedMatMul" && shape.length === 3) return first === 36 ? "products" : "transforms";
  if (operator === "MatMul" || operator === "FusedMatMul") return "Gram matrices";
  // The transform of tiles has a picture for each channel; so have its conversion from blocks and the tiles' assembly.
  if (["Conv", "ReorderOutput", "DepthToSpace"].includes(operator) && first > 1) return "transforms";
  return operator === "Conv" ? "other convolutions" : "everything else";
}
