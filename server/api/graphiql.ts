import { createHash } from "node:crypto";
import type { RequestHandler } from "express";

let page: Promise<{ html: string; etag: string }> | null = null;

/**
 * Renders the page, which loads nothing from elsewhere. It is large and seldom needed, so the first request renders it.
 */
async function render(): Promise<{ html: string; etag: string }> {
  const { renderGraphiQL } = await import("@graphql-yoga/render-graphiql");
  const html = renderGraphiQL({ title: "Atelier · GraphiQL", endpoint: "/graphql", subscriptionsProtocol: "WS", defaultQuery });
  return { html, etag: `"${createHash("sha256").update(html).digest("base64url")}"` };
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
  const { html, etag } = await page;
  response.vary("Accept").set({ ETag: etag, "Cache-Control": "no-cache", "X-Frame-Options": "DENY" });
  if (request.fresh) response.status(304).end();
  else response.type("html").send(html);
};
