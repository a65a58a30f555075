import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { seriousFindings } from "../helpers/axe.js";
import { pngPicture } from "../helpers/pictures.js";
import { describeStudio } from "../helpers/studio.js";
import { type DroppedFile, dropOn, screenshot } from "../helpers/studio-page.js";

let pictures: Buffer[];
/** Another site: its pictures may be fetched where `open` is in the path. */
let elsewhere: Server;
let address: string;

beforeAll(async () => {
  pictures = await Promise.all([1, 2, 3].map(async (seed) => Buffer.from((await pngPicture(90, 60, seed)).bytes)));
  elsewhere = createServer(({ url = "" }, response) => {
    if (url.includes("open")) response.setHeader("Access-Control-Allow-Origin", "*");
    response.setHeader("Content-Type", url.endsWith(".png") ? "image/png" : "text/html").end(url.endsWith(".png") ? pictures[0] : "<p>");
  });
  await new Promise<void>((resolve) => elsewhere.listen(0, "127.0.0.1", resolve));
  address = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`;
});

afterAll(() => void elsewhere.close());

describeStudio("choosing pictures in a browser, with the real server", {}, (studio) => {
  const well = (page: Page) => page.getByRole("region", { name: "Photo", exact: true });
  const option = (page: Page, name: string, checked = false) => well(page).getByRole("radio", { name, exact: true, checked });
  const file = (name: string, place: number) => ({ name, mimeType: "image/png", buffer: pictures[place] ?? Buffer.alloc(0) });

  const drop = (page: Page, data: Record<string, string>, files: DroppedFile[] = []) =>
    dropOn(well(page).getByTitle("Click to open a picture, or drop one here"), data, files);

  test("a click on the picture opens files; of several, the first is chosen and the others are offered", async () => {
    const { page, complaints } = await studio.open();
    await page.goto("/");
    const chooser = page.waitForEvent("filechooser");
    await well(page).getByTitle("Click to open a picture, or drop one here").click();
    await (await chooser).setFiles([file("first.png", 0), file("second.png", 1), file("third.png", 2)]);
    await option(page, "first.png", true).waitFor({ state: "attached" });
    await option(page, "third.png").waitFor({ state: "attached" });
    await option(page, "second.png").check({ force: true });
    await option(page, "second.png", true).waitFor({ state: "attached" });
    expect(await seriousFindings(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test("dropped files are shown at once while they are uploaded, and an upload can be cancelled", async () => {
    const { page } = await studio.open();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route("**/images", async (route) => {
      if (route.request().method() === "POST") await held;
      await route.continue().catch(() => undefined);
    });
    await page.goto("/");
    const base64 = pictures[1]?.toString("base64") ?? "";
    await drop(page, {}, [{ name: "held.png", base64 }]);
    await well(page)
      .getByText(/^Uploading held\.png, \d+%$/)
      .waitFor();
    const preview = well(page).getByRole("img", { name: "held.png" });
    expect(await preview.getAttribute("src")).toMatch(/^blob:/);
    await screenshot(page, "picture-uploading");
    expect(await seriousFindings(page)).toEqual([]);
    await well(page).getByRole("button", { name: "Cancel" }).click();
    await well(page)
      .getByText(/^Uploading/)
      .waitFor({ state: "detached" });
    expect(await option(page, "held.png").count()).toBe(0);
    release();
    await page.unroute("**/images");
    await drop(page, {}, [{ name: "again.png", base64 }]);
    await option(page, "again.png", true).waitFor({ state: "attached" });
  });

  test("a picture of another page is fetched where that page allows it, and explained where it does not", async () => {
    const { page } = await studio.open();
    await page.goto("/");
    await drop(page, {
      "text/html": `<a href="${address}/page"><img src="${address}/open/harbour.png"></a>`,
      "text/uri-list": `${address}/page`,
    });
    await option(page, "harbour.png", true).waitFor({ state: "attached" });
    await drop(page, { "text/uri-list": `${address}/closed/harbour.png` });
    await well(page)
      .getByText(/^That site does not allow its pictures to be fetched\. Save the picture/)
      .waitFor();
    await drop(page, { "text/uri-list": `${address}/open/page` });
    await well(page)
      .getByText(/^There is no picture at this address\./)
      .waitFor();
    await page.evaluate((text) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData("text/plain", text);
      document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
    }, `${address}/open/pasted.png`);
    await option(page, "pasted.png", true).waitFor({ state: "attached" });
  });

  test("a file that is no picture says what to do", async () => {
    const { page } = await studio.open();
    await page.goto("/");
    await page.getByLabel("Upload a photo").setInputFiles({ name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("no picture") });
    await well(page)
      .getByText(/Save it as one of JPEG/i)
      .waitFor();
  });
});
