import { integersOf, readFields, textOfField, WireError, type WireField } from "./protobuf-reader.js";

/** An input or output of a graph as the file declares it. */
export interface DeclaredValue {
  readonly name: string;
  /** Whether its type is float32, the only type of pictures here. */
  readonly isFloat32: boolean;
  /** Null if the file declares no shape. A free size is null. */
  readonly shape: readonly (number | null)[] | null;
}

/** What an ONNX file declares. */
export interface OnnxSummary {
  /** Excludes initializers, which older files also list as inputs. */
  readonly inputs: readonly DeclaredValue[];
  readonly outputs: readonly DeclaredValue[];
  /** Count of the numbers in all initializers. */
  readonly parameters: number;
  /** Whether any tensor keeps its values in another file. */
  readonly hasExternalData: boolean;
}

/** The field numbers of onnx.proto that are read here. */
const model = { graph: 7, training: 20, functions: 25 } as const;
const training = { initialization: 1, algorithm: 2 } as const;
const graph = { node: 1, initializer: 5, input: 11, output: 12, sparseInitializer: 15 } as const;
const functionProto = { node: 7, defaultAttribute: 11 } as const;
const node = { attribute: 5 } as const;
const attribute = { tensor: 5, graph: 6, tensors: 10, graphs: 11, sparseTensor: 22, sparseTensors: 23 } as const;
const sparseTensor = { values: 1, indices: 2 } as const;
const tensor = { dimensions: 1, name: 8, externalData: 13, location: 14 } as const;
const value = { name: 1, type: 2 } as const;
const tensorType = { tensor: 1, elementType: 1, shape: 2 } as const;
const dimension = { dimension: 1, size: 1 } as const;

const FLOAT32 = 1n;
/** TensorProto.DataLocation.EXTERNAL. */
const EXTERNAL = 1n;
/** Limit for graphs within graphs, such as the branches of an If. No network nests this deep. */
const MAX_DEPTH = 16;
/** The smallest element types have 4 bits. */
const MOST_VALUES_PER_BYTE = 2;

/** Reads what an ONNX file declares without running it. @throws WireError for bytes that are not an ONNX model. */
export function inspectModel(bytes: Uint8Array): OnnxSummary {
  const scan = { hasExternalData: false };
  const parts = [...readFields(bytes)];
  const [main, ...more] = parts.flatMap((field) => (field.number === model.graph && field.bytes ? [field.bytes] : []));
  // The format lets a reader merge several graphs into one, so only one is accepted.
  if (!main || more.length > 0) throw new WireError("it holds no graph, or more than one");
  for (const field of parts) {
    if (field.number === model.functions && field.bytes) scanFunction(field.bytes, scan);
    if (field.number === model.training && field.bytes) scanTraining(field.bytes, scan);
  }
  scanGraph(main, scan, 0);
  const initializers = initializersOf(main);
  const named = (number: number) => [...readFields(main)].filter((field) => field.number === number).map(declared);
  return {
    inputs: named(graph.input).filter(({ name }) => !initializers.has(name)),
    outputs: named(graph.output),
    parameters: [...initializers.values()].reduce((sum, count) => sum + count, 0),
    hasExternalData: scan.hasExternalData,
  };
}

/** Count of the numbers in each initializer, by name. @throws WireError for a shape that its values do not fill. */
function initializersOf(message: Uint8Array): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { number, bytes } of readFields(message)) {
    if (number !== graph.initializer || !bytes) continue;
    const fields = [...readFields(bytes)];
    const field = fields.find(({ number }) => number === tensor.name);
    const name = field ? textOfField(field) : "";
    const dimensions = fields.filter((each) => each.number === tensor.dimensions).flatMap(integersOf);
    const count = dimensions.reduce((product, size) => product * BigInt(size), 1n);
    // Its values are in another file, so they cannot be compared with the shape.
    if (fields.some(isExternal)) continue;
    if (count < 0n || count > BigInt(bytes.byteLength * MOST_VALUES_PER_BYTE)) {
      throw new WireError(`its tensor ${name} has fewer values than its shape says`);
    }
    counts.set(name, Number(count));
  }
  return counts;
}

