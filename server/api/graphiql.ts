import { createHash } from "node:crypto";
import type { RequestHandler } from "express";

/** What the operator lets people see of the API. */
export interface ApiSwitches {
  /** Whether browsers get GraphiQL. */
  graphiql: boolean;
  /** Whether those who may use the API may read its schema. */
  introspection: boolean;
}

interface Page {
  html: string;
  etag: string;
  policy: string;
}

let page: Promise<Page> | null = null;

/**
 * Renders the page, which loads nothing from elsewhere. It is large and seldom needed, so the first request renders it.
 */
async function render(): Promise<Page> {
  const { renderGraphiQL } = await import("@graphql-yoga/render-graphiql");
  const html = renderGraphiQL({ title: "Atelier · GraphiQL", endpoint: "/graphql", subscriptionsProtocol: "WS", defaultQuery });
  return { html, etag: `"${sha256(html, "base64url")}"`, policy: policyOf(html) };
}

/** The page runs its inline scripts alone. Its editor makes style elements, and its fonts and workers stand in the page. */
function policyOf(html: string): string {
  const scripts = [...html.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map(([, text = ""]) => `'sha256-${sha256(text, "base64")}'`);
  return [
    "default-src 'none'",
    `script-src ${scripts.join(" ")}`,
    "style-src 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src data:",
    "connect-src 'self'",
    "worker-src blob: data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

function sha256(text: string, encoding: "base64" | "base64url"): string {
  return createHash("sha256").update(text).digest(encoding);
}

const defaultQuery = `# Atelier's API. The panel on the left has the documentation; the triangle runs the operation here.
query Gallery {
  server { version devices { name engine description } }
  sessions(first: 10) {
    totalCount
    edges { node { id title status latestFrame { step url losses { total } } } }
  }
}

# Watch a painting appear: give the id of a session and choose "Watch".
subscription Watch($id: ID!) {
  session(id: $id) {
    __typename
    ... on Frame { step url losses { total content style tv } }
    ... on SessionChange { session { status } }
  }
}
`;

/** Sends GraphiQL to browsers. Every other request goes on to the API. */
export const graphiql: RequestHandler = async (request, response, next) => {
  if (!request.headers.accept?.includes("text/html")) return next();
  page ??= render();
  const { html, etag, policy } = await page;
  response.vary("Accept").set({
    ...{ ETag: etag, "Cache-Control": "no-cache", "Content-Security-Policy": policy },
    "Cross-Origin-Resource-Policy": "same-origin",
  });
  if (request.fresh) response.status(304).end();
  else response.type("html").send(html);
};

/** Where GraphiQL is switched off, browsers find no page at its address. */
export const noGraphiql: RequestHandler = (request, _response, next) => {
  if (request.headers.accept?.includes("text/html")) return next("router");
  next();
};
