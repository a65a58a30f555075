import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql as parse } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { Client, fetchExchange, gql, subscriptionExchange } from "@urql/core";
import { cacheExchange } from "@urql/exchange-graphcache";
import { buildSchema, introspectionFromSchema, isAbstractType } from "graphql";
import { createClient, type Client as SocketClient } from "graphql-ws";
import { expect, test } from "vitest";
import WebSocket from "ws";
import { appOfFile, startSession } from "../helpers/app.js";
import { until } from "../helpers/until.js";

const schema = buildSchema(readFileSync(join(import.meta.dirname, "..", "..", "schema.graphql"), "utf8"));

const running = appOfFile();

const PAINTING = "query ($id: ID!) { session(id: $id) { __typename id status latestFrame { __typename id step url } } }";
const EVENTS = `subscription ($id: ID!) { session(id: $id) { __typename
  ... on Frame { id step url session { __typename id latestFrame { __typename id step url } } }
  ... on SessionChange { session { __typename id status latestFrame { __typename id step url } } } } }`;

/** The types that each union and interface stands for; Apollo Client does not read the schema. */
const possibleTypes = Object.fromEntries(
  Object.values(schema.getTypeMap())
    .filter(isAbstractType)
    .map((type) => [type.name, schema.getPossibleTypes(type).map(({ name }) => name)]),
);

/** A client with a normalised cache that watches the painting and its events. Returns what ends both. */
type Watch = (watching: {
  id: string;
  socket: SocketClient;
  fetch: typeof fetch;
  onPainting(painting: { status: string; latestFrame: { step: number } | null }): void;
  onError(error: unknown): void;
}) => () => void;

const graphcache: Watch = ({ id, socket, fetch, onPainting, onError }) => {
  const client = new Client({
    url: `${running.address}/graphql`,
    preferGetMethod: false,
    fetch,
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
  const query = client.query(gql(PAINTING), { id }).subscribe(({ data }) => data?.session && onPainting(data.session));
  const events = client.subscription(gql(EVENTS), { id }).subscribe(({ error }) => error && onError(error));
  return () => {
    query.unsubscribe();
    events.unsubscribe();
  };
};

const apollo: Watch = ({ id, socket, fetch, onPainting, onError }) => {
  const client = new ApolloClient({
    cache: new InMemoryCache({ possibleTypes }),
    link: ApolloLink.split(
      ({ operationType }) => operationType === "subscription",
      new GraphQLWsLink(socket),
      new HttpLink({ uri: `${running.address}/graphql`, fetch }),
    ),
  });
  const query = client
    .watchQuery<{ session: Parameters<typeof onPainting>[0] }>({ query: parse(PAINTING), variables: { id } })
    .subscribe(({ data, dataState }) => dataState === "complete" && onPainting(data.session));
  const events = client.subscribe({ query: parse(EVENTS), variables: { id } }).subscribe(({ error }) => error && onError(error));
  return () => {
    query.unsubscribe();
    events.unsubscribe();
    client.stop();
  };
};

test.each([
  ["urql's Graphcache", graphcache],
  ["Apollo Client 4", apollo],
])("%s follows a painting through latestFrame, without another query", async (_client, watch) => {
  const id = await startSession(running);
  await running.host.claim();
  await running.host.paint(id, 0);
  const socket = createClient({ url: `${running.address.replace("http", "ws")}/graphql`, webSocketImpl: WebSocket });
  let requests = 0;
  const seen: string[] = [];
  const errors: unknown[] = [];
  const stop = watch({
    id,
    socket,
    fetch: (input, init) => {
      requests++;
      return fetch(input, init);
    },
    onPainting: ({ status, latestFrame }) => seen.push(`${status} ${latestFrame?.step}`),
    onError: (error) => errors.push(error),
  });
  await until(() => seen.length > 0);
  await until(() => running.app.broker.viewersOf(id) === 1);
  await running.host.paint(id, 1);
  await until(() => seen.at(-1) === "RUNNING 1");
  await running.host.paint(id, 2);
  await running.host.end(id, "COMPLETED");
  await until(() => seen.at(-1) === "COMPLETED 2");
  stop();
  await socket.dispose();
  expect([seen[0], requests, errors]).toEqual(["RUNNING 0", 1, []]);
});
