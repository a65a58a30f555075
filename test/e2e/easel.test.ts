import type { Locator, Page } from "playwright-core";
import { expect, test } from "vitest";
import { seriousFindings } from "../helpers/axe.js";
import { pngPicture } from "../helpers/pictures.js";
import { describeStudio } from "../helpers/studio.js";
import { openNumbers, overflow, screenshot, waitForStatus } from "../helpers/studio-page.js";
import { until } from "../helpers/until.js";

const shipped = ["balanced", "gentle", "strong", "fine", "large", "colours"].map((id) => `/presets/${id}.webp`);

/** Number of sessions on a server, those included that are in no list. */
async function sessionsOf(address: string): Promise<number> {
  const metrics = await (await fetch(`${address}/metrics`)).text();
  return [...metrics.matchAll(/^atelier_sessions\{.*\} (\d+)$/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
}

const IMAGES = "{ images { edges { node { id } } } }";

const sources = (pictures: Locator) => pictures.evaluateAll((all: Element[]) => all.map((one) => one.getAttribute("src")));

async function choose(page: Page, photo: string, style: string): Promise<void> {
  for (const [group, name] of [
    ["Photo", photo],
    ["Style", style],
  ] as const) {
    await page.getByRole("radiogroup", { name: group, exact: true }).getByRole("radio", { name, exact: true }).check({ force: true });
  }
}

describeStudio("a new painting in a browser, with the bundled network", { camera: true }, (studio) => {
  test("takes its photo with the camera, mixes styles, paints with a preset, and estimates how long the next one takes", async () => {
    const { page, complaints } = await studio.open();
    await page.goto("/");
    await page.getByRole("button", { name: "Take a photo with the camera" }).click();
    const camera = page.getByRole("dialog", { name: "Take a picture" });
    await camera.locator("video").waitFor();
    await screenshot(page, "easel-camera");
    await camera.getByRole("button", { name: "Take picture" }).click();
    await page.getByRole("radio", { name: "Camera.jpg", checked: true }).waitFor({ state: "attached" });

    await page.getByRole("button", { name: "Add another style" }).click();
    const picker = page.getByRole("dialog", { name: "Add another style" });
    await picker.getByRole("radio", { name: "Breakers" }).check({ force: true });
    await picker.getByRole("button", { name: "Use it" }).click();
    const mix = page.getByRole("region", { name: "Several styles" });
    await mix.getByRole("textbox", { name: "Share" }).nth(1).fill("0.25");
    const balance = page.getByRole("slider", { name: "More photo or more style" });
    await balance.focus();
    await page.keyboard.press("End");
    await openNumbers(page);
    expect(await page.getByRole("textbox", { name: "β" }).inputValue()).toBe("1600");
    await page.getByRole("radio", { name: "Large shapes" }).click();
    expect(await page.getByRole("textbox", { name: "β" }).inputValue()).toBe("200");
    expect(await page.getByRole("textbox", { name: "Steps" }).inputValue()).toBe("120");
    await page.getByRole("textbox", { name: "Size" }).fill("64");
    expect(await page.getByRole("radio", { name: "Large shapes" }).isChecked()).toBe(true);
    // On a server that has painted nothing yet.
    await page.getByText(/^Takes about \d.* on this server\.$/).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await page.waitForURL(/\/s\?id=/);
    await waitForStatus(page, "Finished");
    const id = new URL(page.url()).searchParams.get("id");
    const { session } = await studio.client.query(
      "query ($id: ID!) { session(id: $id) { ... on StyleTransferSession { styles { weight } content { width height } settings { steps } } } }",
      { id },
    );
    expect(session).toEqual({ styles: [{ weight: 1 }, { weight: 0.25 }], content: { width: 160, height: 120 }, settings: { steps: 120 } });

    const again = page.getByRole("link", { name: "New painting from this" });
    // In another tab too, where the menu of the link opens it.
    const other = (await studio.open()).page;
    await other.goto((await again.getAttribute("href")) ?? "");
    await openNumbers(other);
    expect(await other.getByRole("textbox", { name: "Size" }).inputValue()).toBe("64");
    expect(await other.getByRole("textbox", { name: "Share" }).nth(1).inputValue()).toBe("0.25");
    await other.close();
    await again.click();
    await page.getByRole("button", { name: "Start", exact: true }).waitFor();
    expect(await page.getByRole("textbox", { name: "Size" }).inputValue()).toBe("64");
    expect(await mix.getByRole("textbox", { name: "Share" }).nth(1).inputValue()).toBe("0.25");
    await page.getByRole("textbox", { name: "Size" }).fill("96");
    await page.getByText(/^Takes about \d.* on this server\.$/).waitFor();
    await screenshot(page, "easel-desktop", true);
    await page.setViewportSize({ width: 360, height: 780 });
    expect(await overflow(page)).toBe(0);
    await screenshot(page, "easel-phone", true);
    expect(complaints).toEqual([]);
  });

  test.each([
    ["gives pictures", false],
    ["has stopped giving pictures", true],
  ])("turns a camera off that %s when the picture is taken, before it is turned on again", async (_what, isSilent) => {
    const { page } = await studio.open();
    await page.addInitScript((silent) => {
      const open = MediaDevices.prototype.getUserMedia;
      const states = { openedTrack: null as MediaStreamTrack | null, before: null as string | null };
      Object.assign(window, { states });
      MediaDevices.prototype.getUserMedia = async function (constraints) {
        states.before = states.openedTrack?.readyState ?? null;
        const stream = await open.call(this, constraints);
        states.openedTrack = stream.getVideoTracks()[0] ?? null;
        return stream;
      };
      if (silent)
        Object.assign(window, {
          MediaStreamTrackProcessor: class {
            readable = new ReadableStream();
          },
        });
    }, isSilent);
    const states = () =>
      page.evaluate(() => {
        const { openedTrack, before } = (window as unknown as { states: { openedTrack: MediaStreamTrack | null; before: string | null } })
          .states;
        return [before, openedTrack?.readyState];
      });
    await page.goto("/");
    const camera = page.getByRole("dialog", { name: "Take a picture" });
    const turnOn = async () => {
      await page.getByRole("button", { name: "Take a photo with the camera" }).click();
      await camera.locator("video").waitFor();
    };
    await turnOn();
    expect(await states()).toEqual([null, "live"]);
    await camera.getByRole("button", { name: "Take picture" }).click();
    await turnOn();
    expect(await states()).toEqual(["ended", "live"]);
    await camera.getByRole("button", { name: "Close" }).click();
    await expect.poll(states).toEqual(["ended", "ended"]);
  });

  test("paints the presets from the chosen photo and style, and leaves nothing of that on the server", async () => {
    const before = await studio.client.query(IMAGES);
    const sessionsBefore = await sessionsOf(studio.server.address);
    const { page, complaints } = await studio.open();
    await page.goto("/");
    const pictures = page.getByRole("radiogroup", { name: "Presets" }).locator("img");
    expect(await sources(pictures)).toEqual(shipped);
    const place = await pictures.nth(3).boundingBox();
    await choose(page, "Raccoon", "Breakers");
    await until(async () => (await sources(pictures)).every((source) => source?.startsWith("data:image/png")));
    const painted = await sources(pictures);
    expect(new Set(painted).size).toBe(6);
    expect(await pictures.nth(3).boundingBox()).toEqual(place);
    await page.evaluate(() => document.fonts.ready);
    await screenshot(page, "easel-presets");
    expect(await seriousFindings(page)).toEqual([]);
    await until(async () => (await sessionsOf(studio.server.address)) === sessionsBefore);
    expect(await studio.client.query(IMAGES)).toEqual(before);

    await page.reload();
    await until(async () => (await sources(pictures)).join() === painted.join());
    await choose(page, "Bridge at dusk", "Night wind");
    await until(async () => (await sources(pictures)).join() === shipped.join());
    expect(complaints).toEqual([]);
  });

  test("ends the picture of a preset that is being painted when the page closes", async () => {
    const count = () => sessionsOf(studio.server.address);
    // What the page of the test before was painting goes too.
    const before: number = (await studio.client.query("{ sessions { totalCount } }")).sessions.totalCount;
    await until(async () => (await count()) === before);
    const { page } = await studio.open();
    await page.goto("/");
    // A page that does not know what it started leaves that to the end of its lease.
    const started = page.waitForResponse((response) => response.request().postData()?.includes("startStyleTransfer") ?? false);
    await choose(page, "Dahlia", "Stained glass");
    await (await started).finished();
    await until(async () => (await count()) > before);
    await page.goto("about:blank");
    await until(async () => (await count()) === before);
  });

  test("offers pictures that were uploaded to this server before", async () => {
    const image = await studio.client.upload((await pngPicture(70, 50, 9)).bytes);
    const { page, complaints } = await studio.open({ width: 360, height: 780 });
    await page.goto("/");
    await page.getByRole("button", { name: "Choose a style from this server" }).click();
    const dialog = page.getByRole("dialog", { name: "Pictures on this server" });
    await dialog.getByRole("button", { name: "Picture 1", exact: true }).click();
    await dialog.waitFor({ state: "detached" });
    const chosen = page.getByRole("region", { name: "Style", exact: true }).getByRole("img", { name: "Picture on this server" });
    expect(await chosen.getAttribute("src")).toBe(`/images/${image}?w=1024`);
    expect(complaints).toEqual([]);
  });
});
