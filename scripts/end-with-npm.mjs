const POLL_MS = 500;

/**
 * Ends this process, as by SIGTERM, once the npm that runs it has gone. npm hands SIGTERM to the shell between the two,
 * and on Linux that shell dies of it without handing it on, which would leave this process behind.
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
