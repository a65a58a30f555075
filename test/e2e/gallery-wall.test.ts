import { beforeAll, expect, test } from "vitest";
import { seriousFindings } from "../helpers/axe.js";
import { pngPicture } from "../helpers/pictures.js";
import { describeStudio } from "../helpers/studio.js";
import { overflow, screenshot } from "../helpers/studio-page.js";
import { until } from "../helpers/until.js";

const START = "mutation ($input: StyleTransferInput!) { startStyleTransfer(input: $input) { id } }";
const BRANCH =
  "mutation ($id: ID!, $step: Int!, $steps: Int!) { branchSession(sessionId: $id, step: $step, changes: { steps: $steps }) { id } }";
const FIND = "query ($id: ID!) { session(id: $id) { status starred note } }";

describeStudio("the gallery as a wall, in a browser, with the bundled network", {}, (studio) => {
  let images: string[];

  const find = async (id: string) => (await studio.client.query(FIND, { id })).session;
  const start = async (title: string, more: Record<string, unknown> = {}): Promise<string> =>
    (
      await studio.client.query(START, {
        input: { contentId: images[0], styles: [{ imageId: images[1] }], size: 32, steps: 2, title, ...more },
      })
    ).startStyleTransfer.id;
  const finished = async (id: string) => {
    await until(async () => (await find(id)).status === "COMPLETED");
    return id;
  };
  const branch = async (id: string, step: number) =>
    finished((await studio.client.query(BRANCH, { id, step, steps: step + 2 })).branchSession.id);

  beforeAll(async () => {
    images = [];
    for (const seed of [1, 2]) images.push(await studio.client.upload((await pngPicture(48, 36, seed)).bytes));
    images.push(await studio.client.upload((await pngPicture(96, 48, 3)).bytes));
  });

  test("hangs pictures in their proportions, families in stacks, and shows the oldest first or the starred ones alone", async () => {
    const wide = await finished(await start("A wide one", { contentId: images[2], size: 64 }));
    const root = await finished(await start("A family"));
    await branch(await branch(root, 2), 4);
    const { page, complaints } = await studio.open();
    await page.goto("/gallery");
    await page.getByRole("heading", { name: "Gallery 4" }).waitFor();
    const cards = page.getByRole("main").getByRole("listitem");
    await expect.poll(() => cards.count()).toBe(2);
    const picture = async (title: string) => {
      const box = await page.getByRole("listitem").filter({ hasText: title }).first().locator("img").boundingBox();
      return box ? { ratio: box.width / box.height, height: box.height } : null;
    };
    const [narrow, broad] = [await picture("A family"), await picture("A wide one")];
    expect(broad?.ratio).toBeCloseTo(2, 1);
    expect(narrow?.ratio).toBeCloseTo(4 / 3, 1);
    expect(Math.abs((narrow?.height ?? 0) - (broad?.height ?? 99))).toBeLessThan(1);

    await page.getByRole("button", { name: "Show 2 more of A family" }).click();
    await expect.poll(() => cards.count()).toBe(4);
    await page.getByRole("button", { name: "Stack the branches of A family" }).click();
    await expect.poll(() => cards.count()).toBe(2);

    await page.getByRole("combobox", { name: "Sort" }).selectOption({ label: "Oldest first" });
    await page.waitForURL(/order=oldest/);
    await expect.poll(() => cards.first().textContent()).toContain("A wide one");
    await page.getByRole("button", { name: "Star A wide one" }).click();
    await expect.poll(async () => (await find(wide)).starred).toBe(true);
    await page.getByRole("checkbox", { name: "Starred" }).click();
    await page.getByRole("heading", { name: "Gallery 1", exact: true }).waitFor();
    await page.getByRole("button", { name: "Star A wide one" }).click();
    await page.getByText("Nothing matches these filters.").waitFor();
    await page.getByRole("button", { name: "Clear filters" }).click();
    await page.getByRole("slider", { name: "Picture size" }).fill("20");
    await expect.poll(async () => (await picture("A family"))?.height ?? 0).toBeGreaterThan(300);
    await page.reload();
    await expect.poll(async () => (await picture("A family"))?.height ?? 0).toBeGreaterThan(300);
    await screenshot(page, "gallery-wall");
    expect(complaints).toEqual([]);
  });

  test("has the actions of a card in a menu, with a note, and selects everything, stacks included", async () => {
    const id = await finished(await start("With a note"));
    await branch(id, 2);
    const { page, complaints } = await studio.open();
    await page.goto("/gallery?q=with+a+note");
    const menu = page.getByRole("button", { name: "Actions for With a note" });
    await menu.focus();
    await page.keyboard.press("Enter");
    await page.getByRole("menuitem", { name: "Note…" }).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole("menuitem", { name: "Note…" }).click();
    await page.getByRole("textbox", { name: "Note" }).fill("Too dark at the left");
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole("button", { name: "Save" }).click();
    const noted = page.getByRole("listitem").filter({ hasText: "Too dark at the left" });
    await noted.waitFor();
    // A newer branch represents the stack, so its note is the one that was written.
    await page.getByRole("button", { name: "Select all" }).click();
    await page.getByText(/^2 selected/).waitFor();
    await page.getByRole("button", { name: "Clear selection" }).click();
    await page.getByRole("checkbox", { name: "Select With a note" }).check();
    await page.getByText(/^2 selected/).waitFor();
    await page.setViewportSize({ width: 360, height: 780 });
    await expect.poll(() => overflow(page)).toBe(0);
    await screenshot(page, "gallery-wall-phone");

    await noted.getByRole("link").click();
    await page.getByText("Too dark at the left", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Change the note" }).click();
    await page.getByRole("textbox", { name: "Note" }).fill("");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("button", { name: "Add a note" }).waitFor();
    await page.getByRole("button", { name: "Star With a note" }).click();
    await expect.poll(() => page.getByRole("button", { name: "Star With a note" }).getAttribute("aria-pressed")).toBe("true");
    expect(complaints).toEqual([]);
  });

  test("shows what waits, in an order that can be changed", async () => {
    const ids: string[] = [];
    // Eight are painted at a time.
    for (let count = 0; count < 11; count++) ids.push(await start(`Long ${count}`, { steps: 5000 }));
    const { page, complaints } = await studio.open();
    await page.goto("/gallery");
    await page.getByRole("button", { name: "3 waiting" }).click();
    const dialog = page.getByRole("dialog", { name: "Waiting for their turn" });
    const titles = () => dialog.getByRole("listitem").allTextContents();
    await expect.poll(titles).toEqual(["1Long 8⤒↑↓", "2Long 9⤒↑↓", "3Long 10⤒↑↓"]);
    expect(await seriousFindings(page)).toEqual([]);
    await screenshot(page, "queue");
    await dialog.getByRole("button", { name: "Move Long 10 to the top" }).click();
    await expect.poll(titles).toEqual(["1Long 10⤒↑↓", "2Long 8⤒↑↓", "3Long 9⤒↑↓"]);
    await dialog.getByRole("button", { name: "Move Long 8 down" }).click();
    await expect.poll(titles).toEqual(["1Long 10⤒↑↓", "2Long 9⤒↑↓", "3Long 8⤒↑↓"]);
    const { queue } = await studio.client.query("{ queue { title } }");
    expect(queue.map(({ title }: { title: string }) => title)).toEqual(["Long 10", "Long 9", "Long 8"]);

    await page.goto(`/s?id=${ids[8]}`);
    await page.getByText("Waiting, number 3 in line").waitFor();
    await page.getByRole("button", { name: "3 waiting" }).click();
    await dialog.getByRole("button", { name: "Move Long 8 to the top" }).click();
    await studio.client.query("mutation ($id: ID!) { cancelSession(sessionId: $id) { id } }", { id: ids[0] });
    await page.getByText("Painting…").waitFor();
    for (const id of ids.slice(1)) await studio.client.query("mutation ($id: ID!) { cancelSession(sessionId: $id) { id } }", { id });
    expect(complaints).toEqual([]);
  });
});
