import { serverTarget } from "./build-server.mjs";
import { studioTarget } from "./build-studio.mjs";
import { ensureInstalled } from "./install.mjs";
import { withLock } from "./lock.mjs";
import { root } from "./root.mjs";
import { buildStale } from "./stale.mjs";

/**
 * Installs and builds all that is missing or stale; on failure, ends this process with a message. Several processes may
 * call it at the same time: all but one wait, and then find everything done.
 * @param {{ force?: boolean }} [options] `force` builds everything
 */
export async function prepare(options) {
  const onWait = () => console.log("Waiting for another start or build in this folder");
  try {
    await withLock(root, onWait, async () => {
      await ensureInstalled();
      await buildStale([serverTarget, studioTarget], options);
    });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}
