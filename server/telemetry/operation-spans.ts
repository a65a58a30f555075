import type { IncomingHttpHeaders } from "node:http";
import { context, propagation, ROOT_CONTEXT, type Span, SpanKind, trace } from "@opentelemetry/api";
import { type ExecutionArgs, type ExecutionResult, GraphQLError, getOperationAST, Kind, type OperationDefinitionNode } from "graphql";
import { AtelierError, type ErrorCode } from "../errors.js";
import { fail, startSpan } from "./spans.js";

/** Fields of an operation that its span names, and characters of a name: both are chosen by clients. */
const most = { fields: 5, nameLength: 64 };

/** Operations that come many times a second; they would drown all others. */
const untraced: ReadonlySet<string> = new Set(["sendFrame"]);

/** Faults of the server, after which an operation counts as failed; with the others, the client asked for the wrong thing. */
const serverFaults: ReadonlySet<string> = new Set<ErrorCode>(["INTERNAL", "UNAVAILABLE", "DEVICE_LOST", "OUT_OF_MEMORY"]);

/**
 * Runs an operation over HTTP in a span, which continues the trace that the request's headers name as W3C says. Returns how
 * to end the span.
 */
export function beginOperation(operation: OperationDefinitionNode | null, headers: IncomingHttpHeaders, run: () => void): () => void {
  const span = operation && operationSpan(operation, headers);
  if (!span) {
    run();
    return () => undefined;
  }
  context.with(trace.setSpan(ROOT_CONTEXT, span), run);
  return () => span.end();
}

/** Executes an operation of a socket or stream in a span, with which a trace begins. */
export async function tracedExecution(
  args: ExecutionArgs,
  execute: (args: ExecutionArgs) => Promise<ExecutionResult>,
): Promise<ExecutionResult> {
  const operation = getOperationAST(args.document, args.operationName);
  const span = operation && operationSpan(operation, {});
  if (!span) return execute(args);
  try {
    return await context.with(trace.setSpan(ROOT_CONTEXT, span), async () => {
      const result = await execute(args);
      noteErrors(result.errors ?? []);
      return result;
    });
  } finally {
    span.end();
  }
}

/** Notes the code of the first error of an operation on its span. */
export function noteErrors([error]: readonly GraphQLError[]): void {
  const span = trace.getActiveSpan();
  if (!error || !span) return;
  const code = codeOf(error);
  if (serverFaults.has(code)) fail(span, code);
  else span.setAttribute("error.type", code);
}

/** The name and type of an operation, and never its variables, arguments and text. Null for one that has no span. */
function operationSpan(operation: OperationDefinitionNode, headers: IncomingHttpHeaders): Span | null {
  const fields = operation.selectionSet.selections.flatMap((selection) => (selection.kind === Kind.FIELD ? [selection.name.value] : []));
  if (fields.length > 0 && fields.every((field) => untraced.has(field))) return null;
  const type = operation.operation;
  const name = operation.name?.value.slice(0, most.nameLength);
  const shown = fields.slice(0, most.fields).map((field) => field.slice(0, most.nameLength));
  const attributes = {
    "graphql.operation.type": type,
    ...(name === undefined ? {} : { "graphql.operation.name": name }),
    "atelier.graphql.fields": shown,
  };
  const parent = propagation.extract(ROOT_CONTEXT, headers);
  return startSpan(shown[0] === undefined ? type : `${type} ${shown[0]}`, { kind: SpanKind.SERVER, attributes }, parent);
}

function codeOf(error: GraphQLError): string {
  let cause: unknown = error;
  while (cause instanceof GraphQLError && cause.originalError) cause = cause.originalError;
  if (cause instanceof AtelierError) return cause.code;
  return cause instanceof GraphQLError ? String(cause.extensions.code ?? "BAD_INPUT") : "INTERNAL";
}
