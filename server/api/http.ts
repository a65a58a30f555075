import { ApolloServer } from "@apollo/server";
import { ApolloServerPluginLandingPageDisabled } from "@apollo/server/plugin/disabled";
import { expressMiddleware } from "@as-integrations/express5";
import express, { type ErrorRequestHandler, type RequestHandler, Router } from "express";
import { GraphQLError, type GraphQLSchema, getOperationAST } from "graphql";
import type { ApiContext } from "./context.js";
import { formatError, limitError, type ReportError } from "./errors.js";
import { graphiql } from "./graphiql.js";
import { apiLimits } from "./limits.js";
import { type OperationContext, operationContext } from "./operation.js";
import { limitErrors, parseWithinLimits } from "./query-limits.js";

/** GraphQL over HTTP, mounted at its path: operations by POST, GraphiQL for browsers that open the address. */
export async function graphqlOverHttp(
  schema: GraphQLSchema,
  context: ApiContext,
  report: ReportError,
): Promise<{ router: Router; close: () => Promise<void> }> {
  const apollo = new ApolloServer<OperationContext>({
    schema,
    introspection: true,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    // A document that is sent as a hash would bypass the limits below.
    persistedQueries: false,
    formatError: (formatted, error) =>
      formatError(error instanceof GraphQLError ? error : asGraphQLError(formatted.message, error), report),
    plugins: [ApolloServerPluginLandingPageDisabled()],
  });
  await apollo.start();
  const router = Router();
  router.get("/", graphiql);
  router.use(express.json({ limit: apiLimits.maxRequestBytes }));
  router.use(refuseBody);
  // express.json leaves a request without JSON without a body, but Apollo needs one.
  router.use((request, _response, next) => {
    request.body ??= {};
    next();
  });
  router.use(refuseOperation(schema));
  router.use(expressMiddleware(apollo, { context: async ({ res }) => operationContext(context, () => res.destroyed) }));
  return { router, close: () => apollo.stop() };
}

/** Refuses a body that cannot be read, with a GraphQL error. */
const refuseBody: ErrorRequestHandler = (error: { status?: number }, _request, response, _next) => {
  const tooLarge = error.status === 413;
  const limit = apiLimits.maxRequestBytes;
  const refusal = tooLarge
    ? limitError(`A request may have at most ${limit} bytes.`, limit)
    : new GraphQLError("The body of the request is not JSON.", { extensions: { code: "BAD_INPUT" } });
  response.status(tooLarge ? 413 : 400).json({ errors: [refusal] });
};

/**
 * Refuses operations that Apollo would run: it limits neither tokens nor depth, and its validation takes long for large
 * documents. It also runs a subscription like a query.
 */
function refuseOperation(schema: GraphQLSchema): RequestHandler {
  return (request, response, next) => {
    const { query, operationName }: Record<string, unknown> = request.method === "GET" ? request.query : request.body;
    const errors = typeof query === "string" ? refusals(schema, query, typeof operationName === "string" ? operationName : null) : [];
    if (errors.length > 0) response.status(400).json({ errors });
    else next();
  };
}

function refusals(schema: GraphQLSchema, source: string, operationName: string | null): GraphQLError[] {
  try {
    const document = parseWithinLimits(source);
    if (getOperationAST(document, operationName)?.operation !== "subscription") return limitErrors(schema, document);
    return [new GraphQLError("Subscriptions need the WebSocket at this address.", { extensions: { code: "BAD_INPUT" } })];
  } catch (error) {
    // Apollo reports syntax errors.
    if (error instanceof GraphQLError) return error.extensions.code === "LIMIT" ? [error] : [];
    throw error;
  }
}

function asGraphQLError(message: string, error: unknown): GraphQLError {
  return new GraphQLError(message, { originalError: error instanceof Error ? error : new Error(String(error)), path: [] });
}
