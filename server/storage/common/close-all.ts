/** Closes in reverse order what was opened; one that fails does not keep the others open. */
export async function closeAll(opened: (() => Promise<void>)[]): Promise<void> {
  const close = opened.pop();
  if (!close) return;
  try {
    await close();
  } finally {
    await closeAll(opened);
  }
}
