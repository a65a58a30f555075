import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  defaultSettings,
  type NumberRange,
  type Setting,
  type SettingName,
  settingNames,
  styleTransferLimits,
  styleTransferSettings,
} from "../../server/records/settings.js";
import { type RunningApp, startApp } from "../helpers/app.js";

const START = `mutation ($input: StyleTransferInput!) {
  startStyleTransfer(input: $input) {
    id kind status title step queuePosition createdAt startedAt finishedAt device devices { device fromStep } error { code } latestFrame { step }
    content { id url width height mimeType bytes } styles { weight image { id } }
    settings {
      alpha beta gamma optimizer learningRate steps size scales initialImage seed preserveColors draft model
      contentLayers { layer weight } styleLayers { layer weight }
    }
    losses { step } frames { totalCount }
  }
}`;

let running: RunningApp;

beforeAll(async () => {
  running = await startApp();
});

afterAll(() => running.close());

const valid = () => ({ contentId: running.imageId, styles: [{ imageId: running.imageId }] });

test("a session starts QUEUED with the default settings", async () => {
  const nulls = { alpha: null, learningRate: null, styleLayers: null, model: null, title: null, seed: null };
  const { startStyleTransfer: session } = await running.client.query(START, { input: { ...valid(), ...nulls } });
  expect(session).toMatchObject({
    kind: "STYLE_TRANSFER",
    status: "QUEUED",
    title: null,
    step: -1,
    queuePosition: 1,
    startedAt: null,
    finishedAt: null,
    device: null,
    devices: [],
    error: null,
    latestFrame: null,
    losses: [],
    frames: { totalCount: 0 },
    content: { id: running.imageId, url: `/images/${running.imageId}`, width: 64, height: 48, mimeType: "image/png" },
    styles: [{ weight: 1, image: { id: running.imageId } }],
    settings: {
      model: "vgg19",
      alpha: styleTransferSettings.alpha.default,
      steps: styleTransferSettings.steps.default,
      learningRate: defaultSettings().learningRate,
      styleLayers: defaultSettings().styleLayers,
      contentLayers: defaultSettings().contentLayers,
    },
  });
  expect(new Date(session.createdAt).getTime()).toBeGreaterThan(Date.now() - 60_000);
});

test("the default learning rate depends on the optimizer", async () => {
  const { startStyleTransfer: session } = await running.client.query(START, {
    input: { ...valid(), optimizer: "LBFGS", title: "  Dunes " },
  });
  expect(session).toMatchObject({
    title: "Dunes",
    settings: { optimizer: "LBFGS", learningRate: defaultSettings({ optimizer: "LBFGS" }).learningRate },
  });
});

test("a draft has at least two scales", async () => {
  const scalesAt = async (input: object) => {
    const { startStyleTransfer } = await running.client.query(START, { input: { ...valid(), draft: true, ...input } });
    expect(startStyleTransfer.settings.draft).toBe(true);
    return startStyleTransfer.settings.scales;
  };
  expect(await scalesAt({})).toBe(2);
  expect(await scalesAt({ size: 1024 })).toBe(3);
  expect(await scalesAt({ scales: 4 })).toBe(4);
  const refusal = await running.client.refusal(START, { input: { ...valid(), draft: true, scales: 1 } });
  expect(refusal).toMatchObject({ code: "BAD_INPUT", field: "input.scales", min: 2 });
});

const { size, steps, alpha, seed } = styleTransferSettings;
const manyStyles = styleTransferLimits.maxStyles + 1;

