import { type ExecutionArgs, type ExecutionResult, execute, GraphQLError } from "graphql";
import { AtelierError } from "../errors.js";
import type { Allowances } from "../limits/allowances.js";
import { tracedExecution } from "../telemetry/operation-spans.js";
import type { ApiContext } from "./context.js";

/** Executes queries and mutations, each in a span. The result of one too many of its owner is an error. */
export function limitedExecute(allowances: Pick<Allowances, "take">): (args: ExecutionArgs) => Promise<ExecutionResult> {
  return (args) => tracedExecution(args, executeInPlace);

  async function executeInPlace(args: ExecutionArgs): Promise<ExecutionResult> {
    let release: () => void;
    try {
      release = await allowances.take("ownOperations", (args.contextValue as ApiContext).principal);
    } catch (error) {
      if (!(error instanceof AtelierError)) throw error;
      return { data: null, errors: [new GraphQLError(error.message, { originalError: error })] };
    }
    try {
      return await execute(args);
    } finally {
      release();
    }
  }
}
