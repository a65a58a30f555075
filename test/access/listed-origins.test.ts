import { createClient } from "graphql-sse";
import { beforeAll, expect, test } from "vitest";
import type { Role } from "../../server/records/access.js";
import { GraphqlClient } from "../helpers/graphql-client.js";
import { openPageSocket } from "../helpers/page-socket.js";
import { partiesOfFile } from "../helpers/parties.js";

const LISTED = "https://studio.example";
const parties = partiesOfFile({ origins: [LISTED] });
const { running } = parties;

const ROLE = "{ server { access { role } } }";
const lists = ["{ sessions { totalCount } }", "{ images { totalCount } }", "{ queue { id } }", "{ links { id } }", "{ usage { ownerId } }"];

/** A page in the browser of an admin, and the secret that it sends as its own. */
interface Page {
  origin: string;
  token?: string;
}
type Answer = Awaited<ReturnType<GraphqlClient["send"]>>;

let cookie = "";
let token = "";
beforeAll(async () => {
  const create = (role: Role) => running.app.links.create({ name: role, ownerId: "tests", expiresAt: null }, { kind: "ACCESS", role });
  // Another role than the cookie's, to tell which of the two counts.
  token = (await create("VIEWER")).secret;
  const opened = await fetch(`${running.address}/access`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ secret: (await create("ADMIN")).secret }),
  });
  cookie = opened.headers.get("Set-Cookie")?.split(";")[0] ?? "";
});

const headersOf = ({ origin, token }: Page) => ({ Cookie: cookie, Origin: origin, ...(token ? { Authorization: `Bearer ${token}` } : {}) });

const transports: Record<string, (query: string, page: Page) => Promise<Answer>> = {
  HTTP: (query, page) => new GraphqlClient(running.address).send(query, {}, headersOf(page)),
  async WebSocket(query, page) {
    const { client } = openPageSocket(running.address, { cookie, ...page });
    const { value } = await client.iterate({ query }).next();
    await client.dispose();
    return value as Answer;
  },
  async "server-sent events"(query, page) {
    const url = `${running.address}/graphql`;
    const events = createClient({ singleConnection: true, url, headers: headersOf(page), retryAttempts: 0 });
    const { value } = await events.iterate({ query }).next();
    events.dispose();
    return value as Answer;
  },
};

test.each(Object.entries(transports))(
  "a page of an origin that is listed acts without the cookie, by its own secret alone: %s",
  async (_name, ask) => {
    const roleOf = async (page: Page) => (await ask(ROLE, page)).data?.server.access.role;
    expect(await roleOf({ origin: running.address })).toBe("ADMIN");
    expect(await roleOf({ origin: LISTED })).toBeNull();
    for (const query of lists) {
      expect((await ask(query, { origin: running.address })).errors, query).toBeUndefined();
      const { data, errors } = await ask(query, { origin: LISTED });
      expect([data ?? null, errors?.map(({ extensions }) => extensions.code)], query).toEqual([null, ["UNAUTHENTICATED"]]);
    }
    expect(await roleOf({ origin: LISTED, token })).toBe("VIEWER");
  },
);

test("a page of an origin that is listed gets pictures by its own secret alone", async () => {
  const { id, contentId } = await parties.paint(parties.owner.ownerId);
  const open = async (path: string, page: Page) => {
    const response = await fetch(running.address + path, { headers: headersOf(page) });
    await response.body?.cancel();
    // Without this header no browser shows a page an answer that it asked for with its cookie.
    expect(response.headers.get("Access-Control-Allow-Credentials")).toBeNull();
    return response.status;
  };
  for (const path of [`/images/${contentId}`, `/frames/${id}/0`, `/sessions/${id}/trace.json`]) {
    expect(await open(path, { origin: running.address }), path).toBe(200);
    expect(await open(path, { origin: LISTED }), path).toBe(401);
    expect(await open(path, { origin: LISTED, token: parties.owner.client.token ?? "" }), path).toBe(200);
  }
});
