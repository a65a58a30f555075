import type { KernelBackend } from "@tensorflow/tfjs-core";

/** The part of the WebAssembly backend that reserves memory, as its module exports it. */
interface WasmHeap {
  /** Answers 0 when there is no room, and takes its argument modulo 2^32. Replaces itself when it is first called. */
  _malloc(bytes: number): number;
  _free(address: number): void;
}

/** The backend's kernels read and write beyond their bounds in tensors of more bytes than a signed number of 32 bits counts. */
const LARGEST_TENSOR = 2 ** 31;

const guarded = new WeakSet<WasmHeap>();

/** A device has no room for what was asked. */
export class AllocationError extends Error {
  override readonly name = "AllocationError";
}

/**
 * Makes the WebAssembly backend fail where memory is short. On its own it goes on with address 0, and writes over what
 * lies there. @throws Error when this is no WebAssembly backend.
 */
export function guardAllocation(backend: KernelBackend): void {
  const heap = heapOf(backend);
  if (guarded.has(heap)) return;
  guarded.add(heap);
  heap._free(heap._malloc(1));
  const malloc = heap._malloc;
  heap._malloc = (bytes) => {
    const address = bytes < LARGEST_TENSOR ? malloc(bytes) : 0;
    if (address === 0 && bytes > 0) throw new AllocationError(`WebAssembly has no room for ${bytes} bytes`);
    return address;
  };
}

function heapOf(backend: KernelBackend): WasmHeap {
  const heap = "wasm" in backend ? backend.wasm : null;
  if (typeof heap !== "object" || heap === null || !("_malloc" in heap)) throw new Error("the backend has no WebAssembly heap");
  return heap as WasmHeap;
}
