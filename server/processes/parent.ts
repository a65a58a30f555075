/** Ends this process when the channel to the one that forked it closes, or has closed while this process was starting. */
export function endWithParent(): void {
  process.once("disconnect", () => process.exit(0));
  if (!process.connected) process.exit(0);
}
