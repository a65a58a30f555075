import { describe, expect, test, vi } from "vitest";
import { aFrame } from "../contracts/records.js";
import { appOfFile, startSession } from "../helpers/app.js";

const PAUSE = "mutation ($id: ID!) { pauseSession(sessionId: $id) { id status queuePosition } }";
const RESUME = "mutation ($id: ID!) { resumeSession(sessionId: $id) { id status queuePosition } }";
const CANCEL = "mutation ($id: ID!) { cancelSession(sessionId: $id) { status } }";
const DELETE = "mutation ($id: ID!) { deleteSession(sessionId: $id) }";
const SETTINGS = "settings { alpha beta steps styleLayers { layer weight } } styles { weight image { id } }";
const STEER = `mutation ($id: ID!, $changes: SteerInput!) { steer(sessionId: $id, changes: $changes) {
  status ${SETTINGS} initialSettings { alpha } changes { step alpha beta styles { weight } } } }`;
const BRANCH = `mutation ($id: ID!, $step: Int!, $changes: SteerInput) { branchSession(sessionId: $id, step: $step, changes: $changes) {
  id status step branchedAtStep parent { id } ${SETTINGS} frames { totalCount edges { node { step sessionId url } } } } }`;
const SIZE = `query ($id: ID!) { session(id: $id) {
  ... on StyleTransferSession { settings { size } initialSettings { size } changes { step size } } } }`;
const FAMILY = "query ($id: ID!) { session(id: $id) { ... on StyleTransferSession { parent { id } branchedAtStep branches { id } } } }";

const running = appOfFile();

/** A running session with frames 0 to `last`. */
async function painted(last: number): Promise<string> {
  const id = await startSession(running);
  await running.host.claim();
  for (let step = 0; step <= last; step++) await running.host.paint(id, step);
  return id;
}

const cancel = (id: string) => running.client.query(CANCEL, { id });

describe("pausing and resuming", () => {
  test("a queued session is paused, and goes to the end of the queue when it is resumed", async () => {
    const [first, second] = [await startSession(running), await startSession(running)];
    expect((await running.client.query(PAUSE, { id: first })).pauseSession).toMatchObject({ status: "PAUSED", queuePosition: null });
    expect((await running.client.query(RESUME, { id: first })).resumeSession).toMatchObject({ status: "QUEUED", queuePosition: 2 });
    for (const id of [first, second]) await cancel(id);
  });

  test("a running session is PAUSED at once", async () => {
    const id = await painted(0);
    expect((await running.client.query(PAUSE, { id })).pauseSession.status).toBe("PAUSED");
    expect((await cancel(id)).cancelSession.status).toBe("CANCELLED");
  });

  test("an operation that a status does not allow is refused and changes nothing", async () => {
    const id = await startSession(running);
    expect(await running.client.refusal(RESUME, { id })).toEqual({ code: "CONFLICT", field: "sessionId" });
    await running.client.query(PAUSE, { id });
    expect(await running.client.refusal(PAUSE, { id })).toEqual({ code: "CONFLICT", field: "sessionId" });
    expect(await running.client.refusal(DELETE, { id })).toEqual({ code: "CONFLICT", field: "sessionId" });
    await cancel(id);
    for (const mutation of [PAUSE, RESUME, CANCEL])
      expect(await running.client.refusal(mutation, { id })).toMatchObject({ code: "CONFLICT" });
    const unknown = crypto.randomUUID();
    for (const mutation of [PAUSE, RESUME])
      expect(await running.client.refusal(mutation, { id: unknown })).toMatchObject({ code: "NOT_FOUND" });
  });

  test("when two clients act at once, one wins and the other is refused", async () => {
    for (let time = 0; time < 5; time++) {
      const id = await startSession(running);
      const answers = await Promise.allSettled([running.client.query(PAUSE, { id }), cancel(id), running.client.query(PAUSE, { id })]);
      const { session } = await running.client.query("query ($id: ID!) { session(id: $id) { status } }", { id });
      expect(session.status).toBe("CANCELLED");
      expect(answers[1]!.status).toBe("fulfilled");
      expect(answers.filter(({ status }) => status === "fulfilled").length).toBeLessThanOrEqual(2);
    }
  });
});

