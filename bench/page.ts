/**
 * Cost of the studio in a browser: the scripts of the first load, and the time until the page is interactive on a slow
 * processor; a list of 200 pictures to choose from; frames drawn and the main thread's load at 512 px; the heap of a tab that is left open. The frames are
 * encoded beforehand and then stored, published and served as usual, because painting at that speed would need a GPU.
 * Build the studio first.
 *
 *   npx tsx bench/page.ts [minutes of the open tab, 30; 0 leaves it out]
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Browser, CDPSession, Page } from "playwright-core";
import sharp from "sharp";
import { encodeFrame } from "../server/device/encode.js";
import { rootFolder } from "../server/paths.js";
import { type RunningApp, startApp, startSession } from "../test/helpers/app.js";
import { findBrowser, launchBrowser } from "../test/helpers/browser.js";
import { type Measurement, recordResults } from "./results.js";
import { median } from "./statistics.js";

const minutes = Number(process.argv[2] ?? 30);
const limits = { scriptBytes: 250_000, interactiveMs: 1500, framesPerSecond: 30, busyPercent: 50, heapBytes: 20e6, pickerBytes: 1.5e6 };
const [rounds, throttle, side, seconds] = [5, 4, 512, 15];
/** Frames sent each second, more than must be drawn. */
const offered = 36;

const executable = findBrowser();
if (executable === null) throw new Error("There is no Chromium on the PATH.");
const app = await startApp({ studioFolder: join(rootFolder, "web", "out") });
const browser = await launchBrowser(executable);
const pictures = await filmStrip();
const measured: Measurement[] = [];
try {
  await firstLoad();
  await picker();
  await drawing();
  if (minutes > 0) await openTab();
  await recordResults(measured, `npx tsx bench/page.ts${process.argv[2] ? ` ${minutes}` : ""}`);
} finally {
  await browser.close();
  await app.close();
}

/** Thirty pictures that differ everywhere, as the first steps of a painting do. */
async function filmStrip(): Promise<Uint8Array[]> {
  const photo = await readFile(join(rootFolder, "web/public/samples/alps.jpg"));
  return Promise.all(
    Array.from({ length: 30 }, async (_, at) => {
      const turned = sharp(photo)
        .resize(side, side, { fit: "cover" })
        .modulate({ hue: 12 * at })
        .removeAlpha();
      const data = await turned.raw().toBuffer();
      const planes = new Float32Array(3 * side * side);
      for (let i = 0; i < side * side; i++) for (let c = 0; c < 3; c++) planes[c * side * side + i] = (data[3 * i + c] ?? 0) / 255;
      return (await encodeFrame({ width: side, height: side, data: planes }, false)).bytes;
    }),
  );
}

/** Opens a page with an empty cache, and a debugging session for it. */
async function freshPage(): Promise<{ page: Page; debugging: CDPSession }> {
  const context = await (browser as Browser).newContext({ viewport: { width: 1280, height: 800 }, baseURL: app.address });
  const page = await context.newPage();
  return { page, debugging: await context.newCDPSession(page) };
}

async function firstLoad(): Promise<void> {
  const [times, bytes]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    const { page, debugging } = await freshPage();
    const scripts = new Set<string>();
    let transferred = 0;
    debugging.on("Network.responseReceived", ({ requestId, type }) => {
      if (type === "Script") scripts.add(requestId);
    });
    debugging.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
      if (scripts.has(requestId)) transferred += encodedDataLength;
    });
    await debugging.send("Network.enable");
    await debugging.send("Emulation.setCPUThrottlingRate", { rate: throttle });
    await page.addInitScript(noteLongTasks);
    await page.goto("/", { waitUntil: "commit" });
    times.push(await interactiveAt(page));
    bytes.push(transferred);
    await page.context().close();
  }
  put("scripts of the studio's first load, compressed", median(bytes) / 1000, "kB", limits.scriptBytes / 1000);
  put(`the studio's first page is interactive, processor ${throttle} times slower`, median(times), "ms", limits.interactiveMs);
}

/** Runs in the page. */
function noteLongTasks(): void {
  const watched = window as typeof window & { lastLongTask?: number };
  watched.lastLongTask = 0;
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) watched.lastLongTask = startTime + duration;
  }).observe({ type: "longtask", buffered: true });
}

/** Time at which React had hydrated the Start button and the last long task by a second later had ended, ms. */
async function interactiveAt(page: Page): Promise<number> {
  const button = page.getByRole("button", { name: "Start", exact: true });
  await button.waitFor();
  const hydrated = await button.evaluate(async (element) => {
    while (!Object.keys(element).some((key) => key.startsWith("__reactProps"))) await new Promise((next) => setTimeout(next, 5));
    return performance.now();
  });
  await delay(1000);
  const lastLongTask = await page.evaluate(() => (window as typeof window & { lastLongTask?: number }).lastLongTask ?? 0);
  return Math.max(hydrated, lastLongTask);
}

