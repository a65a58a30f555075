import { once } from "node:events";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { WatchedPage } from "../helpers/browser.js";
import { openPage } from "../helpers/browser.js";
import { describeStudio } from "../helpers/studio.js";
import { startPainting, waitForStatus, waitForStep } from "../helpers/studio-page.js";

/** A proxy that refuses every WebSocket and passes on all else. */
let target = "";
const proxy = createServer((incoming, outgoing) => {
  const { method, url, headers } = incoming;
  const passed = request(new URL(url ?? "/", target), { method, headers }, (response) => {
    outgoing.writeHead(response.statusCode ?? 502, response.headers);
    outgoing.flushHeaders();
    response.pipe(outgoing);
  });
  passed.on("error", () => outgoing.destroy());
  outgoing.on("close", () => passed.destroy());
  incoming.pipe(passed);
});
proxy.on("upgrade", (_request, socket) => socket.end("HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"));
proxy.listen(0, "127.0.0.1");
await once(proxy, "listening");
const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;

describeStudio("the studio where WebSockets are blocked", { variables: () => ({ ATELIER_ORIGINS: address }) }, (studio) => {
  let watched: WatchedPage;
  let handshakes = 0;

  beforeAll(async () => {
    target = studio.server.address;
    watched = await openPage(studio.browser, address);
    watched.page.on("websocket", () => handshakes++);
  });
  afterAll(async () => {
    await watched?.page.close();
    proxy.closeAllConnections();
    await new Promise((resolve) => proxy.close(resolve));
  });

  /** What the page complained about, besides the handshakes. */
  const complaints = () => watched.complaints.filter((text) => !text.includes("WebSocket connection to"));

  test("a painting is watched to its end, frame by frame", async () => {
    const { page } = watched;
    const streamed: string[] = [];
    page.on("request", (request) => {
      if (request.headers()["x-graphql-event-stream-token"]) streamed.push(request.method());
    });
    await startPainting(page, { photo: "Allium", style: "Night wind", steps: 60, size: 96 });
    await waitForStep(page, 1);
    await waitForStatus(page, "Finished");
    await waitForStep(page, 60);
    expect(streamed).toContain("GET");
    expect(complaints()).toEqual([]);
  });

  test("the gallery follows a rename made elsewhere, and the tab remembers its choice", async () => {
    const { page } = watched;
    const tried = handshakes;
    await page.goto("/gallery");
    await page.getByRole("listitem").first().waitFor();
    const { sessions } = await studio.client.query("{ sessions(first: 1) { edges { node { id } } } }");
    await studio.client.query(
      'mutation ($id: ID!) { renameSession(sessionId: $id, title: "Renamed elsewhere") { id } }',
      sessions.edges[0].node,
    );
    await page.getByText("Renamed elsewhere", { exact: true }).waitFor();
    expect(handshakes).toBe(tried);
    expect(complaints()).toEqual([]);
  });

  test("the live room translates the sample clip", async () => {
    const { page } = watched;
    await page.goto("/live");
    await page.getByLabel("Source").selectOption("sample-clip");
    await page.getByRole("textbox", { name: "Size" }).fill("128");
    await page.getByRole("button", { name: "Start", exact: true }).click();
    const shown = () => page.getByTestId("live-result").evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
    const pictures = new Set<string>();
    await expect.poll(async () => pictures.add(await shown()).size).toBeGreaterThan(3);
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await page.getByText(/^Press Start/).waitFor();
    expect(complaints()).toEqual([]);
  });
});
