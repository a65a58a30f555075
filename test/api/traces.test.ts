import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { defaultSettings, type StyleTransferSettings, settingNames } from "../../server/records/settings.js";
import type { Trace } from "../../server/sessions/trace/write.js";
import { aSession } from "../contracts/records.js";
import { type RunningApp, startApp, startSession } from "../helpers/app.js";

const IMPORT = `mutation ($trace: String!, $title: String) { importTrace(trace: $trace, title: $title) {
  id status title settings { alpha beta seed steps } initialSettings { alpha } changes { step alpha } content { id } } }`;
const IMPORT_INITIAL = `mutation ($trace: String!) { importTrace(trace: $trace) { initialSettings {
  alpha beta gamma steps size scales seed optimizer learningRate initialImage preserveColors draft model
  contentLayers { layer weight } styleLayers { layer weight } } } }`;
const IMPORT_SIZE = "mutation ($trace: String!) { importTrace(trace: $trace) { id initialSettings { size } changes { size } } }";
const CANCEL = "mutation ($id: ID!) { cancelSession(sessionId: $id) { status } }";
const EXPORT = "mutation ($input: ExportInput!) { startExport(input: $input) { id state progress url } }";
const FOLLOW = "subscription ($id: ID!) { exportChanged(id: $id) { state progress url bytes error { code } } }";

let running: RunningApp;
let trace: Trace;
let sessionId: string;

beforeAll(async () => {
  running = await startApp();
  sessionId = await startSession(running, { title: "Dunes", seed: 5 });
  await running.host.claim();
  for (let step = 0; step < 4; step++) await running.host.paint(sessionId, step);
  await running.storage.changes.add(sessionId, { settings: { alpha: 3 }, styles: null }, ["RUNNING"]);
  await running.storage.changes.settle(sessionId, 2);
  const styles = [{ imageId: running.imageId, weight: 2 }];
  await running.storage.changes.add(sessionId, { settings: { beta: 4, steps: 60 }, styles }, ["RUNNING"]);
  await running.storage.changes.settle(sessionId, 3);
  await running.storage.changes.add(sessionId, { settings: { beta: 999 }, styles: null }, ["RUNNING"]);
  trace = await (await fetch(`${running.address}/sessions/${sessionId}/trace.json`)).json();
});

afterAll(async () => {
  expect(running.faults).toEqual([]);
  await running.close();
});

const send = (changed: unknown) =>
  running.client.refusal(IMPORT, { trace: typeof changed === "string" ? changed : JSON.stringify(changed) });

