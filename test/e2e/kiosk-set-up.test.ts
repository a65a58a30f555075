import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { seriousFindings } from "../helpers/axe.js";
import { describeStudio } from "../helpers/studio.js";
import { overflow, screenshot } from "../helpers/studio-page.js";

const photo = fileURLToPath(new URL("../../web/public/samples/line-cat.png", import.meta.url));
const wall = { width: 1080, height: 1920 };

describeStudio("setting up a kiosk, with the bundled network", { camera: true }, (studio) => {
  /** What a kiosk paints, in no list of sessions. */
  const painted = async (kiosk: Page): Promise<unknown> => {
    const id = await kiosk.evaluate(() => document.querySelector("canvas")?.dataset.shown?.split("/")[2]);
    const FIND = "query ($id: ID!) { session(id: $id) { title ... on StyleTransferSession { settings { steps size } } } }";
    return (await studio.client.query(FIND, { id })).session;
  };
  const address = (page: Page) => page.getByTestId("kiosk-address").innerText();
  const field = (page: Page, name: string) => page.getByRole("textbox", { name, exact: true });
  /** Opens the kiosk as the page says. */
  const opened = async (page: Page): Promise<Page> => {
    const [kiosk] = await Promise.all([page.waitForEvent("popup"), page.getByRole("link", { name: "Open the kiosk" }).click()]);
    return kiosk;
  };

  test("its fields give the address of a kiosk that uses them", async () => {
    const { page, complaints } = await studio.open({ width: 1280, height: 800 });
    await page.goto("/");
    await page.getByRole("link", { name: "Kiosk" }).click();
    await page.waitForURL("**/kiosk/setup");
    await page.getByRole("heading", { level: 1, name: "Set up a kiosk" }).waitFor();
    await expect.poll(() => address(page)).toBe(`${studio.server.address}/kiosk`);

    await page.getByRole("button", { name: "None of the photos" }).click();
    await page.getByText("Nothing is chosen here, so the kiosk uses all samples.").waitFor();
    await page.getByRole("checkbox", { name: "French Alps" }).check();
    await page.getByRole("button", { name: "None of the styles" }).click();
    await page.getByRole("checkbox", { name: "Engraving" }).check();
    await field(page, "Size").fill("64");
    await field(page, "Steps").fill("20");
    await field(page, "Seconds on show").fill("600");
    await page.getByRole("checkbox", { name: "Paint visitors" }).uncheck();
    await page.getByRole("combobox", { name: "Language" }).selectOption({ label: "Français" });
    const query = "photos=alps&styles=engraving&size=64&steps=20&seconds=600&camera=0&lang=fr";
    await expect.poll(() => address(page)).toBe(`${studio.server.address}/kiosk?${query}`);
    for (const screen of ["Upright screen", "Wide screen"]) {
      await page.getByRole("img", { name: `${screen}: Alpes françaises, dans le style de «\u00a0Gravure\u00a0»` }).waitFor();
    }

    await field(page, "Steps").fill("6000");
    await page.getByText("A whole number from 1 to 5000. Still 20.").waitFor();
    expect(await field(page, "Steps").getAttribute("aria-invalid")).toBe("true");
    expect(await address(page)).toContain("steps=20");
    expect(await seriousFindings(page)).toEqual([]);
    await screenshot(page, "kiosk-set-up", true);

    await page.reload();
    await expect.poll(() => address(page)).toBe(`${studio.server.address}/kiosk?${query}`);
    expect(await field(page, "Steps").inputValue()).toBe("20");
    expect(await page.getByRole("checkbox", { name: "Bridge at dusk" }).isChecked()).toBe(false);
    // The preview paints nothing.
    const metrics = await (await fetch(`${studio.server.address}/metrics`)).text();
    expect(metrics).not.toMatch(/^atelier_sessions\{.*\} [1-9]/m);

    const kiosk = await opened(page);
    await kiosk.locator("main[lang=fr][data-phase=showing]").waitFor();
    await kiosk.getByText("Alpes françaises, dans le style de «\u00a0Gravure\u00a0»").waitFor();
    await kiosk.getByText("Terminé").waitFor();
    expect(await kiosk.getByRole("button", { name: "Faire mon portrait" }).count()).toBe(0);
    expect(await painted(kiosk)).toEqual({ title: "Kiosk: Alpes françaises, Gravure", settings: { steps: 20, size: 64 } });
    expect(complaints).toEqual([]);
  });

  test("takes pictures of one's own, on a phone", async () => {
    const { page } = await studio.open({ width: 390, height: 844 });
    await page.goto("/kiosk/setup?size=64&steps=2000&styles=engraving&photos=alps");
    await page.getByLabel("Upload a photo").setInputFiles(photo);
    await page.getByRole("checkbox", { name: "Your picture 1" }).waitFor();
    await expect.poll(() => address(page)).toMatch(/photos=\/images\/[\w-]+,alps&/);
    await page.getByRole("checkbox", { name: "French Alps" }).uncheck();
    await expect.poll(() => address(page)).toMatch(/photos=\/images\/[\w-]+&/);
    expect(await overflow(page)).toBe(0);
    expect(await seriousFindings(page)).toEqual([]);
    const kiosk = await opened(page);
    await kiosk.getByText("In the style of Engraving", { exact: true }).waitFor();
    await kiosk.locator("main[data-phase=painting]").waitFor();
  });

  test("speaks the browser's language unless the address names one, in type for a wall", async () => {
    const page = await studio.browser.newPage({ locale: "de-AT", viewport: wall, baseURL: studio.server.address });
    try {
      const kiosk = "/kiosk?size=64&steps=2000&photos=alps&styles=breakers,engraving";
      await page.goto(kiosk);
      await page.locator("main[lang=de]").waitFor();
      const caption = page.getByText("Französische Alpen, im Stil von „Brandung“");
      await caption.waitFor();
      await page.getByText(/^Schritt \d+ von 2000$/).waitFor();
      expect(await seriousFindings(page)).toEqual([]);
      const px = (element: typeof caption) => element.evaluate((found) => Number.parseFloat(getComputedStyle(found).fontSize));
      expect(await px(caption)).toBeGreaterThan(48);
      expect(await px(page.getByText(/^Schritt/))).toBeGreaterThan(26);
      const button = page.getByRole("button", { name: "Mich malen lassen" });
      expect((await button.boundingBox())?.height).toBeGreaterThan(96);
      await screenshot(page, "kiosk-wall");

      await button.click();
      await page.getByRole("heading", { name: "Wählen Sie einen Stil" }).waitFor();
      await page.getByRole("button", { name: "Kupferstich" }).waitFor();
      expect(await overflow(page)).toBe(0);
      expect(await seriousFindings(page)).toEqual([]);
      await screenshot(page, "kiosk-wall-choosing");

      await page.goto(`${kiosk}&lang=fr`);
      await page.locator("main[lang=fr]").waitFor();
      await page.getByRole("button", { name: "Faire mon portrait" }).click();
      await page.getByRole("heading", { name: "Choisissez un style" }).waitFor();
      expect(await seriousFindings(page)).toEqual([]);
    } finally {
      await page.close();
    }
  });
});
