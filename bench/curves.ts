import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** How J fell on one way to a picture. */
export interface Curve {
  /** The pictures: "tubingen x starry_night". */
  pair: string;
  /** The way. */
  name: string;
  /** Longer side, px. */
  size: number;
  machine: string;
  /** Seconds of computing, and J. */
  points: [seconds: number, loss: number][];
}

const curvesFile = fileURLToPath(new URL("curves.json", import.meta.url));

export async function readCurves(file = curvesFile): Promise<Curve[]> {
  return JSON.parse(await readFile(file, "utf8"));
}

/** Writes the curves, a line for each. */
export async function writeCurves(curves: readonly Curve[]): Promise<void> {
  await writeFile(curvesFile, `[\n${curves.map((curve) => JSON.stringify(curve)).join(",\n")}\n]\n`);
}
