import type { FilmFormat } from "./use-film";

/** What is exported: the picture on show of a session, alone or beside another one. */
export interface Subject {
  id: string;
  /** Whether it is a painting, which has a history and a trace. */
  isPainting: boolean;
  /** The step of the picture on show. */
  step: number;
  /** Size of the picture on show, px. */
  extent: { width: number; height: number };
  /** The session shown beside it. */
  beside: { id: string; name: string } | null;
  /** Whether exporting is the main thing to do now. */
  isPrimary: boolean;
}

export const stillFormats = [
  { ending: "png", title: "PNG" },
  { ending: "jpg", title: "JPEG" },
  { ending: "webp", title: "WebP" },
] as const;

export const filmFormats = [
  { format: "MP4", title: "MP4" },
  { format: "WEBM", title: "WebM" },
  { format: "GIF", title: "GIF" },
  { format: "WEBP", title: "WebP" },
] as const satisfies { format: FilmFormat; title: string }[];

export type ExportFormat = (typeof stillFormats)[number]["ending"] | FilmFormat | "json";

/** Smaller sizes that are offered, longer side, px. */
const SMALLER = [1536, 1024, 768, 512, 256];

export interface ExportSize {
  /** Longer side, px. */
  size: number;
  width: number;
  height: number;
}

/** The size of the picture itself, then smaller ones. */
export function sizesOf({ width, height }: Subject["extent"]): ExportSize[] {
  const longer = Math.max(width, height);
  const scaled = (side: number, size: number) => Math.max(1, Math.round((side * size) / longer));
  return [longer, ...SMALLER.filter((size) => size < longer)].map((size) => ({
    size,
    width: scaled(width, size),
    height: scaled(height, size),
  }));
}

/** The address of a still or a trace, with a picture's size in px. The server names the file after title, step and size. */
export function fileAddress({ id, step, extent, beside }: Subject, format: ExportFormat, size: number | null): string {
  const path = `/sessions/${encodeURIComponent(id)}`;
  if (format === "json") return `${path}/trace.json`;
  const query = new URLSearchParams({ step: String(step) });
  if (size !== null && size < Math.max(extent.width, extent.height)) query.set("size", String(size));
  if (beside) query.set("beside", beside.id);
  return `${path}/export.${format}?${query}`;
}
