import { readFile } from "node:fs/promises";
import { buildSchema, type GraphQLEnumType, parse, validate } from "graphql";
import { describe, expect, test } from "vitest";
import { inRoot } from "../../scripts/root.mjs";
import { apiLimits } from "../../server/api/limits.js";
import { limitErrors, measureOf } from "../../server/api/query-limits.js";
import { leastDriver } from "../../server/engine/cuda/libraries.js";
import { AtelierError, type ErrorCode, errorCodes } from "../../server/errors.js";
import { exportLimits } from "../../server/exports/export.js";
import { describeError } from "../../server/http/errors.js";
import { intakeLimits } from "../../server/http/upload-intake.js";
import { maxPaintingSize, pictureLimits } from "../../server/limits/pictures.js";
import { decoderLimits } from "../../server/pictures/decoder.js";
import { thumbnailWidths } from "../../server/records/pictures.js";
import { styleTransferSettings } from "../../server/records/settings.js";
import { MAX_LIVE_FRAME_BYTES } from "../../server/sessions/live/frames.js";
import { RESERVE_BYTES } from "../../server/storage/common/space.js";
import { THUMBNAIL_BYTES } from "../../server/storage/common/thumbnails.js";
import { RECENT_FRAMES } from "../../server/storage/storage.js";

/** A document without its line breaks. */
async function proseOf(file: string): Promise<string> {
  return (await readFile(inRoot(file), "utf8")).replace(/\s+/g, " ");
}

const schema = buildSchema(await readFile(inRoot("schema.graphql"), "utf8"));

describe.each(["README.md", "docs/api.md"])("%s", async (file) => {
  const text = await readFile(inRoot(file), "utf8");
  const examples = [...text.matchAll(/```graphql\n(.*?)```/gs)].map(([, example = ""]) => example);

  test("has examples", () => {
    expect(examples.length).toBeGreaterThan(0);
  });

  test.each(examples)("shows operations of the schema, within the server's limits (example %#)", (example) => {
    const document = parse(example);
    expect(validate(schema, document)).toEqual([]);
    expect(limitErrors(measureOf(schema, document))).toEqual([]);
  });
});

test("docs/operate.md names the versions of the packages that bring other devices", async () => {
  const text = await proseOf("docs/operate.md");
  const { dependencies, peerDependencies } = JSON.parse(await readFile(inRoot("package.json"), "utf8"));
  expect(text).toContain(`"onnxruntime-gpu[cuda,cudnn]==${dependencies["onnxruntime-node"]}"`);
  expect(text).toContain(`libraries of ONNX Runtime ${dependencies["onnxruntime-node"]}, CUDA 13`);
  expect(text).toContain(`NVIDIA's driver ${leastDriver[13]} or a newer one`);
  expect(text).toContain(`@tensorflow/tfjs-node-gpu@${peerDependencies["@tensorflow/tfjs-node-gpu"]}`);
});

test("docs/api.md lists every error code with its status", async () => {
  const text = await proseOf("docs/api.md");
  for (const code of Object.keys(errorCodes) as ErrorCode[]) {
    const { status } = describeError(new AtelierError(code, ""));
    expect(text).toContain(`| \`${code}\` | ${status} |`);
  }
  expect(Object.keys((schema.getType("ErrorCode") as GraphQLEnumType).toConfig().values).sort()).toEqual(Object.keys(errorCodes).sort());
});

test("README states the limits in force", async () => {
  const text = await proseOf("README.md");
  const { maxUploadBytes, maxImagePixels, maxJpegPixels } = pictureLimits;
  const { size, steps } = styleTransferSettings;
  expect(text).toContain(
    `at most ${maxUploadBytes / 1e6} MB and ${maxImagePixels / 1e6} million pixels (a JPEG ${maxJpegPixels / 1e6} million)`,
  );
  expect(text).toMatch(new RegExp(`at most ${size.max} px, .* and ${steps.max} steps`));
});

test("docs/api.md states the limits in force", async () => {
  const text = await proseOf("docs/api.md");
  const { maxReadMs, maxDepth, maxAliases, maxFields, maxTokens, maxCost, maxPageSize, maxLossPoints } = apiLimits;
  expect(text).toContain(`nested ${maxDepth} deep and have ${maxAliases} aliases, ${maxFields} fields, ${maxTokens} tokens and 1 MiB`);
  expect(text).toContain(`${maxCost.toLocaleString("en")} values`);
  expect(text).toContain(`pictures (\`Frame.data\`) may have ${apiLimits.maxDataBytes / 1e6} MB`);
  expect(text).toContain(`read for at most ${maxReadMs / 1000} seconds`);
  expect(text).toContain(`at most ${maxPageSize} entries, a loss curve ${maxLossPoints} points`);
  expect(text).toContain(`at least ${pictureLimits.minImageSide} px on each side`);
  expect(text).toContain(`The newest ${RECENT_FRAMES} results`);
  expect(text).toContain(`the next of ${thumbnailWidths.slice(0, -1).join(", ")} and ${thumbnailWidths.at(-1)} px`);
  expect(text).toContain(`A frame has at most ${MAX_LIVE_FRAME_BYTES / 1024} KiB`);
});

test("docs/operate.md states the limits in force", async () => {
  const text = await proseOf("docs/operate.md");
  const decoding = decoderLimits(64e9);
  const rows = {
    "uploads on their way at a time": intakeLimits.maxUploads,
    "decoding one picture": `${decoding.memoryBytes / 1e6} MB of memory (on a small machine an eighth of its own, at least ${decoderLimits(1e9).memoryBytes / 1e6} MB), ${decoding.cpuMs / 1000} seconds of a processor`,
    "memory of uploads on their way before only the oldest are read on": `${intakeLimits.maxHeldBytes / 1e6} MB`,
    "finished exports are kept for": `${exportLimits.keptMs / 3_600_000} hours`,
    "recent frames of a live translation in memory": RECENT_FRAMES,
  };
  for (const [title, limit] of Object.entries(rows)) expect(text).toContain(`| ${title} | ${limit} |`);
  expect(text).toContain(`copies of pictures for pages, ${THUMBNAIL_BYTES / 1e6} MB at most`);
  expect(text).toContain(`less than ${RESERVE_BYTES / 2 ** 20} MiB are free`);
  expect(text).toContain(`${maxPaintingSize(8e9, 2048)} px with 8 GB and ${maxPaintingSize(4e9, 2048)} px with 4 GB`);
});
