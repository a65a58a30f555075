import { AtelierError } from "../errors.js";
import type { Graph, Node } from "../graph/node.js";
import { operatorNamed } from "../graph/operators/index.js";
import type { Tensor } from "../graph/tensor.js";
import { type CompiledGraph, checkedInputs, compile } from "./compile.js";
import type { Engine, Program, ProgramRequest } from "./engine.js";

/** Computes graphs by plain loops, one operator after the other. Slow; tests check other engines against it. */
export class ReferenceEngine implements Engine {
  readonly name = "reference";
  readonly device = "cpu";
  readonly description = "plain loops on one thread";
  private readonly programs = new Set<Program>();

  async open(graph: Graph, request: ProgramRequest): Promise<Program> {
    const program = new ReferenceProgram(compile(graph, request), () => this.programs.delete(program));
    this.programs.add(program);
    return program;
  }

  async close(): Promise<void> {
    for (const program of [...this.programs]) await program.close();
  }
}

class ReferenceProgram implements Program {
  private closed = false;

  constructor(
    private readonly compiled: CompiledGraph,
    private readonly forget: () => void,
  ) {}

  async run(inputs: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
    if (this.closed) throw new AtelierError("INTERNAL", "The program is closed.");
    const given = checkedInputs(this.compiled, inputs);
    const values = new Map<Node, Tensor>();
    const computed = (node: Node) => values.get(node)!;
    for (const node of this.compiled.nodes) {
      if (node.operator === "input") values.set(node, given[String(node.attributes.name)]!);
      else if (node.operator === "constant") values.set(node, node.attributes.value as Tensor);
      else values.set(node, operatorNamed(node.operator).forward(node, node.inputs.map(computed)));
    }
    return Object.fromEntries(Object.entries(this.compiled.outputs).map(([name, node]) => [name, computed(node)]));
  }

  async close(): Promise<void> {
    this.closed = true;
    this.forget();
  }
}
