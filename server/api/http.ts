import type { IncomingMessage } from "node:http";
import { ApolloServer, type ApolloServerPlugin, HeaderMap } from "@apollo/server";
import { ApolloServerPluginLandingPageDisabled } from "@apollo/server/plugin/disabled";
import { type ExpressContextFunctionArgument, expressMiddleware } from "@as-integrations/express5";
import express, { type ErrorRequestHandler, type Request, type RequestHandler, Router } from "express";
import { type DocumentNode, GraphQLError, type GraphQLFormattedError, type GraphQLSchema, getOperationAST } from "graphql";
import type { RequestPrincipals } from "../access/requests.js";
import { AtelierError, type ErrorCode } from "../errors.js";
import type { Allowances } from "../limits/allowances.js";
import { beginOperation, noteErrors } from "../telemetry/operation-spans.js";
import type { ContextOf } from "./context.js";
import { formatError, type ReportError, requestTooLarge } from "./errors.js";
import { type ApiSwitches, graphiql, noGraphiql } from "./graphiql.js";
import { schemaRefusal, withoutSuggestions } from "./introspection.js";
import { apiLimits } from "./limits.js";
import { type OperationContext, operationContext } from "./operation.js";
import { costReport, limitErrors, type Measure, measureOf, parseWithinLimits } from "./query-limits.js";

/** The context of an operation over HTTP. */
interface HttpContext extends OperationContext {
  /** What the operation costs; null where it could not be read. */
  cost: number | null;
}

export interface GraphqlHttpParts {
  contextOf: ContextOf;
  principals: RequestPrincipals;
  allowances: Allowances;
  addressOf(request: IncomingMessage): string | null;
  switches: ApiSwitches;
  /** Takes out the requests of server-sent events. */
  eventStreams: RequestHandler;
}

/** GraphQL over HTTP, mounted at its path: operations by POST, GraphiQL for browsers that open the address. */
export async function graphqlOverHttp(
  schema: GraphQLSchema,
  { contextOf, principals, allowances, addressOf, switches, eventStreams }: GraphqlHttpParts,
  report: ReportError,
): Promise<{ router: Router; close: () => Promise<void> }> {
  const shownRefusal = (error: AtelierError) => formatError(new GraphQLError(error.message, { originalError: error }), schema, report);
  const reportText = (text: unknown) => report(text instanceof Error ? text : new Error(String(text)));
  const apollo = new ApolloServer<HttpContext>({
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
    plugins: [ApolloServerPluginLandingPageDisabled(), describeAnswer(switches), traceErrors, limitOperations(allowances, shownRefusal)],
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
  router.use(async (request, _response, next) => {
    await allowances.spend("strangerOperationsPerMinute", await principals.of(request), addressOf(request));
    next();
  });
  router.use(eventStreams);
  router.use(explainCrossSite);
  router.use(refuseOperation(schema, principals, switches));
  router.use(refuseSender(schema, report));
  const context = async ({ req, res }: ExpressContextFunctionArgument): Promise<HttpContext> => {
    const operation = operationContext(contextOf(await principals.of(req), addressOf(req)), () => res.destroyed);
    return { ...operation, cost: typeof res.locals.cost === "number" ? res.locals.cost : null };
  };
  router.use(trace);
  router.use(expressMiddleware(apollo, { context }));
  return { router, close: () => apollo.stop() };
}

/** Runs an operation in a span, which ends with the response. */
const trace: RequestHandler = (request, response, next) => {
  const end = beginOperation(response.locals.operation ?? null, request.headers, next);
  response.once("close", end);
};

const traceErrors: ApolloServerPlugin<HttpContext> = {
  async requestDidStart() {
    return {
      async didEncounterErrors({ errors }) {
        noteErrors(errors);
      },
    };
  },
};

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

/** Refuses a Bearer secret that opens nothing, and a stranger who asks too often, with a GraphQL error. */
function refuseSender(schema: GraphQLSchema, report: ReportError): ErrorRequestHandler {
  return (error, _request, response, next) => {
    if (!(error instanceof AtelierError) || !(error.code === "UNAUTHENTICATED" || error.code === "LIMIT")) return next(error);
    const { retryAfter } = error.detail;
    if (retryAfter !== undefined) response.set("Retry-After", String(retryAfter));
    const shown = formatError(new GraphQLError(error.message, { originalError: error }), schema, report);
    response.status(error.code === "LIMIT" ? 429 : 401).json({ errors: [shown] });
  };
}

/**
 * Reports what an operation costs, tells no names of the schema to those who may not read it, sends what a stranger may
 * not do as HTTP 401, which clients of HTTP know, and says in a header after how long a client may try again.
 */
const describeAnswer = ({ introspection }: ApiSwitches): ApolloServerPlugin<HttpContext> => ({
  async requestDidStart() {
    return {
      async willSendResponse({ contextValue: { cost, principal }, response: { body, http } }) {
        if (body.kind !== "single") return;
        const { singleResult } = body;
        if (singleResult.errors) singleResult.errors = withoutSuggestions(singleResult.errors, principal.role, introspection);
        if (cost !== null) singleResult.extensions = { ...singleResult.extensions, ...costReport(cost) };
        const extensions = (singleResult.errors ?? []).map((error) => error.extensions);
        if (extensions.some((extension) => extension?.code === "UNAUTHENTICATED")) http.status = 401;
        const waits = extensions.flatMap((extension) => (typeof extension?.retryAfter === "number" ? extension.retryAfter : []));
        if (waits.length > 0) http.headers.set("retry-after", String(Math.max(...waits)));
      },
    };
  },
});

/**
 * Refuses an operation when its owner has too many under way. Each counts until it ends, even if its client has left.
 */
function limitOperations(allowances: Allowances, shown: (error: AtelierError) => GraphQLFormattedError): ApolloServerPlugin<HttpContext> {
  return {
    async requestDidStart() {
      let release: () => void;
      return {
        async responseForOperation({ contextValue: { principal } }) {
          try {
            release = await allowances.take("ownOperations", principal);
            return null;
          } catch (error) {
            if (!(error instanceof AtelierError)) throw error;
            const http = { status: 429, headers: new HeaderMap() };
            return { http, body: { kind: "single", singleResult: { errors: [shown(error)] } } };
          }
        },
        async executionDidStart() {
          return { executionDidEnd: async () => release() };
        },
      };
    },
  };
}

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
    const measure = measureOf(schema, document);
    response.locals.cost = measure.cost;
    const name = typeof operationName === "string" ? operationName : null;
    response.locals.operation = getOperationAST(document, name);
    const errors = refusals(measure, document, name);
    if (errors.length > 0) response.status(400).json({ errors, extensions: costReport(measure.cost) });
    else {
      const refusal = schemaRefusal(document, role, introspection);
      if (refusal === null) next();
      else if (refusal.code === "UNAUTHENTICATED") throw refusal;
      else response.status(403).json({ errors: [asGraphQLError(refusal.message, refusal, refusal.code)] });
    }
  };
}

/**
 * The operation of a request. A query by GET is read as Apollo reads it: Express leaves out parameters beyond a thousand.
 */
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

function refusals(measure: Measure, document: DocumentNode, operationName: string | null): readonly GraphQLError[] {
  if (getOperationAST(document, operationName)?.operation !== "subscription") return limitErrors(measure);
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
