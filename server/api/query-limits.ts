import {
  type ASTVisitor,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type SelectionSetNode,
  type ValidationContext,
} from "graphql";
import { limitError } from "./errors.js";
import { apiLimits } from "./limits.js";

/** How much a selection asks for, fragments spread out. */
interface Measure {
  depth: number;
  introspectionDepth: number;
  aliases: number;
  cost: number;
}

const NOTHING: Measure = { depth: 0, introspectionDepth: 0, aliases: 0, cost: 0 };

/** What `Frame.data` costs: a picture is read and encoded. */
const DATA_COST = 200;

/** Fields whose lists are as long as `first` says, 20 by default. */
const connections = new Set(["sessions", "frames"]);

/**
 * Refuses operations that are nested too deep, have too many aliases or ask for too many values. It reads the document's
 * syntax alone and comes before all other rules, some of which take long for such documents.
 */
export function queryLimits(context: ValidationContext): ASTVisitor {
  return {
    Document(document) {
      for (const error of limitErrors(document)) context.reportError(error);
      return undefined;
    },
  };
}

function limitErrors(document: DocumentNode) {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const measurer = new Measurer(fragments);
  let total = NOTHING;
  for (const definition of document.definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION) total = together(total, measurer.selections(definition.selectionSet));
  }
  const { maxDepth, maxIntrospectionDepth, maxAliases, maxCost } = apiLimits;
  return [
    ...(total.depth > maxDepth ? [limitError(`A query may be nested at most ${maxDepth} deep.`, maxDepth)] : []),
    ...(total.introspectionDepth > maxIntrospectionDepth
      ? [limitError(`Introspection may be nested at most ${maxIntrospectionDepth} deep.`, maxIntrospectionDepth)]
      : []),
    ...(total.aliases > maxAliases ? [limitError(`A query may have at most ${maxAliases} aliases.`, maxAliases)] : []),
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
    if (name === "__schema" || name === "__type") {
      return { depth: 1, introspectionDepth: Math.max(below.depth, below.introspectionDepth) + 1, aliases, cost: 1 };
    }
    const own = name === "data" ? DATA_COST : 1;
    return {
      depth: below.depth + 1,
      introspectionDepth: below.introspectionDepth,
      aliases,
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