/** Chooses among 200 photos, scrolled to the last one; counts the bytes of their thumbnails. */
async function picker(): Promise<void> {
  const count = 200;
  const names = ["alps", "bridge", "dahlia", "raccoon", "barn", "street", "allium", "airplane"];
  for (let at = 0; at < count; at++) {
    const photo = join(rootFolder, `web/public/samples/${names[at % names.length]}.jpg`);
    await app.client.upload(
      await sharp(photo)
        .modulate({ brightness: 0.75 + at / 400 })
        .jpeg()
        .toBuffer(),
    );
  }
  const { page, debugging } = await freshPage();
  const thumbnails = new Set<string>();
  let transferred = 0;
  debugging.on("Network.responseReceived", ({ requestId, response }) => {
    if (/\/images\//.test(response.url)) thumbnails.add(requestId);
  });
  debugging.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    if (thumbnails.has(requestId)) transferred += encodedDataLength;
  });
  await debugging.send("Network.enable");
  await page.goto("/");
  await page.getByRole("button", { name: "Choose a photo from this server" }).click();
  const more = page.getByRole("dialog").getByRole("button", { name: "Show older" });
  const shown = page.getByRole("dialog").locator("li img");
  for (let known = 0; known < count; known = await shown.count()) {
    if (known > 0) await more.click();
    // The next page of the list is there.
    await page.waitForFunction((before) => document.querySelectorAll('[role="dialog"] li img').length > before, known);
  }
  for (const picture of await shown.all()) {
    await picture.scrollIntoViewIfNeeded();
    await page.waitForFunction((image) => (image as HTMLImageElement).naturalWidth > 0, await picture.elementHandle());
  }
  await page.context().close();
  put(`thumbnails of a list of ${count} pictures`, transferred / 1e6, "MB", limits.pickerBytes / 1e6);
}

/** Sends the frames of a session at a steady rate; resolves after the last one. */
async function paint(sessionId: string, frames: number, perSecond: number): Promise<void> {
  const began = performance.now();
  for (let step = 0; step < frames; step++) {
    const wait = began + (1000 * step) / perSecond - performance.now();
    if (wait > 0) await delay(wait);
    await app.host.paint(sessionId, step, pictures[step % pictures.length]);
  }
}

async function begin(running: RunningApp, steps: number): Promise<string> {
  const id = await startSession(running, { size: side, steps });
  await running.host.claim();
  return id;
}

async function drawing(): Promise<void> {
  const { page, debugging } = await freshPage();
  const frames = offered * (seconds + 4);
  const id = await begin(app, frames);
  await page.goto(`/s?id=${id}`);
  const painting = paint(id, frames, offered);
  await page.waitForFunction(() => document.querySelector("canvas")?.dataset.shown !== undefined);
  await page.evaluate(() => {
    const counting = window as typeof window & { drawn?: number };
    counting.drawn = 0;
    const canvas = document.querySelector("canvas");
    if (canvas)
      new MutationObserver((seen) => (counting.drawn = (counting.drawn ?? 0) + seen.length)).observe(canvas, {
        attributeFilter: ["data-shown"],
      });
  });
  await debugging.send("Performance.enable");
  await delay(2000);
  const before = await reading(page, debugging);
  await delay(1000 * seconds);
  const after = await reading(page, debugging);
  await painting;
  const wall = after.at - before.at;
  put(`frames drawn at ${side} px`, (after.drawn - before.drawn) / wall, "pictures/s", limits.framesPerSecond);
  put(`main thread busy while frames of ${side} px are drawn`, (100 * (after.task - before.task)) / wall, "%", limits.busyPercent);
  await page.context().close();
}

/** Frames drawn so far; the main thread's time in tasks and the clock, s. */
async function reading(page: Page, debugging: CDPSession): Promise<{ drawn: number; task: number; at: number }> {
  const drawn = await page.evaluate(() => (window as typeof window & { drawn?: number }).drawn ?? 0);
  const { metrics } = await debugging.send("Performance.getMetrics");
  const value = (name: string) => metrics.find((metric) => metric.name === name)?.value ?? Number.NaN;
  return { drawn, task: value("TaskDuration"), at: value("Timestamp") };
}

async function openTab(): Promise<void> {
  const { page, debugging } = await freshPage();
  // A painting has at most 5,000 steps.
  const perSecond = Math.min(10, 4800 / (60 * minutes));
  const frames = Math.round(60 * minutes * perSecond);
  const id = await begin(app, 5000);
  await page.goto(`/s?id=${id}`);
  const painting = paint(id, frames, perSecond);
  await delay(60_000 * Math.min(1, minutes / 4));
  const before = await heap(debugging);
  await painting;
  const after = await heap(debugging);
  const shown = await page.evaluate(() => document.querySelector("canvas")?.dataset.shown);
  console.log(
    `${frames} frames in ${minutes} minutes, the last shown: ${shown}; heap ${before / 1e6} MB after a minute, ${after / 1e6} MB at the end`,
  );
  put(`heap growth of a tab that is open for ${minutes} minutes of frames`, (after - before) / 1e6, "MB", limits.heapBytes / 1e6);
  await page.context().close();
}

/** Bytes of the page's JavaScript heap, without garbage. */
async function heap(debugging: CDPSession): Promise<number> {
  await debugging.send("HeapProfiler.collectGarbage");
  return (await debugging.send("Runtime.getHeapUsage")).usedSize;
}

function put(bench: string, exact: number, unit: string, limit: number): void {
  const value = Number(exact.toPrecision(3));
  const least = unit === "pictures/s";
  const ratio = least ? value / limit : limit / Math.max(value, 0.01);
  measured.push({ bench, peer: `at ${least ? "least" : "most"} ${limit} ${unit}`, ratio, value, unit });
}
