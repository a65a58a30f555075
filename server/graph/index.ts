export { constant, FREE, type Graph, GraphError, input, type Node } from "./node.js";
export * from "./operators/index.js";
export { scalar, type Tensor, tensor } from "./tensor.js";
