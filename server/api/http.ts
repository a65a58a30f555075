import { ApolloServer } from "@apollo/server";
import { ApolloServerPluginLandingPageDisabled } from "@apollo/server/plugin/disabled";
import { expressMiddleware } from "@as-integrations/express5";
import express, { type ErrorRequestHandler, type RequestHandler, Router } from "express";
import { GraphQLError, type GraphQLSchema, getOperationAST } from "graphql";
import type { ApiContext } from "./context.js";
import { type ErrorLog, formatError, limitError } from "./errors.js";
import { graphiql } from "./graphiql.js";
import { apiLimits } from "./limits.js";
import { limitErrors, parseWithinLimits } from "./query-limits.js";

/** GraphQL over HTTP: operations by POST, GraphiQL for browsers that open the address. To be mounted at its path. */
export async function graphqlOverHttp(
  schema: GraphQLSchema,
  context: ApiContext,
  log: ErrorLog,
): Promise<{ router: Router; close: () => Promise<void> }> {
  const apollo = new ApolloServer<ApiContext>({
    schema,
    introspection: true,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    // A document under a hash would come in past the limits below.
    persistedQueries: false,
    formatError: (formatted, error) => formatError(error instanceof GraphQLError ? error : asGraphQLError(formatted.message, error), log),
    plugins: [ApolloServerPluginLandingPageDisabled()],
  });
  await apollo.start();
  const router = Router();
  router.get("/", graphiql);
  router.use(express.json({ limit: apiLimits.maxRequestBytes }));
  router.use(refuseBody);
  // A request without a body that express.json reads has none: Apollo asks for one in any case.
  router.use((request, _response, next) => {
    request.body ??= {};
    next();
  });
  router.use(refuseOperation(schema));
  router.use(expressMiddleware(apollo, { context: async () => context }));
  return { router, close: () => apollo.stop() };
}

/** Bodies that cannot be read, as GraphQL errors. */
const refuseBody: ErrorRequestHandler = (error: { status?: number }, _request, response, _next) => {
  const tooLarge = error.status === 413;
  const limit = apiLimits.maxRequestBytes;
  const refusal = tooLarge
    ? limitError(`A request has at most ${limit} bytes.`, limit)
    : new GraphQLError("The request's body is not JSON.", { extensions: { code: "BAD_INPUT" } });
  response.status(tooLarge ? 413 : 400).json({ errors: [refusal] });
};

/**
 * Refuses what Apollo would take: it has limits for neither tokens nor depth, its rules run beside those that take long
 * for large documents, and it runs a subscription like a query.
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
    return [new GraphQLError("Subscriptions go over the WebSocket at this address.", { extensions: { code: "BAD_INPUT" } })];
  } catch (error) {
    // What is not GraphQL is answered by Apollo.
    if (error instanceof GraphQLError) return error.extensions.code === "LIMIT" ? [error] : [];
    throw error;
  }
}

function asGraphQLError(message: string, error: unknown): GraphQLError {
  return new GraphQLError(message, { originalError: error instanceof Error ? error : new Error(String(error)), path: [] });
}
