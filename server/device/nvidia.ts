import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";

/** A card as NVIDIA's driver reports it. */
export interface NvidiaCard {
  index: number;
  /** Such as NVIDIA GeForce RTX 4070. */
  name: string;
  /** bytes */
  memoryBytes: number;
  /** Version of the driver, such as 580.95.05. */
  driver: string;
}

const FIELDS = ["index", "name", "memory.total", "driver_version"];

/** How long nvidia-smi may take, ms: a card that sleeps needs seconds to wake up. */
const TIMEOUT_MS = 20_000;

/** Marks that NVIDIA's driver leaves on Linux: of its kernel module, of a container's runtime, and of Windows' subsystem. */
const marks = ["/proc/driver/nvidia/version", "/dev/nvidiactl", "/usr/lib/wsl/lib/libcuda.so.1"];

/** Whether NVIDIA's driver is installed, on Linux. */
export function hasNvidiaDriver(): boolean {
  return marks.some((path) => existsSync(path));
}

/**
 * The cards of NVIDIA in this machine, as nvidia-smi lists them; null where it is missing or fails. Where
 * CUDA_VISIBLE_DEVICES names some of them by number, only those, counted from 0; null where it names them otherwise.
 */
export async function nvidiaCards(): Promise<NvidiaCard[] | null> {
  let listed: string;
  try {
    const options = { timeout: TIMEOUT_MS, windowsHide: true };
    ({ stdout: listed } = await promisify(execFile)(
      "nvidia-smi",
      [`--query-gpu=${FIELDS.join(",")}`, "--format=csv,noheader,nounits"],
      options,
    ));
  } catch {
    // Without a driver the program is missing; with a broken one it fails, and the device says more when it opens.
    return null;
  }
  const cards = listed.split("\n").flatMap((line) => {
    const [index = "", name = "", mebibytes = "", driver = ""] = line.split(",").map((field) => field.trim());
    if (!/^\d+$/.test(index) || !/^\d+$/.test(mebibytes)) return [];
    return [{ index: Number(index), name, memoryBytes: Number(mebibytes) * 2 ** 20, driver }];
  });
  const visible = process.env.CUDA_VISIBLE_DEVICES?.trim();
  if (!visible) return cards;
  if (!/^\d+(,\d+)*$/.test(visible)) return null;
  const chosen = visible.split(",").flatMap((index) => cards.find((card) => card.index === Number(index)) ?? []);
  return chosen.map((card, index) => ({ ...card, index }));
}
