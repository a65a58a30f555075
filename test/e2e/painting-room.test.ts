import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { seriousFindings } from "../helpers/axe.js";
import { describeStudio } from "../helpers/studio.js";
import { openNumbers, overflow, screenshot, startPainting, waitForStatus, waitForStep } from "../helpers/studio-page.js";

describeStudio("the page of a painting, with the bundled network", {}, (studio) => {
  const idOf = (page: Page) => new URL(page.url()).searchParams.get("id") ?? "";
  const expectTransform = (page: Page, expected: string) =>
    expect.poll(() => page.locator("[data-magnified]").evaluate((element) => getComputedStyle(element).transform)).toBe(expected);

  test("shows the painting enlarged, beside its photo and style, and at any point of its loss curve", async () => {
    const { page, complaints } = await studio.open();
    await startPainting(page, { photo: "Allium", style: "Night wind", steps: 40, size: 96 });
    await waitForStatus(page, "Finished");
    await waitForStep(page, 40);

    const fit = "matrix(1, 0, 0, 1, 0, 0)";
    await expectTransform(page, fit);
    const box = await page.locator("canvas").boundingBox();
    await page.keyboard.press("+");
    await page.keyboard.press("+");
    await expectTransform(page, "matrix(2.25, 0, 0, 2.25, 0, 0)");
    await page.mouse.move((box?.x ?? 0) + 100, (box?.y ?? 0) + 100);
    await page.mouse.down();
    await page.mouse.move((box?.x ?? 0) + 130, (box?.y ?? 0) + 120);
    await page.mouse.up();
    await expectTransform(page, "matrix(2.25, 0, 0, 2.25, 30, 20)");
    expect(await page.title()).toBe("Allium, Night wind · Atelier");
    const strip = page.getByRole("region", { name: "Pictures along the way" }).getByRole("button");
    const [first, lastShown, track] = await Promise.all([
      strip.first().boundingBox(),
      strip.last().boundingBox(),
      page.getByRole("slider", { name: "Step" }).boundingBox(),
    ]);
    expect(Math.abs((first?.x ?? 0) - (track?.x ?? 0))).toBeLessThan(2);
    expect(Math.abs((lastShown?.x ?? 0) + (lastShown?.width ?? 0) - (track?.x ?? 0) - (track?.width ?? 0))).toBeLessThan(2);
    await page.getByRole("region", { name: /^Picture; arrow keys/ }).focus();
    await page.keyboard.press("ArrowRight");
    await expectTransform(page, "matrix(2.25, 0, 0, 2.25, -10, 20)");
    await expect.poll(() => page.getByRole("slider", { name: "Step" }).getAttribute("aria-valuetext")).toBe("Step 40, last");
    await screenshot(page, "room-zoomed");
    await page.getByRole("button", { name: "100%" }).click();
    await page.getByRole("status").filter({ hasText: "100%" }).waitFor();
    await page.keyboard.press("0");
    await expectTransform(page, fit);
    await page.mouse.move((box?.x ?? 0) + 100, (box?.y ?? 0) + 100);
    await page.mouse.wheel(0, -200);
    await expect.poll(() => page.getByRole("status").filter({ hasText: "%" }).count()).toBe(1);
    await expect.poll(() => page.locator("[data-magnified]").evaluate((element) => getComputedStyle(element).transform)).not.toBe(fit);
    await page.keyboard.press("0");
    await page.locator("body").press("f");
    await page.waitForFunction(() => document.fullscreenElement !== null);
    await page.locator("body").press("f");
    await page.waitForFunction(() => document.fullscreenElement === null);
    await expectTransform(page, fit);

    await page.getByRole("radio", { name: "With the photo" }).click();
    const divider = page.getByRole("slider", { name: "Divider between photo and painting, step 40" });
    await divider.press("ArrowRight");
    await expect.poll(() => divider.inputValue()).toBe("51");
    await waitForStep(page, 40);
    await screenshot(page, "room-before-after");
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole("radio", { name: "With the style" }).click();
    await page.getByRole("slider", { name: /^Divider between style/ }).waitFor();
    await page.getByRole("radio", { name: "Painting", exact: true }).click();

    const plot = page.getByRole("img", { name: /^Loss curve/ });
    const area = await plot.boundingBox();
    await plot.hover({ position: { x: (area?.width ?? 0) / 2, y: 40 } });
    const told = await page.locator("text[data-over]").textContent();
    const step = Number(/^step (\d+)$/.exec(told ?? "")?.[1]);
    expect(step).toBeGreaterThan(12);
    expect(step).toBeLessThan(28);
    await plot.click({ position: { x: (area?.width ?? 0) / 2, y: 40 } });
    await page.waitForFunction((wanted) => document.querySelector("canvas")?.dataset.shown?.endsWith(`/${wanted}`), step);
    await page.getByRole("region", { name: "Pictures along the way" }).getByRole("button", { name: "Step 8", exact: true }).click();
    await page.waitForFunction(() => document.querySelector("canvas")?.dataset.shown?.endsWith("/8"));
    await page.keyboard.press("l");
    await page.getByText("Step 40 · last").waitFor();
    expect(complaints).toEqual([]);
  });

  test("shows the number of viewers, the steering and the tree of branches", async () => {
    const { page, complaints } = await studio.open();
    await startPainting(page, { photo: "Acanthus", style: "Breakers", steps: 3000, size: 64 });
    const id = idOf(page);
    await waitForStep(page, 3);
    // Figures that change by a digit move the text behind them within its line; no element may move.
    await page.evaluate(() => {
      const watched = window as typeof window & { shifted?: string[] };
      watched.shifted = [];
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries() as (PerformanceEntry & { sources: { node: Node | null }[] })[])
          for (const { node } of entry.sources) if (node instanceof Element) watched.shifted?.push(node.outerHTML.slice(0, 120));
      }).observe({ type: "layout-shift" });
    });
    await waitForStep(page, 12);
    expect(await page.evaluate(() => (window as typeof window & { shifted?: string[] }).shifted), "moved while frames arrive").toEqual([]);
    const other = await studio.open({ width: 360, height: 780 });
    await other.page.goto(`/s?id=${id}`);
    await page.getByText("2 watching").waitFor();

    await openNumbers(page);
    const swirls = page.getByRole("slider", { name: "Swirls, conv5_1" });
    await swirls.press("PageUp");
    await page.locator("summary", { hasText: "Changes 1" }).click();
    await page.getByText("layer weights").waitFor();
    await page
      .getByRole("button", { name: /^Step \d+$/ })
      .first()
      .waitFor();
    await screenshot(page, "room-steered", true);

    await page.locator("body").press("b");
    await page.waitForURL((url) => url.searchParams.get("id") !== id);
    const branch = idOf(page);
    await waitForStep(page, 5);
    await page.locator("body").press("b");
    await page.waitForURL((url) => url.searchParams.get("id") !== branch);
    const tree = page.getByRole("region", { name: "Branches" });
    await tree.getByRole("link", { name: "Original" }).waitFor();
    await tree.getByRole("link", { name: /^Branch 1, from step \d+$/ }).waitFor();
    await tree.getByText(/^Branch 1\.1, from step \d+ \(this one\)$/).waitFor();
    await tree.getByRole("button", { name: "Compare with original" }).click();
    await page.getByTestId("comparison").waitFor();
    await waitForStep(page, 5);
    await screenshot(page, "room-tree", true);
    expect(await seriousFindings(page)).toEqual([]);

    await other.page.getByRole("link", { name: /^Branch 1, from step/ }).waitFor();
    await expect.poll(() => overflow(other.page)).toBe(0);
    await screenshot(other.page, "room-phone", true);
    for (const session of [id, branch, idOf(page)])
      await studio.client.query("mutation ($id: ID!) { cancelSession(sessionId: $id) { id } }", { id: session });
    expect([...complaints, ...other.complaints]).toEqual([]);
    await other.page.close();
  });
});
