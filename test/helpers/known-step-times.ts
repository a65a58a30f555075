import { copyFileSync, existsSync, mkdirSync, renameSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const NAME = "step-times.json";
/** What a server of these tests measured on this machine; servers do not use it when it is too old. */
const kept = join(tmpdir(), `atelier-${NAME}`);

/** Gives a new data folder the step times that another server of these tests has measured: each start would measure them again. */
export function giveStepTimes(folder: string): void {
  if (!existsSync(kept) || existsSync(join(folder, NAME))) return;
  mkdirSync(folder, { recursive: true });
  copyFileSync(kept, join(folder, NAME));
}

/** Keeps the step times of a data folder, where it has some, for the servers to come. */
export function keepStepTimes(folder: string): void {
  if (!existsSync(join(folder, NAME))) return;
  const draft = `${kept}-${process.pid}`;
  copyFileSync(join(folder, NAME), draft);
  renameSync(draft, kept);
}
