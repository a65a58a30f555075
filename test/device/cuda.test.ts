import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { faultOfDriver } from "../../server/device/cuda.js";
import { openEngine } from "../../server/device/machine.js";
import { candidatesOf } from "../../server/device/messages.js";
import { hasNvidiaDriver, nvidiaCards } from "../../server/device/nvidia.js";
import { hasCudaBuild, isProviderInPlace, productOf } from "../../server/engine/cuda/libraries.js";
import { noteSkipped } from "../helpers/skipped.js";

/** Puts a program nvidia-smi first in the path. */
async function withNvidiaSmi(script: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "atelier-nvidia-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "nvidia-smi"), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, "nvidia-smi"), 0o755);
  vi.stubEnv("PATH", `${folder}${delimiter}${process.env.PATH}`);
}

const oneCard = "echo '0, NVIDIA RTX 4000 Ada Generation, 20475, 580.95.05'";

afterEach(() => {
  vi.unstubAllEnvs();
});

test("auto tries CUDA first where NVIDIA's driver is, and does not mention it elsewhere", () => {
  expect(candidatesOf("auto", { hasNvidia: true })).toEqual(["cuda", "webgpu", "cpu"]);
  expect(candidatesOf("auto", { hasNvidia: false })).toEqual(["webgpu", "cpu"]);
  expect(candidatesOf("cuda:1", { hasNvidia: false })).toEqual(["cuda:1"]);
});

test("a driver that is too old for a version of CUDA is named with what is needed", () => {
  const card = { index: 0, name: "a card", memoryBytes: 8e9, driver: "535.183.01" };
  expect(faultOfDriver("13", [card])).toBe("NVIDIA's driver 535.183.01 is too old: CUDA 13 needs 580 or a newer one.");
  expect(faultOfDriver("12", [card])).toBeNull();
  expect(faultOfDriver("13", [])).toBeNull();
});

test.each([
  ["libcudnn_graph.so.9", "cuDNN 9"],
  ["libcublasLt.so.13", "cuBLAS 13"],
  ["libcudart.so.12", "CUDA runtime 12"],
  ["libonnxruntime_providers_cuda.so", "ONNX Runtime with CUDA"],
])("%s belongs to %s", (name, product) => {
  expect(productOf(name)).toBe(product);
});

const isElsewhere = hasNvidiaDriver() || isProviderInPlace() || !hasCudaBuild;
if (isElsewhere) noteSkipped("The refusals of CUDA are tested on Linux x64 without a card of NVIDIA and its libraries.");

describe.skipIf(isElsewhere)("without a card of NVIDIA", () => {
  test("CUDA is refused because there is no driver", async () => {
    await withNvidiaSmi("exit 9");
    await expect(openEngine("cuda")).rejects.toMatchObject({
      code: "UNAVAILABLE",
      message: expect.stringMatching(/driver is not installed/),
    });
  });

  test("a card that does not exist is refused with those that do", async () => {
    await withNvidiaSmi(oneCard);
    expect(await nvidiaCards()).toEqual([
      { index: 0, name: "NVIDIA RTX 4000 Ada Generation", memoryBytes: 20_475 * 2 ** 20, driver: "580.95.05" },
    ]);
    await expect(openEngine("cuda:7")).rejects.toMatchObject({
      code: "UNAVAILABLE",
      message: "There is no cuda:7: this machine has cuda:0 (NVIDIA RTX 4000 Ada Generation).",
    });
  });

  test("cards that a program may use are counted from 0", async () => {
    await withNvidiaSmi("echo '0, A, 8000, 580.1'; echo '1, B, 9000, 580.1'");
    vi.stubEnv("CUDA_VISIBLE_DEVICES", "1");
    expect(await nvidiaCards()).toMatchObject([{ index: 0, name: "B" }]);
    vi.stubEnv("CUDA_VISIBLE_DEVICES", "GPU-1f2e");
    expect(await nvidiaCards()).toBeNull();
  });

  test("a driver that finds no card is said to", async () => {
    await withNvidiaSmi("echo 'No devices were found'");
    await expect(openEngine("cuda")).rejects.toMatchObject({ message: "There is no cuda: NVIDIA's driver finds no card." });
  });

  test("without the libraries the message names the command that puts them in place", async () => {
    await withNvidiaSmi(oneCard);
    await expect(openEngine("cuda")).rejects.toMatchObject({ message: expect.stringMatching(/not in place\. .* npm run cuda -- FOLDER/) });
  });
});
