import type { TadaDocumentNode } from "gql.tada";
import { print } from "graphql";
import { studioTexts as texts } from "../texts/studio";

/** The event of the window when the server refuses something for lack of access, such as after a link was revoked. */
export const ACCESS_LOST = "atelier:access-lost";

/** A refusal by the server, with the API's error code and, for bad input, the field. */
export class ServerError extends Error {
  override readonly name = "ServerError";

  constructor(
    message: string,
    readonly code: string,
    readonly field: string | null = null,
  ) {
    super(message);
  }
}

/** The server could not be reached, or its answer could not be read. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";

  constructor(options?: ErrorOptions) {
    super(texts.unreachable, options);
  }
}

/** Whether an error may be over soon by itself: the server, or what it stores in, cannot be reached. */
export function mayPass(error: unknown): boolean {
  return error instanceof ConnectionError || (error instanceof ServerError && error.code === "UNAVAILABLE");
}

/** The words of an error, to show on the page. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

interface GraphQLFailure {
  message: string;
  extensions?: { code?: unknown; field?: unknown; limitName?: unknown };
}

/** Limits of how many sockets and streams may be open at a time. */
const placeLimits: ReadonlySet<unknown> = new Set(["sockets", "ownSockets", "strangerSockets"]);

/** A GraphQL response, or a refusal in the form of the server's other paths. */
interface Answer<Result> {
  data?: Result | null;
  errors?: GraphQLFailure[];
  code?: string;
  message?: string;
  field?: string | null;
}

/** Tells the page when a refusal means that what it may do has become less. */
function told(refusal: ServerError): ServerError {
  const isLost = refusal.code === "UNAUTHENTICATED" || refusal.code === "FORBIDDEN";
  if (isLost && typeof window !== "undefined") window.dispatchEvent(new Event(ACCESS_LOST));
  return refusal;
}

/** The first GraphQL error as a ServerError. */
export function serverError(failures: readonly GraphQLFailure[]): ServerError {
  const { message = texts.impossible, extensions = {} } = failures[0] ?? {};
  const { code, field } = extensions;
  return told(new ServerError(message, typeof code === "string" ? code : "INTERNAL", typeof field === "string" ? field : null));
}

/**
 * The refusal in a response about a stream of events; null for one that means a lost connection: the stream is gone, there
 * are too many, or a proxy answered.
 */
export async function refusalIn(response: Response): Promise<ServerError | null> {
  if (response.status === 404) return null;
  try {
    const { code, message, field, errors } = (await response.json()) as Answer<unknown>;
    // Without a place for its stream, a page tries again, as it does without one for its socket.
    if (errors?.some(({ extensions }) => placeLimits.has(extensions?.limitName))) return null;
    if (errors?.length) return serverError(errors);
    if (response.status !== 401 && response.status !== 403) return null;
    return code ? told(new ServerError(message ?? texts.refused, code, field ?? null)) : null;
  } catch {
    // No response of Atelier has another form.
    return null;
  }
}

/**
 * Runs a query or mutation over HTTP. With `keepalive` it is sent even while the page unloads.
 * @throws ServerError, ConnectionError
 */
export async function execute<Result, Variables>(
  document: TadaDocumentNode<Result, Variables>,
  variables: Variables,
  signal?: AbortSignal,
  keepalive = false,
): Promise<Result> {
  const body = await fetchJson("/graphql", {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/graphql-response+json, application/json" },
    body: JSON.stringify({ query: print(document), variables }),
    signal: signal ?? null,
    keepalive,
  });
  const { data, errors, code, message, field } = body as Answer<Result>;
  // Checks before GraphQL, such as those of Host and Origin, refuse in the form of the other HTTP paths.
  if (code) throw told(new ServerError(message ?? texts.refused, code, field ?? null));
  if (errors?.length) throw serverError(errors);
  if (!data) throw new ConnectionError();
  return data;
}

/** Fetches JSON whatever the HTTP status. @throws ConnectionError, and the reason that `signal` aborts with. */
export async function fetchJson(url: string, init: RequestInit): Promise<unknown> {
  try {
    const response = await fetch(url, init);
    return await response.json();
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ConnectionError({ cause: error });
  }
}
