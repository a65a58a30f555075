import type { Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { seriousFindings } from "../helpers/axe.js";
import { layoutShift, watchLayoutShift } from "../helpers/layout-shift.js";
import { describeStudio } from "../helpers/studio.js";
import { overflow, screenshot, startPainting, waitForStatus, waitForStep } from "../helpers/studio-page.js";

const sizes = { desktop: { width: 1280, height: 800 }, phone: { width: 360, height: 780 } };

/** A shift that nobody sees. */
const MOST_SHIFT = 0.01;

describeStudio("a walk through every room, with the bundled networks", {}, (studio) => {
  /** A finished painting and a finished translation. */
  let painting: string;
  let translation: string;

  beforeAll(async () => {
    const { page } = await studio.open();
    await startPainting(page, { photo: "Allium", style: "Night wind", steps: 12, size: 96 });
    await waitForStatus(page, "Finished");
    await waitForStep(page, 12);
    painting = page.url();
    await page.goto("/translate");
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await page.waitForURL(/\/s\?id=/);
    await waitForStatus(page, "Finished");
    translation = page.url();
    await page.close();
  });

  const rooms: { name: string; path: () => string; ready: (page: Page) => Promise<void> }[] = [
    { name: "new painting", path: () => "/", ready: (page) => page.getByRole("button", { name: "Start", exact: true }).waitFor() },
    { name: "translate", path: () => "/translate", ready: (page) => page.getByRole("button", { name: "Start", exact: true }).waitFor() },
    { name: "live", path: () => "/live", ready: (page) => page.getByRole("heading", { level: 1 }).waitFor({ state: "attached" }) },
    { name: "gallery", path: () => "/gallery", ready: (page) => page.getByRole("listitem").nth(1).waitFor() },
    {
      name: "layers",
      path: () => "/layers",
      ready: (page) => page.getByRole("button", { name: "Paint one layer at a time" }).waitFor(),
    },
    { name: "models", path: () => "/models", ready: (page) => page.getByRole("listitem", { name: "VGG-19 lite" }).waitFor() },
    { name: "compare", path: () => `/compare?ids=${new URL(painting).searchParams.get("id")}`, ready: (page) => waitForStep(page, 12) },
    { name: "painting", path: () => painting, ready: (page) => waitForStep(page, 12) },
    { name: "translation", path: () => translation, ready: (page) => waitForStatus(page, "Finished") },
    {
      name: "kiosk",
      path: () => "/kiosk?size=64&steps=500&camera=1",
      ready: (page) => page.getByText(/^Step \d+ of 500$/).waitFor(),
    },
    { name: "kiosk set-up", path: () => "/kiosk/setup", ready: (page) => page.getByRole("link", { name: "Open the kiosk" }).waitFor() },
    { name: "nowhere", path: () => "/nowhere", ready: (page) => page.getByRole("link", { name: "Atelier" }).waitFor() },
  ];

  describe.each(Object.entries(sizes))("on a %s", (device, viewport) => {
    test.each(rooms)(
      "$name: axe finds nothing serious in light and dark, nothing moves or is too wide, no error",
      async ({ name, path, ready }) => {
        const { page, complaints } = await studio.open(viewport);
        await watchLayoutShift(page);
        for (const colorScheme of ["light", "dark"] as const) {
          await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
          await page.goto(path());
          await ready(page);
          const shift = await layoutShift(page);
          expect(shift.score, shift.elements.join()).toBeLessThan(MOST_SHIFT);
          expect(await overflow(page), "wider than the window, px").toBe(0);
          expect(await seriousFindings(page), colorScheme).toEqual([]);
          await screenshot(page, `walk-${name.replace(" ", "-")}-${device}-${colorScheme}`, true);
        }
        // The console shows the 404 of a page that does not exist.
        if (name !== "nowhere") expect(complaints).toEqual([]);
        await page.close();
      },
    );
  });

  test("the help sheet lists the keys, which open the rooms and do nothing in fields", async () => {
    const { page, complaints } = await studio.open();
    await page.goto("/");
    const title = page.getByRole("dialog", { name: "Keyboard shortcuts" });
    await page.getByRole("textbox", { name: "Size" }).focus();
    await page.keyboard.press("?");
    expect(await title.count()).toBe(0);
    await page.getByRole("link", { name: "Atelier" }).focus();
    await page.keyboard.press("?");
    await title.getByText("Go to Gallery").waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await screenshot(page, "help-sheet");
    await title.getByRole("switch").click();
    await page.keyboard.press("Escape");
    await title.waitFor({ state: "detached" });
    await page.keyboard.press("2");
    await page.getByRole("button", { name: "Keyboard shortcuts" }).click();
    await title.getByRole("switch").click();
    await page.keyboard.press("Escape");
    await title.waitFor({ state: "detached" });
    expect(new URL(page.url()).pathname).toBe("/");
    await page.keyboard.press("2");
    await page.waitForURL("**/translate");
    expect(complaints).toEqual([]);
  });
});
