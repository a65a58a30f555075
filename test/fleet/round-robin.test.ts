import { createClient } from "graphql-sse";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findBrowser, launchBrowser, openPage } from "../helpers/browser.js";
import { Fleet } from "../helpers/fleet.js";
import { GraphqlClient } from "../helpers/graphql-client.js";
import { historyOf, PatientViewer } from "../helpers/patient-viewer.js";
import { pngPicture } from "../helpers/pictures.js";
import { noPostgres, postgresPrograms } from "../helpers/postgres-server.js";
import { hasRedis } from "../helpers/redis-server.js";
import { RoundRobin } from "../helpers/round-robin.js";
import type { ServerProcess } from "../helpers/server.js";
import { noteSkipped } from "../helpers/skipped.js";
import { startPainting, waitForStatus, waitForStep } from "../helpers/studio-page.js";

if (postgresPrograms === null) noteSkipped(noPostgres);
const chromium = findBrowser();
if (chromium === null) noteSkipped("There is no chromium on the PATH.");

const START = "mutation ($input: StyleTransferInput!) { startStyleTransfer(input: $input) { id } }";
const WATCH = `subscription ($id: ID!, $afterStep: Int!) { session(id: $id, afterStep: $afterStep) {
  ... on Frame { step } ... on SessionChange { session { status } }
} }`;

interface SessionEvent {
  session: { step?: number; session?: { status: string } };
}

const upTo = (last: number) => Array.from({ length: last + 1 }, (_, step) => step);

/** What came is in order, without a duplicate, up to the last step: a viewer that is slow gets the newest frame. */
function expectOrdered(steps: number[], last: number): void {
  expect(steps).toEqual([...new Set(steps)].sort((one, other) => one - other));
  expect([steps[0], steps.at(-1)]).toEqual([0, last]);
}

/** The session that a page shows. */
const idOf = (page: Page) => new URL(page.url()).searchParams.get("id") ?? "";

/** Opens the gallery, and waits for the card of a session. */
async function cardOf(page: Page, id: string): Promise<Locator> {
  await page.goto("/gallery");
  const card = page.getByRole("listitem").filter({ has: page.locator(`a[href="/s?id=${id}"]`) });
  await card.waitFor();
  return card;
}

describe.skipIf(postgresPrograms === null || !hasRedis())("API servers behind a proxy that sends each request to the next one", () => {
  let fleet: Fleet;
  let proxy: RoundRobin;
  let client: GraphqlClient;
  /** The API servers, by address. */
  const servers = new Map<string, ServerProcess>();
  const clients: GraphqlClient[] = [];

  beforeAll(async () => {
    [fleet, proxy] = await Promise.all([Fleet.start(), RoundRobin.start()]);
    const variables = { ATELIER_PUBLIC_URL: proxy.address };
    const [one, other] = await Promise.all([fleet.api(variables), fleet.api(variables), fleet.worker()]);
    for (const { client, process } of [one, other]) servers.set(client.address, process);
    proxy.use(...servers.keys());
    client = newClient();
  });
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await proxy?.close();
    await fleet?.close();
  });

  /** A client with a WebSocket of its own. */
  function newClient(): GraphqlClient {
    const made = new GraphqlClient(proxy.address);
    clients.push(made);
    return made;
  }

  async function start(steps: number): Promise<string> {
    const [contentId, imageId] = [
      await client.upload((await pngPicture(96, 96, 1)).bytes),
      await client.upload((await pngPicture(80, 80, 2)).bytes),
    ];
    const input = { contentId, styles: [{ imageId }], size: 64, steps, model: "vgg19-lite" };
    return (await client.query(START, { input })).startStyleTransfer.id;
  }

  /** Watches a session as server-sent events to its end, and again from its last step after each cut; returns the steps that came. */
  async function watchEvents(id: string): Promise<number[]> {
    const steps: number[] = [];
    let status = "";
    while (status !== "COMPLETED") {
      const stream = createClient({ url: `${proxy.address}/graphql`, singleConnection: true, retryAttempts: 0 });
      const variables = { id, afterStep: steps.at(-1) ?? -1 };
      try {
        for await (const { data, errors } of stream.iterate<SessionEvent>({ query: WATCH, variables })) {
          if (errors) throw new Error(JSON.stringify(errors));
          if (data?.session.step !== undefined) steps.push(data.session.step);
          status = data?.session.session?.status ?? status;
        }
      } catch (error) {
        // A proxy that still has two servers cuts nothing.
        if (servers.size > 1) throw error;
      } finally {
        stream.dispose();
      }
    }
    return steps;
  }

  /** Watches over WebSockets, with a new one after each cut. */
  async function watchSocket(id: string): Promise<PatientViewer> {
    const viewer = new PatientViewer(id);
    const follow = () =>
      viewer.follow(newClient()).catch((error: unknown) => {
        if (servers.size > 1) throw error;
        return false;
      });
    while (!(await follow())) if (servers.size > 1) throw new Error(`The subscription ended when the session was ${viewer.status}.`);
    return viewer;
  }

  it("take uploads, and send a painting as events, over WebSockets and as MJPEG", async () => {
    const id = await start(30);
    const mjpeg = await fetch(`${proxy.address}/sessions/${id}/stream.mjpeg`);
    expect(mjpeg.status).toBe(200);
    // It ends with the session.
    const film = mjpeg.arrayBuffer();
    const streams = await Promise.all([watchEvents(id), watchEvents(id), watchEvents(id)]);
    const sockets = await Promise.all([watchSocket(id), watchSocket(id)]);
    for (const steps of streams) expectOrdered(steps, 30);
    for (const { misdelivered, lastStep } of sockets) expect([misdelivered, lastStep]).toEqual([[], 30]);
    expect(Buffer.from(await film).includes(Buffer.of(0xff, 0xd8, 0xff))).toBe(true);
    const { status, urls } = await historyOf(client, id);
    expect([status, [...urls.keys()]]).toEqual(["COMPLETED", upTo(30)]);
    for (const url of urls.values()) expect((await fetch(proxy.address + url)).status).toBe(200);
    expect([...proxy.counts.values()].every((count) => count > 10)).toBe(true);
  });

  describe.skipIf(chromium === null)("with the studio in a browser", () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await launchBrowser(chromium ?? "");
    });
    afterAll(() => browser?.close());

    it("lose no viewer when one of them is killed", async () => {
      const { page } = await openPage(browser, proxy.address);
      await startPainting(page, { photo: "Allium", style: "Night wind", steps: 200, size: 64 });
      await waitForStep(page, 1);
      // The server that has the page's WebSocket.
      const doomed = proxy.upgrades.at(-1) ?? "";
      const id = idOf(page);
      const watching = Promise.all([watchEvents(id), watchEvents(id), watchSocket(id), watchSocket(id)] as const);
      await waitForStep(page, 10);
      proxy.use(...[...servers.keys()].filter((address) => address !== doomed));
      const process = servers.get(doomed);
      servers.delete(doomed);
      await process?.end("SIGKILL");
      await waitForStatus(page, "Finished");
      await waitForStep(page, 200);
      const [one, other, ...sockets] = await watching;
      for (const steps of [one, other]) expectOrdered(steps, 200);
      for (const { misdelivered, lastStep } of sockets) expect([misdelivered, lastStep]).toEqual([[], 200]);
      await cardOf(page, id);
      await page.close();
    });
  });
});
