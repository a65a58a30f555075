import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { seriousFindings } from "../helpers/axe.js";
import { describeStudio } from "../helpers/studio.js";
import { overflow, screenshot } from "../helpers/studio-page.js";

describeStudio("the kiosk in a browser, with the bundled network", { camera: true }, (studio) => {
  const session = (page: Page) => page.evaluate(() => document.querySelector("canvas")?.dataset.shown?.split("/")[2] ?? "");
  const phase = (page: Page, name: string) => page.locator(`main[data-phase=${name}]`).waitFor();
  const titles = async (): Promise<string[]> => {
    const { sessions } = await studio.client.query("{ sessions { edges { node { title } } } }");
    return sessions.edges.map(({ node }: { node: { title: string } }) => node.title);
  };

  test("paints one pair after another, continues after its server was killed, and leaves nothing behind", async () => {
    const { page } = await studio.open({ width: 1280, height: 720 });
    await page.goto("/kiosk?size=64&steps=25&seconds=2&photos=alps,allium&styles=breakers");
    await page.getByText("French Alps, in the style of Breakers").waitFor();
    await phase(page, "showing");
    expect(await page.getByRole("navigation").count()).toBe(0);
    const first = await session(page);
    await page.getByText("Allium, in the style of Breakers").waitFor();
    await phase(page, "painting");
    await page.waitForFunction((known) => (document.querySelector("canvas")?.dataset.shown?.split("/")[2] ?? known) !== known, first);

    await studio.server.stop("SIGKILL");
    await page.getByText(/^(Connection lost|One moment, please)/).waitFor();
    await studio.server.start();
    await phase(page, "showing");
    await screenshot(page, "kiosk-desktop");
    expect(await seriousFindings(page)).toEqual([]);
    // While a painting is being started, the browser does not know it yet and could not delete it later.
    await phase(page, "painting");
    await page.goto("/gallery");
    // The browser remembers the last painting, and the kiosk deletes it when it opens again.
    await page.goto("/kiosk?size=64&steps=2000&seconds=2&photos=acanthus&styles=engraving");
    await expect.poll(titles).toEqual(["Kiosk: Acanthus, Engraving"]);
  });

  test("paints a visitor, and returns to the loop when the visitor has left", async () => {
    const { page, complaints } = await studio.open({ width: 360, height: 780 });
    await page.goto("/kiosk?size=64&steps=20&seconds=3&idle=6&photos=alps&styles=breakers,engraving");
    await page.getByRole("button", { name: "Paint me" }).click();
    await phase(page, "choosing");
    expect(await overflow(page)).toBe(0);
    await screenshot(page, "kiosk-choosing-phone");
    expect(await seriousFindings(page)).toEqual([]);
    // No touch: the visit ends.
    await page.getByText("French Alps, in the style of", { exact: false }).waitFor();

    await page.getByRole("button", { name: "Paint me" }).click();
    await page.getByRole("button", { name: "Engraving" }).click();
    await phase(page, "counting");
    // A touch at each number that the camera counts keeps the visit alive.
    for (const count of ["3", "2", "1"]) {
      await page.getByText(count, { exact: true }).waitFor();
      await page.mouse.click(5, 5);
    }
    await page.getByText("You, in the style of Engraving").waitFor();
    const photo = page.getByTestId("kiosk-photo");
    await expect.poll(() => photo.getAttribute("src")).toMatch(/^\/images\/.+\?w=2048$/);
    await phase(page, "showing");
    expect(await photo.getAttribute("data-shown")).toBe("false");
    await screenshot(page, "kiosk-visitor-phone");
    await page.getByText("French Alps, in the style of", { exact: false }).waitFor();
    const photos = async () =>
      (await studio.client.query("{ images(first: 100) { edges { node { width height } } } }")).images.edges.filter(
        ({ node }: { node: { width: number; height: number } }) => node.width === 160 && node.height === 120,
      ).length;
    expect(await photos()).toBe(1);
    await expect.poll(photos).toBe(0);
    expect(complaints).toEqual([]);
  });
});
