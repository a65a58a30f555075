import { readFile } from "node:fs/promises";
import sharp from "sharp";
import { expect, test } from "vitest";
import { seriousFindings } from "../helpers/axe.js";
import { describeStudio } from "../helpers/studio.js";
import { dropOn, exported, openNumbers, overflow, screenshot, waitForStatus } from "../helpers/studio-page.js";

const screens = [
  { name: "desktop", width: 1280, height: 800 },
  { name: "phone", width: 390, height: 844 },
];

describeStudio("an artist's first evening, in a browser with the real server", {}, (studio) => {
  test.each(screens)("drops a photo, sketches, tries four, makes one large, exports it and opens it again: $name", async (screen) => {
    const { page, complaints } = await studio.open(screen);
    await page.goto("/");
    const photo = page.getByRole("region", { name: "Photo", exact: true });
    const picture = await sharp(await readFile(new URL("../../web/public/samples/raccoon.jpg", import.meta.url)))
      .resize(320)
      .modulate({ hue: screen.width })
      .png()
      .toBuffer();
    await dropOn(photo.getByTitle("Click to open a picture, or drop one here"), {}, [
      { name: "mine.png", base64: picture.toString("base64") },
    ]);
    await photo.getByRole("radio", { name: "mine.png", checked: true }).waitFor({ state: "attached" });
    // A sketch of the usual size takes a slow machine too long for a test.
    await openNumbers(page);
    await page.getByRole("textbox", { name: "Size" }).fill("96");
    await page.getByRole("textbox", { name: "Steps" }).fill("12");
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await page.waitForURL(/\/s\?id=/);
    await waitForStatus(page, "Finished");
    expect(await seriousFindings(page)).toEqual([]);

    // The easel still has the photo.
    await page.getByRole("link", { name: "Paint", exact: true }).click();
    await photo.getByRole("radio", { name: "mine.png", checked: true }).waitFor({ state: "attached" });
    await page.getByRole("button", { name: "Try four" }).click();
    await page.getByRole("dialog", { name: "Try four" }).getByRole("button", { name: "Paint four" }).click();
    await page.waitForURL(/\/four\?ids=/);
    await expect.poll(() => page.getByText(/^Finished · /).count()).toBe(4);
    await page.getByRole("button", { name: "Make it large" }).first().click();
    const sizes = page.getByRole("dialog", { name: "Make it large" });
    await sizes.getByRole("radio", { name: /^256 × / }).click();
    await sizes.getByRole("button", { name: "Start painting" }).click();
    await page.waitForURL(/\/s\?id=/);
    await waitForStatus(page, "Finished");
    expect(await overflow(page)).toBe(0);
    await screenshot(page, `artist-${screen.name}`);

    const png = await exported(page, "PNG");
    expect(await sharp(png.bytes).metadata()).toMatchObject({ format: "png", width: 256 });
    await page.goto("/");
    await dropOn(photo.getByTitle("Click to open a picture, or drop one here"), {}, [
      { name: png.name, base64: png.bytes.toString("base64") },
    ]);
    await page.getByText(/^Now using the settings of “mine\.png, /).waitFor();
    await page.getByRole("button", { name: "Paint it again" }).waitFor();
    expect(complaints).toEqual([]);
  });
});
