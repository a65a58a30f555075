import { describe, expect, test } from "vitest";
import { defaultSettings } from "../../server/records/settings";
import type { Frame, Painting, Translation } from "../../web/graphql/operations";
import { msPerStep, nextState, nothingYet, type SessionState } from "../../web/session/session-state";

function frame(step: number, total = 100 - step): Frame {
  const createdAt = new Date(1_000_000 + step * 400).toISOString();
  const losses = { total, content: 1, style: 2, tv: 3 };
  return { step, url: `/frames/a/${step}`, width: 8, height: 8, mimeType: "image/jpeg", computeMs: 390, createdAt, losses };
}

const settings = { ...defaultSettings(), model: "vgg19" };

function painting(latestFrame: Frame | null): Painting {
  return {
    __typename: "StyleTransferSession",
    id: "a",
    title: null,
    status: "RUNNING",
    createdAt: "",
    startedAt: null,
    finishedAt: null,
    queuePosition: null,
    waitingReason: null,
    starred: false,
    isMine: true,
    mayChange: true,
    note: null,
    approval: null,
    expiresAt: null,
    device: "cpu",
    error: null,
    step: latestFrame?.step ?? 0,
    content: { id: "c", url: "/images/c", width: 8, height: 8 },
    styles: [],
    settings,
    initialSettings: settings,
    initialStyles: [],
    changes: [],
    branchedAtStep: null,
    parent: null,
    branches: [],
    latestFrame,
  };
}

function withFrames(state: SessionState, ...steps: number[]): SessionState {
  return steps.reduce((known, step) => nextState(known, { type: "frame", frame: frame(step) }), state);
}

const steps = ({ curve }: SessionState) => curve.map(({ step }) => step);

describe("a painting as its page knows it", () => {
  test("never goes back to an older frame", () => {
    const state = withFrames(nothingYet, 3, 1);
    expect(state.frame?.step).toBe(3);
    expect(nextState(state, { type: "changed", session: painting(frame(2)) }).frame?.step).toBe(3);
    expect(nextState(state, { type: "changed", session: painting(frame(5)) }).frame?.step).toBe(5);
  });

  test("shows nothing of itself once this browser may no longer see it", () => {
    const state = withFrames(nextState(nothingYet, { type: "loaded", session: painting(frame(2)), curve: [] }), 3);
    const message = "This needs access.";
    expect(nextState(state, { type: "closed", message })).toEqual({ ...nothingYet, closed: true, failure: message });
  });

  test("keeps the curve in order and without duplicates through a replay", () => {
    const curve = [0, 1, 2].map((step) => ({ step, total: 1, content: 1, style: 1, tv: 1 }));
    const loaded = nextState(nothingYet, { type: "loaded", session: painting(frame(2)), curve });
    expect(steps(withFrames(loaded, 2, 3, 5, 4, 5))).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test("measures the time of a step over the last frames, and by the last computation until there are enough", () => {
    expect(msPerStep(nothingYet)).toBeNull();
    expect(msPerStep(withFrames(nothingYet, 0))).toBe(390);
    expect(msPerStep(withFrames(nothingYet, 0, 1, 4))).toBe(400);
  });

  test("says why the server knows nothing new until it knows more", () => {
    const loaded = nextState(nothingYet, { type: "changed", session: painting(null) });
    const away = nextState(loaded, { type: "obstacle", message: "The database cannot be reached." });
    expect(away.obstacle).toBe("The database cannot be reached.");
    const place = { status: "RUNNING", queuePosition: null, waitingReason: null } as const;
    expect(nextState(away, { type: "place", place }).obstacle).toBeNull();
    expect(nextState(away, { type: "frame", frame: frame(1) }).obstacle).toBeNull();
    expect(nextState(away, { type: "changed", session: painting(null) }).obstacle).toBeNull();
  });

  test("says nothing of an obstacle once the session is over, whenever the answer comes", () => {
    const over = nextState(nothingYet, { type: "changed", session: { ...painting(null), status: "COMPLETED" } });
    expect(nextState(over, { type: "obstacle", message: "The database cannot be reached." })).toBe(over);
  });

  test("has a place in the queue only while it waits", () => {
    const running = nextState(nothingYet, { type: "changed", session: painting(null) });
    const place = { status: "QUEUED", queuePosition: 2, waitingReason: "No worker is up." } as const;
    expect(nextState(running, { type: "place", place })).toBe(running);
    const queued = nextState(nothingYet, { type: "changed", session: { ...painting(null), status: "QUEUED", queuePosition: 3 } });
    expect(nextState(queued, { type: "place", place }).session).toMatchObject(place);
  });

  test("says why a painting that has begun waits, until a frame comes", () => {
    const running = nextState(nothingYet, { type: "changed", session: painting(null) });
    const waitingReason = "No worker that is up can paint 2048 px; the largest size is 512 px.";
    const waits = nextState(running, { type: "place", place: { status: "RUNNING", queuePosition: null, waitingReason } });
    expect(waits.session?.waitingReason).toBe(waitingReason);
    expect(nextState(waits, { type: "frame", frame: frame(0) }).session?.waitingReason).toBeNull();
  });

  test("knows the frames that it missed, and gets them later", () => {
    const seen = withFrames(nothingYet, 0, 1, 4);
    expect(seen.timeline.holes).toEqual([{ from: 2, to: 3 }]);
    const whole = nextState(seen, { type: "filled", range: { from: 2, to: 3 }, frames: [frame(2), frame(3)] });
    expect(whole.timeline.frames.map(({ step }) => step)).toEqual([0, 1, 2, 3, 4]);
    expect(nextState(whole, { type: "gone", step: 2 }).timeline.frames).toHaveLength(4);
  });

  test("stays the same object if the connection does not change", () => {
    expect(nextState(nothingYet, { type: "connection", connected: true })).toBe(nothingYet);
  });
});

test("a translation gets its picture with the change to completed, and has no curve", () => {
  const result = { ...frame(0), losses: null };
  const model = {
    id: "t",
    title: "T",
    family: "CYCLEGAN",
    licence: "",
    source: "",
    bytes: 1,
    state: "READY",
    downloadProgress: null,
  } as const;
  const { id, createdAt, title } = painting(null);
  const facts = {
    id,
    createdAt,
    title,
    startedAt: null,
    finishedAt: null,
    queuePosition: null,
    waitingReason: null,
    starred: false,
    isMine: true,
    mayChange: true,
    note: null,
    approval: null,
    expiresAt: null,
    device: "cpu",
    error: null,
    source: null,
    model,
  };
  const queued: Translation = { ...facts, __typename: "TranslationSession", status: "QUEUED", latestFrame: null };
  const loaded = nextState(nothingYet, { type: "loaded", session: queued, curve: [] });
  const shown = nextState(loaded, { type: "frame", frame: result });
  const finished = nextState(shown, { type: "changed", session: { ...queued, status: "COMPLETED", latestFrame: result } });
  expect(finished).toMatchObject({ session: { status: "COMPLETED" }, frame: { url: result.url }, curve: [] });
});
