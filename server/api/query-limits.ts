import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLArgument,
  GraphQLError,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isInterfaceType,
  isObjectType,
  Kind,
  parse,
  type SelectionSetNode,
} from "graphql";
import { limitError } from "./errors.js";
import { apiLimits } from "./limits.js";

/** How much a selection asks for, fragments spread out. */
interface Measure {
  depth: number;
  introspectionDepth: number;
  aliases: number;
  fields: number;
  cost: number;
}

const NOTHING: Measure = { depth: 0, introspectionDepth: 0, aliases: 0, fields: 0, cost: 0 };

/** What `Frame.data` costs: a picture is read and encoded. */
const DATA_COST = 200;

/**
 * What fields of sessions cost that ask the database, once for each session they stand in; a loss curve is thinned from
 * all frames, however few points it gets. Frames and loss points have fields of the same names, which are read with them.
 */
const lookupCosts = new Map([
  ["latestFrame", 50],
  ["frames", 50],
  ["content", 50],
  ["styles", 50],
  ["source", 50],
  ["losses", 500],
]);

/** Arguments that say how long a list may become, with the most that they may say. */
const lengths = new Map<string, number>([
  ["first", apiLimits.maxPageSize],
  ["points", apiLimits.maxLossPoints],
]);

/** Reads a document. @throws GraphQLError with code LIMIT when it is too long, another one when it is not GraphQL. */
export function parseWithinLimits(source: string): DocumentNode {
  const limit = apiLimits.maxTokens;
  try {
    return parse(source, { maxTokens: limit });
  } catch (error) {
    // graphql-js has a message for this and no code.
    const tooLong = error instanceof GraphQLError && error.message.includes(`${limit} tokens`);
    throw tooLong ? limitError(`A document may have at most ${limit} tokens.`, limit) : error;
  }
}

/**
 * What makes a document too much: nested too deep, too many aliases or fields, too many values asked for. To be asked
 * before the document is validated, which takes long for such documents; fields that the schema lacks count as plain ones.
 */
export function limitErrors(schema: GraphQLSchema, document: DocumentNode): GraphQLError[] {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const measurer = new Measurer(schema, fragments);
  let total = NOTHING;
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    total = together(total, measurer.selections(definition.selectionSet, schema.getRootType(definition.operation)));
  }
  // Validation takes its time over fragments that no operation spreads, too.
  for (const name of fragments.keys()) {
    if (!measurer.hasMeasured(name)) total = together(total, measurer.fragment(name));
  }
  const { maxDepth, maxIntrospectionDepth, maxAliases, maxFields, maxCost } = apiLimits;
  return [
    ...(total.depth > maxDepth ? [limitError(`A query may be nested at most ${maxDepth} deep.`, maxDepth)] : []),
    ...(total.introspectionDepth > maxIntrospectionDepth
      ? [limitError(`Introspection may be nested at most ${maxIntrospectionDepth} deep.`, maxIntrospectionDepth)]
      : []),
    ...(total.aliases > maxAliases ? [limitError(`A query may have at most ${maxAliases} aliases.`, maxAliases)] : []),
    ...(total.fields > maxFields ? [limitError(`A query may have at most ${maxFields} fields.`, maxFields)] : []),
    ...(total.cost > maxCost ? [limitError(`A query may ask for at most ${maxCost} values; ask for shorter pages.`, maxCost)] : []),
  ];
}

class Measurer {
  /** Each fragment is measured once, however often it is spread; `null` while that goes on, so that a cycle ends. */
  private readonly measured = new Map<string, Measure | null>();

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  ) {}

  hasMeasured(fragment: string): boolean {
    return this.measured.has(fragment);
  }

  /** Selections of a value of type `parent`; null where the schema has no such type. */
  selections(set: SelectionSetNode, parent: GraphQLNamedType | null | undefined): Measure {
    let sum = NOTHING;
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) sum = together(sum, this.field(selection, parent));
      else if (selection.kind === Kind.FRAGMENT_SPREAD) sum = together(sum, this.fragment(selection.name.value));
      else {
        const { typeCondition, selectionSet } = selection;
        sum = together(sum, this.selections(selectionSet, typeCondition ? this.schema.getType(typeCondition.name.value) : parent));
      }
    }
    return sum;
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
    const own = name === "data" ? DATA_COST : (isSession(parent) && lookupCosts.get(name)) || 1;
    return {
      depth: below.depth + 1,
      introspectionDepth: below.introspectionDepth,
      aliases,
      fields,
      cost: own + below.cost * listLength(field, definition?.args ?? []),
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

function together(a: Measure, b: Measure): Measure {
  return {
    depth: Math.max(a.depth, b.depth),
    introspectionDepth: Math.max(a.introspectionDepth, b.introspectionDepth),
    aliases: a.aliases + b.aliases,
    fields: a.fields + b.fields,
    cost: a.cost + b.cost,
  };
}

function isSession(type: GraphQLNamedType | null | undefined): boolean {
  if (isInterfaceType(type)) return type.name === "Session";
  return isObjectType(type) && type.getInterfaces().some(({ name }) => name === "Session");
}

/** The most that a field's list can hold: what its argument says, or all that is allowed where a variable says it; 1 without one. */
function listLength(field: FieldNode, args: readonly GraphQLArgument[]): number {
  let length = 1;
  for (const { name, defaultValue } of args) {
    const most = lengths.get(name);
    if (most === undefined) continue;
    const given = field.arguments?.find((argument) => argument.name.value === name)?.value;
    const left = given === undefined || given.kind === Kind.NULL;
    const size = left && typeof defaultValue === "number" ? defaultValue : given?.kind === Kind.INT ? Number(given.value) : most;
    length *= Math.min(Math.max(size, 1), most);
  }
  return length;
}
