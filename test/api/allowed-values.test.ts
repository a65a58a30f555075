import sharp from "sharp";
import { beforeAll, expect, test } from "vitest";
import { exportLimits } from "../../server/exports/export.js";
import { pictureLimits } from "../../server/limits/pictures.js";
import { thumbnailWidths } from "../../server/records/pictures.js";
import { MAX_LIVE_FRAME_BYTES } from "../../server/sessions/live/frames.js";
import { MAX_TRACE_LENGTH } from "../../server/sessions/trace/read.js";
import { appOfFile, startSession } from "../helpers/app.js";

const running = appOfFile();
let sessionId: string;

beforeAll(async () => {
  sessionId = await startSession(running);
  await running.host.claim();
  for (let step = 0; step < 3; step++) await running.host.paint(sessionId, step);
});

const maxStep = 2 ** 31 - 1;
const film = (rest: string) => `mutation ($id: ID!) { startExport(input: { sessionId: $id, format: GIF, ${rest} }) { id } }`;
const session = (fields: string) => `query ($id: ID!) { session(id: $id) { ${fields} } }`;
const painting = (fields: string) => session(`... on StyleTransferSession { ${fields} }`);
const trace = (text: string) => `mutation { importTrace(trace: ${JSON.stringify(text)}) { id } }`;
const liveFrame = (step: number, data: string) =>
  `mutation ($id: ID!) { sendFrame(input: { sessionId: $id, step: ${step}, data: "${data}" }) { credit } }`;
const watching = (rest: string) => `subscription ($id: ID!) { session(id: $id, ${rest}) { __typename } }`;

test.each([
  ["a page that is no Int", "{ sessions(first: 99999999999) { totalCount } }", "first", { min: 1, max: 100, unit: "entries" }],
  ["a step that is no Int", painting("losses(fromStep: 1e20) { step }"), "fromStep", { min: 0, max: maxStep }],
  ["a page", "{ sessions(first: 0) { totalCount } }", "first", { min: 1, max: 100, unit: "entries" }],
  [
    "a filter's text",
    `{ sessions(filter: { titleContains: "${"x".repeat(201)}" }) { totalCount } }`,
    "filter.titleContains",
    { max: 200, unit: "characters" },
  ],
  [
    "a filter's instant",
    '{ sessions(filter: { createdBefore: "0000-01-01T00:00:00Z" }) { totalCount } }',
    "filter.createdBefore",
    { min: 1, max: 9999, unit: "years" },
  ],
  ["branches", painting("branches(first: 101) { id }"), "first", { min: 1, max: 100, unit: "entries" }],
  ["a curve", painting("losses(points: 1) { step }"), "points", { min: 2, max: 5000, unit: "points" }],
  ["a range of steps", painting("losses(fromStep: -1) { step }"), "fromStep", { min: 0 }],
  ["a branch", "mutation ($id: ID!) { branchSession(sessionId: $id, step: 9) { id } }", "step", { min: 0, max: 2 }],
  [
    "a title",
    `mutation ($id: ID!) { renameSession(sessionId: $id, title: "${"x".repeat(201)}") { id } }`,
    "title",
    { max: 200, unit: "characters" },
  ],
  ["a kept frame", "mutation ($id: ID!) { keepFrame(sessionId: $id, step: -1) { id } }", "step", { min: 0, max: maxStep }],
  ["a live frame's number", liveFrame(-1, ""), "input.step", { min: 0, max: maxStep }],
  ["a live frame's size", liveFrame(0, "A".repeat(700_000)), "input.data", { max: MAX_LIVE_FRAME_BYTES, unit: "bytes" }],
  ["a live frame's type", liveFrame(0, "AAAA"), "input.data", { allowed: ["JPEG", "PNG", "WebP"] }],
  ["a film's rate", film("framesPerSecond: 0"), "input.framesPerSecond", { ...limitsOf(exportLimits.framesPerSecond), unit: "frames/s" }],
  ["a film's size", film("size: 4096"), "input.size", { ...limitsOf(exportLimits.size), unit: "px" }],
  ["a film's length", film("maxFrames: 1"), "input.maxFrames", { ...limitsOf(exportLimits.frames), unit: "frames" }],
  ["a film's beginning", film("fromStep: -1"), "input.fromStep", { min: 0 }],
  ["a film's end", film("fromStep: 5, toStep: 4"), "input.toStep", { min: 5 }],
  ["a trace's length", trace("x".repeat(MAX_TRACE_LENGTH + 1)), "trace", { max: MAX_TRACE_LENGTH, unit: "characters" }],
  ["a trace's format", trace('{"format":"other"}'), "trace.format", { allowed: ["atelier-trace"] }],
  ["a trace's version", trace('{"format":"atelier-trace","version":99}'), "trace.version", { min: 1, max: 2 }],
  ["a trace's changes", trace('{"format":"atelier-trace","version":1,"changes":5}'), "trace.changes", { max: 5000, unit: "entries" }],
])("GraphQL says what is allowed, typed: %s", async (_what, query, field, allowed) => {
  const { errors = [] } = await running.client.send(query, query.includes("$id") ? { id: sessionId } : {});
  const { message, extensions } = errors[0]!;
  const { code, limit, ...rest } = extensions;
  expect({ code, ...rest }).toEqual({ code: "BAD_INPUT", field, ...allowed });
  expectStated(message, allowed);
  expect(["string", "number"]).toContain(typeof limit);
});

