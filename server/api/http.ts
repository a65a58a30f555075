import { ApolloServer } from "@apollo/server";
import { ApolloServerPluginLandingPageDisabled } from "@apollo/server/plugin/disabled";
import { expressMiddleware } from "@as-integrations/express5";
import express, { type ErrorRequestHandler, type RequestHandler, Router } from "express";
import { GraphQLError, type GraphQLSchema, getOperationAST } from "graphql";
import type { ErrorCode } from "../errors.js";
import type { ApiContext } from "./context.js";
import { formatError, type ReportError, requestTooLarge } from "./errors.js";
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
  const reportText = (text: unknown) => report(text instanceof Error ? text : new Error(String(text)));
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
      formatError(error instanceof GraphQLError ? error : asGraphQLError(formatted.message, error), schema, report),
    logger: { debug: ignored, info: ignored, warn: reportText, error: reportText },
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
  router.use(explainCrossSite);
  router.use(refuseOperation(schema));
  router.use(expressMiddleware(apollo, { context: async ({ res }) => operationContext(context, () => res.destroyed) }));
  return { router, close: () => apollo.stop() };
}

/** Refuses a body that cannot be read, with a GraphQL error. */
const refuseBody: ErrorRequestHandler = (error: { status?: number }, _request, response, _next) => {
  const tooLarge = error.status === 413;
  const refusal = tooLarge
    ? requestTooLarge()
    : new GraphQLError("The body of the request is not JSON.", { extensions: { code: "BAD_INPUT" } });
  response.status(tooLarge ? 413 : 400).json({ errors: [refusal] });
};

/** Headers that a web page of another site cannot send without asking first; Apollo accepts the same ones. */
const preflightHeaders = ["Apollo-Require-Preflight", "X-Apollo-Operation-Name"];

/** Types of bodies that a web page of another site can send without asking first. */
const simpleTypes = ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"];

/**
 * Refuses a request that a web page of any site could send (CSRF), as Apollo does, but says what to change: the default
 * of some clients is to send queries by GET.
 */
const explainCrossSite: RequestHandler = (request, response, next) => {
  const type = request.get("Content-Type");
  const simple = type === undefined || simpleTypes.includes(type.split(";")[0]!.trim().toLowerCase());
  if (!simple || preflightHeaders.some((name) => request.get(name))) return next();
  const message =
    request.method === "GET"
      ? "A query by GET needs the header Apollo-Require-Preflight: 1, because a web page of any site could send it " +
        "otherwise (CSRF). Or send it by POST with Content-Type: application/json; in urql, set preferGetMethod: false."
      : "Operations need Content-Type: application/json, because a web page of any site could send them otherwise (CSRF).";
  response.status(400).json({ errors: [new GraphQLError(message, { extensions: { code: "BAD_INPUT" satisfies ErrorCode } })] });
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

function ignored(): void {
  // Apollo Server's everyday messages do not belong in the log.
}
