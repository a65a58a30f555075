import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A generator that a server can translate with, and the mirror that the server needs for it; null for a bundled one. */
export interface FoundGenerator {
  /** As the studio shows it: the title without what it explains in brackets or after a colon. */
  name: string;
  takesDrawings: boolean;
  mirror: string | null;
}

/** A bundled generator where there is one, else one of the mirror; null where there is neither. */
export function findGenerator(): FoundGenerator | null {
  const bundled = join(root, "models/bundled");
  const mirror = resolve(process.env.ATELIER_MODEL_MIRROR ?? join(root, "../shared/weights"));
  const own = existsSync(bundled) ? readdirSync(bundled).map((id) => read(bundled, id, null)) : [];
  return [...own, read(mirror, "cyclegan-horse2zebra", mirror)].find((found) => found !== null) ?? null;
}

function read(folder: string, id: string, mirror: string | null): FoundGenerator | null {
  const path = join(folder, id, "card.json");
  if (!existsSync(path)) return null;
  const { title, kind, takes } = JSON.parse(readFileSync(path, "utf8")) as { title: string; kind: string; takes?: string };
  return kind === "cyclegan" || kind === "pix2pix"
    ? { name: title.split(/:\s|\s\(/)[0] ?? title, takesDrawings: takes === "line-drawing", mirror }
    : null;
}
