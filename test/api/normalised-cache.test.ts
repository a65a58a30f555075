import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Client, fetchExchange, gql, subscriptionExchange } from "@urql/core";
import { cacheExchange } from "@urql/exchange-graphcache";
import { buildSchema, introspectionFromSchema } from "graphql";
import { createClient } from "graphql-ws";
import { expect, test } from "vitest";
import WebSocket from "ws";
import { appOfFile, startSession } from "../helpers/app.js";
import { until } from "../helpers/until.js";

const schema = buildSchema(readFileSync(join(import.meta.dirname, "..", "..", "schema.graphql"), "utf8"));

const running = appOfFile();

const PAINTING = gql("query ($id: ID!) { session(id: $id) { __typename id status latestFrame { __typename id step url } } }");
const EVENTS = gql(`subscription ($id: ID!) { session(id: $id) { __typename
  ... on Frame { id step url session { __typename id latestFrame { __typename id step url } } }
  ... on SessionChange { session { __typename id status latestFrame { __typename id step url } } } } }`);

test("a cached painting follows the subscription through latestFrame, without another query", async () => {
  const id = await startSession(running);
  await running.host.claim();
  await running.host.paint(id, 0);
  const socket = createClient({ url: `${running.address.replace("http", "ws")}/graphql`, webSocketImpl: WebSocket });
  let requests = 0;
  const client = new Client({
    url: `${running.address}/graphql`,
    preferGetMethod: false,
    fetch: (input, init) => {
      requests++;
      return fetch(input, init);
    },
    exchanges: [
      cacheExchange({ schema: introspectionFromSchema(schema), keys: { SessionChange: () => null } }),
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query = "", variables }) => ({
          subscribe: (sink) => ({ unsubscribe: socket.subscribe({ query, variables: variables as Record<string, unknown> }, sink) }),
        }),
      }),
    ],
  });
  const seen: string[] = [];
  const query = client.query(PAINTING, { id }).subscribe(({ data }) => {
    if (data?.session) seen.push(`${data.session.status} ${data.session.latestFrame?.step}`);
  });
  await until(() => seen.length > 0);
  const errors: unknown[] = [];
  const events = client.subscription(EVENTS, { id }).subscribe(({ error }) => errors.push(error));
  await until(() => running.app.broker.viewersOf(id) === 1);
  await running.host.paint(id, 1);
  await until(() => seen.at(-1) === "RUNNING 1");
  await running.host.paint(id, 2);
  await running.host.end(id, "COMPLETED");
  await until(() => seen.at(-1) === "COMPLETED 2");
  query.unsubscribe();
  events.unsubscribe();
  await socket.dispose();
  expect([seen[0], requests, errors.filter(Boolean)]).toEqual(["RUNNING 0", 1, []]);
});
