import { expect, test } from "vitest";
import { seriousFindings } from "../helpers/axe.js";
import { describeStudio } from "../helpers/studio.js";
import { overflow, screenshot } from "../helpers/studio-page.js";

describeStudio("the layers in a browser, with the bundled network", {}, (studio) => {
  test("paints with each layer alone, shows its distances, and steps through all layers together", async () => {
    const { page, complaints } = await studio.open();
    await page.goto("/layers");
    await page.getByRole("radiogroup", { name: "Style" }).getByRole("radio", { name: "Stained glass" }).check({ force: true });
    await page.getByRole("textbox", { name: "Size" }).fill("96");
    await page.getByRole("textbox", { name: "Steps" }).fill("20");
    await page.getByRole("combobox", { name: "Model" }).selectOption({ label: "VGG-19 lite" });
    await page.getByRole("button", { name: "Paint one layer at a time" }).click();
    await page.waitForURL(/\/layers\?ids=/);
    await page.getByRole("progressbar", { name: /^\d+% of 5 paintings$/ }).waitFor();
    await page.waitForFunction(
      () => [...document.querySelectorAll("p")].filter((p) => p.textContent === "Finished · Step 20").length === 5,
    );
    await page.waitForFunction(() => [...document.querySelectorAll("canvas")].every((canvas) => canvas.dataset.shown?.endsWith("/20")));
    expect(await page.locator("canvas").count()).toBe(5);
    await page.getByRole("button", { name: "Project" }).click();
    await expect.poll(() => page.evaluate(() => document.fullscreenElement?.querySelectorAll("canvas").length)).toBe(5);
    await page.evaluate(() => document.exitFullscreen());

    const left = await page.locator('li[data-only="true"]').allTextContents();
    expect(left.map((text) => text.replace(/[\d.]+%$/, ""))).toEqual(["Colour", "Grain", "Strokes", "Shapes", "Swirls"]);
    for (const text of left) expect(Number(/([\d.]+)%$/.exec(text)?.[1]), text).toBeLessThan(70);
    expect(await page.locator("ul li[data-layer]").count()).toBe(25);

    const slider = page.getByRole("slider", { name: "All paintings together" });
    await slider.fill("5");
    await page.waitForFunction(() => [...document.querySelectorAll("canvas")].every((canvas) => canvas.dataset.shown?.endsWith("/5")));
    await page.getByRole("button", { name: "Latest" }).click();
    await page.waitForFunction(() => [...document.querySelectorAll("canvas")].every((canvas) => canvas.dataset.shown?.endsWith("/20")));
    await screenshot(page, "layers-desktop", true);
    expect(await seriousFindings(page)).toEqual([]);
    await page.setViewportSize({ width: 360, height: 780 });
    expect(await overflow(page)).toBe(0);
    expect(await page.evaluate(() => document.documentElement.scrollHeight)).toBeLessThan(2 * 780);
    await screenshot(page, "layers-phone", true);

    await page.reload();
    await page.waitForFunction(
      () => [...document.querySelectorAll("canvas")].filter((canvas) => canvas.dataset.shown?.endsWith("/20")).length === 5,
    );
    await page.getByRole("link", { name: "Strokes conv3_1" }).click();
    await page.getByRole("link", { name: "See its layers" }).click();
    await page.waitForURL(/\/layers\?id=/);
    await page.getByRole("img", { name: "Distance of each layer from the style: Strokes, conv3_1" }).waitFor();
    expect(complaints).toEqual([]);
  });
});
