import { beforeAll, expect, test } from "vitest";
import { seriousFindings } from "../helpers/axe.js";
import { pngPicture } from "../helpers/pictures.js";
import { describeStudio } from "../helpers/studio.js";
import { overflow, screenshot } from "../helpers/studio-page.js";
import { until } from "../helpers/until.js";

const START = "mutation ($input: StyleTransferInput!) { startStyleTransfer(input: $input) { id } }";

describeStudio("the gallery in a browser, with the bundled network", {}, (studio) => {
  let images: string[];

  const start = async (title: string, more: Record<string, unknown> = {}): Promise<string> =>
    (
      await studio.client.query(START, {
        input: { contentId: images[0], styles: [{ imageId: images[1] }], size: 32, steps: 2, title, ...more },
      })
    ).startStyleTransfer.id;

  const status = async (id: string): Promise<string> =>
    (await studio.client.query("query ($id: ID!) { session(id: $id) { status } }", { id })).session.status;

  beforeAll(async () => {
    images = [];
    for (const seed of [1, 2, 3]) images.push(await studio.client.upload((await pngPicture(48, 36, seed)).bytes));
    const ids: string[] = [];
    for (let count = 0; count < 27; count++) ids.push(await start(`Number ${count}`));
    ids.push(await start("The long one", { steps: 12, beta: 80, contentId: images[2] }));
    ids.push(await start("The last", { steps: 6 }));
    // Paintings take turns: the last to start need not be the last to end.
    for (const id of ids) await until(async () => (await status(id)) === "COMPLETED");
  });

  test("loads older sessions on scrolling, keeps its filter in the address, and follows changes", async () => {
    const { page, complaints } = await studio.open();
    await page.goto("/gallery");
    await page.getByText("The last", { exact: true }).waitFor();
    await expect.poll(() => page.getByRole("listitem").count()).toBe(24);
    await page.mouse.wheel(0, 4000);
    await page.getByText("Number 0", { exact: true }).waitFor();
    await expect.poll(() => page.getByRole("listitem").count()).toBe(29);

    await page.getByRole("searchbox", { name: "Title contains" }).fill("number 1");
    await page.waitForURL(/q=number\+1/);
    await page.getByRole("heading", { name: "Gallery 11" }).waitFor();
    await page.getByRole("combobox", { name: "Status" }).selectOption({ label: "In progress" });
    await page.waitForURL(/status=working/);
    await page.getByText("Nothing matches these filters.").waitFor();
    const id = await start("Number 1, again", { steps: 3000 });
    const running = page.getByRole("listitem").filter({ hasText: "Number 1, again" });
    await running.locator("[data-status=RUNNING]").waitFor();
    await studio.client.query("mutation ($id: ID!) { cancelSession(sessionId: $id) { id } }", { id });
    await running.waitFor({ state: "detached" });
    await page.goBack();
    await page.getByRole("heading", { name: "Gallery 12" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "Gallery 12" }).waitFor();
    await expect.poll(() => page.getByRole("searchbox", { name: "Title contains" }).inputValue()).toBe("number 1");
    await page.getByRole("button", { name: "Clear filters" }).click();
    await page.getByRole("button", { name: "Actions for The long one" }).click();
    await page.getByRole("menuitem", { name: "More from this picture" }).click();
    await page.getByRole("heading", { name: "Gallery 1", exact: true }).waitFor();
    await screenshot(page, "gallery-filtered");
    expect(complaints).toEqual([]);
  });

  test("deletes several sessions, with a moment to undo it", async () => {
    const { page, complaints } = await studio.open();
    const count = async () => (await studio.client.query("{ sessions(first: 1) { totalCount } }")).sessions.totalCount;
    const before = await count();
    // The time to undo is long enough for a slow machine.
    await page.addInitScript(() => {
      const plain = window.setTimeout;
      Object.assign(window, { setTimeout: (run: () => void, ms = 0) => plain(run, ms === 8000 ? 600_000 : ms) });
    });
    await page.goto("/gallery?q=number+2");
    await page.getByRole("heading", { name: "Gallery 8" }).waitFor();
    await page.getByRole("checkbox", { name: "Select Number 26" }).check();
    await page.getByRole("checkbox", { name: "Select Number 24" }).click({ modifiers: ["Shift"] });
    await page.getByText("3 selected", { exact: true }).waitFor();
    await screenshot(page, "gallery-selected");
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole("button", { name: "Delete 3" }).click();
    await page.getByText("3 deleted").waitFor();
    await page.getByRole("heading", { name: "Gallery 5" }).waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByRole("heading", { name: "Gallery 8" }).waitFor();
    expect(await count()).toBe(before);
    await page.getByRole("button", { name: "Delete 3" }).click();
    await page.getByText("3 deleted").waitFor();
    // Other rooms offer to undo it as well; leaving the studio confirms the deletion.
    await page.getByRole("link", { name: "Translate" }).click();
    await page.getByText("3 deleted").waitFor();
    expect(await count()).toBe(before);
    await page.goto("about:blank");
    await expect.poll(count).toBe(before - 3);
    await page.setViewportSize({ width: 360, height: 780 });
    await page.goto("/gallery");
    await page.getByText("The last", { exact: true }).waitFor();
    await expect.poll(() => overflow(page)).toBe(0);
    await screenshot(page, "gallery-phone-all");
    expect(complaints).toEqual([]);
  });

  test("compares a painting with one chosen on the page: zoomed together, swapped, and in turn in the same place", async () => {
    const { page, complaints } = await studio.open();
    await page.emulateMedia({ reducedMotion: "reduce" });
    await page.goto("/gallery?q=the+long");
    await page.getByRole("link", { name: "The long one", exact: true }).click();
    await page.getByRole("link", { name: "Compare", exact: true }).click();
    await page.getByRole("heading", { name: "Compare it with" }).waitFor();
    const other = page.getByRole("region", { name: "Compare it with" }).getByRole("link", { name: "The last" });
    await other.waitFor();
    await screenshot(page, "compare-choose");
    await other.click();
    await page.waitForFunction(() => document.querySelectorAll("canvas[data-shown^='/frames/']").length === 2);

    const transforms = () =>
      page.locator("[data-magnified]").evaluateAll((pictures) => pictures.map((picture) => getComputedStyle(picture).transform));
    await page.getByRole("button", { name: "Zoom in" }).click();
    const zoomed = "matrix(1.5, 0, 0, 1.5, 0, 0)";
    await expect.poll(transforms).toEqual([zoomed, zoomed]);
    await page.locator("canvas").last().hover();
    await page.mouse.wheel(0, -200);
    await expect.poll(async () => (await transforms())[0]).not.toBe(zoomed);
    await page
      .getByRole("region", { name: /arrow keys move all pictures/ })
      .first()
      .focus();
    const before = await transforms();
    await page.keyboard.press("ArrowRight");
    await expect.poll(async () => (await transforms())[1]).not.toBe(before[1]);
    const scales = (await transforms()).map((transform) => transform.split(",")[0]);
    expect(scales[0]).toBe(scales[1]);
    await page.keyboard.press("0");
    await expect.poll(transforms).toEqual(["matrix(1, 0, 0, 1, 0, 0)", "matrix(1, 0, 0, 1, 0, 0)"]);

    const order = () => new URL(page.url()).searchParams.get("ids")?.split(",");
    const shown = () =>
      page.locator("canvas:visible").evaluateAll((all) => all.map((canvas) => (canvas as HTMLElement).dataset.shown?.split("/")[2]));
    const [left, right] = order() ?? [];
    await page.getByRole("button", { name: "Swap" }).click();
    await expect.poll(order).toEqual([right, left]);
    await expect.poll(shown).toEqual([right, left]);

    await page.getByRole("button", { name: "Blink" }).click();
    await expect.poll(shown).toEqual([right]);
    expect(await page.getByRole("checkbox", { name: "Change automatically" }).isChecked()).toBe(false);
    await page.keyboard.press("n");
    await expect.poll(shown).toEqual([left]);
    await screenshot(page, "compare-blink");
    expect(await seriousFindings(page)).toEqual([]);
    await page.setViewportSize({ width: 390, height: 844 });
    await expect.poll(() => overflow(page)).toBe(0);
    await screenshot(page, "compare-blink-phone");
    await page.getByRole("checkbox", { name: "Change automatically" }).check();
    await expect.poll(shown).toEqual([right]);
    await expect.poll(shown).toEqual([left]);
    await page.getByRole("button", { name: "Side by side" }).click();
    await expect.poll(shown).toEqual([right, left]);
    expect(complaints).toEqual([]);
  });

  test("compares paintings step by step and shows their differences", async () => {
    const { page, complaints } = await studio.open();
    await page.goto("/gallery?q=the+l");
    await page.getByRole("checkbox", { name: "Select The last" }).check();
    await page.getByRole("checkbox", { name: "Select The long one" }).check();
    await page.getByRole("link", { name: "Compare" }).click();
    await page.waitForURL(/\/compare\?ids=/);
    const steps = async () =>
      page.locator("canvas").evaluateAll((canvases) => canvases.map((canvas) => (canvas as HTMLElement).dataset.shown?.split("/").at(-1)));
    await expect.poll(steps).toEqual(["6", "12"]);
    const slider = page.getByRole("slider", { name: "All paintings together" });
    await slider.fill("9");
    await expect.poll(steps).toEqual(["6", "9"]);
    await page.getByRole("checkbox", { name: /^Match by progress/ }).check();
    await slider.fill("500");
    await expect.poll(steps).toEqual(["3", "6"]);
    await expect.poll(() => slider.getAttribute("aria-valuetext")).toBe("50% of the way");
    await expect.poll(() => page.getByRole("row").allTextContents()).toEqual(["Setting12", "PhotoAB", "β Style4080", "Steps612"]);
    expect(await seriousFindings(page)).toEqual([]);
    await screenshot(page, "compare-desktop", true);
    await page.setViewportSize({ width: 360, height: 780 });
    await expect.poll(() => overflow(page)).toBe(0);
    await screenshot(page, "compare-phone", true);
    await page.getByRole("button", { name: "Play" }).click();
    await expect.poll(steps).toEqual(["6", "12"]);

    const [first, second] = new URL(page.url()).searchParams.get("ids")?.split(",") ?? [];
    await studio.client.query('mutation ($id: ID!) { renameSession(sessionId: $id, title: "Renamed elsewhere") { id } }', { id: first });
    await page.getByRole("heading", { name: "Renamed elsewhere" }).waitFor();
    expect(complaints).toEqual([]);
    await studio.client.query("mutation ($id: ID!) { deleteSession(sessionId: $id) }", { id: second });
    await page.getByText("This is no longer here.").waitFor();
  });
});
