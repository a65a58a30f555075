import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { seriousFindings } from "../helpers/axe.js";
import { pngPicture } from "../helpers/pictures.js";
import { describeStudio } from "../helpers/studio.js";
import { overflow, screenshot, startPainting, waitForStatus, waitForStep } from "../helpers/studio-page.js";

describeStudio("links to share, with the real server", {}, (studio) => {
  /** Opens the dialog; returns its link. */
  async function shared(page: Page): Promise<string> {
    await page.getByRole("button", { name: "Share…" }).click();
    const dialog = page.getByRole("dialog", { name: "Share" });
    await dialog.getByRole("img", { name: "QR code of the link" }).waitFor();
    const link = await dialog.getByRole("textbox", { name: "Link", exact: true }).inputValue();
    expect(await seriousFindings(page)).toEqual([]);
    return link;
  }

  test("a teacher's pictures and settings open on three other screens, ready to start", async () => {
    const { page: teacher, complaints } = await studio.open();
    await teacher.goto("/");
    const buffer = Buffer.from((await pngPicture(90, 60, 4)).bytes);
    await teacher.getByLabel("Upload a photo").setInputFiles({ name: "Our school.png", mimeType: "image/png", buffer });
    await teacher.getByRole("radio", { name: "Our school.png", checked: true }).waitFor({ state: "attached" });
    await teacher.getByRole("radiogroup", { name: "Style" }).getByRole("radio", { name: "Stained glass" }).check({ force: true });
    await teacher.getByRole("textbox", { name: "Size" }).fill("64");
    await teacher.getByRole("textbox", { name: "Steps" }).fill("9");
    const link = await shared(teacher);
    await screenshot(teacher, "share-setup");
    await teacher.getByText("This server can be reached from this computer only, and so can the link.").waitFor();

    const pupils = await Promise.all([1, 2, 3].map(async () => (await studio.open({ width: 360, height: 780 })).page));
    for (const pupil of pupils) {
      await pupil.goto(link);
      await pupil.getByRole("radio", { name: "Our school.png", checked: true }).waitFor({ state: "attached" });
      await pupil.getByRole("radio", { name: "Stained glass", checked: true }).waitFor({ state: "attached" });
      expect(await pupil.getByRole("textbox", { name: "Steps" }).inputValue()).toBe("9");
      await pupil.waitForURL((url) => url.search === "");
      await pupil.getByText("The pictures and settings come from a link.").waitFor();
    }
    const [first] = pupils;
    if (!first) throw new Error("There is no pupil");
    // What is changed after the link was opened survives a reload.
    await first.getByRole("textbox", { name: "Steps" }).fill("7");
    await first.reload();
    await expect.poll(() => first.getByRole("textbox", { name: "Steps" }).inputValue()).toBe("7");
    await first.getByRole("button", { name: "Start", exact: true }).click();
    await waitForStatus(first, "Finished");
    await first.goBack();
    await first.getByRole("button", { name: "Start", exact: true }).waitFor();
    // The pictures that were chosen before can be had back.
    await first.goto(link);
    await first.getByRole("button", { name: "Use mine instead" }).click();
    await expect.poll(() => first.getByRole("textbox", { name: "Steps" }).inputValue()).toBe("7");
    expect(complaints).toEqual([]);
  });

  test("a link leads to the step on show, and a damaged one to a new painting", async () => {
    const { page, complaints } = await studio.open();
    await startPainting(page, { photo: "Dahlia", style: "Engraving", steps: 6, size: 64 });
    await waitForStatus(page, "Finished");
    await waitForStep(page, 6);
    expect(await shared(page)).not.toContain("step=");
    await page.keyboard.press("Escape");
    await page.getByRole("slider", { name: "Step", exact: true }).focus();
    await page.keyboard.press("Home");
    await page.waitForURL(/step=0/);
    const link = await shared(page);
    expect(link).toMatch(/[?&]step=0$/);
    const other = (await studio.open({ width: 360, height: 780 })).page;
    await other.goto(link);
    await other.getByRole("img", { name: "The painting at step 0" }).waitFor();
    await other.getByRole("button", { name: "Share…" }).click();
    await other.getByRole("img", { name: "QR code of the link" }).waitFor();
    expect(await overflow(other)).toBe(0);
    await screenshot(other, "share-phone");
    for (const damaged of ["/?setup=%25%25", "/?setup=eyJwaG90byI6", "/?setup=MQ"]) {
      await page.goto(damaged);
      await page.getByText("The link is incomplete, so it was not used.").waitFor();
      expect(await page.getByRole("textbox", { name: "Size" }).inputValue()).toBe("64");
    }
    expect(complaints).toEqual([]);
  });
});
