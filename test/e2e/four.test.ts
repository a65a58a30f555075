import { expect, test } from "vitest";
import { seriousFindings } from "../helpers/axe.js";
import { describeStudio } from "../helpers/studio.js";
import { overflow, screenshot, waitForStatus } from "../helpers/studio-page.js";

const SESSION = `query ($id: ID!) { session(id: $id) { title ... on StyleTransferSession {
  branchedAtStep settings { size } initialSettings { size steps beta } } } }`;

describeStudio("four variations, with the real server", {}, (studio) => {
  test("are painted side by side, and the best one grows", async () => {
    const { page, complaints } = await studio.open();
    await page.goto("/");
    await page.getByRole("button", { name: "Try four" }).click();
    const dialog = page.getByRole("dialog", { name: "Try four" });
    await dialog.getByRole("combobox", { name: "They differ in" }).selectOption({ label: "how much is style" });
    expect(await seriousFindings(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Paint four" }).click();
    await page.waitForURL(/\/four\?ids=/);
    const panels = page.getByRole("listitem");
    await expect.poll(() => panels.count()).toBe(4);
    const best = panels.filter({ has: page.getByRole("heading", { name: "Much of the style" }) });
    await best.getByRole("button", { name: "Make it large" }).waitFor();
    await expect.poll(() => page.getByText(/^Finished · /).count()).toBe(4);
    expect(await seriousFindings(page)).toEqual([]);
    await screenshot(page, "four");
    await page.setViewportSize({ width: 360, height: 780 });
    expect(await overflow(page)).toBe(0);
    await screenshot(page, "four-phone", true);

    await best.getByRole("button", { name: "Make it large" }).click();
    const sizes = page.getByRole("dialog", { name: "Make it large" });
    await sizes.getByRole("radio", { name: /^256 × / }).click();
    await sizes.getByRole("button", { name: "Start painting" }).click();
    await page.waitForURL(/\/s\?id=/);
    await waitForStatus(page, "Finished");
    const { session } = await studio.client.query(SESSION, { id: new URL(page.url()).searchParams.get("id") });
    expect(session).toEqual({
      title: "Bridge at dusk, Night wind · Much of the style · 256 px",
      ...{ branchedAtStep: 60, settings: { size: 256 }, initialSettings: { size: 128, steps: 60, beta: 320 } },
    });
    expect(complaints).toEqual([]);
  });
});
