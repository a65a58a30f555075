import type { KernelBackend } from "@tensorflow/tfjs-core";

/** The part of the WebAssembly backend that reserves memory, as its module exports it. */
interface WasmHeap {
  /** Returns 0 when there is no space. Takes its argument modulo 2^32, and replaces itself at its first call. */
  _malloc(byteLength: number): number;
  _free(address: number): void;
}

/** Size from which the backend's kernels, which count in signed 32 bits, read and write out of bounds, bytes. */
const LARGEST_TENSOR = 2 ** 31;

const guarded = new WeakSet<WasmHeap>();

/** The device has no space for a tensor. */
export class AllocationError extends Error {
  override readonly name = "AllocationError";
}

/**
 * Makes the WebAssembly backend throw `AllocationError` where memory is short. By itself it continues with address 0
 * and overwrites the data there.
 * @throws Error when this is no WebAssembly backend.
 */
export function guardAllocation(backend: KernelBackend): void {
  const heap = heapOf(backend);
  if (guarded.has(heap)) return;
  guarded.add(heap);
  // The first call makes the function replace itself, so that the replacement can be wrapped.
  heap._free(heap._malloc(1));
  const malloc = heap._malloc;
  heap._malloc = (byteLength) => {
    const address = byteLength < LARGEST_TENSOR ? malloc(byteLength) : 0;
    if (address === 0 && byteLength > 0) throw new AllocationError(`WebAssembly has no space for ${byteLength} bytes`);
    return address;
  };
}

function heapOf(backend: KernelBackend): WasmHeap {
  const heap = "wasm" in backend ? backend.wasm : null;
  if (typeof heap !== "object" || heap === null || !("_malloc" in heap)) throw new Error("the backend has no WebAssembly heap");
  return heap as WasmHeap;
}
