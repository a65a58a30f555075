import * as tf from "@tensorflow/tfjs-core";
import { expect, onTestFinished, test, vi } from "vitest";
import { openTfjsBackend } from "../../server/engine/tfjs-backend.js";

const missing = (specifier: string) =>
  Promise.reject(Object.assign(new Error(`Cannot find package '${specifier}' imported from here`), { code: "ERR_MODULE_NOT_FOUND" }));

test("without native packages the backend is WebAssembly, and the description does not mention them", async () => {
  const { backend, description } = await openTfjsBackend(undefined, { loadNative: missing, hasLegacyUtil: true });
  expect(backend).toBe("wasm");
  expect(description).toMatch(/^TensorFlow\.js [\d.]+, WebAssembly on one thread of [^;]+$/);
});

test("native packages are not loaded if Node lacks a function that they call, and the description says why", async () => {
  const loadNative = vi.fn(missing);
  const { backend, description } = await openTfjsBackend(undefined, { loadNative, hasLegacyUtil: false });
  expect(backend).toBe("wasm");
  expect(loadNative).not.toHaveBeenCalled();
  expect(description).toContain("do not run on Node 23 and later: they call util.isNullOrUndefined");
});

test("a broken native package is skipped: the log has the cause, and the description has only its name", async () => {
  const log = vi.spyOn(console, "error").mockReturnValue();
  onTestFinished(() => log.mockRestore());
  const cause = new Error("/somewhere/tfjs_binding.node: cannot open shared object file");
  const { description } = await openTfjsBackend(undefined, { loadNative: () => Promise.reject(cause), hasLegacyUtil: true });
  expect(description).toContain("@tensorflow/tfjs-node-gpu is installed but cannot be loaded; @tensorflow/tfjs-node is installed");
  expect(description).not.toContain("/somewhere");
  expect(log).toHaveBeenCalledWith(expect.stringContaining("@tensorflow/tfjs-node-gpu"), cause);
});

test("if WebAssembly does not start, the backend is plain JavaScript, and the description says why", async () => {
  const wasm = tf.findBackendFactory("wasm");
  const replace = (factory: typeof wasm) => {
    tf.removeBackend("wasm");
    tf.registerBackend("wasm", factory);
  };
  const [log, warning] = [vi.spyOn(console, "error").mockReturnValue(), vi.spyOn(console, "warn").mockReturnValue()];
  onTestFinished(() => {
    replace(wasm);
    log.mockRestore();
    warning.mockRestore();
  });
  replace(() => Promise.reject(new Error("no WebAssembly under this policy")));
  const { backend, description } = await openTfjsBackend(undefined, { loadNative: missing, hasLegacyUtil: true });
  expect(backend).toBe("cpu");
  expect(tf.getBackend()).toBe("cpu");
  expect(description).toMatch(
    /, plain JavaScript on one thread of [^;]+; @tensorflow\/tfjs-backend-wasm is installed but cannot be loaded$/,
  );
  expect(log).toHaveBeenCalledWith(expect.stringContaining("@tensorflow/tfjs-backend-wasm"), expect.any(Error));
});

test("fails when no wanted backend can be loaded", async () => {
  await expect(openTfjsBackend(["node"], { loadNative: missing, hasLegacyUtil: false })).rejects.toThrow(/no backend .* Node 23/);
});
