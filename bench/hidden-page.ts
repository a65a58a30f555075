/**
 * The live output of a page that is hidden behind another tab: its rate and its longest gap in a minute, with Chromium's
 * simulated camera and with the sample clip, beside the same page in view. Chromium hides pages only when it has windows,
 * so this needs Xvfb (Debian's package xvfb) or a screen. Build the studio first.
 *
 *   npx tsx bench/hidden-page.ts
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { findBrowser } from "../test/helpers/browser.js";
import { fakeCameraFlags, writeFilm } from "../test/helpers/fake-camera.js";
import { until } from "../test/helpers/until.js";
import { BenchServer } from "./bench-server.js";
import { atMost, type Measurement, recordResults } from "./results.js";
import { type Tab, TabbedBrowser } from "./tabs.js";

const [seconds, warmUpMs, longestGapMs] = [60, 3000, 1000];
const DISPLAY = ":94";
const xvfb = "/usr/bin/Xvfb";

const executablePath = findBrowser();
if (executablePath === null) throw new Error("There is no Chromium on the PATH.");
if (!existsSync(xvfb)) throw new Error("There is no Xvfb; install the package xvfb.");
const screen = spawn(xvfb, [DISPLAY, "-screen", "0", "1280x1024x24"], { stdio: "ignore" });
const folder = await mkdtemp(join(tmpdir(), "atelier-hidden-"));
const server = await BenchServer.start();
try {
  await until(() => existsSync(`/tmp/.X11-unix/X${DISPLAY.slice(1)}`));
  const measurements: Measurement[] = [];
  for (const source of ["camera", "sample clip"] as const) measurements.push(...(await measure(source)));
  await recordResults(measurements, "npx tsx bench/hidden-page.ts");
} finally {
  await server.close();
  screen.kill();
  await rm(folder, { recursive: true, force: true });
}

async function measure(source: "camera" | "sample clip"): Promise<Measurement[]> {
  const flags = fakeCameraFlags(await writeFilm(folder));
  const profile = await mkdtemp(join(folder, "profile-"));
  const browser = await TabbedBrowser.launch(executablePath ?? "", profile, flags, { ...process.env, DISPLAY });
  try {
    const tab = await browser.open(`${server.client.address}/live`);
    await begin(tab, source);
    const inView = await watch("in view", source);
    await browser.open(`${server.client.address}/gallery`);
    await until(async () => (await tab.evaluate("document.hidden")) === true);
    const hidden = await watch("hidden", source);
    if ((await tab.evaluate("document.hidden")) !== true) throw new Error("The page was not hidden to the end.");
    return [
      { bench: `live output of the ${source}, page in view`, peer: "none", ratio: null, value: inView.perSecond, unit: "pictures/s" },
      { bench: `live output of the ${source}, page hidden`, peer: "none", ratio: null, value: hidden.perSecond, unit: "pictures/s" },
      atMost(`longest gap of the live output of the ${source}, page hidden for a minute`, hidden.gapMs, longestGapMs, "ms"),
    ];
  } finally {
    await browser.close();
  }
}

async function begin(tab: Tab, source: "camera" | "sample clip"): Promise<void> {
  const start = `[...document.querySelectorAll("button")].find(({ textContent }) => textContent === "Start")`;
  await until(async () => (await tab.evaluate(`${start}?.disabled`)) === false);
  if (source === "sample clip") {
    await tab.evaluate(`{
      const select = [...document.querySelectorAll("select")].find(({ options }) => [...options].some(({ value }) => value === "sample-clip"));
      select.value = "sample-clip";
      select.dispatchEvent(new Event("change", { bubbles: true }));
    }`);
  }
  await tab.evaluate(`${start}.click()`);
  await until(async () => Number(await tab.evaluate(`document.querySelector("[data-testid=live-result]").width`)) > 4);
  await delay(warmUpMs);
}

/** Reads the output for a minute: pictures a second, and the longest time without one, ms. */
async function watch(how: string, source: string): Promise<{ perSecond: number; gapMs: number }> {
  const times: number[] = [];
  const reader = get(`${server.client.address}/live/out/live.mjpeg`, (response) => {
    response.setEncoding("latin1");
    response.on("data", (text: string) => {
      if (text.includes("Content-Length")) times.push(performance.now());
    });
  });
  reader.on("error", () => undefined);
  const began = performance.now();
  await delay(1000 * seconds);
  const ended = performance.now();
  reader.destroy();
  const marks = [began, ...times, ended];
  const gapMs = Math.max(...marks.slice(1).map((at, index) => at - marks[index]!));
  const perSecond = Math.round((10 * times.length) / seconds) / 10;
  console.log(`${source}, ${how}: ${perSecond} pictures a second, longest gap ${gapMs.toFixed(0)} ms`);
  return { perSecond, gapMs };
}
