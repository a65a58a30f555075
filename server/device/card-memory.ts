import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { type DeviceName, kindOf } from "./messages.js";
import { nvidiaCards } from "./nvidia.js";

/** Cards of other makers with less memory of their own are most often parts of a processor, which use the machine's, bytes. */
const LEAST_OF_A_CARD = 2.5e9;

/** Where Windows' display drivers note the memory of their cards. */
const displayClass = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Class\\{4d36e968-e325-11ce-bfc1-08002be10318}";

/**
 * Memory of the card that a device computes on, bytes; null where it shares the machine's, or is not known: for cards of
 * Intel on Linux. WebGPU chooses among several cards by itself, most often the largest, so that one counts.
 */
export async function memoryOfCard(device: DeviceName): Promise<number | null> {
  const kind = kindOf(device);
  if (kind === "cuda") {
    const index = Number(device.split(":")[1] ?? 0);
    return (await nvidiaCards())?.find((card) => card.index === index)?.memoryBytes ?? null;
  }
  if (kind !== "webgpu" || process.platform === "darwin") return null;
  const nvidia = (await nvidiaCards())?.map(({ memoryBytes }) => memoryBytes) ?? [];
  const others = process.platform === "win32" ? await notedByWindows() : await notedByLinux();
  const cards = [...nvidia, ...others.filter((bytes) => bytes >= LEAST_OF_A_CARD)];
  return cards.length === 0 ? null : Math.max(...cards);
}

/** Memory of the cards of AMD, whose driver notes it in a file. */
async function notedByLinux(): Promise<number[]> {
  const root = "/sys/class/drm";
  const cards = await readdir(root).catch(() => []);
  const noted = await Promise.all(
    cards.map((card) => readFile(join(root, card, "device", "mem_info_vram_total"), "utf8").catch(() => "0")),
  );
  return noted.map(Number);
}

async function notedByWindows(): Promise<number[]> {
  const query = ["query", displayClass, "/s", "/v", "HardwareInformation.qwMemorySize"];
  // Keys of other drivers may not be read, for which the program fails although it lists the rest.
  const { stdout } = await promisify(execFile)("reg", query, { windowsHide: true }).catch((error: { stdout?: string }) => ({
    stdout: error.stdout ?? "",
  }));
  return [...stdout.matchAll(/REG_QWORD\s+(0x[0-9a-f]+)/gi)].map(([, hexadecimal]) => Number(hexadecimal));
}
