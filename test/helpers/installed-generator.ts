import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A generator that a server can translate with. */
export interface InstalledGenerator {
  /** The name in the studio: the title up to a bracket or colon. */
  name: string;
  takesDrawings: boolean;
  /** Mirror folder that the server needs for it; null for a bundled one. */
  mirror: string | null;
}

/** A bundled generator if there is one, else one of the mirror; null where there is neither. */
export function findInstalledGenerator(): InstalledGenerator | null {
  const bundled = join(root, "models/bundled");
  const mirror = resolve(process.env.ATELIER_MODEL_MIRROR ?? join(root, "../shared/weights"));
  const own = existsSync(bundled) ? readdirSync(bundled).map((id) => read(bundled, id, null)) : [];
  return [...own, read(mirror, "cyclegan-horse2zebra", mirror)].find((found) => found !== null) ?? null;
}

function read(folder: string, id: string, mirror: string | null): InstalledGenerator | null {
  const path = join(folder, id, "card.json");
  if (!existsSync(path)) return null;
  const { title, kind, takes } = JSON.parse(readFileSync(path, "utf8")) as { title: string; kind: string; takes?: string };
  return kind === "cyclegan" || kind === "pix2pix"
    ? { name: title.split(/:\s|\s\(/)[0] ?? title, takesDrawings: takes === "line-drawing", mirror }
    : null;
}
