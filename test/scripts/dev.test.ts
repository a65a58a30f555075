import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { GraphqlClient } from "../helpers/graphql-client.js";
import { emptyDataFolder } from "../helpers/server.js";

const START_MS = 90_000;

let child: ChildProcess;
let output = "";
let address: string;
let data: Awaited<ReturnType<typeof emptyDataFolder>>;

beforeAll(async () => {
  data = await emptyDataFolder();
  const port = await freePorts();
  address = `http://127.0.0.1:${port}`;
  child = spawn(process.execPath, ["scripts/dev.mjs"], {
    env: { ...process.env, PORT: String(port), ATELIER_DATA: data.folder, ATELIER_OFFLINE: "1", ATELIER_DEVICE: "reference" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const deadline = AbortSignal.timeout(START_MS);
  while (!output.includes("The studio is at") || !output.includes("Atelier is at")) {
    if (deadline.aborted || child.exitCode !== null) throw new Error(`npm run dev did not start:\n${output}`);
    await new Promise((next) => setTimeout(next, 50));
  }
}, START_MS + 10_000);

afterAll(async () => {
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  await gone;
  await data.remove();
});

/** A free port whose successor is free too. */
async function freePorts(): Promise<number> {
  for (;;) {
    const port = await free(0);
    if ((await free(port + 1)) > 0) return port;
  }
}

/** The port, or 0 when it is taken; for port 0 any free one. */
function free(port: number): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(0));
    probe.listen(port, "127.0.0.1", () => {
      const found = probe.address();
      probe.close(() => resolve(typeof found === "object" && found ? found.port : 0));
    });
  });
}

test("one port serves the studio's pages, the API and its subscriptions", async () => {
  for (const path of ["/", "/models", "/s/some-session"]) {
    const page = await fetch(`${address}${path}`);
    expect(page.status, path).toBe(200);
    expect(await page.text()).toContain("<html");
  }
  expect(await (await fetch(`${address}/healthz`)).json()).toEqual({ status: "ok" });
  expect(await (await fetch(`${address}/schema.graphql`)).text()).toContain("type Query");
  const client = new GraphqlClient(address);
  expect((await client.query("{ sessions { totalCount } }")).sessions.totalCount).toBe(0);
  const refused = client.subscribe('subscription { viewers(id: "none") }');
  expect((await refused.next()).value).toMatchObject({ errors: [{ extensions: { code: "NOT_FOUND" } }] });
  await client.close();
});
