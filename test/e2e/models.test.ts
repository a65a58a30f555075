import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findBrowser, launchBrowser, openPage } from "../helpers/browser.js";
import { FileServer } from "../helpers/file-server.js";
import { dataFolder, ServerProcess } from "../helpers/server.js";
import { screenshot } from "../helpers/studio-page.js";

const executable = findBrowser();
if (executable === null) console.warn("Skipped: there is no chromium on the PATH.");
const bundled = join("models", "bundled", "vgg19-lite");

describe.skipIf(executable === null)("the models in a browser, with a mirror that breaks off", { timeout: 60_000 }, () => {
  let mirror: FileServer;
  let data: Awaited<ReturnType<typeof dataFolder>>;
  let server: ServerProcess;
  let address: string;
  let browser: Browser;

  beforeAll(async () => {
    mirror = await FileServer.start();
    const card: Record<string, unknown> = JSON.parse(await readFile(join(bundled, "card.json"), "utf8"));
    mirror.files.set("models/vgg19/card.json", Buffer.from(JSON.stringify({ ...card, id: "vgg19", title: "A network (fetched)" })));
    mirror.files.set(`models/vgg19/${card.model}`, await readFile(join(bundled, String(card.model))));
    // The first download stops half-way and waits to be cancelled; the next one goes on.
    mirror.faults.push((_request, response, bytes) => {
      response.writeHead(200, { "content-length": bytes.length });
      response.write(bytes.subarray(0, bytes.length / 2));
    });
    data = await dataFolder();
    server = new ServerProcess({
      ATELIER_DATA: data.folder,
      ATELIER_DEVICE: "cpu",
      ATELIER_OFFLINE: "0",
      ATELIER_MODEL_MIRROR: mirror.url("models").href,
    });
    address = (await server.client()).address;
    browser = await launchBrowser(executable ?? "");
  });

  afterAll(async () => {
    await browser.close();
    await server.end();
    await mirror.close();
    await data.remove();
  });

  test("tells how far a download is, stops it, and fetches the rest when asked", async () => {
    const { page, complaints } = await openPage(browser, address);
    await page.goto("/models");
    const card = page.getByRole("listitem", { name: "A network" });
    await card.getByText("Downloading A network, 50%").waitFor();
    await screenshot(page, "models-fetching", true);
    await card.getByRole("button", { name: "Stop downloading A network" }).click();
    await card.getByRole("button", { name: "Download now: A network" }).click();
    await card.getByText("Ready").waitFor();
    await card.getByText("Used for paintings unless you choose another").waitFor();
    expect(mirror.requests.filter(({ path }) => path.endsWith(".safetensors")).at(-1)?.range).toMatch(/^bytes=[1-9]/);
    const translator = page.getByRole("listitem", { name: "Photo to painting" });
    await translator.getByRole("link", { name: "Translate with it" }).click();
    await page.waitForURL("**/translate?model=photo-to-painting");
    expect(await page.getByRole("radio", { name: "Photo to painting" }).isChecked()).toBe(true);
    expect(complaints).toEqual([]);
    await page.close();
  });
});
