import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Locator, Page } from "playwright-core";

const output = fileURLToPath(new URL("../output", import.meta.url));

export interface Choice {
  photo: string;
  style: string;
  steps: number;
  /** Longer side, pixels. */
  size: number;
}

/** Chooses pictures and settings on the first page, and presses Start. */
export async function startPainting(page: Page, { photo, style, steps, size }: Choice): Promise<void> {
  await page.goto("/");
  await page.getByRole("radiogroup", { name: "Photo" }).getByRole("radio", { name: photo }).check({ force: true });
  await page.getByRole("radiogroup", { name: "Style" }).getByRole("radio", { name: style }).check({ force: true });
  await page.getByRole("textbox", { name: "Size" }).fill(String(size));
  await page.getByRole("textbox", { name: "Steps" }).fill(String(steps));
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await page.waitForURL(/\/s\?id=/);
}

/** A file that is dropped: a PNG in base64. */
export interface DroppedFile {
  name: string;
  base64: string;
}

/** Drops data and files on an element, as a browser does it for files and for pictures of other pages. */
export async function dropOn(target: Locator, data: Record<string, string>, files: DroppedFile[] = []): Promise<void> {
  const transfer = await target.page().evaluateHandle(
    ({ data, files }) => {
      const made = new DataTransfer();
      for (const [type, text] of Object.entries(data)) made.setData(type, text);
      for (const { name, base64 } of files) {
        made.items.add(new File([Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))], name, { type: "image/png" }));
      }
      return made;
    },
    { data, files },
  );
  await target.dispatchEvent("drop", { dataTransfer: transfer });
}

/** Downloads a file through the export dialog, which is closed again. */
export async function exported(page: Page, format: string, size?: string): Promise<{ name: string; bytes: Buffer }> {
  await page.getByRole("button", { name: "Export…" }).click();
  const dialog = page.getByRole("dialog", { name: "Export" });
  await dialog.getByRole("combobox", { name: "Format" }).selectOption({ label: format });
  if (size) await dialog.getByRole("combobox", { name: "Size" }).selectOption({ label: size });
  const create = dialog.getByRole("button", { name: "Create" });
  if (await create.isVisible()) await create.click();
  const [download] = await Promise.all([page.waitForEvent("download"), dialog.getByRole("link", { name: "Download" }).click()]);
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
}

/** Chooses an action in the menu of a card in the gallery. */
export async function chooseAction(card: Locator, name: string): Promise<void> {
  await card.getByRole("button", { name: /^Actions for/ }).click();
  await card.page().getByRole("menuitem", { name }).click();
}

/** Opens the numbers behind a painting, unless they are open. */
export async function openNumbers(page: Page): Promise<void> {
  const fold = page.locator("details").filter({ has: page.getByText("Numbers", { exact: true }) });
  if ((await fold.getAttribute("open")) === null) await page.getByText("Numbers", { exact: true }).click();
}

/** Waits until the page shows this status. */
export async function waitForStatus(page: Page, status: string): Promise<void> {
  await page.getByText(status, { exact: true }).waitFor();
}

/** Waits until the canvas shows a frame of this step or a later one. */
export async function waitForStep(page: Page, step: number): Promise<void> {
  await page.waitForFunction((wanted) => {
    const shown = document.querySelector("canvas")?.dataset.shown?.match(/^\/frames\/[^/]+\/(\d+)$/);
    return shown !== null && shown !== undefined && Number(shown[1]) >= wanted;
  }, step);
}

/** The canvas: its size in pixels, and its colours at a coarse resolution, 0..255. */
export function canvasColours(page: Page): Promise<{ width: number; height: number; samples: number[] }> {
  return page.evaluate(() => {
    const canvas = document.querySelector("canvas");
    const context = canvas?.getContext("2d");
    if (!canvas || !context) throw new Error("There is no canvas");
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    const stride = Math.max(1, Math.floor(data.length / 4 / 500)) * 4;
    return { width: canvas.width, height: canvas.height, samples: [...data].filter((_, at) => at % stride < 3) };
  });
}

/** First and last point of the loss curve, as its label gives them. */
export async function lossCurve(page: Page): Promise<{ first: number; last: number; lastStep: number }> {
  const label = (await page.getByRole("img", { name: /^Loss curve/ }).getAttribute("aria-label")) ?? "";
  const found = /^Loss curve: (\S+) at step 0, (\S+) at step (\d+)$/.exec(label);
  if (!found) throw new Error(`The curve does not begin at step 0: ${label}`);
  return { first: Number(found[1]), last: Number(found[2]), lastStep: Number(found[3]) };
}

/** By how many pixels the page is wider than its window. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
}

/** Leaves a picture of the page in test/output. */
export async function screenshot(page: Page, name: string, fullPage = false): Promise<void> {
  await mkdir(output, { recursive: true });
  await page.screenshot({ path: join(output, `${name}.png`), fullPage });
}
