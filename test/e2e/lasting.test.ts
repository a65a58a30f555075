import type { Page } from "playwright-core";
import sharp from "sharp";
import { expect, test } from "vitest";
import { describeStudio } from "../helpers/studio.js";
import { exported, openNumbers, overflow, screenshot, startPainting, waitForStatus, waitForStep } from "../helpers/studio-page.js";

const SESSION = `query ($id: ID!) { session(id: $id) { status ... on StyleTransferSession {
  step settings { alpha beta steps } changes { step alpha beta } branchedAtStep parent { id } frames(first: 1) { totalCount }
} } }`;
const PAUSE = "mutation ($id: ID!) { pauseSession(sessionId: $id) { status } }";

describeStudio("a long painting in a browser, with the real server", {}, (studio) => {
  const pictureAt = async (url: string) => Buffer.from(await (await fetch(`${studio.client.address}${url}`)).arrayBuffer());
  const stored = async (id: string) => (await studio.client.query(SESSION, { id })).session;

  test("can be paused, steered while it is paused and while it runs, and every viewer sees the changes", async () => {
    const { page, complaints } = await studio.open();
    await startPainting(page, { photo: "Allium", style: "Stained glass", steps: 3000, size: 64 });
    const id = idOf(page);
    const other = (await studio.open()).page;
    await other.goto(`/s/${id}`);
    await waitForStep(page, 5);
    await waitForStep(other, 5);

    await page.getByRole("button", { name: "Stop here" }).click();
    await waitForStatus(page, "Stopped");
    await waitForStatus(other, "Stopped");
    // When a painting that started later has ended, the steps in work at the pause are stored. One more painting gives
    // enough time for a step that must not happen.
    const second = (await studio.open()).page;
    const finishAnother = async () => {
      await startPainting(second, { photo: "Alps", style: "Engraving", steps: 5, size: 64 });
      await waitForStatus(second, "Finished");
    };
    await finishAnother();
    const { step } = await stored(id);
    await finishAnother();
    expect((await stored(id)).step).toBe(step);

    await openNumbers(page);
    await openNumbers(other);
    await beta(page).fill("90");
    await page.keyboard.press("Enter");
    await page.getByText("Changed. Takes effect when it continues.").waitFor();
    await expect.poll(() => beta(other).inputValue()).toBe("90");
    expect((await stored(id)).changes).toEqual([{ step: null, alpha: null, beta: 90 }]);

    const engraving = await swapStyle(page, "Engraving");
    await expect.poll(() => other.getByRole("img", { name: "Style 1" }).getAttribute("src")).toBe(engraving);

    await other.getByRole("button", { name: "Continue" }).click();
    await waitForStep(page, step + 5);
    await other.getByText(/^In effect from step \d+\.$/).waitFor();
    await page.getByRole("slider", { name: "Style", exact: true }).focus();
    // Not awaited one by one: on a slow machine each would be a change of its own.
    await Promise.all(Array.from({ length: 30 }, () => page.keyboard.press("ArrowRight")));
    const wanted = Number(await beta(page).inputValue());
    expect(wanted).toBeGreaterThan(90);
    await expect.poll(async () => (await stored(id)).settings.beta).toBe(wanted);
    await expect.poll(() => beta(other).inputValue()).toBe(String(wanted));
    await expect.poll(async () => (await stored(id)).changes.at(-1)).toMatchObject({ beta: wanted, step: expect.any(Number) });
    const { changes } = await stored(id);
    expect(changes.length).toBeLessThan(20);
    await other.getByText(`In effect from step ${changes.at(-1).step}.`).waitFor();
    expect(changes[0].step - step).toBeLessThanOrEqual(3);

    // Another client pauses just before this page does.
    await page.route("**/graphql", async (route) => {
      if (route.request().postData()?.includes("PauseSession")) await studio.client.query(PAUSE, { id });
      await route.continue();
    });
    await page.getByRole("button", { name: "Stop here" }).click();
    await page.getByRole("status").filter({ hasText: "The session is PAUSED." }).waitFor();
    await page.getByRole("button", { name: "Continue" }).waitFor();

    await page.getByRole("button", { name: "Rename" }).click();
    await page.getByRole("textbox", { name: "Title" }).fill("Garden");
    await page.keyboard.press("Enter");
    await other.getByRole("heading", { name: "Garden" }).waitFor();
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByRole("button", { name: "Stop here" }).click();
    await waitForStatus(other, "Stopped");
    expect(complaints).toEqual([]);
  });

  test("can be scrubbed, branched and compared, and is found again after a reload while it runs", async () => {
    const { page, complaints } = await studio.open();
    await startPainting(page, { photo: "Airplane from above", style: "Breakers", steps: 3000, size: 64 });
    const id = idOf(page);
    const other = (await studio.open()).page;
    await other.goto(`/s/${id}`);
    await waitForStep(page, 8);

    const history = page.getByRole("slider", { name: "Step", exact: true });
    await history.focus();
    await page.keyboard.press("Home");
    await waitForShown(page, id, 0);
    for (let press = 0; press < 4; press++) await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowLeft");
    await waitForShown(page, id, 3);
    await page.waitForURL(/[?&]step=3$/);
    await page.getByRole("img", { name: "The painting at step 3" }).waitFor();
    expect((await exported(page, "PNG")).name).toMatch(/-3\.png$/);
    await screenshot(page, "lasting-scrubbed");

    await page.reload();
    await waitForShown(page, id, 3);
    const { step } = await stored(id);
    await page.getByRole("button", { name: "Back to live" }).click();
    await waitForStep(page, step);
    await page.getByText("Painting…", { exact: true }).waitFor();

    await history.focus();
    await page.keyboard.press("Home");
    for (let press = 0; press < 3; press++) await page.keyboard.press("ArrowRight");
    // The running painting stays under the hand until the branch is chosen.
    await page.getByRole("region", { name: "Steer" }).waitFor();
    await page.getByRole("radio", { name: "Branch" }).click();
    await page.getByRole("textbox", { name: "More steps" }).fill("900");
    await openNumbers(page);
    await beta(page).fill("500");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Branch from here" }).click();
    const parentLink = page.getByRole("link", { name: "Original" });
    await parentLink.waitFor();
    const branch = idOf(page);
    await other.getByRole("link", { name: "Branch 1, from step 3" }).waitFor();
    expect(branch).not.toBe(id);
    expect(await stored(branch)).toMatchObject({ branchedAtStep: 3, parent: { id }, settings: { beta: 500, steps: 903 } });
    await page.getByRole("heading", { name: "Airplane from above, Breakers · β 500 from 3" }).waitFor();
    await expect.poll(() => page.title()).toMatch(/^\d+% · Airplane from above, Breakers · β 500 from 3 · Atelier$/);
    await waitForStep(page, 6);
    expect((await stored(id)).settings.beta).toBe(40);

    await page.getByRole("button", { name: "Compare with original" }).click();
    const comparison = page.getByTestId("comparison");
    await comparison.getByRole("img", { name: /^Original, step \d+$/ }).waitFor();
    const shown = async () => {
      const pictures = comparison.getByRole("img");
      const sources = await pictures.evaluateAll((images) => images.map((image) => image.getAttribute("src") ?? image.dataset.shown));
      return sources.map((source) => source?.split("/")[2]);
    };
    await expect.poll(shown).toEqual([id, branch]);
    await page.setViewportSize({ width: 360, height: 780 });
    await screenshot(page, "lasting-compared-phone", true);
    expect(await overflow(page)).toBe(0);

    await parentLink.click();
    await page.getByRole("link", { name: "Branch 1, from step 3" }).waitFor();
    await waitForShown(page, id, 3);
    for (const session of [id, branch])
      await studio.client.query("mutation ($id: ID!) { cancelSession(sessionId: $id) { id } }", { id: session });
    expect(complaints).toEqual([]);
  });

  test("is exported as a picture, settings and a film, and its picture brings the settings back", async () => {
    const { page, complaints } = await studio.open();
    await startPainting(page, { photo: "Alps", style: "Meadow", steps: 7, size: 64 });
    const id = idOf(page);
    await waitForStatus(page, "Finished");
    const png = await exported(page, "PNG");
    expect(png.name).toMatch(/-7\.png$/);
    expect(await sharp(png.bytes).metadata()).toMatchObject({ format: "png", width: 64 });
    const trace = await exported(page, "Settings, JSON");
    expect(JSON.parse(trace.bytes.toString("utf8"))).toMatchObject({ format: "atelier-trace", settings: { steps: 7, size: 64 } });

    const film = await exported(page, "Time-lapse, WebP");
    expect(await sharp(film.bytes, { animated: true }).metadata()).toMatchObject({ format: "webp", pages: 8 });

    await page.goto("/");
    await page.getByRole("button", { name: "Start", exact: true }).waitFor();
    await page.getByLabel("Upload a photo").setInputFiles({ name: png.name, mimeType: "image/png", buffer: png.bytes });
    await page.getByText(/^Now using the settings of “.*Meadow.*”\.$/).waitFor();
    expect(await page.getByRole("textbox", { name: "Steps" }).inputValue()).toBe("7");
    expect(await page.getByRole("textbox", { name: "Size" }).inputValue()).toBe("64");
    await screenshot(page, "lasting-restored");
    await page.getByRole("button", { name: "Paint it again" }).click();
    await page.waitForURL(/\/s\?id=/);
    await waitForStatus(page, "Finished");
    const again = await studio.client.query("query ($id: ID!) { session(id: $id) { latestFrame { url } } }", { id: idOf(page) });
    const [first, second] = await Promise.all([pictureAt(`/frames/${id}/7`), pictureAt(again.session.latestFrame.url)]);
    expect(second.equals(first)).toBe(true);
    expect(complaints).toEqual([]);
  });

  test("continues after its server was killed, and the page catches up", async () => {
    const { page } = await studio.open();
    const received = receivedSteps(page);
    await startPainting(page, { photo: "Acanthus", style: "Wet paper", steps: 3000, size: 64 });
    const id = idOf(page);
    await waitForStep(page, 10);
    await studio.server.stop("SIGKILL");
    await waitForStatus(page, "Connection lost. Reconnecting…");
    const seen = received.at(-1) ?? 0;
    const before = received.length;
    await studio.server.start();
    await page.getByText("Painting…", { exact: true }).waitFor();
    await waitForStep(page, seen + 10);
    expect(received[before]).toBe(seen + 1);
    const { step, frames, status } = await stored(id);
    expect(status).toBe("RUNNING");
    expect(frames.totalCount).toBeGreaterThanOrEqual(step);

    // Every picture that was shown before is still there.
    await page.getByRole("slider", { name: "Step", exact: true }).focus();
    await page.keyboard.press("Home");
    await waitForShown(page, id, 0);
    for (let at = 1; at <= 3; at++) {
      await page.keyboard.press("ArrowRight");
      await waitForShown(page, id, at);
    }
  });
});