function scanGraph(message: Uint8Array, scan: { hasExternalData: boolean }, depth: number): void {
  if (depth > MAX_DEPTH) throw new WireError("its graphs are nested too deep");
  for (const { number, bytes } of readFields(message)) {
    if (!bytes) continue;
    if (number === graph.initializer) scanTensor(bytes, scan);
    else if (number === graph.sparseInitializer) scanSparse(bytes, scan);
  }
  scanNodes(message, graph.node, scan, depth);
}

/** Scans the nodes of a function and the default values of its attributes. */
function scanFunction(message: Uint8Array, scan: { hasExternalData: boolean }): void {
  scanNodes(message, functionProto.node, scan, 0);
  for (const { number, bytes } of readFields(message)) {
    if (number === functionProto.defaultAttribute && bytes) scanAttribute(bytes, scan, 0);
  }
}

function scanTraining(message: Uint8Array, scan: { hasExternalData: boolean }): void {
  for (const { number, bytes } of readFields(message)) {
    if (bytes && (number === training.initialization || number === training.algorithm)) scanGraph(bytes, scan, 0);
  }
}

/** Scans the tensors and graphs in the attributes of the nodes in field `nodes` of a message. */
function scanNodes(message: Uint8Array, nodes: number, scan: { hasExternalData: boolean }, depth: number): void {
  for (const one of readFields(message)) {
    if (one.number !== nodes || !one.bytes) continue;
    for (const { number, bytes } of readFields(one.bytes)) if (number === node.attribute && bytes) scanAttribute(bytes, scan, depth);
  }
}

function scanAttribute(message: Uint8Array, scan: { hasExternalData: boolean }, depth: number): void {
  for (const { number, bytes } of readFields(message)) {
    if (!bytes) continue;
    if (number === attribute.tensor || number === attribute.tensors) scanTensor(bytes, scan);
    else if (number === attribute.graph || number === attribute.graphs) scanGraph(bytes, scan, depth + 1);
    else if (number === attribute.sparseTensor || number === attribute.sparseTensors) scanSparse(bytes, scan);
  }
}

function scanSparse(message: Uint8Array, scan: { hasExternalData: boolean }): void {
  for (const { number, bytes } of readFields(message)) {
    if (bytes && (number === sparseTensor.values || number === sparseTensor.indices)) scanTensor(bytes, scan);
  }
}

function scanTensor(message: Uint8Array, scan: { hasExternalData: boolean }): void {
  for (const field of readFields(message)) if (isExternal(field)) scan.hasExternalData = true;
}

function isExternal({ number, integer }: WireField): boolean {
  return number === tensor.externalData || (number === tensor.location && integer === EXTERNAL);
}

function declared({ bytes }: WireField): DeclaredValue {
  const fields = [...readFields(bytes ?? new Uint8Array())];
  const name = fields.find(({ number }) => number === value.name);
  const type = fields.find(({ number }) => number === value.type)?.bytes;
  const inner = type ? [...readFields(type)].find(({ number }) => number === tensorType.tensor)?.bytes : undefined;
  const parts = inner ? [...readFields(inner)] : [];
  const shape = parts.find(({ number }) => number === tensorType.shape)?.bytes;
  return {
    name: name ? textOfField(name) : "",
    isFloat32: parts.some(({ number, integer }) => number === tensorType.elementType && integer === FLOAT32),
    shape: shape ? [...readFields(shape)].filter(({ number }) => number === dimension.dimension).map(sizeOf) : null,
  };
}

function sizeOf({ bytes }: WireField): number | null {
  const size = [...readFields(bytes ?? new Uint8Array())].find((field) => field.number === dimension.size && field.bytes === null);
  // Signed: some exporters write -1 for a size that is not known.
  return size ? Number(BigInt.asIntN(64, size.integer)) : null;
}
