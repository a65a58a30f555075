import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  isRequiredArgument,
  OperationTypeNode,
} from "graphql";
import { policy, type Subject } from "../../server/access/policy.js";
import type { Random } from "./random.js";
import type { Json, RandomValues } from "./random-values.js";

export interface Operation {
  kind: OperationTypeNode;
  query: string;
  variables: Record<string, Json>;
}

/** How deep selections usually go, and how deep at most: deeper than the server allows. */
const USUAL_DEPTH = 4;
const MOST_DEPTH = 16;

/** Makes operations that a schema knows, with any arguments. */
export class RandomOperations {
  private variables: Operation["variables"] = {};
  private declarations: string[] = [];
  private fieldsLeft = 0;

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly random: Random,
    private readonly values: RandomValues,
  ) {}

  next(): Operation {
    this.variables = {};
    this.declarations = [];
    this.fieldsLeft = 60;
    const kind = this.random.pick([
      ...[OperationTypeNode.QUERY, OperationTypeNode.QUERY, OperationTypeNode.QUERY],
      ...[OperationTypeNode.MUTATION, OperationTypeNode.MUTATION],
      OperationTypeNode.SUBSCRIPTION,
    ]);
    const root = this.schema.getRootType(kind);
    if (!root) throw new Error(`The schema has no ${kind}.`);
    const depth = this.random.chance(0.03) ? MOST_DEPTH : USUAL_DEPTH;
    const count = kind === OperationTypeNode.SUBSCRIPTION ? 1 : 1 + this.random.below(2);
    const fields = this.random.several(count, () => this.field(root.name, this.random.pick(Object.values(root.getFields())), depth));
    const selection = this.random.chance(0.02) ? this.bomb(fields[0] ?? "") : fields.join(" ");
    const declared = this.declarations.length > 0 ? `(${this.declarations.join(", ")})` : "";
    return { kind, query: `${kind} ${declared} { ${selection} }`, variables: this.variables };
  }

  /** A field many times over. */
  private bomb(field: string): string {
    return Array.from({ length: 120 }, (_, index) => `bomb${index}: ${field.replace(/^\w+: /, "")}`).join(" ");
  }

  private field(parent: string, field: GraphQLField<unknown, unknown>, depth: number): string {
    this.fieldsLeft--;
    const subjects = policy[`${parent}.${field.name}`]?.subjects ?? [];
    const args = field.args.filter((arg) => (isRequiredArgument(arg) ? !this.random.chance(0.01) : this.random.chance(0.3)));
    const given = args.length > 0 ? `(${args.map((arg) => this.argument(arg, subjects)).join(", ")})` : "";
    const alias = this.random.chance(0.15) ? `other${this.random.below(1000)}: ` : "";
    return `${alias}${field.name}${given}${this.selection(getNamedType(field.type), depth - 1)}`;
  }

  /** An argument as a variable, or written out. */
  private argument({ name, type }: GraphQLArgument, subjects: readonly Subject[]): string {
    // The model, of which everyone may read.
    const ofModel = subjects.length === 0 && name === "id" ? "model" : null;
    const value = this.values.ofType(type, name, subjects.find(({ argument }) => argument === name)?.kind ?? ofModel);
    if (this.random.chance(0.3)) return `${name}: ${this.written(value)}`;
    const variable = `v${this.declarations.length}`;
    this.declarations.push(`$${variable}: ${type}`);
    this.variables[variable] = value;
    return `${name}: $${variable}`;
  }

  /** A value as GraphQL writes it; words in capitals are values of enums. */
  private written(value: Json): string {
    if (typeof value === "string") return /^[A-Z][A-Z_]+$/.test(value) ? value : JSON.stringify(value);
    if (Array.isArray(value)) return `[${value.map((entry) => this.written(entry)).join(", ")}]`;
    if (typeof value !== "object" || value === null) return JSON.stringify(value);
    return `{ ${Object.entries(value)
      .map(([name, entry]) => `${name}: ${this.written(entry)}`)
      .join(", ")} }`;
  }

  private selection(type: GraphQLNamedType, depth: number): string {
    if (!isCompositeType(type)) return "";
    const fields = isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : [];
    const selected = ["__typename"];
    for (let count = 1 + this.random.below(5); count > 0 && fields.length > 0 && this.fieldsLeft > 0; count--) {
      const field = this.random.pick(fields);
      if (depth > 0 || !isCompositeType(getNamedType(field.type))) selected.push(this.field(type.name, field, depth));
    }
    if (isAbstractType(type) && depth > 0 && this.random.chance(0.5)) {
      const possible = this.random.pick(this.schema.getPossibleTypes(type));
      selected.push(`... on ${possible.name}${this.selection(possible, depth)}`);
    }
    return ` { ${selected.join(" ")} }`;
  }
}
