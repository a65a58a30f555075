import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { inspect, place } from "../../scripts/cuda/place.js";
import { sharedLibrary } from "../helpers/shared-library.js";

const VERSION = "9.8.7";
const cudnn = ["", "_graph", "_ops", "_cnn", "_heuristic", "_engines_precompiled", "_engines_runtime_compiled", "_adv"];

/** Libraries as they lie after an installation, by path; all that CUDA 13 needs, and some that it does not. */
const complete: Readonly<Record<string, Buffer>> = {
  "onnxruntime/capi/libonnxruntime_providers_shared.so": sharedLibrary(["libc.so.6"]),
  "onnxruntime/capi/libonnxruntime_providers_cuda.so": sharedLibrary(
    ["libcublas.so.13", "libcurand.so.10", "libcudart.so.13", "libcuda.so.1", "libc.so.6"],
    { tail: VERSION },
  ),
  "onnxruntime/capi/libonnxruntime_providers_tensorrt.so": sharedLibrary(["libnvinfer.so.10"]),
  "cuda/lib/libcublas.so.13": sharedLibrary(["libcublasLt.so.13"]),
  "cuda/lib/libcublasLt.so.13": sharedLibrary(["libc.so.6"]),
  "cuda/lib/libcurand.so.10": sharedLibrary(["libc.so.6"]),
  "cuda/lib/libcudart.so.13": sharedLibrary(["libc.so.6"]),
  "cuda/lib/libnvrtc.so.13": sharedLibrary(["libc.so.6"]),
  "cuda/lib/libnvrtc-builtins.so.13.5": sharedLibrary(["libc.so.6"]),
  ...Object.fromEntries(cudnn.map((part) => [`cudnn/lib/libcudnn${part}.so.9`, sharedLibrary(["libc.so.6"])])),
};

function withNumberAt(bytes: Buffer, place: number, number: number): Buffer {
  const changed = Buffer.from(bytes);
  changed.writeUInt16LE(number, place);
  return changed;
}

async function folderWith(files: Readonly<Record<string, Buffer>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "atelier-cuda-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [path, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  }
  return folder;
}

test("all libraries of CUDA are found in any folders, and put in place twice without a trace", async () => {
  const [folder, destination] = [
    await folderWith(complete),
    await folderWith({ "libonnxruntime.so.1": Buffer.from("the runtime itself") }),
  ];
  const libraries = await inspect(folder, VERSION);
  expect(libraries).toMatchObject({ missing: [], damaged: [], version: "13" });
  for (let run = 0; run < 2; run++) expect(await place(libraries, folder, destination)).toMatchObject({ count: 16 });
  const placed = await readdir(destination);
  expect(placed).toHaveLength(17);
  expect(placed).toContain("libnvrtc-builtins.so.13.5");
  expect(placed).not.toContain("libonnxruntime_providers_tensorrt.so");
  expect(await readFile(join(destination, "libcublas.so.13"))).toEqual(complete["cuda/lib/libcublas.so.13"]);
});

test("links to libraries, as packages install them, are followed", async () => {
  const { "cuda/lib/libcublas.so.13": whole, ...others } = complete;
  const [folder, destination] = [await folderWith({ ...others, "cuda/lib/libcublas.so.13.2.0": whole! }), await folderWith({})];
  await symlink("libcublas.so.13.2.0", join(folder, "cuda/lib/libcublas.so.13"));
  const libraries = await inspect(folder, VERSION);
  expect(libraries.missing).toEqual([]);
  await place(libraries, folder, destination);
  expect(await readFile(join(destination, "libcublas.so.13"))).toEqual(whole);
});

test("libraries that are needed by libraries, and those that are loaded later, are missed by name", async () => {
  const left = Object.entries(complete).filter(([path]) => !/cublasLt|nvrtc\.so|cudnn_ops/.test(path));
  const { missing } = await inspect(await folderWith(Object.fromEntries(left)), VERSION);
  expect(missing.toSorted()).toEqual(["libcublasLt.so.13", "libcudnn_ops.so.9", "libnvrtc.so.13"]);
});

test("in an empty folder the parts of ONNX Runtime and of cuDNN are missed", async () => {
  const { missing, version } = await inspect(await folderWith({}), VERSION);
  expect(missing).toContain("libonnxruntime_providers_cuda.so");
  expect(missing).toContain("libcudnn.so.9");
  expect(version).toBeNull();
});

test.each<[string, Buffer, RegExp]>([
  ["cut off", complete["cuda/lib/libcublas.so.13"]!.subarray(0, -9), /^libcublas\.so\.13 is cut off: it has \d+ of at least \d+ bytes\.$/],
  ["cut off in its header", complete["cuda/lib/libcublas.so.13"]!.subarray(0, 90), /^libcublas\.so\.13 is cut off/],
  ["something else", Buffer.from("<html>Not found</html>".repeat(9)), /^libcublas\.so\.13 is no library of Linux\.$/],
  ["empty", Buffer.alloc(0), /^libcublas\.so\.13 is no library of Linux\.$/],
  ["full of wrong numbers", withNumberAt(complete["cuda/lib/libcublas.so.13"]!, 54, 0), /^libcublas\.so\.13 is damaged\.$/],
  ["for Arm", sharedLibrary([], { machine: 183 }), /^libcublas\.so\.13 is a library for another processor\.$/],
])("a library that is %s is named", async (_what, bytes, message) => {
  const { damaged } = await inspect(await folderWith({ ...complete, "cuda/lib/libcublas.so.13": bytes }), VERSION);
  expect(damaged).toEqual([expect.stringMatching(message)]);
});

test("a library that only newer versions of cuDNN load is checked too", async () => {
  const { damaged } = await inspect(await folderWith({ ...complete, "cudnn/lib/libcudnn_adv.so.9": Buffer.alloc(9) }), VERSION);
  expect(damaged).toEqual(["libcudnn_adv.so.9 is no library of Linux."]);
});

test("the part of another version of ONNX Runtime is refused", async () => {
  const { damaged } = await inspect(await folderWith(complete), "9.9.0");
  expect(damaged).toEqual([expect.stringMatching(/^libonnxruntime_providers_cuda\.so is not of version 9\.9\.0/)]);
});
