import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { seriousFindings } from "../helpers/axe.js";
import { pngPicture } from "../helpers/pictures.js";
import { describeStudio } from "../helpers/studio.js";
import { chooseAction, overflow, screenshot, startPainting, waitForStatus, waitForStep } from "../helpers/studio-page.js";

const CANCEL = "mutation ($id: ID!) { cancelSession(sessionId: $id) { id } }";
const DELETE = "mutation ($id: ID!) { deleteSession(sessionId: $id) }";
const STATUS = "query ($id: ID!) { session(id: $id) { status } }";
const RENAME = "mutation ($id: ID!, $title: String!) { renameSession(sessionId: $id, title: $title) { id } }";
const BRANCH = "mutation ($id: ID!, $step: Int!) { branchSession(sessionId: $id, step: $step) { id } }";

/** What the easel shows. */
async function draftOn(page: Page) {
  const value = (name: string) => page.getByRole("textbox", { name, exact: true }).inputValue();
  const chosen = (title: string) => page.getByRole("region", { name: title, exact: true }).getByRole("img").first().getAttribute("alt");
  return { photo: await chosen("Photo"), style: await chosen("Style"), size: await value("Size"), steps: await value("Steps") };
}

const idOf = (page: Page) => new URL(page.url()).searchParams.get("id");

