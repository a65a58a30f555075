import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FileServer, stallHalfway } from "../helpers/file-server.js";
import { operatorLink } from "../helpers/operator-link.js";
import { describeStudio } from "../helpers/studio.js";
import { screenshot } from "../helpers/studio-page.js";

const bundled = join("models", "bundled", "vgg19-lite");

let mirror: FileServer;

beforeAll(async () => {
  mirror = await FileServer.start();
  const card: Record<string, unknown> = JSON.parse(await readFile(join(bundled, "card.json"), "utf8"));
  mirror.files.set("models/vgg19/card.json", Buffer.from(JSON.stringify({ ...card, id: "vgg19", title: "A network (fetched)" })));
  mirror.files.set(`models/vgg19/${card.model}`, await readFile(join(bundled, String(card.model))));
  // The first download stops half-way and waits to be cancelled; the next one goes on.
  mirror.faults.push(stallHalfway());
});

afterAll(() => mirror.close());

const options = {
  variables: () => ({ ATELIER_OFFLINE: "0", ATELIER_MODEL_MIRROR: mirror.url("models").href, ATELIER_ACCESS: "link" }),
};

describeStudio("the models in a browser, with a mirror that breaks off downloads", options, (studio) => {
  test("shows the progress of a download, stops it, and downloads the rest on request", async () => {
    const { page, complaints } = await studio.open();
    await page.goto(await operatorLink(studio.server, "Teacher", "ADMIN"));
    await page.getByText("Teacher · Admin").waitFor();
    await page.goto("/models");
    const card = page.getByRole("listitem", { name: "A network" });
    await card.getByText("Downloading A network, 50%").waitFor();
    await screenshot(page, "models-fetching", true);
    // Only admins stop it. Those who may only watch are offered nothing to paint with, either.
    const { page: visitor } = await studio.open();
    await visitor.goto(await operatorLink(studio.server, "Visitors", "VIEWER"));
    await visitor.getByRole("navigation").getByRole("link", { name: "Models" }).click();
    const seen = visitor.getByRole("listitem", { name: "A network" });
    await seen.getByText("Downloading A network, 50%").waitFor();
    expect(await visitor.getByRole("list").getByRole("button").count()).toBe(0);
    expect(await visitor.getByRole("link", { name: /with it$/ }).count()).toBe(0);
    await card.getByRole("button", { name: "Stop downloading A network" }).click();
    await card.getByRole("button", { name: "Download now: A network" }).click();
    await card.getByText("Ready").waitFor();
    await card.getByText("Used for paintings unless you choose another").waitFor();
    expect(mirror.requests.filter(({ path }) => path.endsWith(".safetensors")).at(-1)?.range).toMatch(/^bytes=[1-9]/);
    // This server is started for the processor, so no other device is tried.
    const devices = page.getByRole("region", { name: "What computes" });
    await devices.getByText(/^cpu: \d+ threads of .*, ONNX Runtime/).waitFor();
    expect(await devices.getByRole("paragraph").count()).toBe(1);
    const translator = page.getByRole("listitem", { name: "Photo to painting" });
    await translator.getByRole("link", { name: "Translate with it" }).click();
    await page.waitForURL("**/translate?model=photo-to-painting");
    expect(await page.getByRole("radio", { name: "Photo to painting" }).isChecked()).toBe(true);
    expect(complaints).toEqual([]);
  });
});