describe("a trace", () => {
  test("holds the initial settings, the changes with their steps, and the losses; pending changes are left out", () => {
    expect(trace).toMatchObject({ format: "atelier-trace", version: 1, title: "Dunes", step: 3, settings: { alpha: 1, seed: 5 } });
    expect(trace.changes.map(({ step, settings }) => [step, settings])).toEqual([
      [2, { alpha: 3 }],
      [3, { beta: 4, steps: 60 }],
    ]);
    expect(trace.devices).toEqual([{ device: "fake", fromStep: 0 }]);
    expect(trace.losses).toHaveLength(4);
    expect(trace.content.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  test("of a draft is one again, and needs two scales", async () => {
    const draft = { ...trace, settings: { ...trace.settings, draft: true, scales: 2 } };
    const { importTrace } = await running.client.query(IMPORT_INITIAL, { trace: JSON.stringify(draft) });
    expect(importTrace.initialSettings).toMatchObject({ draft: true, scales: 2 });
    const refusal = await send({ ...draft, settings: { ...draft.settings, scales: 1 } });
    expect(refusal).toMatchObject({ code: "BAD_INPUT", field: "trace.settings.scales", min: 2 });
  });

  test("whose setting is null gets the setting's default", async () => {
    const { importTrace } = await running.client.query(IMPORT, {
      trace: JSON.stringify({ ...trace, settings: { ...trace.settings, seed: null } }),
    });
    expect(importTrace.settings.seed).toBe(0);
    await running.client.query(CANCEL, { id: importTrace.id });
  });

  test("starts a session that repeats it", async () => {
    const { importTrace } = await running.client.query(IMPORT, { trace: JSON.stringify(trace), title: "Again" });
    expect(importTrace).toMatchObject({
      status: "QUEUED",
      title: "Again",
      settings: { alpha: 3, beta: 4, seed: 5, steps: 60 },
      initialSettings: { alpha: 1 },
      changes: [
        { step: 2, alpha: 3 },
        { step: 3, alpha: null },
      ],
      content: { id: running.imageId },
    });
    const again: Trace = await (await fetch(`${running.address}/sessions/${importTrace.id}/trace.json`)).json();
    expect({ ...again, title: "Dunes", step: 3, losses: trace.losses, device: trace.device, devices: trace.devices }).toEqual(trace);
    await running.client.query(CANCEL, { id: importTrace.id });
  });

  test("names the method of the convolutions, which a replay keeps; an older trace has the older method", async () => {
    expect(trace.convolutions).toBe("WINOGRAD_4");
    const { convolutions: _, ...older } = trace;
    for (const [given, method] of [
      [trace, "WINOGRAD_4"],
      [older, "DIRECT"],
    ] as const) {
      const { importTrace } = await running.client.query(IMPORT, { trace: JSON.stringify(given) });
      const again: Trace = await (await fetch(`${running.address}/sessions/${importTrace.id}/trace.json`)).json();
      expect(again.convolutions).toBe(method);
      await running.client.query(CANCEL, { id: importTrace.id });
    }
  });

  test("of a painting that grew has a version that older servers refuse, and repeats it", async () => {
    const grown = { ...trace, version: 2, changes: [{ step: 3, settings: { size: 64, steps: 60 }, styles: null }] };
    const { importTrace } = await running.client.query(IMPORT_SIZE, { trace: JSON.stringify(grown) });
    expect(importTrace).toMatchObject({ initialSettings: { size: trace.settings.size }, changes: [{ size: 64 }] });
    const again: Trace = await (await fetch(`${running.address}/sessions/${importTrace.id}/trace.json`)).json();
    expect(again).toMatchObject({ version: 2, changes: grown.changes });
    await running.client.query(CANCEL, { id: importTrace.id });
  });

  test.each<[string, (good: Trace) => unknown, object]>([
    [
      "with a method that does not exist",
      (good) => ({ ...good, convolutions: "FFT" }),
      { code: "BAD_INPUT", field: "trace.convolutions", limit: "DIRECT, WINOGRAD_4" },
    ],
    ["that is cut off", (good) => JSON.stringify(good).slice(0, 200), { code: "BAD_INPUT", field: "trace" }],
    ["that is something else", () => ({ format: "another" }), { code: "BAD_INPUT", field: "trace.format" }],
    ["from a newer version", (good) => ({ ...good, version: 3 }), { code: "BAD_INPUT", field: "trace.version", limit: 2 }],
    [
      "with a step beyond 31 bits",
      (good) => ({ ...good, changes: [{ step: 2 ** 31, settings: { beta: 2 }, styles: null }] }),
      { code: "BAD_INPUT", field: "trace.changes.0.step", min: 0, max: 2 ** 31 - 1 },
    ],
    ["too long", () => " ".repeat(800_001), { code: "BAD_INPUT", field: "trace", limit: 800_000 }],
    ["without its settings", ({ settings: _, ...rest }) => rest, { code: "BAD_INPUT", field: "trace.settings" }],
    ["with a number out of range", (good) => ({ ...good, settings: { ...good.settings, alpha: -1 } }), { field: "trace.settings.alpha" }],
    [
      "with text in place of a number",
      (good) => ({ ...good, settings: { ...good.settings, seed: "1" } }),
      { field: "trace.settings.seed" },
    ],
    [
      "of a model that is not here",
      (good) => ({ ...good, settings: { ...good.settings, model: "gone" } }),
      { code: "NOT_FOUND", field: "trace.settings.model" },
    ],
    [
      "of a picture that is not here",
      (good) => ({ ...good, content: { ...good.content, sha256: "0".repeat(64) } }),
      { code: "NOT_FOUND", field: "trace.content" },
    ],
    [
      "of a style that is not here",
      (good) => ({ ...good, styles: [{ ...good.styles[0], sha256: "1".repeat(64) }] }),
      { code: "NOT_FOUND", field: "trace.styles.0" },
    ],
    ["without a style", (good) => ({ ...good, styles: [] }), { code: "BAD_INPUT", field: "trace.styles" }],
    [
      "with a change out of range",
      (good) => ({ ...good, changes: [{ step: 1, settings: { beta: 1e9 }, styles: null }] }),
      { field: "trace.changes.0.beta" },
    ],
    [
      "with a change at no step",
      (good) => ({ ...good, changes: [{ step: null, settings: { beta: 1 }, styles: null }] }),
      { field: "trace.changes.0.step" },
    ],
    ...[2 ** 31, 1e300, -1, 1.5].map((step): [string, (good: Trace) => unknown, object] => [
      `with a change at step ${step}`,
      (good) => ({ ...good, changes: [{ step, settings: { beta: 1 }, styles: null }] }),
      { code: "BAD_INPUT", field: "trace.changes.0.step", limit: "0..2147483647" },
    ]),
    ["with changes out of order", (good) => ({ ...good, changes: [...good.changes].reverse() }), { field: "trace.changes.1.step" }],
    ["with a title that is too long", (good) => ({ ...good, title: "x".repeat(300) }), { field: "trace.title" }],
  ])("%s is refused", async (_name, changed, refusal) => {
    expect(await send(changed(trace))).toMatchObject(refusal);
  });
});

test("an export starts, and a subscriber follows it to its end", async () => {
  const { startExport } = await running.client.query(EXPORT, { input: { sessionId, format: "WEBP", size: 64 } });
  // The frames of the fake host are not real pictures, so the export fails.
  const events = await running.client.collect(FOLLOW, { id: startExport.id });
  expect(events.at(-1).exportChanged).toMatchObject({ state: "FAILED", url: null, error: { code: "INTERNAL" } });
  expect(running.faults.splice(0)).toHaveLength(1);
  expect(await running.client.refusal(EXPORT, { input: { sessionId, format: "GIF", framesPerSecond: 0 } })).toMatchObject({
    code: "BAD_INPUT",
  });
  expect((await running.client.query("query ($id: ID!) { export(id: $id) { id } }", { id: "x" })).export).toBeNull();
  expect((await running.client.query("{ server { exportFormats } }")).server.exportFormats).toContain("WEBP");
});

describe("settings that did not exist yet", () => {
  const defaults = defaultSettings();
  const older = settingNames.filter((name) => name !== "model");

  test.each(older)("%s: a trace without it gets the default", async (name) => {
    const { [name]: _removed, ...settings } = trace.settings;
    const { importTrace } = await running.client.query(IMPORT_INITIAL, { trace: JSON.stringify({ ...trace, settings, changes: [] }) });
    expect(importTrace.initialSettings[name]).toEqual(defaults[name]);
  });

  test("a trace without a model gets the server's default model", async () => {
    const { model: _removed, ...settings } = trace.settings;
    const { importTrace } = await running.client.query(IMPORT_INITIAL, { trace: JSON.stringify({ ...trace, settings }) });
    expect(importTrace.initialSettings.model).toBe("vgg19");
  });

  test("stored sessions get the defaults that fit their other settings", async () => {
    const kept = { optimizer: "LBFGS", size: 512, alpha: 7 } as StyleTransferSettings;
    const session = aSession(running.imageId, { settings: kept });
    await running.storage.sessions.insert(session);
    const found = await running.storage.sessions.find(session.id);
    const complete = { ...defaultSettings(kept), ...kept, model: "vgg19" };
    expect(found).toMatchObject({ settings: complete, initial: { settings: complete } });
    expect(complete).toMatchObject({ learningRate: 1, scales: 2 });
  });
});
