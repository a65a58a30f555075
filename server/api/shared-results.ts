import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  Kind,
  type OperationDefinitionNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from "graphql";
import { SharedFrame } from "../sessions/watch/shared-frame.js";
import type { OperationContext } from "./operation.js";

/** Arguments of the subscription that decide which frames come, and not what is in them. */
const CHOOSING: ReadonlySet<string> = new Set(["afterStep", "maxFramesPerSecond"]);

/** Executes a subscription for one of its events. */
export type EventExecutor = (event: unknown) => Promise<ExecutionResult>;

/**
 * The results of live frames, executed and written once for all viewers with the same operation: a picture in a result is
 * some 100 kB of text. Opening and replayed frames are read for one viewer alone. A frame never changes and is the same for all viewers. Its session does change, so operations
 * that ask a frame for its session share nothing.
 */
export class SharedResults {
  private readonly byFrame = new WeakMap<SharedFrame, Map<DocumentNode, Map<string, Promise<ExecutionResult>>>>();
  /** Results that are shared, and their text once a viewer has needed it. */
  private readonly texts = new WeakMap<ExecutionResult, { text: string | null }>();

  /** The executor of one viewer's operation. */
  executorOf(args: ExecutionArgs): EventExecutor {
    const context = args.contextValue as OperationContext;
    const alone: EventExecutor = async (event) => execute({ ...args, rootValue: event, contextValue: context.renewed() });
    if (asksFrameForSession(args)) return alone;
    const key = keyOf(args);
    return (event) => {
      const frame = frameOf(event);
      if (!frame) return alone(event);
      const ofFrame = entry(this.byFrame, frame, () => new Map());
      const ofDocument = entry(ofFrame, args.document, () => new Map<string, Promise<ExecutionResult>>());
      return entry(ofDocument, key, async () => {
        const result = await execute({ ...args, rootValue: event, contextValue: context.renewed({ isShared: true }) });
        this.texts.set(result, { text: null });
        return result;
      });
    };
  }

  /** The JSON text of a result without errors that viewers share; null for other results. */
  textOf(result: ExecutionResult): string | null {
    const shared = this.texts.get(result);
    if (!shared || result.errors) return null;
    shared.text ??= JSON.stringify(result);
    return shared.text;
  }
}

function frameOf(event: unknown): SharedFrame | null {
  const { frame } = event as { frame?: unknown };
  return frame instanceof SharedFrame ? frame : null;
}

function asksFrameForSession({ schema, document }: ExecutionArgs): boolean {
  const types = new TypeInfo(schema);
  let asks = false;
  const visitor = visitWithTypeInfo(types, {
    [Kind.FIELD]({ name }) {
      if (name.value === "session" && types.getParentType()?.name === "Frame") asks = true;
    },
  });
  visit(document, visitor);
  return asks;
}

/** Distinguishes operations of one document whose results may differ: their names, and the variables that they use. */
function keyOf({ document, operationName, variableValues = {} }: ExecutionArgs): string {
  const operation = document.definitions.find(
    (definition): definition is OperationDefinitionNode =>
      definition.kind === Kind.OPERATION_DEFINITION && (!operationName || definition.name?.value === operationName),
  );
  const choosing = choosingVariables(document);
  const names = (operation?.variableDefinitions ?? []).map(({ variable }) => variable.name.value).filter((name) => !choosing.has(name));
  // A variable that is null is another than one that is missing and has a default.
  const given = names.filter((name) => variableValues && Object.hasOwn(variableValues, name));
  return JSON.stringify([operationName, given.map((name) => [name, variableValues?.[name]])]);
}

/** Names of the variables that are used for `CHOOSING` arguments of an operation's own fields alone. */
function choosingVariables(document: DocumentNode): ReadonlySet<string> {
  const [choosing, deciding] = [new Set<string>(), new Set<string>()];
  visit(document, {
    [Kind.VARIABLE_DEFINITION]: () => false,
    [Kind.VARIABLE](node, _key, parent, _path, ancestors) {
      const isArgument = !Array.isArray(parent) && (parent as { kind?: string }).kind === Kind.ARGUMENT;
      const argument = parent as { name?: { value: string } };
      const isChoosing = isArgument && isOfOwnField(ancestors) && CHOOSING.has(argument.name?.value ?? "");
      (isChoosing ? choosing : deciding).add(node.name.value);
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
