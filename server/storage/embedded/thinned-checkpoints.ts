interface Sized {
  step: number;
  bytes: number;
}

/** Checkpoints that stay whatever they take: the newest may be damaged. */
const NEWEST = 2;

/**
 * Those that have to go so that at most `bytes` are left, newest first as they come: each time the one, behind the newest
 * two, that leaves the smallest hole, so that the others stay spread evenly over the steps.
 */
export function evenlyThinned<File extends Sized>(files: readonly File[], bytes: number): File[] {
  const left = [...files];
  const gone: File[] = [];
  let total = left.reduce((sum, file) => sum + file.bytes, 0);
  while (total > bytes && left.length > NEWEST) {
    let smallest = NEWEST;
    for (let index = NEWEST; index < left.length; index++) if (hole(left, index) < hole(left, smallest)) smallest = index;
    const [file] = left.splice(smallest, 1);
    gone.push(file!);
    total -= file!.bytes;
  }
  return gone;
}

/** Steps between the neighbours of a checkpoint; before the first one lies step 0, where everything can begin. */
function hole(files: readonly Sized[], index: number): number {
  return files[index - 1]!.step - (files[index + 1]?.step ?? 0);
}
