import sharp from "sharp";
import { expect, test } from "vitest";
import { seriousFindings } from "../helpers/axe.js";
import { describeStudio } from "../helpers/studio.js";
import { exported, overflow, screenshot, startPainting, waitForStatus, waitForStep } from "../helpers/studio-page.js";

const SESSION = `query ($id: ID!) { session(id: $id) { ... on StyleTransferSession {
  step branchedAtStep parent { id } settings { size steps } initialSettings { size steps } latestFrame { width height } } } }`;

describeStudio("a sketch that is made large, in a browser with the real server", {}, (studio) => {
  const stored = async (id: string) => (await studio.client.query(SESSION, { id })).session;

  test("grows from its last step to the chosen size, can be scrubbed, and is exported in smaller sizes with its settings", async () => {
    const { page, complaints } = await studio.open();
    await startPainting(page, { photo: "Alps", style: "Meadow", steps: 6, size: 64 });
    const sketch = idOf(page.url());
    await waitForStatus(page, "Finished");
    await page.getByRole("button", { name: "Make it large" }).click();
    const dialog = page.getByRole("dialog", { name: "Make it large" });
    await dialog.getByRole("radio", { name: /^128 × \d+ about \d/ }).click();
    await screenshot(page, "large-choice");
    expect(await seriousFindings(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Start painting" }).click();
    await page.getByRole("link", { name: "Original" }).waitFor();

    await waitForStatus(page, "Finished");
    const large = idOf(page.url());
    const session = await stored(large);
    expect(session).toMatchObject({ branchedAtStep: 6, parent: { id: sketch }, settings: { size: 128 }, initialSettings: { size: 64 } });
    expect(session.latestFrame.width).toBe(128);
    await waitForStep(page, session.settings.steps);

    const history = page.getByRole("slider", { name: "Step", exact: true });
    await history.focus();
    await page.keyboard.press("Home");
    await page.getByRole("img", { name: "The painting at step 0" }).waitFor();
    await page.keyboard.press("End");
    await page.getByRole("img", { name: `The painting at step ${session.step}` }).waitFor();

    const jpeg = await exported(page, "JPEG");
    expect(await sharp(jpeg.bytes).metadata()).toMatchObject({ format: "jpeg", width: 128 });

    await page.setViewportSize({ width: 360, height: 780 });
    await page.getByRole("button", { name: "Make it large" }).click();
    await screenshot(page, "large-choice-phone");
    expect(await overflow(page)).toBe(0);
    await page.keyboard.press("Escape");

    // The settings are those of the sketch, so that another sketch can grow in its turn.
    await page.goto("/");
    await page.getByRole("button", { name: "Start", exact: true }).waitFor();
    await page.getByLabel("Upload a photo").setInputFiles({ name: jpeg.name, mimeType: "image/jpeg", buffer: jpeg.bytes });
    await page.getByText(/^Now using the settings of /).waitFor();
    expect(await page.getByRole("textbox", { name: "Size" }).inputValue()).toBe("64");
    expect(await page.getByRole("textbox", { name: "Steps" }).inputValue()).toBe("6");
    expect(complaints).toEqual([]);
  });
});

function idOf(url: string): string {
  return new URL(url).searchParams.get("id") ?? "";
}
