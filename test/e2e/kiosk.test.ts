import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { seriousFindings } from "../helpers/axe.js";
import { describeStudio } from "../helpers/studio.js";
import { overflow, screenshot } from "../helpers/studio-page.js";

describeStudio("the kiosk in a browser, with the bundled network", { camera: true }, (studio) => {
  const session = (page: Page) => page.evaluate(() => document.querySelector("canvas")?.dataset.shown?.split("/")[2] ?? "");
  const phase = (page: Page, name: string) => page.locator(`main[data-phase=${name}]`).waitFor();
  const FIND = "query ($id: ID!) { session(id: $id) { title expiresAt } }";
  /** A session of the kiosk, which is in no list; null once it is deleted. */
  const find = async (id: string): Promise<{ title: string; expiresAt: string } | null> =>
    (await studio.client.query(FIND, { id })).session;

  /** The painting in the middle of which the first kiosk was closed. */
  let left = "";

  test("paints one pair after another, continues after its server was killed, and is not in the gallery", async () => {
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
    await phase(page, "painting");
    // The picture of the painting before is on show until this one has its own.
    await expect.poll(async () => find(await session(page))).not.toBeNull();
    left = await session(page);
    expect(Date.parse((await find(left))?.expiresAt ?? "")).toBeLessThan(Date.now() + 46_000);
    await expect.poll(() => find(first)).toBeNull();
    await page.goto("/gallery");
    await page.getByText("Nothing here yet.").waitFor();
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
    // In the page, which counts a number each second however slow the test is.
    await page.evaluate(() => {
      const { dataset } = document.documentElement;
      const look = () => {
        const words = [...document.querySelectorAll("main[data-phase=counting] p")].map(({ textContent }) => textContent ?? "");
        const number = words.find((word) => /^[123]$/.test(word));
        if (number && !dataset.counted?.endsWith(number)) dataset.counted = `${dataset.counted ?? ""}${number}`;
      };
      new MutationObserver(look).observe(document.body, { childList: true, characterData: true, subtree: true });
    });
    await page.getByRole("button", { name: "Engraving" }).click();
    await page.getByText("You, in the style of Engraving").waitFor();
    expect(await page.evaluate(() => document.documentElement.dataset.counted)).toBe("321");
    const photo = page.getByTestId("kiosk-photo");
    await expect.poll(() => photo.getAttribute("src")).toMatch(/^\/images\/.+\?w=2048$/);
    const visitorPhoto = (await photo.getAttribute("src")) ?? "";
    // Read at once: it is on show for some seconds only.
    const onShow = await page.waitForFunction(() => {
      const wall = document.querySelector("main[data-phase=showing]");
      const buttons = [...(wall?.querySelectorAll("button") ?? [])].map(({ textContent }) => textContent);
      return wall && { photo: wall.querySelector<HTMLElement>("[data-testid=kiosk-photo]")?.dataset.shown, buttons };
    });
    // No phone can open an address of this computer.
    expect(await onShow.jsonValue()).toEqual({ photo: "false", buttons: expect.not.arrayContaining(["Take it home"]) });
    await screenshot(page, "kiosk-visitor-phone");
    await page.getByText("French Alps, in the style of", { exact: false }).waitFor();
    const photos = async () =>
      (await studio.client.query("{ images(first: 100) { edges { node { width height } } } }")).images.edges.filter(
        ({ node }: { node: { width: number; height: number } }) => node.width === 160 && node.height === 120,
      ).length;
    expect(await photos()).toBe(0);
    const photoId = /\/images\/([\w-]+)/.exec(visitorPhoto)?.[1];
    // It is deleted when its time is over, with which another test waits.
    const photoOf = async () => (await studio.client.query("query ($id: ID!) { image(id: $id) { expiresAt } }", { id: photoId })).image;
    const end = (await photoOf())?.expiresAt;
    expect(end === undefined || Date.parse(end) < Date.now() + 46_000).toBe(true);
    expect(complaints).toEqual([]);
  });

  test("lets a visitor take the painting home, with a link that expires", async () => {
    const { page } = await studio.open({ width: 540, height: 960 });
    await page.goto("/kiosk?size=64&steps=5&seconds=1&photos=alps&styles=breakers,engraving&phones=https://museum.example&hours=2&lang=de");
    await page.getByRole("button", { name: "Mich malen lassen" }).click();
    await page.getByRole("button", { name: "Kupferstich" }).click();
    await phase(page, "showing");
    const id = await session(page);
    await screenshot(page, "kiosk-offer");
    expect(await seriousFindings(page)).toEqual([]);
    // One who finds no connection presses again.
    let lendings = 0;
    await page.route("**/graphql", (route) =>
      route.request().postData()?.includes("7200") && lendings++ === 0 ? route.abort() : route.continue(),
    );
    await page.getByRole("button", { name: "Mit nach Hause nehmen" }).click();
    await page.getByText("Das ist gerade nicht möglich.").waitFor();
    await page.getByRole("button", { name: "Mit nach Hause nehmen" }).click();
    await page.getByRole("img", { name: "Scannen und mitnehmen" }).waitFor();
    await page.getByText("Der Link gilt 2 Stunden.").waitFor();
    await screenshot(page, "kiosk-take-home");
    expect(await seriousFindings(page)).toEqual([]);
    expect(Date.parse((await find(id))?.expiresAt ?? "") - Date.now()).toBeGreaterThan(7_000_000);
    await page.goto("about:blank");

    const visitor = await studio.open({ width: 390, height: 844 });
    await visitor.page.goto(`/take?id=${id}&lang=fr`);
    await visitor.page.getByRole("heading", { name: "Votre tableau" }).waitFor();
    await visitor.page.getByText(/Ce lien est valable jusqu’au/).waitFor();
    const [download] = await Promise.all([
      visitor.page.waitForEvent("download"),
      visitor.page.getByRole("link", { name: "Télécharger" }).click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/\.jpg$/);
    expect(await seriousFindings(visitor.page)).toEqual([]);
    await screenshot(visitor.page, "taken-home-phone");
    await visitor.page.goto("/gallery");
    await visitor.page.getByText("Nothing here yet.").waitFor();
    await visitor.page.goto("/take?id=gone");
    await visitor.page.getByText("This painting is no longer here.").waitFor();
    expect(visitor.complaints).toEqual([]);
  });

  test("reloads itself after some hours, but not while its server is away", async () => {
    const { page } = await studio.open();
    await page.addInitScript(() => {
      const now = performance.now.bind(performance);
      performance.now = () => now() + 7 * 3_600_000;
    });
    let [loads, before, refusals] = [0, 0, 0];
    page.on("load", () => loads++);
    await page.goto("/kiosk?size=64&steps=3&seconds=1&photos=alps&styles=breakers");
    await expect.poll(() => loads).toBeGreaterThan(1);
    await page.route(/\/(healthz|graphql)$/, async (route) => {
      if (route.request().postData()?.includes("mutation StartPainting") && refusals++ === 1) before = loads;
      await route.abort();
    });
    // Each start follows a pause at whose end the page would reload; before the first one it may just have done so.
    await expect.poll(() => refusals).toBeGreaterThan(3);
    expect(loads).toBe(before);
    await page.unrouteAll();
    await expect.poll(() => loads).toBeGreaterThan(before);
    await phase(page, "painting");
  });

  // Last, so that the other tests fill the time of the lease.
  test("leaves nothing behind when it is closed in the middle of a painting", async () => {
    expect(left).not.toBe("");
    await expect.poll(() => find(left)).toBeNull();
  });
});
