import { type Browser, type ElementHandle, launch, type Page } from "puppeteer-core";
import { afterAll, afterEach, beforeAll, describe, expect } from "vitest";
import { findOnPath } from "./browser.js";
import { ServerFixture } from "./server-fixture.js";
import { noteSkipped } from "./skipped.js";

const preferences = {
  "ui.prefersReducedMotion": 1,
  // A camera that shows a changing colour, and that pages may use without asking.
  "media.navigator.streams.fake": true,
  "media.navigator.permission.disabled": true,
};

/** The studio in Firefox, served by a real server. Playwright drives only its own build of Firefox, so this is Puppeteer. */
export class FirefoxStudio {
  /** Console errors, uncaught errors and responses with status 400 and above, of all pages of a test. */
  complaints: string[] = [];
  readonly server = new ServerFixture();
  private browser: Browser | null = null;
  private readonly pages: FirefoxPage[] = [];

  /** Registers the hooks that start everything, close the pages after each test, and end everything. */
  constructor(executablePath: string) {
    beforeAll(async () => {
      this.browser = await launch({ browser: "firefox", executablePath, extraPrefsFirefox: preferences });
    });
    afterEach(async () => {
      this.complaints = [];
      for (const { page } of this.pages.splice(0)) await page.close();
    });
    afterAll(() => this.browser?.close());
  }

  /** Opens a page of the studio; `prepare` runs in it before the page's own scripts. */
  async open(path: string, prepare?: () => void): Promise<FirefoxPage> {
    if (!this.browser) throw new Error("Firefox does not run");
    const page = await this.browser.newPage();
    await page.setViewport({ width: 1280, height: 800 });
    page.on("console", (message) => {
      if (message.type() === "error") this.complaints.push(`${message.text()} ${message.location().url}`);
    });
    page.on("pageerror", (error) => this.complaints.push(String(error)));
    page.on("response", (response) => {
      if (response.status() >= 400) this.complaints.push(`${response.status()} ${response.url()}`);
    });
    if (prepare) await page.evaluateOnNewDocument(prepare);
    const opened = new FirefoxPage(page, this.server.address);
    this.pages.push(opened);
    await opened.go(path);
    return opened;
  }
}

/** A page in Firefox, whose parts are found by their accessible role and name. */
export class FirefoxPage {
  constructor(
    readonly page: Page,
    private readonly address: string,
  ) {}

  async go(path: string): Promise<void> {
    await this.page.goto(new URL(path, this.address).href);
  }

  /** Waits for an element. Firefox calls the role `img` "image". */
  async find(role: string, name: string): Promise<ElementHandle<Element>> {
    let found: ElementHandle<Element> | null = null;
    await expect
      .poll(
        async () => {
          found = await this.query(role, name);
          return found !== null;
        },
        { message: `${role} “${name}” on ${this.page.url()}` },
      )
      .toBe(true);
    if (!found) throw new Error(`There is no ${role} “${name}”`);
    return found;
  }

  /** Whether the page has this element now. */
  async has(role: string, name: string): Promise<boolean> {
    return (await this.query(role, name)) !== null;
  }

  async click(role: string, name: string): Promise<void> {
    await (await this.find(role, name)).click();
  }

  /** Replaces the text of a field. */
  async fill(name: string, text: string): Promise<void> {
    const field = await this.find("textbox", name);
    await field.focus();
    await this.page.keyboard.down("Control");
    await this.page.keyboard.press("a");
    await this.page.keyboard.up("Control");
    await field.type(text);
  }

  /** Gives a file to the input with this label, which is hidden from view. */
  async upload(label: string, path: string): Promise<void> {
    const input = await this.page.waitForSelector(`input[type=file][aria-label="${label}"]`);
    await (input as ElementHandle<HTMLInputElement>).uploadFile(path);
  }

  /** Chooses an entry of a list. Keys would depend on how the system opens lists. */
  async choose(list: string, entry: string): Promise<void> {
    const element = await this.find("combobox", list);
    const value = await element.evaluate(
      (select, label) => [...(select as HTMLSelectElement).options].find((option) => option.label === label)?.value,
      entry,
    );
    if (value === undefined) throw new Error(`“${list}” has no entry “${entry}”`);
    await element.select(value);
  }

  /** What a field holds. */
  async value(name: string): Promise<string> {
    return (await this.find("textbox", name)).evaluate((field) => (field as HTMLInputElement).value);
  }

  async isChecked(name: string): Promise<boolean> {
    return (await this.find("radio", name)).evaluate((radio) => (radio as HTMLInputElement).checked);
  }

  /** Waits until the page shows a text that matches. */
  async waitForText(text: RegExp): Promise<void> {
    await expect.poll(() => this.page.evaluate(() => document.body.innerText)).toMatch(text);
  }

  /** The step whose frame the canvas of a painting shows; -1 before the first, and while another session's is shown. */
  shownStep(): Promise<number> {
    return this.page.evaluate(() => {
      const [, session, step] = /^\/frames\/([^/]+)\/(\d+)$/.exec(document.querySelector("canvas")?.dataset.shown ?? "") ?? [];
      const wanted = new URLSearchParams(location.search).get("id") ?? session;
      return session === wanted && step !== undefined ? Number(step) : -1;
    });
  }

  /** What the first canvas that `selector` matches shows, as text that differs when the picture does. */
  look(selector: string): Promise<string> {
    return this.page.$eval(selector, (canvas) => (canvas as HTMLCanvasElement).toDataURL());
  }

  private query(role: string, name: string): Promise<ElementHandle<Element> | null> {
    return this.page.$(`::-p-aria([name="${name}"][role="${role}"])`);
  }
}

/** Describes tests of the studio in Firefox; prints the reason when this machine cannot run them. */
export function describeFirefox(name: string, tests: (studio: FirefoxStudio) => void): void {
  const executable = findOnPath(["firefox-esr", "firefox"]);
  if (executable === null) noteSkipped("There is no firefox-esr or firefox on the PATH.");
  describe.skipIf(executable === null)(name, () => tests(new FirefoxStudio(executable ?? "")));
}
