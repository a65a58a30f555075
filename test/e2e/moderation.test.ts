import { hostname } from "node:os";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { seriousFindings } from "../helpers/axe.js";
import { certificateOfFile, noCertificates } from "../helpers/certificate.js";
import { operatorLink } from "../helpers/operator-link.js";
import { describeStudio } from "../helpers/studio.js";
import { overflow, screenshot, startPainting, waitForStatus, waitForStep } from "../helpers/studio-page.js";

const certificate = certificateOfFile();
const variables = () => {
  const access = { ATELIER_ACCESS: "link", ATELIER_APPROVAL: "1", ATELIER_RETENTION_HOURS: "48" };
  return { HOST: "0.0.0.0", ...access, ...certificate() };
};

// A name that this machine answers to, and that browsers do not take for this machine's own.
const ownName = hostname().toLowerCase();
const flags = [`--host-resolver-rules=MAP ${ownName} 127.0.0.1`, "--ignore-certificate-errors"];
const options = { variables, camera: true, flags, missing: noCertificates };

describeStudio("a museum that looks at what visitors paint before others see it", options, (studio) => {
  const enter = async (page: Page, name: string, role: "ARTIST" | "ADMIN", address = "") => {
    await page.goto(address + (await operatorLink(studio.server, name, role)));
    await page.getByText(`${name} · ${role === "ADMIN" ? "Admin" : "May paint"}`).waitFor();
  };

  test("a visitor of a kiosk on another machine takes a painting home, whose link opens once the museum has approved it", async () => {
    const elsewhere = studio.server.address.replace("127.0.0.1", ownName);
    const { page: hall } = await studio.open({ width: 540, height: 960 });
    await enter(hall, "Hall", "ARTIST", elsewhere);
    const set = "size=64&steps=5&seconds=1&photos=alps&styles=breakers,engraving&phones=https://museum.example&lang=en";
    await hall.goto(`${elsewhere}/kiosk?${set}`);
    await hall.getByRole("button", { name: "Paint me" }).click();
    await hall.getByRole("button", { name: "Engraving" }).click();
    await hall.locator("main[data-phase=showing]").waitFor();
    const [answer] = await Promise.all([
      hall.waitForResponse((response) => response.request().postData()?.includes("shareSession") ?? false),
      hall.getByRole("button", { name: "Take it home" }).click(),
    ]);
    await hall.getByText("The code opens your painting once the museum has looked at it.").waitFor();
    const { path } = ((await answer.json()) as { data: { shareSession: { path: string } } }).data.shareSession;
    await hall.goto("about:blank");

    const { page: phone } = await studio.open({ width: 390, height: 844 });
    await phone.goto(elsewhere + path.replace("#", "?to=take&lang=fr#"));
    await phone.getByText("Le musée n’a pas encore regardé ce tableau.", { exact: false }).waitFor();
    expect(await phone.getByRole("img").count()).toBe(0);
    expect(await seriousFindings(phone)).toEqual([]);
    await screenshot(phone, "moderation-phone");

    const { page: museum, complaints } = await studio.open({ width: 1024, height: 800 });
    await enter(museum, "Curator", "ADMIN");
    await museum.goto("/admin");
    await museum.getByRole("heading", { name: "Waiting for approval" }).waitFor();
    await museum.getByRole("button", { name: /^Refuse / }).waitFor();
    expect(await seriousFindings(museum)).toEqual([]);
    await screenshot(museum, "moderation-admin", true);
    await museum.setViewportSize({ width: 360, height: 780 });
    expect(await overflow(museum)).toBe(0);
    await museum.getByRole("button", { name: /^Approve / }).click();
    await museum.getByText("Nothing waits for approval.").waitFor();
    // The phone looks again by itself.
    await phone.getByRole("link", { name: "Télécharger" }).waitFor();
    expect(complaints).toEqual([]);
  });

  test("an artist's painting waits, is approved, and is hidden when the museum refuses it later", async () => {
    const { page: artist, complaints } = await studio.open();
    await enter(artist, "Artist", "ARTIST");
    await startPainting(artist, { photo: "Alps", style: "Breakers", steps: 5, size: 64 });
    await waitForStatus(artist, "Finished");
    const painting = new URL(artist.url());
    await artist.getByRole("button", { name: "Share…" }).click();
    await artist.getByText("An admin looks at it before others see it.").waitFor();
    await artist.getByRole("combobox", { name: "Who can see this?" }).selectOption("PUBLIC");
    const waits = "Waits for an admin's approval. Until then only you and admins see it.";
    await artist.getByRole("dialog", { name: "Share" }).getByText(waits).waitFor();
    expect(await seriousFindings(artist)).toEqual([]);
    await artist.reload();
    await artist.getByText(waits).waitFor();
    await artist.goto("/gallery");
    await artist.getByText("Waits for approval", { exact: true }).waitFor();
    await artist.getByText("Paintings are deleted 2 days after they end", { exact: false }).waitFor();
    await screenshot(artist, "moderation-gallery");

    const { page: stranger } = await studio.open();
    await stranger.goto(painting.pathname + painting.search);
    await stranger.getByText("This needs access.", { exact: false }).waitFor();
    const { page: museum } = await studio.open();
    await enter(museum, "Curator", "ADMIN");
    const { page: colleague } = await studio.open();
    await enter(colleague, "Colleague", "ADMIN");
    await colleague.goto("/admin");
    await colleague.getByRole("button", { name: /^Approve .*Breakers/ }).waitFor();
    await museum.goto("/admin");
    await museum.getByRole("button", { name: /^Approve .*Breakers/ }).click();
    for (const admin of [museum, colleague]) await admin.getByText("Nothing waits for approval.").waitFor();
    await stranger.reload();
    await waitForStep(stranger, 5);
    const { page: neighbour } = await studio.open();
    await enter(neighbour, "Neighbour", "ARTIST");
    await neighbour.goto("/gallery");
    const card = neighbour.getByRole("link", { name: /Breakers/ });
    await card.waitFor();
    const id = painting.searchParams.get("id");
    await museum.evaluate(async (sessionId) => {
      const query = "mutation ($id: ID!) { reviewSession(sessionId: $id, approve: false) { id } }";
      const body = JSON.stringify({ query, variables: { id: sessionId } });
      await fetch("/graphql", { method: "POST", headers: { "Content-Type": "application/json" }, body });
    }, id);
    // A gallery that is open loses it by itself.
    await card.waitFor({ state: "detached" });
    await stranger.reload();
    await stranger.getByText("This needs access.", { exact: false }).waitFor();
    expect(complaints).toEqual([]);
  });
});
