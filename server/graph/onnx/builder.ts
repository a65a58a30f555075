import type { Tensor } from "../tensor.js";

/** A node attribute. Bare numbers are integers, which ONNX distinguishes from float32 numbers. */
export type OnnxAttribute = number | readonly number[] | string | { readonly float: number };

export interface OnnxNode {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

export interface OnnxInitializer {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | BigInt64Array;
}

/** Collects the nodes and initializers of one ONNX graph and names them. Equal nodes and small constants are shared. */
export class OnnxBuilder {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: OnnxInitializer[] = [];
  /** Constants that are passed to every run instead of being stored in the model, by the names of their inputs. */
  readonly fed: Record<string, Tensor> = {};
  private readonly known = new Map<string, string>();
  private readonly tensors = new Map<Float32Array, { name: string; shape: readonly number[] }>();
  private names = 0;

  /** Adds one node with one output and returns the output's name. An empty input name omits an optional input. */
  add(operator: string, inputs: readonly string[], attributes: Readonly<Record<string, OnnxAttribute>> = {}): string {
    const key = JSON.stringify([operator, inputs, attributes]);
    return this.share(key, () => {
      const output = this.name(operator);
      this.nodes.push({ operator, inputs, output, attributes });
      return output;
    });
  }

  /** A one-dimensional int64 constant, for axes, shapes and bounds. */
  integers(values: readonly number[]): string {
    return this.share(`i ${values.join()}`, () => this.initializer([values.length], BigInt64Array.from(values, BigInt)));
  }

  /** A float scalar constant. */
  scalar(value: number): string {
    return this.share(`f ${value}`, () => this.initializer([], Float32Array.of(value)));
  }

  /** A float constant with the same value everywhere. */
  filled(shape: readonly number[], value: number): string {
    const count = shape.reduce((product, size) => product * size, 1);
    return this.share(`f ${value} of ${shape}`, () => this.initializer(shape, new Float32Array(count).fill(value)));
  }

  /** A float constant. The same array is stored once. */
  tensor(value: Tensor): string {
    if (value.shape.length === 0) return this.scalar(value.data[0] as number);
    const known = this.tensors.get(value.data);
    if (known?.shape.join() === value.shape.join()) return known.name;
    const name = this.initializer(value.shape, value.data);
    this.tensors.set(value.data, { name, shape: value.shape });
    return name;
  }

  /** A float constant that stays in this process's memory, so that all sessions that use it share one copy. */
  shared(value: Tensor): string {
    const known = this.tensors.get(value.data);
    if (known) return known.name;
    const name = this.name("fed");
    this.fed[name] = value;
    this.tensors.set(value.data, { name, shape: value.shape });
    return name;
  }

  /** Gives `value` a second name, the name of a graph output. */
  alias(value: string, output: string): void {
    this.nodes.push({ operator: "Identity", inputs: [value], output, attributes: {} });
  }

  private initializer(shape: readonly number[], data: Float32Array | BigInt64Array): string {
    const name = this.name("constant");
    this.initializers.push({ name, shape, data });
    return name;
  }

  private share(key: string, make: () => string): string {
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const name = make();
    this.known.set(key, name);
    return name;
  }

  private name(hint: string): string {
    return `${hint}_${this.names++}`;
  }
}
