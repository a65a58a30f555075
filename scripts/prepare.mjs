import { serverTarget } from "./build-server.mjs";
import { studioTarget } from "./build-studio.mjs";
import { ensureInstalled } from "./install.mjs";
import { withLock } from "./lock.mjs";
import { root } from "./root.mjs";
import { buildStale } from "./stale.mjs";

const onWait = () => console.log("Waiting for another start or build in this folder");

/**
 * Installs and builds all that is missing or stale; on failure, ends this process with a message. Several processes may
 * call it at the same time: all but one wait, and then find everything done.
 * @param {{ force?: boolean }} [options] `force` builds everything
 */
export async function prepare(options) {
  await workOrEnd(async () => {
    await ensureInstalled();
    await buildStale([serverTarget, studioTarget], options);
  });
}

/** Installs the packages that are missing, in the same way. */
export async function install() {
  await workOrEnd(ensureInstalled);
}

/** @param {() => Promise<void>} work */
async function workOrEnd(work) {
  try {
    await withLock(root, onWait, work);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}
