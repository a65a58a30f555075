/** How often the parent process is checked, ms. */
const POLL_MS = 500;

/**
 * Ends this process by SIGTERM after the npm that runs it has ended. npm forwards SIGTERM to the shell between the two
 * processes, and on Linux that shell dies without forwarding it, which would leave this process behind.
 */
export function endWithNpm() {
  if (process.env.npm_lifecycle_event === undefined || process.platform === "win32") return;
  const shell = process.ppid;
  const poll = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(poll);
    process.kill(process.pid, "SIGTERM");
  }, POLL_MS);
  poll.unref();
}