test.each([
  ["a first step", watching("afterStep: -2"), "afterStep", { min: -1 }],
  ["a rate", watching("maxFramesPerSecond: 0"), "maxFramesPerSecond", { max: 1000, unit: "frames/s" }],
])("a subscription says what is allowed, typed: %s", async (_what, query, field, allowed) => {
  const { value } = await running.client.subscribe(query, { id: sessionId }).next();
  expect(value.errors[0].extensions).toMatchObject({ code: "BAD_INPUT", field, ...allowed });
});

const picture = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: "teal" } })
    .png()
    .toBuffer();
const upload = async (body: Promise<Uint8Array> | string, headers: Record<string, string> = {}): Promise<RequestInit> => {
  const bytes = await body;
  return { method: "POST", headers, body: typeof bytes === "string" ? bytes : new Blob([new Uint8Array(bytes)]) };
};
const { maxUploadBytes, maxImagePixels, minImageSide } = pictureLimits;

test.each([
  ["a thumbnail's width", 400, () => `/images/${running.imageId}?w=0`, "w", { min: 1, max: thumbnailWidths.at(-1), unit: "px" }],
  ["a stream's rate", 400, () => `/sessions/${sessionId}/stream.mjpeg?fps=61`, "fps", { max: 60, unit: "frames/s" }],
  ["a step", 400, () => `/sessions/${sessionId}/export.png?step=-1`, "step", { min: 0, max: maxStep }],
  ["an empty upload", 400, () => "/images", "file", { min: 1, unit: "bytes" }, () => upload("")],
  [
    "another format",
    415,
    () => "/images",
    "file",
    { allowed: ["JPEG", "PNG", "WebP", "GIF", "AVIF", "TIFF"] },
    () => upload("hello, I am not a picture"),
  ],
  [
    "a compressed upload",
    415,
    () => "/images",
    "Content-Encoding",
    { allowed: ["identity"] },
    () => upload("x", { "Content-Encoding": "gzip" }),
  ],
  ["a small picture", 422, () => "/images", "file", { min: minImageSide, unit: "px" }, () => upload(picture(4, 100))],
  [
    "too many pixels",
    413,
    () => "/images",
    "file",
    { max: maxImagePixels, unit: "pixels" },
    () => upload(picture(16_000, Math.ceil(maxImagePixels / 16_000) + 1)),
  ],
  ["too many bytes", 413, () => "/images", "file", { max: maxUploadBytes, unit: "bytes" }, () => upload("x".repeat(maxUploadBytes + 1))],
])("HTTP says what is allowed, typed: %s", async (_what, status, path, field, allowed, init = async () => ({})) => {
  const response = await fetch(`${running.address}${path()}`, await init());
  const { code, limit, limitName: _name, message, ...rest } = await response.json();
  expect([response.status, rest]).toEqual([status, { field, ...allowed }]);
  expectStated(message, allowed);
  expect(["BAD_INPUT", "LIMIT"]).toContain(code);
  expect(["string", "number"]).toContain(typeof limit);
});

function limitsOf({ min, max }: { min: number; max: number }) {
  return { min, max };
}

/** People read the message alone. */
function expectStated(message: string, allowed: { min?: number; max?: number | undefined; allowed?: readonly string[] }) {
  if (allowed.max !== undefined) expect(message).toContain(String(allowed.max));
}