/** The length of what storage returns while `work` runs, as JSON. */
async function charactersRead(work: () => Promise<unknown>): Promise<number> {
  let characters = 0;
  const { sessions, changes, frames, images } = running.storage;
  const spies = [sessions, changes, frames, images].flatMap((store) =>
    Object.entries(store).map(([name, method]) => {
      const read = method as (...input: unknown[]) => Promise<unknown>;
      return vi.spyOn(store as unknown as Record<string, typeof read>, name).mockImplementation(async (...input) => {
        const found = await read(...input);
        characters += JSON.stringify(found instanceof Map ? [...found] : (found ?? null)).length;
        return found;
      });
    }),
  );
  await work();
  for (const spy of spies) spy.mockRestore();
  return characters;
}

describe("steering", () => {
  test("merges the given settings, and lists the changes and the initial settings", async () => {
    const id = await painted(3);
    const before = (await running.client.query(STEER, { id, changes: { alpha: 3 } })).steer;
    expect(before.settings.alpha).toBe(3);
    const styles = [{ imageId: running.imageId, weight: 2 }];
    const { steer } = await running.client.query(STEER, { id, changes: { beta: 9, steps: 77, styles, alpha: null } });
    expect(steer).toMatchObject({ status: "RUNNING", settings: { alpha: 3, beta: 9, steps: 77 }, initialSettings: { alpha: 1 } });
    expect(steer.styles).toEqual([{ weight: 2, image: { id: running.imageId } }]);
    expect(steer.changes).toEqual([
      { step: null, alpha: 3, beta: null, styles: null },
      { step: null, alpha: null, beta: 9, styles: [{ weight: 2 }] },
    ]);
    await cancel(id);
  });

  test.each([
    ["nothing", {}, { code: "BAD_INPUT", field: "changes" }],
    ["a negative weight", { alpha: -1 }, { code: "BAD_INPUT", field: "changes.alpha", limit: "0..1000000" }],
    ["an absurd weight", { beta: 1e7 }, { code: "BAD_INPUT", field: "changes.beta", limit: "0..1000000" }],
    ["a learning rate of 0", { learningRate: 0 }, { code: "BAD_INPUT", field: "changes.learningRate" }],
    ["a number of steps that is already painted", { steps: 3 }, { code: "BAD_INPUT", field: "changes.steps", limit: 4 }],
    ["an unknown layer", { styleLayers: [{ layer: "conv9_9", weight: 1 }] }, { field: "changes.styleLayers.0.layer" }],
    ["no layer", { styleLayers: [] }, { code: "BAD_INPUT", field: "changes.styleLayers" }],
    ["no style", { styles: [] }, { code: "BAD_INPUT", field: "changes.styles" }],
    ["an id of no image", { styles: [{ imageId: "x" }] }, { field: "changes.styles.0.imageId" }],
    ["an unknown image", { styles: [{ imageId: "00000000-0000-4000-8000-000000000000" }] }, { code: "NOT_FOUND" }],
  ])("refuses %s, and leaves the session as it is", async (_name, changes, refusal) => {
    const id = await painted(3);
    expect(await running.client.refusal(STEER, { id, changes })).toMatchObject(refusal);
    expect(await running.storage.changes.list(id)).toEqual([]);
    await cancel(id);
  });

  test("reads as much from storage after many changes as after few", async () => {
    const id = await painted(3);
    const steer = (alpha: number) =>
      running.client.query("mutation ($id: ID!, $alpha: Float!) { steer(sessionId: $id, changes: { alpha: $alpha }) { status } }", {
        id,
        alpha,
      });
    await steer(1);
    const few = await charactersRead(() => steer(2));
    expect(few).toBeGreaterThan(100);
    for (let count = 0; count < 150; count++) await steer(1 + (count % 7));
    expect(await charactersRead(() => steer(3))).toBeLessThan(1.1 * few);
    await cancel(id);
  });

  test("a finished session cannot be steered", async () => {
    const id = await painted(0);
    await running.host.end(id, "COMPLETED");
    expect(await running.client.refusal(STEER, { id, changes: { alpha: 2 } })).toMatchObject({ code: "CONFLICT", field: "sessionId" });
  });

  test("viewers see the change", async () => {
    const id = await painted(0);
    const watch = running.app.broker.watch(id, { afterStep: null, maxFramesPerSecond: null });
    const viewer = await watch;
    await viewer.next();
    await viewer.next();
    await running.client.query(STEER, { id, changes: { alpha: 5 } });
    expect((await viewer.next()).value).toMatchObject({ type: "changed", session: { settings: { alpha: 5 } } });
    await viewer.return?.();
    await cancel(id);
  });
});

