import { existsSync, readdirSync } from "node:fs";
import { noteSkipped } from "./skipped.js";

/** Driver of SwiftShader, which computes on the processor; Debian's chromium brings it. */
const driver = "/usr/lib/chromium/vk_swiftshader_icd.json";

/** Folders in which Debian keeps the loader of Vulkan's drivers (libvulkan1). */
const libraries = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu"];

const hasLoader = libraries.some((folder) => existsSync(folder) && readdirSync(folder).includes("libvulkan.so.1"));
const isBuilt = process.platform === "linux" && process.arch === "x64";

/** Environment in which WebGPU finds a software driver alone, whatever this machine has; null where there is none. */
export const softwareVulkan: Readonly<Record<string, string>> | null =
  isBuilt && hasLoader && existsSync(driver) ? { VK_ICD_FILENAMES: driver, VK_DRIVER_FILES: driver } : null;

if (!softwareVulkan) noteSkipped("WebGPU needs Linux x64 with Debian's chromium and libvulkan1, whose software driver the tests use.");