function idOf(page: Page): string {
  return new URL(page.url()).searchParams.get("id") ?? "";
}

/** The field of the style term's weight. */
function beta(page: Page) {
  return page.getByRole("textbox", { name: "β" });
}

/** Waits until the canvas shows just this frame. */
async function waitForShown(page: Page, id: string, step: number): Promise<void> {
  await page.waitForFunction((url) => document.querySelector("canvas")?.dataset.shown === url, `/frames/${id}/${step}`);
}

/** Steps of all frames that the page receives, in order of arrival. */
function receivedSteps(page: Page): number[] {
  const steps: number[] = [];
  page.on("websocket", (socket) =>
    socket.on("framereceived", ({ payload }) => {
      const { payload: told } = JSON.parse(String(payload));
      if (told?.data?.session?.__typename === "Frame") steps.push(told.data.session.step);
    }),
  );
  return steps;
}

/** Puts a sample in place of the only style; returns the address of its picture. */
async function swapStyle(page: Page, sample: string): Promise<string | null> {
  const picture = page.getByRole("img", { name: "Style 1" });
  const before = await picture.getAttribute("src");
  await page.getByRole("button", { name: "Swap" }).click();
  await page.getByRole("dialog").getByRole("radio", { name: sample }).check({ force: true });
  await page.getByRole("button", { name: "Use it" }).click();
  await expect.poll(() => picture.getAttribute("src")).not.toBe(before);
  return picture.getAttribute("src");
}
