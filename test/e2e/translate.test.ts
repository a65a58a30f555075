import type { Page } from "playwright-core";
import sharp from "sharp";
import { expect, test } from "vitest";
import { findInstalledGenerator } from "../helpers/installed-generator.js";
import { describeStudio } from "../helpers/studio.js";
import { chooseAction, exported, overflow, screenshot, waitForStatus } from "../helpers/studio-page.js";

const generator = findInstalledGenerator();
const phone = { width: 360, height: 780 };
const name = generator?.name ?? "";
const [sample, drawn] = generator?.takesDrawings ? ["House, drawn", true] : ["French Alps", false];

const options = {
  variables: (): Record<string, string> => (generator?.mirror ? { ATELIER_MODEL_MIRROR: generator.mirror } : {}),
  missing: generator === null ? "No generator is bundled, and there is no mirror with cyclegan-horse2zebra." : null,
};

describeStudio("translations in a browser, with the real server", options, (studio) => {
  async function translate(page: Page, size?: number): Promise<void> {
    await page.goto("/translate");
    await page.getByRole("radiogroup", { name: "Translator" }).getByRole("radio", { name, exact: true }).check({ force: true });
    await page.getByRole("radiogroup", { name: "Picture" }).getByRole("radio", { name: sample }).check({ force: true });
    if (size) await page.getByRole("textbox", { name: "Size" }).fill(String(size));
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await page.waitForURL(/\/s\?id=/);
    await waitForStatus(page, "Finished");
  }

  test("translates a sample, compares before and after by mouse and keys, and saves the picture as a file", async () => {
    const { page, complaints } = await studio.open();
    await translate(page, 320);
    const divider = page.getByRole("slider", { name: "Divider between before and after" });
    await divider.press("ArrowRight");
    expect(await divider.inputValue()).toBe("51");
    await divider.press("End");
    expect(await divider.inputValue()).toBe("100");
    const box = await divider.boundingBox();
    if (!box) throw new Error("The divider cannot be seen");
    await page.mouse.move(box.x + box.width * 0.75, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.25, box.y + box.height / 2, { steps: 4 });
    await page.mouse.up();
    expect(Math.abs(Number(await divider.inputValue()) - 25)).toBeLessThanOrEqual(2);
    await screenshot(page, "translation-desktop");

    const before = await shown(page, "Before");
    const download = await exported(page, "PNG");
    expect(download.name).toBe(`${`${sample} ${name}`.replace(/[^\p{L}\p{N}]+/gu, "-").slice(0, 50)}-0.png`);
    const picture = sharp(download.bytes);
    const { format, width, height } = await picture.metadata();
    expect({ format, longer: Math.max(width, height) }).toEqual({ format: "png", longer: 320 });
    expect(await meanDifference(await picture.toBuffer(), before)).toBeGreaterThan(drawn ? 3 : 8);

    await page.reload();
    await waitForStatus(page, "Finished");
    await page.setViewportSize(phone);
    await screenshot(page, "translation-phone", true);
    expect(await overflow(page)).toBe(0);

    await page.getByRole("link", { name: "Try another" }).click();
    await page.getByRole("radio", { name: sample, checked: true }).first().waitFor({ state: "attached" });
    expect(await page.getByRole("radio", { name, exact: true }).isChecked()).toBe(true);
    await screenshot(page, "translate-phone", true);
    expect(await overflow(page)).toBe(0);
    expect(complaints).toEqual([]);
  });

  test("moves the divider by touch", async () => {
    const { page } = await studio.open(phone);
    await translate(page);
    const touched = await studio.browser.newPage({ viewport: phone, baseURL: studio.server.address, hasTouch: true });
    await touched.goto(page.url());
    const divider = touched.getByRole("slider", { name: "Divider between before and after" });
    const box = await divider.boundingBox();
    if (!box) throw new Error("The divider cannot be seen");
    await touched.touchscreen.tap(box.x + box.width * 0.8, box.y + box.height / 2);
    expect(Math.abs(Number(await divider.inputValue()) - 80)).toBeLessThanOrEqual(2);
    await touched.close();
  });

  test("the gallery shows, renames and deletes translations", async () => {
    const { page, complaints } = await studio.open(phone);
    await translate(page);
    await page.getByRole("navigation").getByRole("link", { name: "Gallery" }).click();
    const card = page
      .getByRole("listitem")
      .filter({ hasText: `${sample}, ${name}` })
      .first();
    await card.getByText("Translation", { exact: true }).waitFor();
    expect(await overflow(page)).toBe(0);
    await screenshot(page, "gallery-phone", true);
    await chooseAction(card, "Rename…");
    await page.getByRole("textbox", { name: "Title" }).fill("Another season");
    await page.keyboard.press("Enter");
    const renamed = page.getByRole("listitem").filter({ hasText: "Another season" });
    await chooseAction(renamed, "Delete");
    await renamed.waitFor({ state: "detached" });
    expect(complaints).toEqual([]);
  });

  test("offers drawings for a translator of drawings, and says why a network is not available", async () => {
    const { page } = await studio.open();
    const facts = {
      task: "TRANSLATION",
      size: 256,
      minSize: 64,
      bytes: 5e6,
      licence: "a test",
      preview: null,
      sheet: null,
      removed: false,
    };
    const photos = {
      ...facts,
      preview: "/samples/alps.jpg",
      id: "photos",
      title: "Photo to painting",
      takes: "PHOTO",
      state: "READY",
      downloadProgress: null,
      failure: null,
    };
    const coming = {
      ...photos,
      sheet: "/samples/engraving.jpg",
      id: "lines",
      title: "Lines to colours",
      takes: "LINE_DRAWING",
      state: "DOWNLOADING",
      downloadProgress: 0.341,
    };
    await page.route("**/graphql", async (route) => {
      const body = route.request().postData() ?? "";
      if (body.includes("query Networks")) return route.fulfill({ json: { data: { models: [photos, coming] } } });
      const failed = { ...coming, state: "FAILED", downloadProgress: null, failure: "Its bytes are not right.", downloadable: true };
      if (body.includes("mutation StopFetching")) return route.fulfill({ json: { data: { cancelDownload: failed } } });
      return route.continue();
    });
    await page.goto("/translate");
    await page.getByRole("radio", { name: "French Alps" }).waitFor({ state: "attached" });
    await page.getByRole("radio", { name: "Lines to colours" }).check({ force: true });
    await page.getByRole("radio", { name: "Cat, drawn", checked: true }).waitFor({ state: "attached" });
    await page.getByText("Downloading Lines to colours, 34%").waitFor();
    expect(await page.getByRole("link", { name: "Sample results" }).getAttribute("href")).toBe("/samples/engraving.jpg");
    await screenshot(page, "translate-fetching");
    await page.getByRole("button", { name: "Stop downloading Lines to colours" }).click();
    await page.getByText("Lines to colours is not available. Its bytes are not right.").waitFor();
    expect(await page.getByRole("button", { name: "Try again to download Lines to colours" }).count()).toBe(1);
  });

  test("shows the network of a new painting, and the download of a better one", async () => {
    const { page } = await studio.open();
    const facts = {
      task: "FEATURES",
      size: 224,
      minSize: null,
      bytes: 4e7,
      licence: "a test",
      preview: null,
      sheet: null,
      failure: null,
      removed: false,
    };
    const lite = { ...facts, isDefault: true, id: "vgg19-lite", title: "Lite: a small one", state: "READY", downloadProgress: null };
    const better = {
      ...facts,
      id: "vgg19",
      title: "Large and with a name as long as a card may give it",
      state: "DOWNLOADING",
      downloadProgress: 0.5,
    };
    await page.route("**/graphql", (route) => {
      const asked = route.request().postData()?.includes("query Networks");
      return asked ? route.fulfill({ json: { data: { models: [lite, better] } } }) : route.continue();
    });
    await page.goto("/");
    await page.getByText("Right now: Lite").waitFor();
    await page.getByText(/^Downloading Large.*, 50%$/).waitFor();
    await screenshot(page, "studio-fetching");
    expect(await overflow(page)).toBe(0);
    await page.setViewportSize(phone);
    expect(await overflow(page)).toBe(0);
    await page.getByRole("combobox", { name: "Model" }).selectOption("vgg19");
    expect(await page.getByText("Right now: Lite").count()).toBe(0);
  });

  test("says that a failed download of a network will be retried, and offers it only where that is possible", async () => {
    const { page } = await studio.open();
    const failed = {
      task: "FEATURES",
      id: "vgg19",
      title: "VGG-19",
      state: "FAILED",
      size: 224,
      bytes: 4e7,
      failure: "The download server cannot be reached.",
      willRetry: true,
      downloadable: true,
      removed: false,
    };
    await page.route("**/graphql", (route) => {
      const asked = route.request().postData()?.includes("query Networks");
      const lite = { ...failed, id: "vgg19-lite", title: "Lite", state: "READY", failure: null, willRetry: false, isDefault: true };
      return asked ? route.fulfill({ json: { data: { models: [lite, failed] } } }) : route.continue();
    });
    await page.goto("/");
    const said = "VGG-19 could not be downloaded yet. The download server cannot be reached. The next session that uses it tries again.";
    await page.getByText(said).waitFor();
    const again = page.getByRole("button", { name: "Try again to download VGG-19" });
    await again.waitFor();
    Object.assign(failed, { willRetry: false, downloadable: false });
    await page.reload();
    await page.getByText("VGG-19 is not available. The download server cannot be reached.").waitFor();
    expect(await again.count()).toBe(0);
  });
});

/** Bytes of the picture that the page shows under this name. */
async function shown(page: Page, label: string): Promise<Buffer> {
  const url = await page.getByRole("img", { name: label, exact: true }).getAttribute("src");
  return Buffer.from(await (await page.request.get(url ?? "")).body());
}

/** Mean difference of two pictures, 0..255, both made 32 x 32. */
async function meanDifference(a: Buffer, b: Buffer): Promise<number> {
  const [first, second] = await Promise.all(
    [a, b].map((bytes) => sharp(bytes).resize(32, 32, { fit: "fill" }).toColourspace("srgb").removeAlpha().raw().toBuffer()),
  );
  let sum = 0;
  for (const [at, value] of (first ?? []).entries()) sum += Math.abs(value - (second?.[at] ?? 0));
  return sum / (first?.length ?? 1);
}
