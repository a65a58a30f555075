/**
 * One VGG-19 loss and gradient in TensorFlow.js with its WebAssembly backend and its own differentiation, for
 * loss-gradient.ts: a line on stdin is answered by a line of JSON.
 *
 *   npx tsx bench/loss-gradient-tfjs.ts weights.safetensors size threads
 */
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { getThreadsCount, setThreadsCount, setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import { readVgg19, vgg19LayersUpTo } from "../models/vgg19.js";
import { deepest, layers, lengthOf, pictures, termWeights, waves } from "./loss-gradient-scene.js";

const [weightsFile = "", sizeText = "256", threads = "2"] = process.argv.slice(2);
const size = Number(sizeText);
const require = createRequire(import.meta.url);
setWasmPaths(`${dirname(require.resolve("@tensorflow/tfjs-backend-wasm"))}/`);
// The package's main file leaves the gradients out; this one is an ES module in a CommonJS package, which only require reads.
require("@tensorflow/tfjs-core/dist/register_all_gradients");
setThreadsCount(Number(threads));
await tf.setBackend("wasm");

const weights = await readVgg19(weightsFile, deepest);
const network = vgg19LayersUpTo(deepest).map(({ name, block }) => {
  const { shape, data } = weights[`${name}.weight`]!;
  const kernel = tf.transpose(tf.tensor4d(data, shape as [number, number, number, number]), [2, 3, 1, 0]) as tf.Tensor4D;
  return { name, block, kernel, bias: tf.tensor1d(weights[`${name}.bias`]!.data) };
});
const means = tf.tensor1d([103.939, 116.779, 123.68]);

function picture(steps: readonly [number, number]): tf.Tensor4D {
  return tf.transpose(tf.tensor4d(waves(size, steps).data, [1, 3, size, size]), [0, 2, 3, 1]);
}

function features(image: tf.Tensor4D): Map<string, tf.Tensor4D> {
  const found = new Map<string, tf.Tensor4D>();
  let value = tf.sub(tf.mul(tf.reverse(image, 3), 255), means) as tf.Tensor4D;
  let current = 1;
  for (const { name, block, kernel, bias } of network) {
    if (block > current) value = tf.avgPool(value, 2, 2, "valid");
    current = block;
    value = tf.relu(tf.add(tf.conv2d(value, kernel, 1, "same"), bias)) as tf.Tensor4D;
    found.set(name, value);
  }
  return found;
}

function gram(feature: tf.Tensor4D): tf.Tensor {
  const rows = tf.reshape(feature, [-1, feature.shape[3]]);
  return tf.div(tf.matMul(rows, rows, true, false), feature.shape[1] * feature.shape[2]);
}

function relative(value: tf.Tensor, target: tf.Tensor): tf.Tensor {
  return tf.div(tf.sum(tf.square(tf.sub(value, target))), tf.add(tf.sum(tf.square(target)), 1e-6));
}

const contentTargets = tf.tidy(() => {
  const found = features(picture(pictures.content));
  return layers.content.map((layer) => found.get(layer)!);
});
const styleTargets = tf.tidy(() => {
  const found = features(picture(pictures.style));
  return layers.style.map((layer) => gram(found.get(layer)!));
});

/** One addition after the other: TensorFlow.js cannot differentiate addN. */
function sum(terms: readonly tf.Tensor[]): tf.Tensor {
  return terms.reduce((total, term) => tf.add(total, term));
}

function objective(image: tf.Tensor4D): tf.Scalar {
  const found = features(image);
  const content = sum(layers.content.map((layer, i) => relative(found.get(layer)!, contentTargets[i]!)));
  const style = sum(layers.style.map((layer, i) => relative(gram(found.get(layer)!), styleTargets[i]!)));
  const along = (axis: 1 | 2) => {
    const begin = [0, 0, 0, 0];
    const length = [1, size, size, 3];
    begin[axis] = 1;
    length[axis] = size - 1;
    return tf.mean(tf.abs(tf.sub(tf.slice(image, begin, length), tf.slice(image, [0, 0, 0, 0], length))));
  };
  return sum([
    tf.mul(content, termWeights.alpha / layers.content.length),
    tf.mul(style, termWeights.beta / layers.style.length),
    tf.mul(tf.add(along(1), along(2)), termWeights.gamma),
  ]) as tf.Scalar;
}

const differentiated = tf.valueAndGrad((image) => objective(image as tf.Tensor4D));
const image = picture(pictures.image);
console.log(JSON.stringify({ name: `tfjs-wasm ${tf.version_core}`, detail: `${getThreadsCount()} threads` }));
for await (const _ of createInterface({ input: process.stdin })) {
  const start = performance.now();
  const { value, grad } = differentiated(image);
  const [total] = await value.data();
  const gradient = (await grad.data()) as Float32Array;
  console.log(JSON.stringify({ ms: performance.now() - start, total, norm: lengthOf(gradient) }));
  tf.dispose([value, grad]);
}