test.each([
  ["no style", { styles: [] }, "BAD_INPUT", "input.styles"],
  ["too many styles", { styles: Array.from({ length: manyStyles }, () => ({ imageId: "here" })) }, "BAD_INPUT", "input.styles"],
  ["a negative style weight", { styles: [{ imageId: "here", weight: -1 }] }, "BAD_INPUT", "input.styles.0.weight"],
  ["style weights of 0", { styles: [{ imageId: "here", weight: 0 }] }, "BAD_INPUT", "input.styles"],
  ["a size too large", { size: size.max + 1 }, "BAD_INPUT", "input.size"],
  ["a size too small", { size: size.min - 1 }, "BAD_INPUT", "input.size"],
  ["a negative size", { size: -5 }, "BAD_INPUT", "input.size"],
  ["no steps", { steps: 0 }, "BAD_INPUT", "input.steps"],
  ["too many steps", { steps: steps.max + 1 }, "BAD_INPUT", "input.steps"],
  ["a negative alpha", { alpha: -0.1 }, "BAD_INPUT", "input.alpha"],
  ["an alpha too large", { alpha: alpha.max * 1.01 }, "BAD_INPUT", "input.alpha"],
  ["a learning rate of 0", { learningRate: 0 }, "BAD_INPUT", "input.learningRate"],
  ["a negative seed", { seed: seed.min - 1 }, "BAD_INPUT", "input.seed"],
  ["an unknown layer", { styleLayers: [{ layer: "conv9_9", weight: 1 }] }, "BAD_INPUT", "input.styleLayers.0.layer"],
  [
    "a repeated layer",
    { contentLayers: [1, 1].map((weight) => ({ layer: "conv4_2", weight })) },
    "BAD_INPUT",
    "input.contentLayers.1.layer",
  ],
  ["no layer", { styleLayers: [] }, "BAD_INPUT", "input.styleLayers"],
  ["a negative layer weight", { styleLayers: [{ layer: "conv1_1", weight: -1 }] }, "BAD_INPUT", "input.styleLayers.0.weight"],
  ["an unknown model", { model: "vgg20" }, "NOT_FOUND", "input.model"],
  ["a model that leaves its folder", { model: "../vgg19" }, "BAD_INPUT", "input.model"],
  ["a model for another task", { model: "horse2zebra" }, "BAD_INPUT", "input.model"],
  ["a model that failed", { model: "broken" }, "UNAVAILABLE", "input.model"],
  ["an unknown content", { contentId: "nothing-here" }, "NOT_FOUND", "input.contentId"],
  ["a content that is not an id", { contentId: "../../etc/passwd" }, "NOT_FOUND", "input.contentId"],
  ["an id with a NUL", { contentId: "a\0b" }, "NOT_FOUND", "input.contentId"],
  ["an unknown style", { styles: [{ imageId: "nothing-here" }] }, "NOT_FOUND", "input.styles.0.imageId"],
  ["a title too long", { title: "x".repeat(styleTransferLimits.maxTitleLength + 1) }, "BAD_INPUT", "input.title"],
  ["a title with a NUL", { title: "a\0b" }, "BAD_INPUT", "input.title"],
])("%s is refused before work starts", async (_name, change, code, field) => {
  const before = await running.client.query("{ sessions { totalCount } }");
  const input = JSON.parse(JSON.stringify({ ...valid(), ...change }).replaceAll('"here"', JSON.stringify(running.imageId)));
  const refusal = await running.client.refusal(START, { input });
  expect(refusal).toMatchObject({ code, field });
  expect(await running.client.query("{ sessions { totalCount } }")).toEqual(before);
});

describe("a setting beyond its limits", () => {
  const namesOf = (...kinds: Setting["kind"][]) => settingNames.filter((name) => kinds.includes(styleTransferSettings[name].kind));
  const refusalOf = async (name: SettingName, value: unknown) => {
    const body = JSON.stringify({ query: START, variables: { input: { ...valid(), [name]: value } } });
    const response = await fetch(`${running.address}/graphql`, { method: "POST", headers: { "Content-Type": "application/json" }, body });
    const { errors } = (await response.json()) as { errors: { message: string; extensions: object }[] };
    return errors[0];
  };

  test.each(namesOf("number"))("%s is refused by its name, with its limits in words and for programs", async (name) => {
    const { min, max } = styleTransferSettings[name] as NumberRange;
    // A GraphQL Int ends where the largest seed does.
    const beyond = [min - 1, ...(max < 2 ** 31 - 1 ? [max + 1] : [])];
    for (const value of beyond) {
      expect(await refusalOf(name, value)).toMatchObject({
        message: expect.stringMatching(new RegExp(`^${name} must be .* from ${String(min)} to ${String(max)}`)),
        extensions: { code: "BAD_INPUT", field: `input.${name}`, limit: `${min}..${max}`, min, max },
      });
    }
  });

  test.each(namesOf("choice", "flag"))("%s is refused", async (name) => {
    expect(await refusalOf(name, "MAUVE")).toMatchObject({ extensions: { code: "BAD_INPUT", field: `input.${name}` } });
  });

  test.each(namesOf("layers"))("%s is refused with the layers that there are", async (name) => {
    expect(await refusalOf(name, [{ layer: "conv9_9", weight: 1 }])).toMatchObject({
      message: expect.stringContaining("conv1_1"),
      extensions: { code: "BAD_INPUT", field: `input.${name}.0.layer`, allowed: expect.arrayContaining(["conv1_1"]) },
    });
    const { maxLayerWeight: max } = styleTransferLimits;
    expect(await refusalOf(name, [{ layer: "conv1_1", weight: 2 * max }])).toMatchObject({
      extensions: { code: "BAD_INPUT", field: `input.${name}.0.weight`, min: 0, max },
    });
  });
});

