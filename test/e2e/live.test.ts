import { stat } from "node:fs/promises";
import type { Download, Page } from "playwright-core";
import { afterEach, expect, test } from "vitest";
import type { WatchedPage } from "../helpers/browser.js";
import { describeStudio } from "../helpers/studio.js";
import { overflow, screenshot } from "../helpers/studio-page.js";

const phone = { width: 360, height: 780 };

describeStudio("live translations in a browser, with the real server", { camera: true }, (studio) => {
  // A page that is closed leaves its session until it is idle, and the next tests would wait for its place.
  afterEach(async () => {
    const open = "{ sessions(first: 100, filter: { live: true, status: [RUNNING, QUEUED] }) { edges { node { id } } } }";
    const { sessions } = await studio.client.query(open);
    // One that ended meanwhile refuses.
    for (const { node } of sessions.edges) await studio.client.send("mutation ($id: ID!) { cancelSession(sessionId: $id) { id } }", node);
  });

  async function livePage(viewport?: { width: number; height: number }, prepare?: (page: Page) => Promise<unknown>): Promise<WatchedPage> {
    const watched = await studio.open(viewport);
    await prepare?.(watched.page);
    await watched.page.goto("/live");
    return watched;
  }

  /** What the canvas of results shows, as text that differs when the picture does. */
  const shown = (page: Page) => page.getByTestId("live-result").evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());

  /** Returns a function that counts the live sessions which the page has requested since. */
  function countStarts(page: Page): () => number {
    let count = 0;
    page.on("request", (request) => {
      if (request.postData()?.includes("mutation StartLive")) count++;
    });
    return () => count;
  }

  /** Starts the sample clip at 128 px. */
  async function startClip(page: Page): Promise<void> {
    await page.getByLabel("Source").selectOption("sample-clip");
    await page.getByRole("textbox", { name: "Size" }).fill("128");
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await waitForResult(page);
  }

  /** The bytes of a film that was saved. */
  async function filmBytes(download: Download): Promise<number> {
    expect(download.suggestedFilename()).toMatch(/^atelier-live\.(webm|mp4)$/);
    return (await stat(await download.path())).size;
  }

  async function waitForResult(page: Page): Promise<void> {
    await page.waitForFunction(() => document.querySelector<HTMLCanvasElement>("[data-testid=live-result]")?.width !== 4);
  }

  /** Waits until the clip has shown twenty more pictures, which takes 0.8 s. */
  async function clipMoves(page: Page): Promise<void> {
    const picture = () =>
      page
        .getByTestId("live-source")
        .locator("canvas")
        .evaluate((clip) => (clip as HTMLCanvasElement).toDataURL());
    for (let count = 0, last = await picture(); count < 20; count++) {
      await expect.poll(picture, { interval: 10 }).not.toBe(last);
      last = await picture();
    }
  }

  async function untilChanged(page: Page, before: string): Promise<string> {
    await expect.poll(() => shown(page)).not.toBe(before);
    return shown(page);
  }

  test("the camera's pictures come back translated, with their rate and delay; a picture is kept", async () => {
    const { page, complaints } = await livePage();
    await page.getByRole("textbox", { name: "Size" }).fill("128");
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await waitForResult(page);
    const first = await shown(page);
    await untilChanged(page, await untilChanged(page, first));
    const facts = page.getByTestId("live-facts");
    await facts.getByText(/^\d+\.\d$/).waitFor();
    expect(await facts.getByText(/^\d+ ms$/).count()).toBe(2);
    await page.getByRole("button", { name: "Keep this picture" }).click();
    const kept = await page.getByRole("link", { name: "View the kept picture" }).getAttribute("href");
    expect((await page.request.get(kept ?? "")).headers()["content-type"]).toBe("image/jpeg");
    await page.getByLabel("View").selectOption("split");
    await screenshot(page, "live-desktop");
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await page.getByText(/^Press Start/).waitFor();
    expect(complaints).toEqual([]);
  });

  test("without a camera, the page says what to do, and the sample clip plays", async () => {
    const { page, complaints } = await livePage(phone);
    await page.evaluate(() => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NotFoundError"));
    });
    await page.getByRole("textbox", { name: "Size" }).fill("128");
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await page.getByText(/^No camera was found/).waitFor();
    await page.getByRole("button", { name: "Show the sample clip" }).click();
    await waitForResult(page);
    await untilChanged(page, await shown(page));
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    await screenshot(page, "live-phone");
    expect(complaints).toEqual([]);
  });

  test("a drawing is translated after each stroke and each undo", async () => {
    const { page, complaints } = await livePage();
    await page.getByRole("radio", { name: "Line drawing to coloured emoji" }).check({ force: true });
    await waitForResult(page);
    const cat = await shown(page);
    await page.getByRole("button", { name: "Clear" }).click();
    const empty = await untilChanged(page, cat);
    const sheet = (await page.getByTestId("drawing-pad").boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    const at = (share: number): [number, number] => [
      sheet.x + sheet.width * (0.5 + 0.3 * Math.cos(share * 2 * Math.PI)),
      sheet.y + sheet.height * (0.5 + 0.3 * Math.sin(share * 2 * Math.PI)),
    ];
    await page.mouse.move(...at(0));
    await page.mouse.down();
    for (let point = 1; point <= 20; point++) await page.mouse.move(...at(point / 20));
    await page.mouse.up();
    await untilChanged(page, empty);
    await screenshot(page, "live-drawing");
    await page.keyboard.press("Control+z");
    await expect.poll(() => shown(page)).toBe(empty);
    await page.mouse.click(sheet.x + sheet.width / 2, sheet.y + sheet.height / 2);
    await untilChanged(page, empty);
    expect(complaints).toEqual([]);
  });

  test("a finger draws like the mouse, and the page does not scroll under it", async () => {
    const { page, complaints } = await livePage({ width: 360, height: 740 });
    await page.getByRole("radio", { name: "Line drawing to coloured emoji" }).check({ force: true });
    await waitForResult(page);
    await page.getByTestId("drawing-pad").scrollIntoViewIfNeeded();
    const before = await shown(page);
    const scrolled = () => page.evaluate(() => window.scrollY);
    const top = await scrolled();
    const sheet = (await page.getByTestId("drawing-pad").boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    const finger = await page.context().newCDPSession(page);
    const touch = (type: "touchStart" | "touchMove" | "touchEnd", share: number) =>
      finger.send("Input.dispatchTouchEvent", {
        type,
        touchPoints: type === "touchEnd" ? [] : [{ x: sheet.x + sheet.width * 0.3, y: sheet.y + sheet.height * share }],
      });
    await touch("touchStart", 0.2);
    for (let point = 0; point <= 10; point++) await touch("touchMove", 0.2 + 0.05 * point);
    await touch("touchEnd", 0.7);
    await untilChanged(page, before);
    expect(await scrolled()).toBe(top);
    expect(await page.getByRole("button", { name: "Undo" }).isEnabled()).toBe(true);
    expect(complaints).toEqual([]);
  });

  test("a page that says it is hidden goes on", async () => {
    const { page } = await livePage();
    await startClip(page);
    await page.evaluate(() => {
      Object.defineProperty(document, "hidden", { value: true, configurable: true });
      Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    });
    await untilChanged(page, await untilChanged(page, await shown(page)));
  });

  test("mirrors the camera and what comes back", async () => {
    const { page } = await livePage();
    await page.getByRole("textbox", { name: "Size" }).fill("128");
    await page.getByRole("checkbox", { name: "Mirror" }).check();
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await waitForResult(page);
    const video = page.getByTestId("live-source").locator("video");
    expect(await video.evaluate((element) => getComputedStyle(element).transform)).toBe("matrix(-1, 0, 0, 1, 0, 0)");
    const mirrored = page.waitForFunction(() => {
      const { width, height } = document.querySelector<HTMLCanvasElement>("[data-testid=live-result]") ?? { width: 4, height: 3 };
      return width > height;
    });
    await mirrored;
    await page.getByRole("checkbox", { name: "Mirror" }).uncheck();
    expect(await video.evaluate((element) => getComputedStyle(element).transform)).toBe("none");
  });

  test("a turned camera changes the shape of the translation", async () => {
    const { page } = await livePage(undefined, (page) =>
      page.addInitScript(() => {
        // A camera that is turned after a while: its track comes from a canvas that changes its size.
        MediaDevices.prototype.getUserMedia = async () => {
          const canvas = document.createElement("canvas");
          Object.assign(canvas, { width: 320, height: 240 });
          const context = canvas.getContext("2d");
          let count = 0;
          setInterval(() => {
            count += 5;
            if (context) context.fillStyle = `hsl(${count} 80% 50%)`;
            context?.fillRect(0, 0, canvas.width, canvas.height);
          }, 40);
          Object.assign(window, { turnCamera: () => Object.assign(canvas, { width: 240, height: 320 }) });
          return canvas.captureStream(25);
        };
      }),
    );
    await page.getByRole("textbox", { name: "Size" }).fill("128");
    await page.getByRole("button", { name: "Start", exact: true }).click();
    const shape = () =>
      page.getByTestId("live-result").evaluate((canvas) => {
        const { width, height, style } = canvas as HTMLCanvasElement;
        return [`${width} x ${height}`, style.aspectRatio];
      });
    await expect.poll(shape).toEqual(["128 x 96", "320 / 240"]);
    await page.evaluate(() => (window as unknown as { turnCamera(): void }).turnCamera());
    await expect.poll(shape).toEqual(["96 x 128", "240 / 320"]);
  });

  test("an unchanged drawing starts no new session when the server ends the old one; the next stroke does", async () => {
    let endSession = (): void => {
      throw new Error("No live session was followed");
    };
    const { page } = await livePage(undefined, (page) =>
      page.routeWebSocket(/graphql/, (socket) => {
        const server = socket.connectToServer();
        socket.onMessage((message) => {
          const { id, type, payload } = JSON.parse(String(message)) as { id: string; type: string; payload?: { query: string } };
          const session = { __typename: "SessionChange", session: { status: "COMPLETED", error: null } };
          if (type === "subscribe" && payload?.query.includes("subscription LiveEvents"))
            endSession = () => socket.send(JSON.stringify({ id, type: "next", payload: { data: { session } } }));
          server.send(message);
        });
      }),
    );
    const starts = countStarts(page);
    await page.getByRole("radio", { name: "Line drawing to coloured emoji" }).check({ force: true });
    await waitForResult(page);
    const before = starts();
    const still = await shown(page);
    endSession();
    // If the page started a session at this end, it would request it before this.
    await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
    await page.evaluate(() => fetch("/healthz"));
    expect(starts()).toBe(before);
    const sheet = await page.getByTestId("drawing-pad").boundingBox();
    if (!sheet) throw new Error("The sheet cannot be seen");
    await page.mouse.move(sheet.x + 40, sheet.y + 40);
    await page.mouse.down();
    for (let step = 1; step <= 10; step++) await page.mouse.move(sheet.x + 40 + 20 * step, sheet.y + 40);
    await page.mouse.up();
    await expect.poll(starts).toBe(before + 1);
    await untilChanged(page, still);
    expect(starts()).toBe(before + 1);
  });

  test("a session that starts only after Stop was pressed is cancelled", async () => {
    let answer = (): void => {
      throw new Error("Nothing was held");
    };
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const { page } = await livePage(undefined, (page) =>
      page.route("**/graphql", async (route) => {
        if (route.request().postData()?.includes("mutation StartLive")) await held;
        await route.continue();
      }),
    );
    await page.getByLabel("Source").selectOption("sample-clip");
    const asked = page.waitForRequest((request) => request.postData()?.includes("mutation StartLive") ?? false);
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await asked;
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    const cancelled = page.waitForRequest((request) => request.postData()?.includes("mutation CancelSession") ?? false);
    answer();
    await cancelled;
  });

  test("a slider that is dragged over many sizes starts one session", async () => {
    const { page } = await livePage();
    const starts = countStarts(page);
    await startClip(page);
    expect(starts()).toBe(1);
    const box = await page.getByRole("slider", { name: "Size" }).boundingBox();
    if (!box) throw new Error("The slider cannot be seen");
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    await page.mouse.move(x, y);
    // Not awaited one by one: on a slow machine the size would settle between two movements.
    await Promise.all([page.mouse.down(), ...Array.from({ length: 20 }, (_, step) => page.mouse.move(x + step + 1, y))]);
    await page.mouse.up();
    await expect.poll(starts).toBe(2);
    // The slider would settle again while these results of the new session arrive.
    await clipMoves(page);
    await untilChanged(page, await shown(page));
    expect(starts()).toBe(2);
  });

  test("the page reports that the camera is gone, and the sample clip can replace it", async () => {
    const { page } = await livePage(undefined, (page) =>
      page.addInitScript(() => {
        const open = MediaDevices.prototype.getUserMedia;
        MediaDevices.prototype.getUserMedia = async function (constraints) {
          const stream = await open.call(this, constraints);
          Object.assign(window, { openedTrack: stream.getVideoTracks()[0] });
          return stream;
        };
      }),
    );
    await page.getByRole("textbox", { name: "Size" }).fill("128");
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await waitForResult(page);
    await page.evaluate(() => {
      const { openedTrack } = window as unknown as { openedTrack: MediaStreamTrack };
      // Browsers send this event when a camera is unplugged.
      openedTrack.dispatchEvent(new Event("ended"));
    });
    await page.getByText(/^The camera stopped sending pictures/).waitFor();
    await page.getByRole("button", { name: "Show the sample clip" }).click();
    await untilChanged(page, await shown(page));
  });

  test("a page that is left ends its session", async () => {
    const { page } = await livePage();
    await startClip(page);
    await page.goto("/gallery");
    const newest = "{ sessions(first: 1, filter: { live: true }) { edges { node { status } } } }";
    await expect.poll(async () => (await studio.client.query(newest)).sessions.edges[0].node.status).toBe("CANCELLED");
  });

  test("a camera whose picture cannot be played is released", async () => {
    const { page } = await livePage(undefined, (page) =>
      page.addInitScript(() => {
        const open = MediaDevices.prototype.getUserMedia;
        MediaDevices.prototype.getUserMedia = async function (constraints) {
          const stream = await open.call(this, constraints);
          Object.assign(window, { openedTrack: stream.getVideoTracks()[0] });
          return stream;
        };
        HTMLMediaElement.prototype.play = () => Promise.reject(new DOMException("", "AbortError"));
      }),
    );
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await page.getByText(/^The camera sends no picture/).waitFor();
    const state = await page.evaluate(() => (window as unknown as { openedTrack: MediaStreamTrack }).openedTrack.readyState);
    expect(state).toBe("ended");
  });

  test("a film is saved when it is stopped, and when the user leaves the page during the recording", async () => {
    const { page } = await livePage();
    await startClip(page);
    await page.getByRole("button", { name: "Record a film" }).click();
    await untilChanged(page, await shown(page));
    const ended = page.waitForEvent("download");
    await page.getByRole("button", { name: "Stop and save the film" }).click();
    expect(await filmBytes(await ended)).toBeGreaterThan(100);
    await page.getByRole("button", { name: "Record a film" }).click();
    await untilChanged(page, await shown(page));
    const left = page.waitForEvent("download");
    await page.locator('a[href^="/translate"]').first().click();
    expect(await filmBytes(await left)).toBeGreaterThan(100);
  });

  test("the slider of the split view moves the border of the translation", async () => {
    const { page } = await livePage();
    await startClip(page);
    await page.getByLabel("View").selectOption("split");
    const border = () => page.getByTestId("live-result").evaluate((canvas) => getComputedStyle(canvas).clipPath);
    expect(await border()).toBe("inset(0px 0px 0px 50%)");
    await page.getByRole("slider", { name: "Divider between original and translation" }).fill("80");
    expect(await border()).toBe("inset(0px 0px 0px 80%)");
  });

  test("continues after an interruption of the server", async () => {
    const { page } = await livePage();
    await startClip(page);
    await studio.server.stop();
    await page.getByText(/^Connection lost/).waitFor();
    await studio.server.start();
    await untilChanged(page, await shown(page));
  });
});
