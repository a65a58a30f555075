import { afterEach, expect, test, vi } from "vitest";
import { ConnectionError, execute, ServerError } from "../../web/graphql/execute";
import { ServerQuery } from "../../web/graphql/operations";

afterEach(() => vi.unstubAllGlobals());

function answer(body: string, status: number): void {
  vi.stubGlobal("fetch", async () => new Response(body, { status }));
}

test("a refusal outside GraphQL is shown, and not mistaken for a lost connection", async () => {
  answer(JSON.stringify({ code: "FORBIDDEN", message: "Not by that name.", field: "Host", limit: null }), 403);
  const refusal = await execute(ServerQuery, {}).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(ServerError);
  expect(refusal).toMatchObject({ code: "FORBIDDEN", message: "Not by that name.", field: "Host" });
});

test("a GraphQL error keeps its code and field", async () => {
  answer(JSON.stringify({ data: null, errors: [{ message: "Too large.", extensions: { code: "BAD_INPUT", field: "size" } }] }), 200);
  await expect(execute(ServerQuery, {})).rejects.toMatchObject({ name: "ServerError", code: "BAD_INPUT", field: "size" });
});

test("a response that is not JSON counts as an unreachable server", async () => {
  answer("<h1>Bad gateway</h1>", 502);
  await expect(execute(ServerQuery, {})).rejects.toBeInstanceOf(ConnectionError);
});
