import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { describeFirefox, type FirefoxPage } from "../helpers/firefox.js";
import { pngPicture } from "../helpers/pictures.js";

describeFirefox("the main stories in Firefox, with the bundled networks", (studio) => {
  const idOf = ({ page }: FirefoxPage) => new URL(page.url()).searchParams.get("id");

  /** Chooses a style and settings on the first page, and presses Start. */
  async function startPainting(easel: FirefoxPage, style: string, steps: number): Promise<void> {
    await easel.click("radio", style);
    await easel.fill("Size", "64");
    await easel.fill("Steps", String(steps));
    await easel.click("button", "Start");
    await expect.poll(() => idOf(easel)).not.toBeNull();
  }

  test("a painting is started from a sample and watched to its end, scrubbed with the keyboard, branched and exported", async () => {
    const painting = await studio.open("/");
    await painting.click("radio", "Allium");
    await startPainting(painting, "Stained glass", 150);
    const id = idOf(painting);
    const watched = new Set<number>();
    await expect.poll(async () => watched.add(await painting.shownStep()).size).toBeGreaterThan(3);
    await expect.poll(() => painting.shownStep()).toBe(150);
    await painting.waitForText(/Finished/);

    await (await painting.find("slider", "Step")).focus();
    await painting.page.keyboard.press("Home");
    await expect.poll(() => painting.shownStep()).toBe(0);
    for (let press = 0; press < 4; press++) await painting.page.keyboard.press("ArrowRight");
    await painting.page.keyboard.press("ArrowLeft");
    await expect.poll(() => painting.shownStep()).toBe(3);
    await painting.find("image", "The painting at step 3");

    await painting.click("button", "Export…");
    await painting.find("dialog", "Export");
    const format = await painting.find("combobox", "Format");
    expect(await format.evaluate((select) => (select as HTMLSelectElement).selectedOptions[0]?.label)).toBe("PNG");
    const address = await (await painting.find("link", "Download")).evaluate((link) => (link as HTMLAnchorElement).href);
    expect((await fetch(address)).headers.get("content-type")).toBe("image/png");
    await painting.page.keyboard.press("Escape");
    await expect.poll(() => painting.has("dialog", "Export")).toBe(false);

    await painting.click("button", "Branch from here");
    await expect.poll(() => idOf(painting)).not.toBe(id);
    await painting.find("link", "Original");
    await expect.poll(() => painting.shownStep()).toBeGreaterThan(3);
    expect(studio.complaints).toEqual([]);
  });

  test("a picture from a file, a style and numbers are there again after a reload of the easel", async () => {
    const file = join(studio.server.folder, "garden.png");
    await writeFile(file, (await pngPicture(90, 60, 5)).bytes);
    const easel = await studio.open("/");
    await easel.upload("Upload a photo", file);
    await easel.find("radio", "garden.png");
    await expect.poll(() => easel.isChecked("garden.png")).toBe(true);
    await easel.click("radio", "Engraving");
    await easel.fill("Steps", "7");
    await easel.page.reload();
    await expect.poll(() => easel.isChecked("garden.png")).toBe(true);
    expect(await easel.isChecked("Engraving")).toBe(true);
    expect(await easel.value("Steps")).toBe("7");
    await startPainting(easel, "Breakers", 4);
    await easel.waitForText(/Finished/);
    expect(studio.complaints).toEqual([]);
  });

  test.each(["Camera", "Sample clip"])("live pictures come back translated, and the output shows them: %s", async (source) => {
    const live = await studio.open("/live");
    await live.fill("Size", "96");
    await live.choose("Source", source);
    await live.click("button", "Start");
    await untilMoving(live, "[data-testid=live-result]");

    const output = await studio.open("/live/out/live");
    await output.page.bringToFront();
    await expect.poll(() => live.page.evaluate(() => document.visibilityState)).toBe("hidden");
    await output.find("image", "The pictures of “live”");
    // The page behind goes on sending.
    await untilMoving(output, "main canvas");
    expect(studio.complaints).toEqual([]);
  });

  test("a drawing is translated after each stroke and undo", async () => {
    const live = await studio.open("/live");
    await live.click("radio", "Line drawing to coloured emoji");
    const result = "[data-testid=live-result]";
    const look = () => live.look(result);
    await expect.poll(() => live.page.$eval(result, (canvas) => (canvas as HTMLCanvasElement).width)).toBeGreaterThan(4);
    const cat = await look();
    await live.click("button", "Clear");
    await expect.poll(look).not.toBe(cat);
    await live.click("button", "Undo");
    await expect.poll(look).toBe(cat);
    const box = await (await live.page.$("[data-testid=drawing-pad]"))?.boundingBox();
    if (!box) throw new Error("There is no sheet");
    const { mouse } = live.page;
    await mouse.move(box.x + box.width * 0.2, box.y + box.height * 0.2);
    await mouse.down();
    await mouse.move(box.x + box.width * 0.8, box.y + box.height * 0.8, { steps: 10 });
    await mouse.up();
    await expect.poll(look).not.toBe(cat);
    expect(studio.complaints).toEqual([]);
  });

  test("the gallery lists a painting, deletes it, and Undo brings it back", async () => {
    const painting = await studio.open("/");
    await painting.click("radio", "Acanthus");
    await startPainting(painting, "Wet paper", 2);
    await painting.waitForText(/Finished/);
    const gallery = await studio.open("/gallery", () => {
      // The time to undo is long enough for a slow machine.
      const plain = window.setTimeout;
      Object.assign(window, { setTimeout: (run: () => void, ms = 0) => plain(run, ms === 8000 ? 600_000 : ms) });
    });
    await gallery.click("button", "Actions for Acanthus, Wet paper");
    await gallery.click("menuitem", "Delete");
    await gallery.waitForText(/1 deleted/);
    expect(await gallery.has("button", "Actions for Acanthus, Wet paper")).toBe(false);
    await gallery.click("button", "Undo");
    await gallery.find("button", "Actions for Acanthus, Wet paper");
    expect(studio.complaints).toEqual([]);
  });

  test("the kiosk shows a painting in the making", async () => {
    const kiosk = await studio.open("/kiosk?size=64&steps=500&photos=alps&styles=breakers");
    await kiosk.waitForText(/French Alps, in the style of Breakers/);
    await expect.poll(() => kiosk.shownStep()).toBeGreaterThan(2);
    await kiosk.waitForText(/Step \d+ of 500/);
    expect(studio.complaints).toEqual([]);
  });

  /** Waits until a canvas has shown three pictures that differ. */
  async function untilMoving(shown: FirefoxPage, selector: string): Promise<void> {
    const seen = new Set<string>();
    await expect.poll(async () => seen.add(await shown.look(selector)).size).toBeGreaterThanOrEqual(3);
  }
});
