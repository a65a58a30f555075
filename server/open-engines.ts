import type { Engines, EnginesParts } from "./engines.js";

/**
 * Opens the engines that the environment names.
 * @throws AtelierError CONFLICT when another process has the data folder open, UNAVAILABLE when an engine cannot be reached.
 * @throws DataFolderError when the data folder is damaged.
 */
export async function openEngines(parts: EnginesParts): Promise<Engines> {
  const { databaseUrl, redisUrl, blobs } = parts.config;
  // Each kind has libraries of its own, and a process that starts loads only those that it needs.
  if (databaseUrl === null || redisUrl === null || blobs === null) return (await import("./own-engines.js")).openOwnEngines(parts);
  return (await import("./shared-engines.js")).openSharedEngines(parts, { databaseUrl, redisUrl, blobs });
}
