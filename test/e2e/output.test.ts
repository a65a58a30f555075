import { spawn } from "node:child_process";
import { get } from "node:http";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { seriousFindings } from "../helpers/axe.js";
import { findOnPath } from "../helpers/browser.js";
import { noteSkipped } from "../helpers/skipped.js";
import { describeStudio } from "../helpers/studio.js";
import { overflow, screenshot } from "../helpers/studio-page.js";

const ffmpeg = findOnPath(["ffmpeg"]);
if (ffmpeg === null) noteSkipped("There is no ffmpeg on the PATH; the test reads the output itself.");

describeStudio("a lasting live output, with the real server", { camera: true }, (studio) => {
  const shown = (page: Page) => page.getByRole("img", { name: "The pictures of “stage”" });
  const look = (page: Page) => shown(page).evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
  const shape = (page: Page) =>
    shown(page).evaluate((canvas) => Math.max((canvas as HTMLCanvasElement).width, (canvas as HTMLCanvasElement).height));

  /** Counts the pictures that a program reads at the MJPEG address: ffmpeg, where it is installed. */
  function readMjpeg(url: string): { count(): number; close(): void } {
    let count = 0;
    if (ffmpeg !== null) {
      // One line for each picture that was decoded, besides some comments at the beginning.
      const program = spawn(ffmpeg, ["-v", "error", "-f", "mpjpeg", "-i", url, "-f", "framemd5", "-flush_packets", "1", "-"]);
      program.stdout.setEncoding("utf8").on("data", (text: string) => {
        count += text.split("\n").filter((line) => /^\d/.test(line)).length;
      });
      return { count: () => count, close: () => program.kill("SIGKILL") };
    }
    const request = get(url, (response) => {
      response.setEncoding("latin1");
      response.on("data", (text: string) => {
        count += text.split("Content-Length").length - 1;
      });
      response.on("error", () => undefined);
    });
    request.on("error", () => undefined);
    return { count: () => count, close: () => request.destroy() };
  }

  test("waits for its first picture, and keeps its address through another translator, size and a restart of the server", async () => {
    const { page: output, complaints } = await studio.open({ width: 960, height: 540 });
    await output.goto("/live/out/stage");
    await output.getByText("Waiting for the first picture of “stage”.").waitFor();
    expect(await output.getByRole("link").count()).toBe(0);
    expect(await seriousFindings(output)).toEqual([]);
    const program = readMjpeg(`${studio.client.address}/live/out/stage.mjpeg`);
    await expect.poll(program.count).toBeGreaterThan(0);

    const { page } = await studio.open();
    await page.goto("/live");
    const panel = page.getByRole("region", { name: "Output" });
    await panel.getByRole("textbox", { name: "Name" }).fill("Main Stage!");
    await panel.getByText("Use lowercase letters, digits, hyphens and underscores, beginning with a letter or digit.").waitFor();
    await panel.getByRole("textbox", { name: "Name" }).fill("stage");
    await page.keyboard.press("Enter");
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await panel.getByRole("button", { name: "Copy the address of the output" }).click();
    await panel.getByText("Copied").waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(`${studio.client.address}/live/out/stage`);

    await page.getByLabel("Source").selectOption("sample-clip");
    await page.getByRole("textbox", { name: "Size" }).fill("128");
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await shown(output).waitFor();
    await expect.poll(() => shape(output)).toBe(128);
    expect(await seriousFindings(page)).toEqual([]);
    await screenshot(output, "output");

    await page.getByRole("textbox", { name: "Size" }).fill("96");
    await page.keyboard.press("Enter");
    await expect.poll(() => shape(output)).toBe(96);
    await page.getByRole("radio", { name: /^Paintings? to photos?/i }).check({ force: true });
    const other = await look(output);
    await expect.poll(() => look(output)).not.toBe(other);
    const before = program.count();
    await expect.poll(program.count).toBeGreaterThan(before + 3);

    // Between sessions the last picture stays, also for those who come later.
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await page.getByText(/^Press Start/).waitFor();
    const late = (await studio.open()).page;
    await late.goto("/live/out/stage");
    await shown(late).waitFor();
    expect(complaints).toEqual([]);
    program.close();

    await studio.server.stop("SIGKILL");
    await studio.server.start();
    const after = (await studio.open()).page;
    await after.goto("/live/out/stage");
    await shown(after).waitFor();
    const held = await look(late);
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await expect.poll(() => look(late)).not.toBe(held);
    const programAfter = readMjpeg(`${studio.client.address}/live/out/stage.mjpeg`);
    await expect.poll(programAfter.count).toBeGreaterThan(3);
    programAfter.close();
    await page.setViewportSize({ width: 360, height: 780 });
    expect(await overflow(page)).toBe(0);
    await screenshot(page, "live-output-phone", true);
  });
});
