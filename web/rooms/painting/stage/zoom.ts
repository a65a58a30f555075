/** How a picture is looked at: how many times larger than it fits its frame, and how far its middle is off the frame's, px. */
export interface View {
  zoom: number;
  x: number;
  y: number;
}

/** Width and height, px. */
export interface Extent {
  width: number;
  height: number;
}

export const fitted: View = { zoom: 1, x: 0, y: 0 };

/** CSS pixels that a pixel of the picture has at most. */
const LARGEST_PIXEL = 12;

/** The zoom at which a pixel of the picture is one of the screen. */
export function actualZoom(picture: Extent, frame: Extent, pixelRatio: number): number {
  return picture.width / (frame.width * pixelRatio);
}

/** Least and greatest zoom: all of it and its actual size are within reach. */
export function zoomRange(picture: Extent, frame: Extent, pixelRatio: number): { least: number; most: number } {
  const actual = actualZoom(picture, frame, pixelRatio);
  return { least: Math.min(1, actual), most: Math.max(1, LARGEST_PIXEL * actual) };
}

/** The view at another zoom, within the range; what lies under `point` (px from the middle of the frame) stays there. */
export function zoomedAt(
  view: View,
  zoom: number,
  point: { x: number; y: number },
  frame: Extent,
  range: { least: number; most: number },
): View {
  const next = Math.min(range.most, Math.max(range.least, zoom));
  const factor = next / view.zoom;
  return within({ zoom: next, x: point.x - (point.x - view.x) * factor, y: point.y - (point.y - view.y) * factor }, frame);
}

/** The view moved by so many pixels, as far as there is picture. */
export function panned(view: View, dx: number, dy: number, frame: Extent): View {
  return within({ ...view, x: view.x + dx, y: view.y + dy }, frame);
}

/** No margin shows within the frame, unless the picture is smaller than it. */
function within({ zoom, x, y }: View, { width, height }: Extent): View {
  const most = (side: number) => (Math.max(0, zoom - 1) * side) / 2;
  return { zoom, x: clamp(x, most(width)), y: clamp(y, most(height)) };
}

function clamp(value: number, most: number): number {
  // Plus 0 makes of -0 a 0.
  return Math.min(most, Math.max(-most, value)) + 0;
}
