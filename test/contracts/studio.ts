import sharp from "sharp";
import { expect, test } from "vitest";
import { pngPicture } from "../helpers/pictures.js";
import type { Studio, StudioServer } from "../helpers/studio.js";
import {
  canvasColours,
  chooseAction,
  exported,
  lossCurve,
  openNumbers,
  overflow,
  screenshot,
  startPainting,
  waitForStatus,
  waitForStep,
} from "../helpers/studio-page.js";

const phone = { width: 360, height: 780 };

/** What the studio does in a browser, whatever serves it; with VGG-19. */
export function studioContract(studio: Studio<StudioServer>): void {
  test("paints the chosen photo in the chosen style while the loss falls, and shows the painting again after a reload", async () => {
    const { page, complaints } = await studio.open();
    await page.goto("/");
    await page.getByRole("img", { name: "Night wind" }).waitFor();
    await screenshot(page, "studio-desktop");
    await startPainting(page, { photo: "Allium", style: "Stained glass", steps: 14, size: 96 });

    await waitForStep(page, 0);
    const begun = await canvasColours(page);
    await waitForStep(page, 6);
    await screenshot(page, "painting-desktop");
    await waitForStatus(page, "Finished");
    await waitForStep(page, 14);
    const finished = await canvasColours(page);
    expect(finished.height).toBe(96);
    expect(meanDifference(begun.samples, finished.samples)).toBeGreaterThan(10);
    const curve = await lossCurve(page);
    expect(curve.lastStep).toBe(14);
    expect(curve.last).toBeLessThan(curve.first * 0.8);

    await page.reload();
    await waitForStatus(page, "Finished");
    await waitForStep(page, 14);
    expect(await lossCurve(page)).toEqual(curve);

    const id = new URL(page.url()).searchParams.get("id");
    await page.goto(`/s/${id}`);
    await waitForStatus(page, "Finished");
    const download = await exported(page, "PNG");
    expect(download.name).toBe("Allium-Stained-glass-14.png");
    const { format, height } = await sharp(download.bytes).metadata();
    expect({ format, height }).toEqual({ format: "png", height: 96 });
    expect(download.bytes.includes("atelier-trace")).toBe(true);

    await page.setViewportSize(phone);
    await screenshot(page, "painting-phone", true);
    expect(await overflow(page)).toBe(0);
    expect(complaints).toEqual([]);
  });

  test("stops a painting, and the gallery shows, renames and deletes it", async () => {
    const { page, complaints } = await studio.open();
    const gallery = (await studio.open(phone)).page;
    await gallery.goto("/");
    await startPainting(page, { photo: "Airplane from above", style: "Breakers", steps: 2000, size: 64 });
    const card = gallery.getByRole("listitem").filter({ hasText: "Airplane from above, Breakers" });
    await card.getByText("Painting", { exact: true }).waitFor();

    await waitForStep(page, 2);
    await page.getByRole("button", { name: "Stop here" }).click();
    await waitForStatus(page, "Stopped");
    await page.getByRole("button", { name: "Continue" }).waitFor();
    expect(await page.getByRole("button", { name: "Stop here" }).count()).toBe(0);
    await card.getByText("Stopped").waitFor();
    await screenshot(gallery, "studio-phone", true);
    expect(await overflow(gallery)).toBe(0);

    await chooseAction(card, "Rename…");
    await gallery.getByRole("textbox", { name: "Title" }).fill("Over the waves");
    await gallery.keyboard.press("Enter");
    const renamed = gallery.getByRole("listitem").filter({ hasText: "Over the waves" });
    await chooseAction(renamed, "Delete");
    await renamed.waitFor({ state: "detached" });
    await gallery.getByRole("button", { name: "Undo" }).click();
    await renamed.waitFor();
    await chooseAction(renamed, "Delete");
    await gallery.getByText("1 deleted").waitFor();
    await gallery.getByText("1 deleted").waitFor({ state: "detached" });
    expect(await renamed.count()).toBe(0);
    await gallery.reload();
    await gallery.getByRole("heading", { name: /^Paintings/ }).waitFor();
    expect(await renamed.count()).toBe(0);

    await startPainting(page, { photo: "Alps", style: "Engraving", steps: 2000, size: 64 });
    const other = gallery.getByRole("listitem").filter({ hasText: "French Alps, Engraving" });
    await chooseAction(other, "Stop");
    await other.getByText("Stopped").waitFor();
    expect(complaints).toEqual([]);
  });

  test("accepts an uploaded picture, and refuses a file that is not a picture", async () => {
    const { page } = await studio.open();
    await page.goto("/");
    const input = page.getByLabel("Upload a photo");
    await input.setInputFiles({ name: "notes.png", mimeType: "image/png", buffer: Buffer.from("not a picture") });
    await page.getByRole("region", { name: "Photo" }).getByRole("alert").waitFor();
    const { bytes } = await pngPicture(90, 60, 5);
    await input.setInputFiles({ name: "mine.png", mimeType: "image/png", buffer: Buffer.from(bytes) });
    await page.getByRole("radio", { name: "mine.png", checked: true }).waitFor({ state: "attached" });
    expect(await page.getByRole("region", { name: "Photo" }).getByRole("alert").count()).toBe(0);
  });

  test("keeps every setting within reach on a phone, and shows the allowed range under a number", async () => {
    const { page, complaints } = await studio.open(phone);
    await page.goto("/");
    const start = page.getByRole("button", { name: "Start", exact: true });
    await openNumbers(page);
    for (const name of ["Content", "Style", "Smoothness", "Size", "Steps"]) {
      const field = page.getByRole("textbox", { name });
      const covered = await field.evaluate((element) => {
        element.scrollIntoView({ block: "end" });
        const { left, top, width, height } = element.getBoundingClientRect();
        return document.elementFromPoint(left + width / 2, top + height / 2) !== element;
      });
      expect({ name, covered }).toEqual({ name, covered: false });
    }
    const size = page.getByRole("textbox", { name: "Size" });
    await size.fill("7");
    await start.focus();
    await page.getByText(/^A whole number from 32 to \d+\. Still 256\.$/).waitFor();
    expect(await size.getAttribute("aria-invalid")).toBe("true");
    await screenshot(page, "studio-phone-refusal");
    await size.fill("128");
    expect(await page.getByText(/^A whole number from/).count()).toBe(0);
    expect(await overflow(page)).toBe(0);
    expect(complaints).toEqual([]);
  });

  test("explains why it cannot paint before Start is pressed, and recovers", async () => {
    const { page } = await studio.open();
    await page.route("**/graphql", (route) => route.abort());
    await page.goto("/");
    const offline = page.getByText("Cannot reach the server. Trying again…");
    await offline.waitFor();
    await screenshot(page, "studio-offline", true);
    await page.unroute("**/graphql");
    await offline.waitFor({ state: "detached" });

    await page.route("**/graphql", async (route) => {
      if (!route.request().postData()?.includes("query Networks")) return route.continue();
      return route.fulfill({ json: { data: { models: [{ id: "vgg19", title: "VGG-19", task: "FEATURES", state: "FAILED" }] } } });
    });
    await page.reload();
    await page.getByText(/^No model for painting is ready\. Set ATELIER_MODEL_MIRROR/).waitFor();
  });

  test("shows a lost connection and recovers when the server is back", async () => {
    const { page } = await studio.open();
    await startPainting(page, { photo: "Acanthus", style: "Wet paper", steps: 2000, size: 64 });
    await waitForStep(page, 1);
    const gallery = (await studio.open()).page;
    await gallery.goto("/");
    const card = gallery.getByRole("listitem").filter({ hasText: "Acanthus, Wet paper" });
    await card.getByText("Painting", { exact: true }).waitFor();
    await studio.server.stop("SIGKILL");
    await waitForStatus(page, "Connection lost. Reconnecting…");
    await studio.server.start();
    await page.getByText("Painting…", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Stop here" }).click();
    await waitForStatus(page, "Stopped");
    await card.getByText("Stopped").waitFor();
  });
}

function meanDifference(a: readonly number[], b: readonly number[]): number {
  const count = Math.min(a.length, b.length);
  let sum = 0;
  for (let at = 0; at < count; at++) sum += Math.abs((a[at] ?? 0) - (b[at] ?? 0));
  return sum / count;
}
