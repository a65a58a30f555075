interface Sized {
  step: number;
  byteLength: number;
}

/** Number of newest checkpoints that stay whatever their size: the newest one may be damaged. */
const NEWEST = 2;

/**
 * The checkpoints to delete so that at most `byteLength` bytes are left; `files` are sorted, newest first. Each time it
 * is the one behind the newest two that leaves the smallest gap, so that the others stay spread evenly over the steps.
 */
export function evenlyThinned<File extends Sized>(files: readonly File[], byteLength: number): File[] {
  const left = [...files];
  const gone: File[] = [];
  let total = left.reduce((sum, file) => sum + file.byteLength, 0);
  while (total > byteLength && left.length > NEWEST) {
    let smallest = NEWEST;
    for (let index = NEWEST; index < left.length; index++) if (gapAt(left, index) < gapAt(left, smallest)) smallest = index;
    const [file] = left.splice(smallest, 1);
    gone.push(file!);
    total -= file!.byteLength;
  }
  return gone;
}

/** Steps between the neighbours of a checkpoint. The first one's neighbour is step 0, where every session can begin. */
function gapAt(files: readonly Sized[], index: number): number {
  return files[index - 1]!.step - (files[index + 1]?.step ?? 0);
}