test.each([
  ["NaN", "NaN"],
  ["infinity", "1e999"],
  ["a text", '"1"'],
])("the literal %s is not a weight", async (_name, literal) => {
  const { imageId } = running;
  const query = `mutation { startStyleTransfer(input: { contentId: "${imageId}", styles: [{ imageId: "${imageId}" }], alpha: ${literal} }) { id } }`;
  expect(await running.client.refusal(query)).toMatchObject({ code: "BAD_INPUT" });
});

test("infinity in a variable is not a weight", async () => {
  const body = JSON.stringify({ query: START, variables: { input: { ...valid(), alpha: "INFINITE" } } }).replace('"INFINITE"', "1e999");
  const response = await fetch(`${running.address}/graphql`, { method: "POST", headers: { "Content-Type": "application/json" }, body });
  expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: "BAD_INPUT", field: "input.alpha" } }] });
});

test("no refusal counts as the server's own fault", () => {
  expect(running.faults).toEqual([]);
});

test.each([
  ["machine", { memoryBytes: 4e9 }],
  ["card", { cardBytes: 4e9 }],
])("a %s with little memory reports its largest size and refuses more", async (_what, memory) => {
  const small = await startApp(memory);
  const { server } = await small.client.query("{ server { maxSize } }");
  expect(server.maxSize).toBeGreaterThan(256);
  expect(server.maxSize).toBeLessThan(size.max);
  const input = { contentId: small.imageId, styles: [{ imageId: small.imageId }], size: server.maxSize + 1 };
  expect(await small.client.refusal(START, { input })).toMatchObject({
    code: "BAD_INPUT",
    field: "input.size",
    limit: `${size.min}..${server.maxSize}`,
  });
  await small.close();
});

test("a card with 8 GB paints 1024 px", async () => {
  const usual = await startApp({ cardBytes: 8e9 });
  const { server } = await usual.client.query("{ server { maxSize devices { memoryBytes } } }");
  expect(server.maxSize).toBeGreaterThanOrEqual(1024);
  expect(server.devices).toEqual([{ memoryBytes: 8e9 }]);
  await usual.close();
});

test("a picture that becomes one pixel high at this size is refused before work starts", async () => {
  const line = await sharp({ create: { width: 3000, height: 60, channels: 3, background: "teal" } })
    .png()
    .toBuffer();
  const shallow = [{ layer: "conv1_1", weight: 1 }];
  const input = { ...valid(), contentId: await running.client.upload(line), size: 32, contentLayers: shallow, styleLayers: shallow };
  expect(await running.client.refusal(START, { input })).toMatchObject({ code: "BAD_INPUT", field: "input.contentId" });
});

test("no more sessions may wait than the server allows", async () => {
  const full = await startApp({ limits: { queuedSessions: 2 } });
  const input = { contentId: full.imageId, styles: [{ imageId: full.imageId }] };
  const START_ANY = "mutation ($input: StyleTransferInput!) { startStyleTransfer(input: $input) { id } }";
  for (let session = 0; session < 2; session++) await full.client.query(START_ANY, { input });
  expect(await full.client.refusal(START_ANY, { input })).toMatchObject({ code: "LIMIT", limit: 2 });
  await full.host.claim();
  await full.client.query(START_ANY, { input });
  await full.close();
});
