import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe } from "vitest";
import { findBrowser, launchBrowser, openPage, type WatchedPage } from "./browser.js";
import { fakeCameraFlags, writeFilm } from "./fake-camera.js";
import type { GraphqlClient } from "./graphql-client.js";
import { ServerFixture } from "./server-fixture.js";
import { noteSkipped } from "./skipped.js";

/** What serves the studio. */
export interface StudioServer {
  /** A data folder, once it has started. */
  readonly folder: string;
  readonly address: string;
  readonly client: GraphqlClient;
  start(): Promise<void>;
  stop(signal?: NodeJS.Signals): Promise<unknown>;
}

export interface BrowserOptions {
  /** Longest time of one test, ms. */
  timeout?: number;
  /** Longest wait of a page for one condition, ms. */
  pageTimeout?: number;
  /** Whether the browser has a camera, which shows a film of a moving bar. */
  camera?: boolean;
  /** More flags of the browser. */
  flags?: readonly string[];
  /** What this machine lacks for these tests; null when it has everything. */
  missing?: string | null;
}

export interface StudioOptions extends BrowserOptions {
  /** Environment of the server, which by default paints on the CPU with the bundled models. */
  variables?: () => Record<string, string>;
  /** A server that these tests share with others; by default they have their own. */
  server?: ServerFixture;
}

/** The studio in a real browser, served by a real server. */
export class Studio<Server extends StudioServer = ServerFixture> {
  browser!: Browser;
  private readonly pages: WatchedPage[] = [];
  private readonly pageTimeout: number;

  /** Registers the hooks that start everything, close the pages after each test, and end everything. */
  constructor(
    executable: string,
    readonly server: Server,
    { camera = false, flags = [], pageTimeout = 150_000 }: BrowserOptions,
  ) {
    this.pageTimeout = pageTimeout;
    beforeAll(async () => {
      const cameraFlags = camera ? fakeCameraFlags(await writeFilm(this.server.folder)) : [];
      this.browser = await launchBrowser(executable, [...cameraFlags, ...flags]);
    });
    afterEach(async () => {
      for (const { page } of this.pages.splice(0)) await page.close();
    });
    afterAll(() => this.browser.close());
  }

  get client(): GraphqlClient {
    return this.server.client;
  }

  /** Opens an empty page that collects console errors, uncaught errors and failed requests. */
  async open(viewport?: { width: number; height: number }): Promise<WatchedPage> {
    const watched = await openPage(this.browser, this.server.address, viewport);
    watched.page.setDefaultTimeout(this.pageTimeout);
    this.pages.push(watched);
    return watched;
  }
}

/** Describes tests of the studio in a browser; prints the reason when this machine cannot run them. */
export function describeStudio(name: string, options: StudioOptions, tests: (studio: Studio) => void): void {
  describeStudioOn(name, options, () => options.server ?? new ServerFixture(options.variables), tests);
}

/** The same with another server: `serve` makes it, and registers the hooks that start and end it. */
export function describeStudioOn<Server extends StudioServer>(
  name: string,
  options: BrowserOptions,
  serve: () => Server,
  tests: (studio: Studio<Server>) => void,
): void {
  const executable = findBrowser();
  const missing = [executable === null ? "There is no chromium on the PATH." : null, options.missing ?? null];
  const reasons = missing.filter((reason) => reason !== null);
  for (const reason of reasons) noteSkipped(reason);
  const { timeout } = options;
  describe.skipIf(reasons.length > 0)(name, timeout === undefined ? {} : { timeout }, () =>
    tests(new Studio(executable ?? "", serve(), options)),
  );
}