describe("branching", () => {
  test("continues from a kept step with the settings of that step and its own changes", async () => {
    const id = await painted(6);
    await running.client.query(STEER, { id, changes: { alpha: 4 } });
    await running.storage.changes.settle(id, 2);
    await running.client.query(STEER, { id, changes: { alpha: 8 } });
    await running.storage.changes.settle(id, 5);
    const { branchSession: branch } = await running.client.query(BRANCH, { id, step: 3, changes: { beta: 7 } });
    expect(branch).toMatchObject({ status: "QUEUED", step: 3, branchedAtStep: 3, parent: { id }, settings: { alpha: 4, beta: 7 } });
    expect(branch.frames.totalCount).toBe(4);
    expect(branch.frames.edges[3].node).toMatchObject({ step: 3, sessionId: branch.id });
    expect((await fetch(`${running.address}${branch.frames.edges[3].node.url}`)).status).toBe(200);
    expect((await running.client.query(FAMILY, { id })).session).toMatchObject({ parent: null, branches: [{ id: branch.id }] });

    // Its first own step follows.
    expect(await running.host.claim()).toBe(branch.id);
    await running.host.paint(branch.id, 4);
    await running.host.end(branch.id, "COMPLETED");
    await cancel(id);
    await running.client.query(DELETE, { id });
    expect((await running.client.query(FAMILY, { id: branch.id })).session).toEqual({ parent: null, branchedAtStep: 3, branches: [] });
    expect((await fetch(`${running.address}${branch.frames.edges[1].node.url}`)).status).toBe(200);
  });

  test("from the last step needs more steps", async () => {
    const id = await painted(4);
    await running.storage.changes.add(id, { settings: { steps: 4 }, styles: null }, ["RUNNING"]);
    await running.storage.changes.settle(id, 1);
    await running.host.end(id, "COMPLETED");
    expect(await running.client.refusal(BRANCH, { id, step: 4 })).toEqual({ code: "BAD_INPUT", field: "changes.steps", limit: 5, min: 5 });
    const { branchSession } = await running.client.query(BRANCH, { id, step: 4, changes: { steps: 9 } });
    expect(branchSession.settings.steps).toBe(9);
    await cancel(branchSession.id);
  });

  test("grows to a larger size, never to a smaller or the same one", async () => {
    const id = await painted(4);
    const { session } = await running.client.query(SIZE, { id });
    const { size } = session.settings;
    const { branchSession } = await running.client.query(BRANCH, { id, step: 4, changes: { size: 2 * size, steps: 90 } });
    const grown = (await running.client.query(SIZE, { id: branchSession.id })).session;
    expect(grown).toMatchObject({ settings: { size: 2 * size }, initialSettings: { size }, changes: [{ step: 4, size: 2 * size }] });
    for (const refused of [size, 32]) {
      expect(await running.client.refusal(BRANCH, { id, step: 4, changes: { size: refused } })).toMatchObject({
        ...{ code: "BAD_INPUT", field: "changes.size", min: size + 1, max: 2048, unit: "px" },
      });
    }
    await cancel(branchSession.id);
    await cancel(id);
  });

  test("does not grow beyond the most steps that a painting may have", async () => {
    const id = await painted(0);
    await running.storage.frames.insert(aFrame(id, 5000));
    const changes = { size: 128, steps: 5000 };
    expect(await running.client.refusal(BRANCH, { id, step: 5000, changes })).toMatchObject({ code: "BAD_INPUT" });
    expect(await running.client.refusal(STEER, { id, changes: { size: 128 } })).toEqual({
      ...{ code: "BAD_INPUT", field: "changes.size", limit: 5000, max: 5000 },
    });
    await cancel(id);
  });

  test("is refused at a step that is not kept or not yet painted, and for an unknown session", async () => {
    const id = await painted(2);
    for (const step of [-1, 3, 5000]) {
      expect(await running.client.refusal(BRANCH, { id, step })).toEqual({ code: "BAD_INPUT", field: "step", limit: 2, min: 0, max: 2 });
    }
    expect(await running.client.refusal(BRANCH, { id: crypto.randomUUID(), step: 0 })).toMatchObject({ code: "NOT_FOUND" });
    expect(await running.client.refusal(BRANCH, { id, step: 1, changes: { alpha: -1 } })).toMatchObject({ field: "changes.alpha" });
    await cancel(id);
  });
});
