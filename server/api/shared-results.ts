import { type DocumentNode, type ExecutionArgs, type ExecutionResult, execute, Kind, visit } from "graphql";
import { SharedFrame } from "../sessions/watch/shared-frame.js";
import type { OperationContext } from "./operation.js";

/** Arguments of the subscription that decide which frames come, and not what is in them. */
const CHOOSING: ReadonlySet<string> = new Set(["afterStep", "maxFramesPerSecond"]);

/**
 * The results of frames, executed and written once for all viewers who ask for the same fields: a picture in a result is
 * some 100 kB of text. Nothing in them depends on who watches.
 */
export class SharedResults {
  private readonly byFrame = new WeakMap<SharedFrame, Map<DocumentNode, Map<string, Promise<ExecutionResult>>>>();
  private readonly choosing = new WeakMap<DocumentNode, ReadonlySet<string>>();
  /** Results that are shared, and their text once a viewer has needed it. */
  private readonly texts = new WeakMap<ExecutionResult, { text: string | null }>();

  /** Executes a subscription for one event, or returns the result that another viewer's execution has had. */
  async execute(args: ExecutionArgs, event: unknown): Promise<ExecutionResult> {
    const frame = frameOf(event);
    const context = args.contextValue as OperationContext;
    if (!frame) return execute({ ...args, rootValue: event, contextValue: context.renewed() });
    const ofFrame = entry(this.byFrame, frame, () => new Map());
    const ofDocument = entry(ofFrame, args.document, () => new Map<string, Promise<ExecutionResult>>());
    return entry(ofDocument, this.keyOf(args), async () => {
      const result = await execute({ ...args, rootValue: event, contextValue: context.renewed({ isShared: true }) });
      this.texts.set(result, { text: null });
      return result;
    });
  }

  /** The JSON text of a result without errors that viewers share; null for other results. */
  textOf(result: ExecutionResult): string | null {
    const shared = this.texts.get(result);
    if (!shared || result.errors) return null;
    shared.text ??= JSON.stringify(result);
    return shared.text;
  }

  private keyOf({ document, operationName, variableValues }: ExecutionArgs): string {
    const choosing = entry(this.choosing, document, () => choosingVariables(document));
    const deciding = Object.entries(variableValues ?? {}).filter(([name]) => !choosing.has(name));
    return JSON.stringify([operationName, deciding.sort(([a], [b]) => (a < b ? -1 : 1))]);
  }
}

function frameOf(event: unknown): SharedFrame | null {
  const { frame } = event as { frame?: unknown };
  return frame instanceof SharedFrame ? frame : null;
}

/** Names of the variables that are used for `CHOOSING` arguments of an operation's own fields alone. */
function choosingVariables(document: DocumentNode): ReadonlySet<string> {
  const [choosing, deciding] = [new Set<string>(), new Set<string>()];
  visit(document, {
    [Kind.VARIABLE_DEFINITION]: () => false,
    [Kind.VARIABLE](node, _key, parent, _path, ancestors) {
      const isChoosing = !Array.isArray(parent) && (parent as { kind?: string }).kind === Kind.ARGUMENT && isOfOwnField(ancestors);
      const argument = parent as { name?: { value: string } };
      (isChoosing && CHOOSING.has(argument.name?.value ?? "") ? choosing : deciding).add(node.name.value);
    },
  });
  return new Set([...choosing].filter((name) => !deciding.has(name)));
}

/** Whether an argument with these ancestors belongs to a field that the operation itself selects. */
function isOfOwnField(ancestors: readonly unknown[]): boolean {
  const kinds = ancestors.flatMap((ancestor) => (Array.isArray(ancestor) ? [] : [(ancestor as { kind: string }).kind]));
  return kinds.join() === [Kind.DOCUMENT, Kind.OPERATION_DEFINITION, Kind.SELECTION_SET, Kind.FIELD].join();
}

function entry<Key extends object | string, Value>(
  map: { get(key: Key): Value | undefined; set(key: Key, value: Value): unknown },
  key: Key,
  make: () => Value,
): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const value = make();
  map.set(key, value);
  return value;
}