describeStudio("a careless user in a browser", {}, (studio) => {
  test("finds pictures, settings and mix again after a reload, Back, the gallery and a closed tab, until starting over", async () => {
    const { page, complaints } = await studio.open({ width: 360, height: 780 });
    await page.goto("/");
    const first = await draftOn(page);
    await page
      .getByLabel("Upload a photo")
      .setInputFiles({ name: "garden.png", mimeType: "image/png", buffer: Buffer.from((await pngPicture(90, 60, 5)).bytes) });
    await page.getByRole("radio", { name: "garden.png", checked: true }).waitFor({ state: "attached" });
    await page.getByRole("radiogroup", { name: "Style" }).getByRole("radio", { name: "Engraving" }).check({ force: true });
    await page.getByRole("textbox", { name: "Size" }).fill("96");
    await page.getByRole("textbox", { name: "Steps" }).fill("7");
    await page.getByRole("button", { name: "Add another style" }).click();
    // A style that is in use is not offered first.
    const picker = page.getByRole("dialog", { name: "Add another style" });
    expect(await picker.getByRole("radio", { name: "Engraving" }).isChecked()).toBe(false);
    await picker.getByRole("button", { name: "Use it" }).click();
    const shares = page.getByRole("region", { name: "Several styles" }).getByRole("textbox", { name: "Share" });
    await shares.nth(1).fill("0.3");
    await page.getByRole("button", { name: "Add another style" }).click();
    expect(await picker.getByRole("radio", { name: "Night wind" }).isChecked()).toBe(false);
    await page.keyboard.press("Escape");

    const wanted = { photo: "garden.png", style: "Engraving", size: "96", steps: "7" };
    const found = async (shown: Page) => {
      await shown.getByRole("button", { name: "Start over", exact: true }).waitFor();
      expect(await draftOn(shown)).toEqual(wanted);
      expect(await shown.getByRole("region", { name: "Several styles" }).getByRole("textbox", { name: "Share" }).nth(1).inputValue()).toBe(
        "0.3",
      );
    };
    await found(page);
    await page.reload();
    await found(page);
    await page.getByRole("navigation").getByRole("link", { name: "Gallery" }).click();
    await page.getByRole("heading", { name: /^Gallery/ }).waitFor();
    await page.goBack();
    await found(page);
    const context = await studio.browser.newContext({ storageState: await page.context().storageState() });
    const later = await context.newPage();
    await later.goto(new URL("/", page.url()).href);
    await found(later);
    await context.close();
    expect(await overflow(page)).toBe(0);
    expect(await seriousFindings(page)).toEqual([]);
    await screenshot(page, "easel-draft-phone", true);

    await page.getByRole("button", { name: "Start over", exact: true }).click();
    await page.getByRole("button", { name: "Undo starting over" }).click();
    await found(page);
    await page.getByRole("button", { name: "Start over", exact: true }).click();
    await page.getByRole("button", { name: "Undo starting over" }).waitFor();
    expect(await draftOn(page)).toEqual(first);
    await page.reload();
    await page.getByRole("button", { name: "Start", exact: true }).waitFor();
    expect(await draftOn(page)).toEqual(first);
    expect(complaints).toEqual([]);
  });

  test("is not started with a number that is not allowed, and learns when the server is away", async () => {
    const { page } = await studio.open();
    await page.goto("/");
    const size = page.getByRole("textbox", { name: "Size" });
    await size.fill("5000");
    await page.getByRole("button", { name: "Start", exact: true }).click();
    expect(await size.evaluate((field) => field === document.activeElement)).toBe(true);
    expect(new URL(page.url()).pathname).toBe("/");
    await page.getByText("Numbers", { exact: true }).click();
    await size.fill("64");
    const rate = page.getByRole("textbox", { name: "Learning rate" });
    await rate.fill("fast");
    await page.getByText("Numbers", { exact: true }).click();
    await page.getByRole("button", { name: "Start", exact: true }).click();
    expect(await rate.evaluate((field) => field === document.activeElement)).toBe(true);
    await rate.fill("0.02");
    const weight = page.getByRole("textbox", { name: /^Weight of Colour/ });
    await weight.fill("much");
    await page.keyboard.press("Enter");
    expect(await weight.evaluate((field) => field === document.activeElement)).toBe(true);
    expect(await weight.inputValue()).toBe("much");
    expect(new URL(page.url()).pathname).toBe("/");
    await weight.fill("1");

    for (const path of ["**/samples/**", "**/images", "**/graphql"]) await page.route(path, (route) => route.abort());
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await page.getByText("The server cannot be reached.").first().waitFor();
    expect(await page.getByText("Failed to fetch").count()).toBe(0);
  });

  test("continues a painting that was stopped, and open pages follow what others do to a finished one", async () => {
    const { page, complaints } = await studio.open();
    await startPainting(page, { photo: "Alps", style: "Wet paper", steps: 3000, size: 64 });
    await waitForStep(page, 3);
    await page.getByRole("button", { name: "Stop here" }).click();
    await waitForStatus(page, "Stopped");
    await screenshot(page, "painting-stopped");
    await page.getByRole("button", { name: "Continue" }).click();
    const id = idOf(page);
    await waitForStep(page, 10);
    await studio.client.query(CANCEL, { id });
    await waitForStatus(page, "Cancelled");

    const gallery = (await studio.open()).page;
    await gallery.goto("/gallery");
    await gallery.getByText("French Alps, Wet paper").waitFor();
    await studio.client.query(RENAME, { id, title: "Over the pass" });
    await page.getByRole("heading", { name: "Over the pass" }).waitFor();
    await gallery.locator(`a[href="/s?id=${id}"]`).getByText("Over the pass").waitFor();
    const { branchSession } = await studio.client.query(BRANCH, { id, step: 2 });
    await page.getByRole("heading", { name: "Branches" }).waitFor();
    // A branch of the branch, which is no relative that the painting itself names.
    const grandchild = (await studio.client.query(BRANCH, { id: branchSession.id, step: 2 })).branchSession.id;
    await page.getByRole("link", { name: "Branch 1.1" }).waitFor();
    await studio.client.query(CANCEL, { id: grandchild });
    await studio.client.query(DELETE, { id: grandchild });
    await page.getByRole("link", { name: "Branch 1.1" }).waitFor({ state: "detached" });
    await studio.client.query(CANCEL, { id: branchSession.id });

    // The branch that others delete leaves the page of its parent.
    await expect.poll(async () => (await studio.client.query(STATUS, { id: branchSession.id })).session.status).toBe("CANCELLED");
    await studio.client.query(DELETE, { id: branchSession.id });
    await page.getByRole("heading", { name: "Branches" }).waitFor({ state: "detached" });
    // A picture that is asked for in the moment of its deletion is not found.
    for (const open of [page, gallery]) await open.waitForLoadState("networkidle");
    await studio.client.query(DELETE, { id });
    await page.getByText("This is no longer here.").waitFor();
    await gallery.locator(`a[href="/s?id=${id}"]`).waitFor({ state: "detached" });
    expect(complaints).toEqual([]);
  });

  test("shows on the page of a finished painting that its connection was lost, and what others did meanwhile", async () => {
    const { page } = await studio.open();
    await startPainting(page, { photo: "Alps", style: "Wet paper", steps: 2, size: 64 });
    await waitForStatus(page, "Finished");
    const id = idOf(page);
    await studio.server.stop("SIGKILL");
    await page.getByText("Connection lost. Reconnecting…").waitFor();
    await studio.server.start();
    await studio.client.query(RENAME, { id, title: "Renamed while away" });
    await page.getByRole("heading", { name: "Renamed while away" }).waitFor();
    await waitForStatus(page, "Finished");
  });

  test("deletes a stopped painting by closing the tab, but not one that others let continue", async () => {
    const stopped = async () => {
      const { page } = await studio.open();
      await startPainting(page, { photo: "Allium", style: "Engraving", steps: 3000, size: 64 });
      await waitForStep(page, 1);
      await page.getByRole("button", { name: "Stop here" }).click();
      await waitForStatus(page, "Stopped");
      return { id: idOf(page), page };
    };
    const status = async (id: string | null) => (await studio.client.query(STATUS, { id })).session?.status ?? null;
    const first = await stopped();
    const card = (page: Page, id: string | null) => page.getByRole("listitem").filter({ has: page.locator(`a[href="/s?id=${id}"]`) });
    await first.page.goto("/gallery");
    await chooseAction(card(first.page, first.id), "Delete");
    await first.page.getByText("1 deleted").waitFor();
    expect(await first.page.getByRole("button", { name: "Undo" }).evaluate((button) => button === document.activeElement)).toBe(true);
    await first.page.goto("about:blank");
    await expect.poll(() => status(first.id)).toBeNull();

    const second = await stopped();
    await second.page.goto("/gallery");
    await chooseAction(card(second.page, second.id), "Delete");
    await second.page.getByText("1 deleted").waitFor();
    await studio.client.query("mutation ($id: ID!) { resumeSession(sessionId: $id) { id } }", { id: second.id });
    await second.page.getByText("1 could not be deleted: It continues to be painted.").waitFor();
    await card(second.page, second.id).waitFor();
    expect(["RUNNING", "QUEUED"]).toContain(await status(second.id));
  });
});
