import type { Extent } from "./zoom";

/** Size of the finished painting: the content's proportions with the longer side as it was asked for, px. */
export function finalExtent(content: Extent, size: number): Extent {
  const scale = size / Math.max(content.width, content.height);
  return { width: Math.max(1, Math.round(content.width * scale)), height: Math.max(1, Math.round(content.height * scale)) };
}
