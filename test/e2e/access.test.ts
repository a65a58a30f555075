import { hostname } from "node:os";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { seriousFindings } from "../helpers/axe.js";
import { operatorLink } from "../helpers/operator-link.js";
import { pngPicture } from "../helpers/pictures.js";
import { describeStudio } from "../helpers/studio.js";
import { overflow, screenshot, startPainting, waitForStatus, waitForStep } from "../helpers/studio-page.js";

const variables = () => ({ ATELIER_ACCESS: "link", HOST: "0.0.0.0" });

// A name that this machine answers to, and that browsers do not take for this machine's own.
const ownName = hostname().toLowerCase();
const flags = [`--host-resolver-rules=MAP ${ownName} 127.0.0.1`];

describeStudio("a server with links, in browsers", { variables, camera: true, flags }, (studio) => {
  const link = (name: string, role: string) => operatorLink(studio.server, name, role);
  const madeLink = async (page: Page) => new URL(await page.getByRole("textbox", { name: "Link" }).inputValue());
  const closed = (page: Page) => page.getByRole("heading", { name: "This server is private" }).waitFor();

  /** Starts a painting of the same pictures as another one, as a kiosk does: the server deletes it in ten minutes. */
  const startTemporary = (page: Page, like: string) =>
    page.evaluate(async (id) => {
      const ask = async (query: string, variables: object) => {
        const init = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ query, variables }) };
        return (await (await fetch("/graphql", init)).json()).data;
      };
      const find = "query ($id: ID!) { session(id: $id) { ... on StyleTransferSession { content { id } styles { image { id } } } } }";
      const { session } = await ask(find, { id });
      const styles = [{ imageId: session.styles[0].image.id }];
      const input = { contentId: session.content.id, styles, title: "Of a kiosk", size: 64, steps: 5000, expiresIn: 600 };
      await ask("mutation ($input: StyleTransferInput!) { startStyleTransfer(input: $input) { id } }", { input });
    }, like);

  /** What a painting's page offers to those who may only watch; the server would refuse everything else to them. */
  const forWatching =
    /^(Share…|Export…|Compare|Zoom out|100%|Fit|Zoom in|Full screen|Painting|With the (photo|style)|(Previous|Next) picture|Step( \d+)?)$/;
  const onlyToWatch = async (page: Page) => {
    const offered = await page
      .getByRole("main")
      .locator("button:visible, input:visible, select:visible, a:visible, [role=slider]:visible, [role=radio]:visible")
      .evaluateAll((all) => all.map((one) => one.getAttribute("aria-label") ?? one.textContent ?? ""));
    expect(offered.filter((name) => !forWatching.test(name))).toEqual([]);
    await page.getByRole("button", { name: "Export…" }).click();
    const groups = page.getByRole("dialog", { name: "Export" }).locator("optgroup");
    expect(await groups.evaluateAll((all) => all.map((one) => (one as HTMLOptGroupElement).label))).not.toContain("Time-lapse");
    await page.keyboard.press("Escape");
  };

  test("a class: a teacher makes a link, pupils paint on their own and share, and the link is revoked", async () => {
    const stranger = (await studio.open({ width: 360, height: 780 })).page;
    await stranger.goto("/");
    await closed(stranger);
    expect(await overflow(stranger)).toBe(0);
    expect(await seriousFindings(stranger)).toEqual([]);
    await screenshot(stranger, "access-closed-phone");
    await stranger.goto("/open");
    await stranger.getByText("This address contains no link.", { exact: false }).waitFor();

    const teacher = await studio.open();
    await teacher.page.goto(await link("Teacher", "ADMIN"));
    await teacher.page.getByRole("link", { name: "Teacher · Admin" }).click();
    await teacher.page.getByRole("heading", { name: "Who may use this server" }).waitFor();
    await teacher.page.getByRole("textbox", { name: "Name" }).fill("Class 7b");
    await teacher.page.getByRole("button", { name: "Make the link" }).click();
    await teacher.page.getByRole("img", { name: "QR code of the link" }).waitFor();
    const classLink = await madeLink(teacher.page);
    // Another link, for those who only watch, until a day.
    const form = teacher.page.getByRole("region", { name: "New link", exact: true });
    await form.getByRole("textbox", { name: "Name" }).fill("Parents");
    await form.getByRole("combobox", { name: "Role" }).selectOption("May watch");
    await form.getByLabel("Until").fill("2099-06-30T18:45");
    await form.getByRole("button", { name: "Make the link" }).click();
    const listed = teacher.page.getByRole("region", { name: "Links", exact: true }).getByRole("listitem").filter({ hasText: "Parents" });
    const until = await teacher.page.evaluate(() =>
      new Date("2099-06-30T18:45").toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" }),
    );
    await listed.getByText(/^May watch · made .* · until /).waitFor();
    expect(await listed.textContent()).toContain(`until ${until}`);
    expect(await seriousFindings(teacher.page)).toEqual([]);
    await screenshot(teacher.page, "access-admin", true);
    await teacher.page.setViewportSize({ width: 360, height: 780 });
    expect(await overflow(teacher.page)).toBe(0);
    await screenshot(teacher.page, "access-admin-phone", true);

    const pupils = [await studio.open(), await studio.open({ width: 390, height: 844 }), await studio.open()];
    for (const { page } of pupils) {
      await page.goto(classLink.pathname + classLink.hash);
      await page.getByText("Class 7b · May paint").waitFor();
      // The secret is in no address from now on.
      expect(page.url()).not.toContain(classLink.hash);
    }
    const [painter, viewer] = [pupils[0]!.page, pupils[1]!.page];
    await startPainting(painter, { photo: "Alps", style: "Breakers", steps: 5000, size: 64 });
    await waitForStep(painter, 1);
    // An admin sees what runs, who has how much, and stops it.
    await teacher.page.goto("/admin");
    await teacher.page.getByRole("region", { name: "Space" }).getByText("Class 7b").first().waitFor();
    await teacher.page.getByText("Limits", { exact: true }).click();
    await teacher.page.getByText("for each person but admins", { exact: false }).first().waitFor();
    expect(await overflow(teacher.page)).toBe(0);
    expect(await seriousFindings(teacher.page)).toEqual([]);
    await screenshot(teacher.page, "access-admin-work-phone", true);
    await teacher.page
      .getByRole("region", { name: "Now" })
      .getByRole("button", { name: /^Stop / })
      .click();
    await waitForStatus(painter, "Stopped");
    await teacher.page.getByText("Nothing runs or waits.").waitFor();
    const painting = new URL(painter.url());
    // What a kiosk paints is in no other list.
    await startTemporary(painter, painting.searchParams.get("id") ?? "");
    const stopTemporary = teacher.page.getByRole("region", { name: "Now" }).getByRole("button", { name: "Stop Of a kiosk" });
    await stopTemporary.waitFor();
    await teacher.page.getByText(/^Painting · \d+%$/).waitFor();
    await stopTemporary.click();
    await teacher.page.getByText("Nothing runs or waits.").waitFor();
    await viewer.goto("/gallery");
    await viewer.getByText("Nothing here yet.").waitFor();
    await viewer.goto(painting.pathname + painting.search);
    await viewer.getByText("There is nothing at this address.", { exact: false }).waitFor();
    await teacher.page.goto("/gallery");
    await teacher.page.getByText("By somebody else").first().waitFor();
    await painter.goto("/gallery");
    await painter
      .locator(`a[href*="${painting.searchParams.get("id")}"]`)
      .first()
      .waitFor();
    expect(await painter.getByText("By somebody else").count()).toBe(0);
    await painter.goto(painting.pathname + painting.search);

    await painter.getByRole("button", { name: "Share…" }).click();
    const dialog = painter.getByRole("dialog", { name: "Share" });
    await dialog.getByText("Whoever opens a link may watch and download, and nothing else.").waitFor();
    await dialog.getByRole("button", { name: "Make a link" }).click();
    const shared = await madeLink(painter);
    await dialog.getByRole("img", { name: "QR code of the link" }).waitFor();
    await dialog.getByRole("region", { name: "Links to it" }).getByText("May watch").waitFor();
    expect(await seriousFindings(painter)).toEqual([]);
    await screenshot(painter, "access-share");
    await painter.setViewportSize({ width: 360, height: 780 });
    expect(await overflow(painter)).toBe(0);
    await screenshot(painter, "access-share-phone");
    await viewer.goto(shared.pathname + shared.hash);
    await waitForStep(viewer, 1);
    expect(await viewer.getByRole("button", { name: "Rename" }).count()).toBe(0);
    await viewer.getByRole("link", { name: "New painting from this" }).waitFor();
    // Someone at home, without a link to the server, may watch and nothing else.
    const home = await studio.open();
    await home.page.goto(shared.pathname + shared.hash);
    await waitForStep(home.page, 1);
    await onlyToWatch(home.page);
    expect(await home.page.getByRole("link", { name: "Compare" }).count()).toBe(0);
    await screenshot(home.page, "access-shared");
    expect(home.complaints).toEqual([]);
    await dialog.getByRole("combobox", { name: "Who can see this?" }).selectOption("PRIVATE");
    await home.page.getByText("This needs access.", { exact: false }).waitFor();
    await dialog.getByRole("combobox", { name: "Who can see this?" }).selectOption("LINK");
    await home.page.reload();
    await waitForStep(home.page, 1);
    await dialog.getByRole("button", { name: "Revoke Link 1" }).click();
    await home.page.getByText("This needs access.", { exact: false }).waitFor();
    expect(await home.page.getByRole("img").count()).toBe(0);

    await teacher.page.goto("/admin");
    await teacher.page.getByRole("button", { name: "Revoke Class 7b" }).click();
    await teacher.page.getByRole("region", { name: "Links", exact: true }).getByText("Revoked").waitFor();
    await teacher.page.getByRole("button", { name: "Refresh" }).click();
    await teacher.page.getByText("Teacher: revoked a link").waitFor();
    await teacher.page.getByText("Class 7b: opened a link").first().waitFor();
    expect(await seriousFindings(teacher.page)).toEqual([]);
    await screenshot(teacher.page, "access-audit", true);
    await teacher.page.setViewportSize({ width: 360, height: 780 });
    expect(await overflow(teacher.page)).toBe(0);
    await viewer.goto("/gallery");
    await closed(viewer);
    await closed(pupils[2]!.page);
    expect(teacher.complaints).toEqual([]);
  });

  test("a teacher's own picture opens for pupils with the set-up, once the teacher shares it", async () => {
    const { page: teacher } = await studio.open();
    await teacher.goto(await link("Teacher", "ARTIST"));
    await teacher.getByText("Teacher · May paint").waitFor();
    const buffer = Buffer.from((await pngPicture(90, 60, 4)).bytes);
    await teacher.getByLabel("Upload a photo").setInputFiles({ name: "Our school.png", mimeType: "image/png", buffer });
    await teacher.getByRole("radio", { name: "Our school.png", checked: true }).waitFor({ state: "attached" });
    await teacher.getByRole("textbox", { name: "Size" }).fill("64");
    await teacher.getByRole("textbox", { name: "Steps" }).fill("5");
    await teacher.getByRole("button", { name: "Share…" }).click();
    const setup = await madeLink(teacher);
    await teacher.getByRole("button", { name: "Share the pictures too" }).click();
    await teacher.getByText("Everyone who may use this server and has the link sees the pictures.").waitFor();
    expect(await seriousFindings(teacher)).toEqual([]);

    const { page: pupil } = await studio.open();
    await pupil.goto(await link("Class", "ARTIST"));
    await pupil.getByText("Class · May paint").waitFor();
    await pupil.goto(setup.pathname + setup.search);
    await pupil.getByRole("radio", { name: "Our school.png", checked: true }).waitFor({ state: "attached" });
    await pupil.getByRole("button", { name: "Start", exact: true }).click();
    await waitForStatus(pupil, "Finished");

    // The page of someone who came by a link to the finished painting closes with the link, too.
    await pupil.getByRole("button", { name: "Share…" }).click();
    await pupil.getByRole("button", { name: "Make a link" }).click();
    const shared = await madeLink(pupil);
    const { page: home } = await studio.open();
    await home.goto(shared.pathname + shared.hash);
    await waitForStep(home, 5);
    await pupil.getByRole("button", { name: "Revoke Link 1" }).click();
    await home.getByText("This needs access.", { exact: false }).waitFor();
  });

  test("a museum: a kiosk comes by a link, and a visitor takes their painting home", async () => {
    // A screen that reaches the server by its name in the network has no camera there without TLS, and needs none for the loop.
    const elsewhere = studio.server.address.replace("127.0.0.1", ownName);
    const screen = (await studio.open({ width: 1080, height: 1920 })).page;
    const kiosk = await link("Hall", "ARTIST");
    await screen.goto(elsewhere + kiosk);
    await screen.getByText("Hall · May paint").waitFor();
    await screen.goto(`${elsewhere}/kiosk?size=64&steps=5&seconds=1&photos=alps&styles=breakers&camera=0`);
    await screen.getByText("French Alps, in the style of Breakers").waitFor();
    await screen.locator("main[data-phase=showing]").waitFor();
    await screen.goto("about:blank");

    const { page } = await studio.open({ width: 540, height: 960 });
    await page.goto(kiosk);
    await page.getByText("Hall · May paint").waitFor();
    await page.goto("/kiosk?size=64&steps=5&seconds=1&photos=alps&styles=breakers,engraving&phones=https://museum.example&lang=de");
    await page.getByRole("button", { name: "Mich malen lassen" }).click();
    await page.getByRole("button", { name: "Kupferstich" }).click();
    await page.locator("main[data-phase=showing]").waitFor();
    const [answer] = await Promise.all([
      page.waitForResponse((response) => response.request().postData()?.includes("shareSession") ?? false),
      page.getByRole("button", { name: "Mit nach Hause nehmen" }).click(),
    ]);
    await page.getByRole("img", { name: "Scannen und mitnehmen" }).waitFor();
    const { path } = ((await answer.json()) as { data: { shareSession: { path: string } } }).data.shareSession;
    const phone = await studio.open({ width: 390, height: 844 });
    await phone.page.goto(path.replace("#", "?to=take&lang=de#"));
    await phone.page.getByRole("heading", { name: "Ihr Gemälde" }).waitFor();
    await phone.page.getByRole("link", { name: "Herunterladen" }).waitFor();
    await phone.page.goto("/gallery");
    await closed(phone.page);
  });

  test("with the link of a viewer one watches what is public, and signs out", async () => {
    const { page, complaints } = await studio.open();
    await page.goto(await link("Visitors", "VIEWER"));
    await page.getByRole("heading", { name: "With your link you can watch" }).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await screenshot(page, "access-viewer");
    await page.getByRole("link", { name: "Open the gallery" }).click();
    await page.getByText("Nothing here yet.").waitFor();
    // Only the rooms in which one can watch.
    const rooms = page.getByRole("navigation", { name: "Pages" }).getByRole("link");
    expect(await rooms.allTextContents()).toEqual(["Gallery", "Models"]);
    const { page: artist } = await studio.open();
    await artist.goto(await link("Artist", "ARTIST"));
    await artist.getByText("Artist · May paint").waitFor();
    await startPainting(artist, { photo: "Alps", style: "Breakers", steps: 5000, size: 64 });
    await artist.getByRole("button", { name: "Share…" }).click();
    await artist.getByRole("combobox", { name: "Who can see this?" }).selectOption("PUBLIC");
    await page.getByRole("link", { name: /Breakers/ }).click();
    await waitForStep(page, 1);
    await onlyToWatch(page);
    await artist.keyboard.press("Escape");
    await artist.getByRole("button", { name: "Stop here" }).click();
    await page.getByText("Stopped", { exact: true }).waitFor();
    await onlyToWatch(page);
    expect(complaints).toEqual([]);
    await page.getByRole("button", { name: "Sign out" }).click();
    await closed(page);
  });

  test("over http from another machine, the live room says what its camera needs, and plays the sample clip", async () => {
    const { page } = await studio.open();
    const address = studio.server.address.replace("127.0.0.1", ownName);
    await page.goto(address + (await link("Stage", "ARTIST")));
    await page.getByText("Stage · May paint").waitFor();
    await page.goto(`${address}/live`);
    await page.getByRole("textbox", { name: "Size" }).fill("128");
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await page.getByText("The camera works only at https addresses and on this computer itself (localhost).").waitFor();
    await page.getByRole("button", { name: "Show the sample clip" }).click();
    await page.waitForFunction(() => document.querySelector<HTMLCanvasElement>("[data-testid=live-result]")?.width !== 4);
    const output = page.getByRole("region", { name: "Output" });
    await output.getByText("Show it in OBS").click();
    await output.getByRole("button", { name: "Make an address" }).click();
    const shown = await output.getByRole("textbox", { name: "Address for OBS and other programs" }).inputValue();
    expect(shown).toMatch(`${address}/live/out/live.mjpeg?key=`);
    expect(await seriousFindings(page)).toEqual([]);
    await screenshot(page, "access-output", true);
    await page.setViewportSize({ width: 360, height: 780 });
    expect(await overflow(page)).toBe(0);
    await screenshot(page, "access-output-phone", true);
    // As ffmpeg reads it, and as OBS shows it in a browser of its own: neither has a cookie.
    const asProgram = async (url: string) => {
      const response = await fetch(url.replace(ownName, "127.0.0.1"));
      await response.body?.cancel();
      return response.status;
    };
    expect(await asProgram(shown)).toBe(200);
    expect(await asProgram(shown.replace(/\?.*/, ""))).toBe(401);
    const obs = (await studio.open()).page;
    await obs.goto(shown, { waitUntil: "commit" });
    await obs.waitForFunction(() => (document.images[0]?.naturalWidth ?? 0) > 0);
    await output.getByRole("region", { name: "Addresses of this output" }).getByRole("button", { name: "Revoke" }).click();
    await expect.poll(() => asProgram(shown)).toBe(401);
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await page.getByText(/^Press Start/).waitFor();
  });

  test("someone whose link is revoked while events bring what is new is told at once", async () => {
    const { page } = await studio.open();
    // As in a tab whose network blocks WebSockets.
    await page.addInitScript(() => sessionStorage.setItem("atelier-transport", "events"));
    await page.goto(await link("Guests", "VIEWER"));
    await page.getByRole("heading", { name: "With your link you can watch" }).waitFor();
    const stream = page.waitForResponse((response) => response.headers()["content-type"]?.startsWith("text/event-stream") ?? false);
    await page.goto("/gallery");
    await stream;
    const { page: teacher } = await studio.open();
    await teacher.goto(await link("Teacher", "ADMIN"));
    await teacher.getByText("Teacher · Admin").waitFor();
    await teacher.goto("/admin");
    await teacher.getByRole("button", { name: "Revoke Guests" }).click();
    await closed(page);
  });
});
