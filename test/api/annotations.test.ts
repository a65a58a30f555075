import { expect, test } from "vitest";
import { appOfFile, startSession } from "../helpers/app.js";

const running = appOfFile();
const ANNOTATE = `mutation ($id: ID!, $starred: Boolean, $note: String) {
  annotateSession(sessionId: $id, starred: $starred, note: $note) { starred note } }`;
const LIST =
  "query ($filter: SessionFilter, $order: SessionOrder) { sessions(filter: $filter, order: $order) { totalCount edges { node { id } } } }";

const list = async (filter: object, order = "NEWEST") =>
  (await running.client.query(LIST, { filter, order })).sessions.edges.map(({ node }: { node: { id: string } }) => node.id);

test("a star and a note are changed one by one, and a blank note removes it", async () => {
  const id = await startSession(running);
  const annotated = async (variables: object) => (await running.client.query(ANNOTATE, { id, ...variables })).annotateSession;
  expect(await annotated({})).toEqual({ starred: false, note: null });
  expect(await annotated({ note: "  too dark at the left " })).toEqual({ starred: false, note: "too dark at the left" });
  expect(await annotated({ starred: true })).toEqual({ starred: true, note: "too dark at the left" });
  expect(await annotated({ starred: null, note: " " })).toEqual({ starred: true, note: null });
  expect(await running.client.refusal(ANNOTATE, { id, note: "x".repeat(2001) })).toMatchObject({
    code: "BAD_INPUT",
    field: "note",
    max: 2000,
  });
  expect(await running.client.refusal(ANNOTATE, { id: crypto.randomUUID(), starred: true })).toMatchObject({ code: "NOT_FOUND" });
});

test("sessions can be listed by star, by live, and the oldest first", async () => {
  const [first, second] = [await startSession(running, { title: "by star" }), await startSession(running, { title: "by star" })];
  await running.client.query(ANNOTATE, { id: first, starred: true });
  const about = { titleContains: "by star" };
  expect(await list({ ...about, starred: true })).toEqual([first]);
  expect(await list({ ...about, starred: false })).toEqual([second]);
  expect(await list({ ...about, live: true })).toEqual([]);
  expect(await list({ ...about, live: false, starred: null })).toEqual([second, first]);
  expect(await list(about, "OLDEST")).toEqual([first, second]);
});

test("a gallery that shows starred sessions alone follows the stars", async () => {
  const id = await startSession(running);
  const events = running.client.subscribe("subscription { sessions(filter: { starred: true }) { id starred } }");
  const next = events.next();
  let told = false;
  const starring = (async () => {
    while (!told) for (const starred of [false, true]) await running.client.query(ANNOTATE, { id, starred });
  })();
  expect((await next).value.data.sessions).toEqual({ id, starred: true });
  told = true;
  await starring;
  await events.return?.();
});
