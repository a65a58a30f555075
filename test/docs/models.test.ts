import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MAX_TRIAL_MEMORY, trialLimits, tryInProcess } from "../../server/host/model-trial.js";
import { parseWrittenCard } from "../../server/models/card.js";
import { MAX_MODEL_BYTES, MAX_SIDE } from "../../server/models/drop-ins/check.js";
import { MAX_CARD_BYTES } from "../../server/models/store/model-folder.js";
import { noteSkipped } from "../helpers/skipped.js";

const text = await readFile(join(import.meta.dirname, "../../docs/models.md"), "utf8");
const blocks = (language: string) => [...text.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, "gs"))].map(([, block = ""]) => block);
const [short = "", weights = ""] = blocks("json");
const [script = ""] = blocks("python");

describe("docs/models.md", () => {
  test("shows valid cards", () => {
    expect(parseWrittenCard(short)).toMatchObject({ id: "doors", file: "doors.onnx", takes: "LINE_DRAWING", architecture: null });
    expect(parseWrittenCard(weights)).toMatchObject({ id: "zebras", architecture: { family: "resnet-generator", blocks: 9 } });
  });

  test("explains every field of a card", () => {
    const names = (value: object, prefix = ""): string[] =>
      Object.entries(value).flatMap(([name, inner]) =>
        typeof inner === "object" && inner !== null && !Array.isArray(inner) ? names(inner, `${prefix}${name}.`) : [`${prefix}${name}`],
      );
    const explained = [...text.matchAll(/^\| (`.+?) \|/gm)].flatMap(([, cell = ""]) =>
      [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name),
    );
    for (const name of [short, weights].flatMap((card) => names(JSON.parse(card)))) expect(explained).toContain(name);
  });

  test.each(["kind", "title", "model", "input", "output", "native_size", "size_multiple", "min_size"])(
    "correctly states that %s is needed",
    (name) => {
      expect(() => parseWrittenCard(JSON.stringify({ ...JSON.parse(short), [name]: undefined }))).toThrow(
        expect.objectContaining({ detail: expect.objectContaining({ field: name }) }),
      );
    },
  );

  test("lists the limits in force", () => {
    expect(text).toContain(`at most ${MAX_MODEL_BYTES / 2 ** 20} MiB`);
    expect(text).toContain(`at most ${MAX_CARD_BYTES / 1e6} MB`);
    expect(text).toContain(`at most ${MAX_SIDE}`);
    expect(text).toContain(`${trialLimits.timeMs / 1000} s for the trial`);
    expect(text).toContain(`${MAX_TRIAL_MEMORY / 2 ** 30} GiB for the trial`);
  });
});

/** A Python that has PyTorch and what its exporter needs; null where there is none. */
const python = ["python3", "python", "/usr/bin/python3"].find((name) => {
  const check = "import torch, sys; import importlib.util as u; sys.exit(0 if torch.__version__ < '2' or u.find_spec('onnx') else 1)";
  return spawnSync(name, ["-c", check], { stdio: "ignore" }).status === 0;
});
if (!python) noteSkipped("No Python with PyTorch (and onnx) is installed, which the export needs.");

describe("the export script of docs/models.md", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "atelier-export-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test.skipIf(!python)("makes a file that passes the trial with the card beside it", async () => {
    const { status, stderr } = spawnSync(python ?? "", ["-c", script], { cwd: folder, encoding: "utf8" });
    expect(status, stderr).toBe(0);
    const { id, architecture, file, translation: form } = parseWrittenCard(short);
    const model = { id, architecture, form, path: join(folder, file) };
    const { parameters } = await tryInProcess(model, new AbortController().signal);
    expect(parameters).toBeGreaterThan(3000);
  });
});
