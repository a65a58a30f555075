import { type DocumentNode, type FieldNode, type FragmentDefinitionNode, GraphQLError, Kind, parse, type SelectionSetNode } from "graphql";
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

/** Fields whose lists are as long as `first` says, 20 by default. */
const connections = new Set(["sessions", "frames"]);

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
 * What makes a document too much: nested too deep, too many aliases or fields, too many values asked for. It reads the
 * syntax alone. To be asked before the document is validated, which takes long for such documents.
 */
export function limitErrors(document: DocumentNode): GraphQLError[] {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const measurer = new Measurer(fragments);
  let total = NOTHING;
  for (const definition of document.definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION) total = together(total, measurer.selections(definition.selectionSet));
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

  constructor(private readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>) {}

  selections(set: SelectionSetNode): Measure {
    let sum = NOTHING;
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) sum = together(sum, this.field(selection));
      else if (selection.kind === Kind.INLINE_FRAGMENT) sum = together(sum, this.selections(selection.selectionSet));
      else sum = together(sum, this.fragment(selection.name.value));
    }
    return sum;
  }

  private field(field: FieldNode): Measure {
    const name = field.name.value;
    const below = field.selectionSet ? this.selections(field.selectionSet) : NOTHING;
    const aliases = below.aliases + (field.alias ? 1 : 0);
    const fields = below.fields + 1;
    if (name === "__schema" || name === "__type") {
      return { depth: 1, introspectionDepth: Math.max(below.depth, below.introspectionDepth) + 1, aliases, fields, cost: 1 };
    }
    const own = name === "data" ? DATA_COST : 1;
    return {
      depth: below.depth + 1,
      introspectionDepth: below.introspectionDepth,
      aliases,
      fields,
      cost: own + below.cost * (connections.has(name) ? pageSize(field) : 1),
    };
  }

  private fragment(name: string): Measure {
    const known = this.measured.get(name);
    if (known !== undefined) return known ?? NOTHING;
    const definition = this.fragments.get(name);
    if (!definition) return NOTHING;
    this.measured.set(name, null);
    const measure = this.selections(definition.selectionSet);
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

/** The most that the page can hold: what `first` says, or all that is allowed where a variable says it. */
function pageSize(field: FieldNode): number {
  const first = field.arguments?.find((argument) => argument.name.value === "first")?.value;
  if (!first || first.kind === Kind.NULL) return 20;
  const size = first.kind === Kind.INT ? Number(first.value) : apiLimits.maxPageSize;
  return Math.min(Math.max(size, 1), apiLimits.maxPageSize);
}
