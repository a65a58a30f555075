import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLArgument,
  GraphQLError,
  type GraphQLNamedType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getNamedType,
  isInterfaceType,
  isObjectType,
  Kind,
  parse,
  type SelectionSetNode,
} from "graphql";
import { limitError } from "./errors.js";
import { entryOf, lengthArguments, listLengths, lookupCosts } from "./field-costs.js";
import { apiLimits } from "./limits.js";

/** How much a selection asks for, with its fragments. */
export interface Measure {
  depth: number;
  introspectionDepth: number;
  aliases: number;
  fields: number;
  cost: number;
}

const NOTHING: Measure = { depth: 0, introspectionDepth: 0, aliases: 0, fields: 0, cost: 0 };

/** Parses a document. @throws GraphQLError with code LIMIT when it is too long; without it when it is not GraphQL. */
export function parseWithinLimits(source: string): DocumentNode {
  const limit = apiLimits.maxTokens;
  try {
    return parse(source, { maxTokens: limit });
  } catch (error) {
    // graphql-js marks this error by its message alone.
    const tooLong = error instanceof GraphQLError && error.message.includes(`${limit} tokens`);
    throw tooLong ? limitError("tokens", `A document may have at most ${limit} tokens.`, limit) : error;
  }
}

/** How much a document asks for, with its fragments. Fields that the schema lacks count as plain ones. */
export function measureOf(schema: GraphQLSchema, document: DocumentNode): Measure {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const measurer = new Measurer(schema, fragments);
  let total = NOTHING;
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    total = sumOf(total, measurer.selections(definition.selectionSet, schema.getRootType(definition.operation)));
  }
  // Unused fragments take time in validation too.
  for (const name of fragments.keys()) {
    if (!measurer.hasMeasured(name)) total = sumOf(total, measurer.fragment(name));
  }
  return total;
}

/** What an answer reports as `extensions`: the values that its operation could ask for, and how many are allowed. */
export function costReport(asked: number): { cost: { asked: number; limit: number } } {
  return { cost: { asked, limit: apiLimits.maxCost } };
}

/**
 * Errors for a document that asks for too much: nested too deep, too many aliases or fields, or too many values. To be
 * checked before validation, which takes long for such documents.
 */
export function limitErrors(total: Measure): GraphQLError[] {
  const { maxDepth, maxIntrospectionDepth, maxAliases, maxFields, maxCost } = apiLimits;
  return [
    ...(total.depth > maxDepth ? [limitError("depth", `A query may be nested at most ${maxDepth} deep.`, maxDepth)] : []),
    ...(total.introspectionDepth > maxIntrospectionDepth
      ? [limitError("introspectionDepth", `Introspection may be nested at most ${maxIntrospectionDepth} deep.`, maxIntrospectionDepth)]
      : []),
    ...(total.aliases > maxAliases ? [limitError("aliases", `A query may have at most ${maxAliases} aliases.`, maxAliases)] : []),
    ...(total.fields > maxFields ? [limitError("fields", `A query may have at most ${maxFields} fields.`, maxFields)] : []),
    ...(total.cost > maxCost ? [limitError("cost", `A query may ask for at most ${maxCost} values; ask for shorter pages.`, maxCost)] : []),
  ];
}

/** Cost of one entry of the list that a resolver returns, by the fields that the operation asks of it. */
export function costOfEntry({ schema, fragments, fieldNodes, returnType }: GraphQLResolveInfo): number {
  const measurer = new Measurer(schema, new Map(Object.entries(fragments)));
  const selected = fieldNodes.flatMap(({ selectionSet }) => (selectionSet ? [selectionSet] : []));
  return selected.reduce((sum, set) => sum + measurer.selections(set, getNamedType(returnType)).cost, 1);
}

class Measurer {
  /** Measures by fragment, so that each is measured once. `null` while that is in progress, so that a cycle ends. */
  private readonly measured = new Map<string, Measure | null>();

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  ) {}

  hasMeasured(fragment: string): boolean {
    return this.measured.has(fragment);
  }

  /** Measures selections on a value of type `parent`; null where the schema has no such type. */
  selections(set: SelectionSetNode, parent: GraphQLNamedType | null | undefined): Measure {
    let total = NOTHING;
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) total = sumOf(total, this.field(selection, parent));
      else if (selection.kind === Kind.FRAGMENT_SPREAD) total = sumOf(total, this.fragment(selection.name.value));
      else {
        const { typeCondition, selectionSet } = selection;
        total = sumOf(total, this.selections(selectionSet, typeCondition ? this.schema.getType(typeCondition.name.value) : parent));
      }
    }
    return total;
  }

  private field(field: FieldNode, parent: GraphQLNamedType | null | undefined): Measure {
    const name = field.name.value;
    const definition = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name] : undefined;
    const below = field.selectionSet ? this.selections(field.selectionSet, definition && getNamedType(definition.type)) : NOTHING;
    const aliases = below.aliases + (field.alias ? 1 : 0);
    const fields = below.fields + 1;
    if (name === "__schema" || name === "__type") {
      return { depth: 1, introspectionDepth: Math.max(below.depth, below.introspectionDepth) + 1, aliases, fields, cost: 1 };
    }
    const own = entryOf(lookupCosts, parent, name) ?? 1;
    return {
      depth: below.depth + 1,
      introspectionDepth: below.introspectionDepth,
      aliases,
      fields,
      cost: own + below.cost * (entryOf(listLengths, parent, name) ?? 1) * listLength(field, definition?.args ?? []),
    };
  }

  fragment(name: string): Measure {
    const known = this.measured.get(name);
    if (known !== undefined) return known ?? NOTHING;
    const definition = this.fragments.get(name);
    if (!definition) return NOTHING;
    this.measured.set(name, null);
    const measure = this.selections(definition.selectionSet, this.schema.getType(definition.typeCondition.name.value));
    this.measured.set(name, measure);
    return measure;
  }
}

function sumOf(a: Measure, b: Measure): Measure {
  return {
    depth: Math.max(a.depth, b.depth),
    introspectionDepth: Math.max(a.introspectionDepth, b.introspectionDepth),
    aliases: a.aliases + b.aliases,
    fields: a.fields + b.fields,
    cost: a.cost + b.cost,
  };
}

/**
 * Longest list that a field can return, by its arguments. A variable counts as the highest value; a field without such
 * arguments as 1.
 */
function listLength(field: FieldNode, args: readonly GraphQLArgument[]): number {
  let length = 1;
  for (const { name, defaultValue } of args) {
    const highest = lengthArguments[name];
    if (highest === undefined) continue;
    const given = field.arguments?.find((argument) => argument.name.value === name)?.value;
    const isLeftOut = given === undefined || given.kind === Kind.NULL;
    const size = isLeftOut && typeof defaultValue === "number" ? defaultValue : given?.kind === Kind.INT ? Number(given.value) : highest;
    length *= Math.min(Math.max(size, 1), highest);
  }
  return length;
}
