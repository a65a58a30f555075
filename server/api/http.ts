import type { IncomingMessage } from "node:http";
import { ApolloServer, type ApolloServerPlugin } from "@apollo/server";
import { ApolloServerPluginLandingPageDisabled } from "@apollo/server/plugin/disabled";
import { type ExpressContextFunctionArgument, expressMiddleware } from "@as-integrations/express5";
import express, { type ErrorRequestHandler, type Request, type RequestHandler, Router } from "express";
import { type DocumentNode, GraphQLError, type GraphQLSchema, getOperationAST } from "graphql";
import type { RequestPrincipals } from "../access/requests.js";
import { AtelierError, type ErrorCode } from "../errors.js";
import type { ContextOf } from "./context.js";
import { formatError, type ReportError, requestTooLarge } from "./errors.js";
import { type ApiSwitches, graphiql, noGraphiql } from "./graphiql.js";
import { schemaRefusal } from "./introspection.js";
import { apiLimits } from "./limits.js";
import { type OperationContext, operationContext } from "./operation.js";
import { limitErrors, parseWithinLimits } from "./query-limits.js";

export interface GraphqlHttpParts {
  contextOf: ContextOf;
  principals: RequestPrincipals;
  addressOf(request: IncomingMessage): string | null;
  switches: ApiSwitches;
  /** Takes out the requests of server-sent events. */
  eventStreams: RequestHandler;
}

/** GraphQL over HTTP, mounted at its path: operations by POST, GraphiQL for browsers that open the address. */
export async function graphqlOverHttp(
  schema: GraphQLSchema,
  { contextOf, principals, addressOf, switches, eventStreams }: GraphqlHttpParts,
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
    plugins: [ApolloServerPluginLandingPageDisabled(), unauthenticatedAs401],
  });
  await apollo.start();
  const router = Router();
  router.get("/", switches.graphiql ? graphiql : noGraphiql);
  router.use(express.json({ limit: apiLimits.maxRequestBytes }));
  router.use(refuseBody);
  // express.json leaves a request without JSON without a body, but Apollo needs one.
  router.use((request, _response, next) => {
    request.body ??= {};
    next();
  });
  router.use(eventStreams);
  router.use(explainCrossSite);
  router.use(async (request, _response, next) => {
    await principals.of(request);
    next();
  });
  router.use(refuseOperation(schema, principals, switches));
  router.use(refuseCredentials);
  const context = async ({ req, res }: ExpressContextFunctionArgument) =>
    operationContext(contextOf(await principals.of(req), addressOf(req)), () => res.destroyed);
  router.use(expressMiddleware(apollo, { context }));
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

/** Refuses a Bearer secret that opens nothing, with a GraphQL error. */
const refuseCredentials: ErrorRequestHandler = (error, _request, response, next) => {
  if (!(error instanceof AtelierError) || error.code !== "UNAUTHENTICATED") return next(error);
  response.status(401).json({ errors: [asGraphQLError(error.message, error, error.code)] });
};

/** Sends what a stranger may not do as HTTP 401, which clients of HTTP know. */
const unauthenticatedAs401: ApolloServerPlugin<OperationContext> = {
  async requestDidStart() {
    return {
      async willSendResponse({ response: { body, http } }) {
        const errors = body.kind === "single" ? (body.singleResult.errors ?? []) : [];
        if (errors.some(({ extensions }) => extensions?.code === "UNAUTHENTICATED")) http.status = 401;
      },
    };
  },
};

/**
 * Refuses operations that Apollo would run: it limits neither tokens nor depth, and its validation takes long for large
 * documents. It also runs a subscription like a query. The schema is not shown to strangers.
 */
function refuseOperation(schema: GraphQLSchema, principals: RequestPrincipals, { introspection }: ApiSwitches): RequestHandler {
  return async (request, response, next) => {
    const { role } = await principals.of(request);
    const { query, operationName } = operationOf(request);
    if (typeof query !== "string") return next();
    const document = readable(query);
    if (document instanceof GraphQLError) {
      // Apollo reports syntax errors.
      if (document.extensions.code !== "LIMIT") return next();
      response.status(400).json({ errors: [document] });
      return;
    }
    const errors = refusals(schema, document, typeof operationName === "string" ? operationName : null);
    if (errors.length > 0) response.status(400).json({ errors });
    else {
      const refusal = schemaRefusal(document, role, introspection);
      if (refusal === null) next();
      else if (refusal.code === "UNAUTHENTICATED") throw refusal;
      else response.status(403).json({ errors: [asGraphQLError(refusal.message, refusal, refusal.code)] });
    }
  };
}

/** The operation of a request. A query by GET is read as Apollo reads it: Express leaves out parameters beyond a thousand. */
function operationOf({ method, originalUrl, body }: Request): Record<string, unknown> {
  return method === "GET" ? Object.fromEntries(new URL(originalUrl, "http://server").searchParams) : body;
}

function readable(source: string): DocumentNode | GraphQLError {
  try {
    return parseWithinLimits(source);
  } catch (error) {
    if (error instanceof GraphQLError) return error;
    throw error;
  }
}

function refusals(schema: GraphQLSchema, document: DocumentNode, operationName: string | null): readonly GraphQLError[] {
  if (getOperationAST(document, operationName)?.operation !== "subscription") return limitErrors(schema, document);
  return [
    new GraphQLError("Subscriptions need the WebSocket or server-sent events at this address.", { extensions: { code: "BAD_INPUT" } }),
  ];
}

function asGraphQLError(message: string, error: unknown, code?: ErrorCode): GraphQLError {
  const originalError = error instanceof Error ? error : new Error(String(error));
  return new GraphQLError(message, code === undefined ? { originalError, path: [] } : { extensions: { code } });
}

function ignored(): void {
  // Apollo Server's everyday messages do not belong in the log.
}
